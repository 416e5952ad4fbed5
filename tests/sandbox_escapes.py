"""Ways out of a sandbox, and the error that each has to end with; bombs need a process for each.

In the code stand the names of what is there to be reached: SECRET (a file that anybody may read and
write), FOLDER (its folder), PORT (a listener on loopback), OWNER (the process of the tests).
"""

_LATE = "of the processor|longer than"
_DENIED = r"PermissionError|FileNotFoundError|ConnectionError|Read-only|NotADirectoryError"

RAW = """
import ctypes, os, platform
libc = ctypes.CDLL(None, use_errno=True)
X86 = platform.machine() == "x86_64"
def raw(x86, arm, *arguments):
    result = libc.syscall(x86 if X86 else arm, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
"""

ESCAPES: dict[str, tuple[str, str]] = {
    "reads a file": ("open(SECRET).read()", _DENIED),
    "reads the keys of the user": (
        "import os\nos.listdir(os.path.expanduser('~root/.ssh'))",
        _DENIED,
    ),
    "reads /etc/passwd": ("open('/etc/passwd').read()", _DENIED),
    "reads /etc/shadow": ("open('/etc/shadow').read()", _DENIED),
    "reads /etc/hostname": ("open('/etc/hostname').read()", _DENIED),
    "reads the environment of process 1": ("open('/proc/1/environ','rb').read()", _DENIED),
    "reads its own environment in /proc": ("open('/proc/self/environ','rb').read()", _DENIED),
    "reads the environment of the tests": ("open(f'/proc/{OWNER}/environ','rb').read()", _DENIED),
    "reads memory by /proc": ("open(f'/proc/{OWNER}/mem','rb').read(1)", _DENIED),
    "reads through the root of another": (
        "top = 'root'\nopen(f'/proc/{OWNER}/{top}/etc/passwd').read()",
        _DENIED,
    ),
    "lists the root of the machine": (
        "import os\nassert not set(os.listdir('/')) & {'home', 'var', 'proc', 'sys', 'boot'}, 1\n"
        "raise PermissionError('nothing to see')",
        _DENIED,
    ),
    "follows a link out": (
        "import os\nos.symlink(SECRET, 'link')\nopen('link').read()",
        _DENIED,
    ),
    "follows a link to a folder out": (
        "import os\nos.symlink('/etc', 'link')\nopen('link/passwd').read()",
        _DENIED,
    ),
    "climbs by dots": ("open('../' * 20 + SECRET[1:]).read()", _DENIED),
    "climbs by an open folder": (
        "import os\nroot = os.open('/', os.O_RDONLY)\nos.open('etc/passwd', 0, dir_fd=root)",
        _DENIED,
    ),
    "opens by a handle": (
        RAW + "raw(303, 264, -100, SECRET.encode(), 0, 0, 0)",
        "PermissionError",
    ),
    "writes outside": ("open(FOLDER + '/new', 'w')", _DENIED),
    "writes over a file": ("open(SECRET, 'w')", _DENIED),
    "cuts a file": ("import os\nos.truncate(SECRET, 0)", _DENIED),
    "removes a file": ("import os\nos.unlink(SECRET)", _DENIED + "|OSError"),
    "renames a file": ("import os\nos.rename(SECRET, 'mine')", _DENIED + "|OSError"),
    "links a file in": ("import os\nos.link(SECRET, 'mine')", _DENIED + "|OSError"),
    "writes to /tmp": ("open('/tmp/breadth-was-here', 'w')", _DENIED),
    "writes into Python's library": (
        "import os\nopen(os.path.dirname(os.__file__) + '/evil.py', 'w')",
        _DENIED,
    ),
    "cuts a file of Python's library": (
        "import os\nos.open(os.__file__, os.O_RDONLY | os.O_TRUNC)",
        _DENIED,
    ),
    "writes into a package": (
        "import numpy\nopen(numpy.__file__, 'a')",
        _DENIED,
    ),
    "writes through a link": (
        "import os\nos.symlink(SECRET, 'link')\nopen('link', 'w')",
        _DENIED,
    ),
    "makes a device": ("import os\nos.mknod('disk', 0o60666, os.makedev(8, 0))", "PermissionError"),
    "reads a disk": ("import glob\nopen((glob.glob('/dev/[sv]d*') or ['/dev/sda'])[0])", _DENIED),
    "reads the kernel's memory": ("open('/dev/mem', 'rb')", _DENIED),
    "opens the terminal": ("open('/dev/tty', 'w')", _DENIED),
    "shares memory": ("open('/dev/shm/breadth', 'w')", _DENIED),
    "mounts": (RAW + "raw(165, 40, b'none', b'/', b'tmpfs', 0, 0)", "PermissionError"),
    "changes the root": ("import os\nos.chroot('.')", "PermissionError"),
    "makes namespaces": (RAW + "raw(272, 97, 0x10000000)", "PermissionError"),
    "makes namespaces by clone": (RAW + "raw(56, 220, 0x10000011, 0, 0, 0, 0)", "PermissionError"),
    "enters the namespaces of another": (
        RAW + "raw(308, 268, os.open(f'/proc/{OWNER}/ns/mnt', os.O_RDONLY), 0)",
        _DENIED,
    ),
    "becomes root": ("import os\nos.setuid(0)", "PermissionError"),
    "speaks TCP": ("import socket\nsocket.create_connection(('127.0.0.1', PORT), 2)", _DENIED),
    "speaks TCP of IPv6": ("import socket\nsocket.socket(socket.AF_INET6)", "PermissionError"),
    "speaks UDP": ("import socket\nsocket.socket(socket.AF_INET, 2)", "PermissionError"),
    "speaks to the kernel": ("import socket\nsocket.socket(socket.AF_NETLINK, 3)", "PermissionErr"),
    "speaks raw": ("import socket\nsocket.socket(socket.AF_PACKET, 3)", "PermissionError"),
    "speaks to virtual machines": ("import socket\nsocket.socket(40, 1)", "PermissionError"),
    "speaks through the kernel's ciphers": ("import socket\nsocket.socket(38, 5)", "PermissionErr"),
    "speaks to local services": ("import socket\nsocket.socket(socket.AF_UNIX)", "PermissionError"),
    "asks for a web page": (
        "import urllib.request\nurllib.request.urlopen(f'http://127.0.0.1:{PORT}/', timeout=2)",
        "URLError|PermissionError",
    ),
    "asks for a name": ("import socket\nsocket.getaddrinfo('example.com', 80)", "gaierror|OSError"),
    "sends from a pair to an address": (
        "import socket\na, b = socket.socketpair(type=2)\na.sendto(b'x', '/dev/log')",
        "PermissionError",
    ),
    "connects one of a pair": (
        "import socket\na, b = socket.socketpair(type=socket.SOCK_DGRAM)\na.connect('\\0x')",
        "PermissionError",
    ),
    "makes a socket by number": (RAW + "raw(41, 198, 2, 1, 0)", "PermissionError"),
    "uses io_uring": (RAW + "raw(425, 425, 8, 0)", "PermissionError"),
    "traces another": (RAW + "raw(101, 117, 16, OWNER, 0, 0)", "PermissionError"),
    "reads the memory of another": (RAW + "raw(310, 270, OWNER, 0, 0, 0, 0, 0)", "PermissionError"),
    "takes a descriptor of another": (RAW + "raw(438, 438, OWNER, 1, 0)", "PermissionError"),
    "loads BPF": (RAW + "raw(321, 280, 0, 0, 0)", "PermissionError"),
    "reads the kernel's keys": (RAW + "raw(250, 219, 0, -3, 0)", "PermissionError"),
    "uses the calls of 32 bits": (RAW + "raw(0x40000000 + 41, 198, 2, 1, 0)", "PermissionError"),
    "kills the parent": ("import os\nos.kill(os.getppid() or 1000, 9)", "PermissionError"),
    "kills the tests": ("import os\nos.kill(OWNER, 9)", "PermissionError"),
    "kills everybody": ("import os\nos.kill(-1, 9)", "PermissionError"),
    "kills its group": ("import os\nos.killpg(0, 9)", "PermissionError"),
    "signals by a descriptor": ("import os\nos.pidfd_open(OWNER)", "PermissionError"),
    "signals by the owner of a descriptor": (
        "import fcntl, os\nfcntl.fcntl(os.pipe()[0], fcntl.F_SETOWN, OWNER)",
        "PermissionError",
    ),
    "forks": ("import os\nos.fork()", "PermissionError"),
    "forks for ever": ("import os\nwhile True: os.fork()", "PermissionError"),
    "starts a shell": ("import os\nassert os.system('true') == 0\n", "AssertionError"),
    "starts a program": ("import subprocess\nsubprocess.run(['/bin/true'])", _DENIED),
    "starts Python": ("import subprocess, sys\nsubprocess.run([sys.executable])", _DENIED),
    "becomes a program": ("import os, sys\nos.execv(sys.executable, ['x'])", _DENIED),
    "runs a program of its own": (
        RAW + "raw(319, 279, b'program', 0)",
        "PermissionError",
    ),
    "starts workers": (
        "import multiprocessing\nmultiprocessing.Process(target=print).start()",
        _DENIED,
    ),
    "leaves the session": ("import os\nos.setsid()", "PermissionError"),
    "raises a limit": (
        "import resource\nresource.setrlimit(resource.RLIMIT_NPROC, (10000, 10000))",
        "ValueError|PermissionError",
    ),
    "raises a limit of another": (RAW + "raw(302, 261, OWNER, 7, 0, 0)", "PermissionError"),
    "switches the filter off": (RAW + "raw(157, 167, 22, 0, 0, 0, 0)", "PermissionError"),
    "imports what is not for it": ("import pydantic", "ModuleNotFoundError"),
    "imports the project": ("import planner", "ModuleNotFoundError"),
    "imports the project by its place": (
        "import sys\nsys.path.insert(0, PROJECT)\nimport planner",
        "ModuleNotFoundError|PermissionError",
    ),
    "reads the clock of the tests' secrets": (
        "import os\nos.environ['BREADTH_TEST_SECRET']",
        "KeyError",
    ),
    "sets the clock": ("import time\ntime.clock_settime(0, 0)", "PermissionError"),
}

