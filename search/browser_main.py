"""Becomes a browser that can harm nothing: run as a script, never imported.

    browser_main.py PROGRAM MEMORY APART OPTION...

On Linux, before the program starts: it ends with its parent, however that comes; each of its
processes may have so many bytes of memory; with APART 1 it gets a network of its own, in which
there is nothing, not even this machine; and what root starts runs as nobody, since a browser keeps
pages in with a sandbox that root has not.
"""

import ctypes
import os
import resource
import signal
import sys

_NEW_NETWORK = 0x40000000
_NEW_USERS = 0x10000000
_PR_SET_PDEATHSIG = 1
_NOBODY = 65534
_LARGEST_FILE = 2**29
"""Bytes; memory that processes share is a file for a moment."""
_LONGEST_FOLDER = 60
"""Characters; there are sockets in it, whose names may have 108."""
_PROFILE = "--user-data-dir="


def main() -> None:
    """Give up what a browser does not need, and become it."""
    program, memory, apart, *options = sys.argv[1:]
    home = next((o.removeprefix(_PROFILE) for o in options if o.startswith(_PROFILE)), os.sep)
    libc = ctypes.CDLL(None, use_errno=True)
    if os.getuid() == 0:
        if home != os.sep:
            os.chown(home, _NOBODY, _NOBODY)
        if apart == "1":
            _require(libc.unshare(_NEW_NETWORK))
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    elif apart == "1":
        _leave_network(libc)
    for limit, most in (
        (resource.RLIMIT_DATA, int(memory)),
        (resource.RLIMIT_FSIZE, _LARGEST_FILE),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (most, most))
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    environment = {"HOME": home, "PATH": os.defpath, "LANG": "C.UTF-8"}
    if len(home) <= _LONGEST_FOLDER:
        environment["TMPDIR"] = home  # so that all is gone with it
    os.execve(program, [program, *options], environment)  # noqa: S606 - the user's own program


def _leave_network(libc: ctypes.CDLL) -> None:
    """Who is not root may do so in users' names of its own, where it stays who it is."""
    user, group = os.getuid(), os.getgid()
    _require(libc.unshare(_NEW_USERS | _NEW_NETWORK))
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def _require(result: int) -> None:
    if result:
        sys.exit(f"no network of its own: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    main()
