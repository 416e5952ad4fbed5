"""The calls of the kernel that the code may make, by their numbers on x86-64 and on ARM of 64 bits.

Everything else is refused, so a call that a later kernel brings is refused too: sockets, new
processes and programs, signals to others, tracing, namespaces, mounts, keys, BPF, io_uring.
"""

from collections.abc import Mapping

MACHINES = ("x86_64", "aarch64")
_FREE = """
read:0:63 write:1:64 close:3:57 fstat:5:80 lseek:8:62 mmap:9:222 mprotect:10:226 munmap:11:215
brk:12:214 rt_sigaction:13:134 rt_sigprocmask:14:135 rt_sigreturn:15:139 rt_sigpending:127:136
rt_sigtimedwait:128:137 pread64:17:67 pwrite64:18:68 readv:19:65 writev:20:66 preadv:295:69
pwritev:296:70 preadv2:327:286 pwritev2:328:287 access:21:- pipe:22:- select:23:-
sched_yield:24:124 mremap:25:216 msync:26:227 madvise:28:233 dup:32:23 dup2:33:- nanosleep:35:101
getitimer:36:102 alarm:37:- setitimer:38:103 getpid:39:172 sendfile:40:71 recvfrom:45:207
exit:60:93 uname:63:160 flock:73:32 fsync:74:82 fdatasync:75:83 ftruncate:77:46 getdents64:217:61
getcwd:79:17 chdir:80:49 fchdir:81:50 rename:82:- mkdir:83:- rmdir:84:- creat:85:- link:86:-
unlink:87:- symlink:88:- readlink:89:- umask:95:166 gettimeofday:96:169 getrlimit:97:163
getrusage:98:165 sysinfo:99:179 times:100:153 getuid:102:174 getgid:104:176 geteuid:107:175
getegid:108:177 getppid:110:173 getpgrp:111:- getgroups:115:158 getresuid:118:148
getresgid:120:150 getpgid:121:155 getsid:124:156 sigaltstack:131:132 arch_prctl:158:-
gettid:186:178 getxattr:191:8 lgetxattr:192:9 fgetxattr:193:10 listxattr:194:11 llistxattr:195:12
flistxattr:196:13 time:201:- futex:202:98 sched_getaffinity:204:123 getcpu:309:168
epoll_create:213:- epoll_wait:232:- epoll_ctl:233:21 epoll_create1:291:20 epoll_pwait:281:22
eventfd2:290:19 set_tid_address:218:96 restart_syscall:219:128 fadvise64:221:223
clock_gettime:228:113 clock_getres:229:114 clock_nanosleep:230:115 exit_group:231:94 openat:257:56
open:2:- mkdirat:258:34 newfstatat:262:79 stat:4:- lstat:6:- unlinkat:263:35 renameat:264:38
renameat2:316:276 linkat:265:37 symlinkat:266:36 readlinkat:267:78 faccessat:269:48
faccessat2:439:439 pselect6:270:72 poll:7:- ppoll:271:73 set_robust_list:273:99 dup3:292:24
pipe2:293:59 getrandom:318:278 statx:332:291 rseq:334:293 close_range:436:436
copy_file_range:326:285
"""
_OF_METADATA = "chmod:90:- fchmod:91:52 fchmodat:268:53 utimensat:280:88"
"""They take any path, and Landlock does not stop them."""
_ASKED = """
clone:56:220 clone3:435:435 ioctl:16:29 fcntl:72:25 kill:62:129 tgkill:234:131 sendto:44:206
socketpair:53:199 prlimit64:302:261
"""


def free_calls(machine: str) -> list[int]:
    """Those that are allowed whatever they are given."""
    return [*_numbers(_FREE, machine).values()]


def metadata_calls(machine: str) -> list[int]:
    """Those that change modes and times of files."""
    return [*_numbers(_OF_METADATA, machine).values()]


def asked_calls(machine: str) -> Mapping[str, int]:
    """Those that are allowed for some of what they can be given, by name."""
    return _numbers(_ASKED, machine)


def _numbers(table: str, machine: str) -> dict[str, int]:
    column = 1 + MACHINES.index(machine)
    rows = (row.split(":") for row in table.split())
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}