BOMBS: dict[str, tuple[str, str]] = {
    "takes a descriptor that was left open": (
        "import os\nfor number in range(3, 200):\n    try:\n        link = os.fstat(number)\n"
        "    except OSError:\n        continue\n    import stat\n"
        "    assert stat.S_ISFIFO(link.st_mode), number\nraise PermissionError('pipes only')",
        "pipes only",
    ),
    "opens many files": ("held = [open('f', 'w') for _ in range(1000)]", "Too many open files"),
    "takes 100 GB": ("bytearray(100 << 30)", "MemoryError"),
    "takes memory bit by bit": (
        "import mmap\nheld = []\nwhile True: held.append(mmap.mmap(-1, 1 << 26))",
        "allocate memory",
    ),
    "writes a huge file": (
        "with open('f', 'wb') as file:\n    while True: file.write(bytes(1 << 20))",
        "No space left|File too large|files are larger",
    ),
    "writes many files": (
        "import itertools\nfor n in itertools.count():\n"
        "    with open(f'f{n}', 'wb') as file: file.write(bytes(1 << 20))",
        "No space left|files are larger",
    ),
    "starts many threads": (
        "import threading, time\n"
        "for _ in range(10000): threading.Thread(target=time.sleep, args=(99,)).start()",
        "new thread",
    ),
    "computes for ever": ("while True: pass", _LATE),
    "computes for ever in one call": ("10 ** 10 ** 9 % 7", _LATE + "|Memory"),
    "sleeps for ever": ("import time\ntime.sleep(1000)", _LATE),
    "ignores signals": (
        "import signal\nfor n in range(1, 32):\n    try: signal.signal(n, signal.SIG_IGN)\n"
        "    except OSError: pass\nwhile True: pass",
        _LATE,
    ),
    "recurses for ever": ("def f(): f()\nf()", "RecursionError"),
    "breaks the interpreter": ("import ctypes\nctypes.string_at(1)", "SIGSEGV"),
    "ends the process": ("import os\nos._exit(0)", "ended by itself"),
    "raises what cannot be written": (
        "class E(BaseException):\n    def __str__(self): raise self\nraise E",
        "cannot be written",
    ),
    "forges a report": (
        "import os\nfor n in range(3, 64):\n    try: os.write(n, b'{\"value\": 1}')\n"
        "    except OSError: pass\nos._exit(0)",
        "ended by itself",
    ),
}


def all_at_once() -> str:
    """Code that tries every escape in a folder of its own; its value is the error of each."""
    return f"""
import os
start, found = os.getcwd(), {{}}
for number, (name, code) in enumerate({[(name, code) for name, (code, _) in ESCAPES.items()]!r}):
    os.mkdir(f"{{start}}/{{number}}")
    os.chdir(f"{{start}}/{{number}}")
    try:
        exec(compile(code, name, "exec"), dict(globals()))
        found[name] = "got out"
    except BaseException as error:
        found[name] = f"{{type(error).__name__}}: {{error}}"
found
"""
