"""Tries to break out of a sandbox, before anything is said of it."""

import socket
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tools.sandbox.result import SandboxResult

_LISTENED = "127.0.0.1"
_CODE = """
import ctypes, os, socket, subprocess, sys

def reads(path):
    def attempt():
        with open(path) as file:
            file.read(1)
    return attempt

def writes(path):
    def attempt():
        with open(path, "x") as file:
            file.write("x")
    return attempt

def connects():
    socket.create_connection((HOST, PORT), 2).close()

def connects_by_number():
    libc = ctypes.CDLL(None)
    if libc.socket(2, 1, 0) < 0:
        raise OSError("refused")

def forks():
    if not os.fork():
        os._exit(0)

def signals():
    os.kill(OWNER, 0)

def starts():
    subprocess.run([sys.executable, "-c", ""], check=True)

def is_root():
    if os.geteuid() != 0:
        raise OSError("not root")

def takes_memory():
    bytearray(MEMORY)

def raises_limit():
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY * 2, MEMORY * 2))

def has_environment():
    if not set(os.environ) - {"HOME", "LANG", "PWD", "LC_CTYPE", *KNOWN}:
        raise OSError("nothing but what was given")

attempts = {
    "reads a file": reads(FILE), "reads /etc/passwd": reads("/etc/passwd"),
    "reads /proc": reads("/proc/self/environ"),
    "writes a file": writes(FILE + ".new"), "connects": connects,
    "makes a socket": connects_by_number, "forks": forks, "signals": signals, "starts": starts,
    "is root": is_root, "takes memory": takes_memory, "raises a limit": raises_limit,
    "has environment": has_environment,
}
out = []
for name, attempt in attempts.items():
    try:
        attempt()
    except (OSError, MemoryError, ValueError):
        continue
    out.append(name)
with open("own", "w") as file:
    file.write("may write here")
{"tried": len(attempts), "out": out, "wrote": open("own").read()}
"""


@dataclass(frozen=True, slots=True)
class Trap:
    """What must not be reached from within: a file, and a listener on this machine."""

    file: str
    listener: socket.socket

    def code(self, owner: int, memory: int, known: Iterable[str]) -> str:
        """Code whose value says which ways out it found, as `way_out` reads it."""
        given = {
            "FILE": self.file,
            "HOST": _LISTENED,
            "PORT": self.listener.getsockname()[1],
            "OWNER": owner,
            "MEMORY": memory,
            "KNOWN": sorted(known),
        }
        return "".join(f"{name} = {value!r}\n" for name, value in given.items()) + _CODE

    def way_out(self, result: SandboxResult) -> str | None:
        """Why the sandbox does not hold, or does not work; None if it holds."""
        if result.error is not None:
            return str(result.error)
        found = result.value
        if not isinstance(found, dict) or not found.get("tried") or not found.get("wrote"):
            return "the trial did not come to its end"
        if ways := found.get("out"):
            return f"the code found a way out: {ways}"
        if Path(f"{self.file}.new").exists():
            return "the code wrote a file"
        with suppress(BlockingIOError):
            self.listener.accept()[0].close()
            return "the code reached the network"
        return None


@contextmanager
def trap() -> Iterator[Trap]:
    """A file and a listener, for as long as a trial takes."""
    with tempfile.TemporaryDirectory(prefix="breadth-trap-") as folder, socket.socket() as listener:
        Path(folder).chmod(0o777)
        file = Path(folder, "secret")
        file.write_text("secret", encoding="ascii")
        file.chmod(0o666)
        listener.bind((_LISTENED, 0))
        listener.listen()
        listener.setblocking(False)
        yield Trap(str(file), listener)
