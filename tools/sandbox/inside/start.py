"""From a fresh process to one that can do no harm, step by step; then it runs the code."""

import json
import os
import resource
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import kernel, landlock, mounts, seccomp
from .script import run_script

FILES_TOO_LARGE = 81
"""The exit code for more bytes of files than there may be."""
_READ_ANYTHING = 1 << 2
_LOOK_EVERY = 0.05
_LANDLOCK_NEEDED = 3
"""The first version in which a file that may be read only cannot be cut."""


@dataclass(frozen=True, slots=True)
class Job:
    """What `tools.sandbox` says of the sandbox that is to be made."""

    kind: str
    root: str
    """An empty folder, for the kind that builds a root of its own."""
    scratch: str
    readable: list[str]
    listed: list[str]
    hidden: list[str]
    devices: list[str]
    library: str
    user: int
    """Who root becomes: a number that no other sandbox has, so that limits are its own."""
    memory: int
    processor_seconds: int
    file_bytes: int
    open_files: int
    threads: int
    value_bytes: int


def main() -> None:
    """Reads the job from the arguments, and the code from standard input."""
    starter = os.getppid()
    job = Job(**json.loads(sys.argv[1]))
    request = json.loads(sys.stdin.buffer.read())
    if job.kind == "bubblewrap":
        _run(job, request)
    if job.kind == "namespaces":
        mounts.leave_the_machine()
        options = f"mode=777,size={job.file_bytes},nr_inodes=10000"
        shown = (job.readable, job.hidden, job.devices)
        mounts.build_root(job.root, *shown, (job.scratch, options))
    kernel.die_with_parent()
    if os.getppid() != starter:
        os._exit(1)
    alive, kept = os.pipe()
    child = os.fork()
    if not child:
        os.close(kept)
        _run(job, request, alive)
    os._exit(_keep(child, job))


def _keep(child: int, job: Job) -> int:
    """Waits for the code to end, as the exit code says that it ended; watches its files."""
    watched = job.kind == "landlock"
    while True:
        ended, status = os.waitpid(child, os.WNOHANG if watched else 0)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
        if sum(_sizes(job.scratch)) > job.file_bytes:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return FILES_TOO_LARGE
        time.sleep(_LOOK_EVERY)


def _sizes(folder: str) -> Iterator[int]:
    """Bytes on the disk of all that lies in a folder; what changes meanwhile counts next time."""
    for place, folders, names in os.walk(folder):
        for name in (*folders, *names):
            try:
                yield max(os.lstat(f"{place}/{name}").st_blocks * 512, 4096)
            except OSError:
                continue


def _run(job: Job, request: dict[str, object], alive: int | None = None) -> None:
    """Confines this process and runs the code in it; does not come back."""
    results = os.dup(2)
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    _confine(job, alive, kept=results)
    # From here on what is wrong is the code's own doing, and is printed like the rest of it.
    os.dup2(1, 2)
    sys.path[:] = [*(each for each in sys.path if each and each != job.library), job.library]
    run_script(request, results, job.value_bytes)


def _confine(job: Job, alive: int | None, kept: int) -> None:
    os.chdir(job.scratch)
    base = _become_nobody(job)
    if alive is not None:
        kernel.die_with_parent()
        os.set_blocking(alive, False)
        try:
            # Only the end of the keeper, before it could take this process along, ends the pipe.
            os.read(alive, 1)
            os._exit(1)
        except BlockingIOError:
            os.close(alive)
    os.closerange(3, kept)
    os.closerange(kept + 1, 4096)
    _limit(job, base + job.threads)
    if landlock.version() >= (_LANDLOCK_NEEDED if job.kind == "landlock" else 1):
        seen = job.readable if job.kind == "landlock" else ["/"]
        landlock.restrict([*seen, *job.devices], job.listed, [job.scratch, "/dev/null"])
    elif job.kind == "landlock":
        raise OSError("the kernel has no Landlock, or one that is too old")
    seccomp.install(metadata=job.kind != "landlock")


def _become_nobody(job: Job) -> int:
    """Gives up root, and all capabilities. How many tasks its user has that are not its own."""
    kept = 0
    if os.geteuid() == 0:
        if job.kind == "landlock":
            # Landlock alone says what may be read there: Python itself may lie in root's folder.
            kept = _READ_ANYTHING
            kernel.call("prctl", kernel.SET_KEEP_CAPABILITIES, 1, 0, 0, 0)
        user = job.user
        shutil.chown(job.scratch, user, user)
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    kernel.keep_capabilities(kept)
    is_shared = job.kind == "landlock" and os.geteuid() != job.user
    return _tasks_of(os.geteuid()) if is_shared else 0


def _tasks_of(user: int) -> int:
    """How many threads a user has: the limit counts all of them."""
    count = 0
    for process in Path("/proc").iterdir():
        if process.name.isdecimal():
            try:
                if process.stat().st_uid == user:
                    count += len(os.listdir(process / "task"))
            except OSError:
                continue
    return count


def _limit(job: Job, tasks: int) -> None:
    seconds = job.processor_seconds
    for what, soft, hard in (
        (resource.RLIMIT_AS, job.memory, job.memory),
        (resource.RLIMIT_CPU, seconds, seconds + 1),
        (resource.RLIMIT_FSIZE, job.file_bytes, job.file_bytes),
        (resource.RLIMIT_NOFILE, job.open_files, job.open_files),
        (resource.RLIMIT_NPROC, tasks, tasks),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_MEMLOCK, 0, 0),
    ):
        resource.setrlimit(what, (soft, hard))
