"""Who works on a run: enough to see later, on the same host, that nobody does any more.

A process number is used again after the process is gone, so the moment of its birth goes with it
where the system tells (Linux). On another host nothing can be said, and the owner counts as alive.
"""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

_NAMED = 2
"""Where a birth, taken apart at its slashes, has the namespace; older ones have none."""
_STATE, _BIRTH = 0, 19
"""Fields of /proc/PID/stat behind the program's name: proc_pid_stat(5) numbers them 3 and 22."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A process."""

    host: str
    pid: int
    birth: str | None
    """Boot and clock tick in which it began, and the namespace of its number; None where the system
    does not say."""

    @classmethod
    def this_process(cls) -> "Owner":
        """The process that asks."""
        return cls(socket.gethostname(), os.getpid(), _birth(os.getpid()))

    @property
    def is_neighbour(self) -> bool:
        """Whether its number is one of our own numbers, and not of another container's, which may
        have the same host name, and be alive."""
        told = (self.birth or "").split("/")
        return len(told) > _NAMED and told[_NAMED] == _namespace()

    @property
    def is_another(self) -> bool:
        """Whether it is not the process that asks, and lives, as far as can be said."""
        return self != Owner.this_process() and not self.gone

    @property
    def gone(self) -> bool:
        """True when it is certain that the process is no more."""
        if self.host != socket.gethostname():
            return False
        if not _exists(self.pid):
            return True
        return self.birth is not None and self.birth != _birth(self.pid)


def _exists(pid: int) -> bool:
    """True when in doubt."""
    if os.name != "posix":
        # Elsewhere signal 0 is not a question: on Windows it is Ctrl-C.
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _birth(pid: int) -> str | None:
    """None when the system does not say; a process that ended and was not waited for has none."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[_STATE] in "ZX" else f"{boot}/{fields[_BIRTH]}/{_namespace()}"


def _namespace() -> str:
    """Of process numbers; empty where the system does not say."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""
