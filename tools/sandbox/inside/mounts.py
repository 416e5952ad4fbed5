"""A kind of its own: new namespaces, and a root that holds nothing but what the code may see."""

import ctypes
import os
import socket
from collections.abc import Sequence
from pathlib import Path

from . import kernel

_NEW_MOUNTS, _NEW_CGROUP, _NEW_HOST, _NEW_IPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
_NEW_USER, _NEW_PIDS, _NEW_NETWORK = 0x10000000, 0x20000000, 0x40000000
_NO_SETUID, _NO_DEVICES, _BIND, _RECURSIVE, _PRIVATE = 2, 4, 4096, 16384, 1 << 18
_DETACH = 2
_AT_RECURSIVE, _HERE = 0x8000, -100
_READ_ONLY, _SAFE = 1, 1 | 2 | 4
_MOUNT_SETATTR = 442
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}


def leave_the_machine() -> None:
    """Into new namespaces, all of them; the next fork is process 1 of its own.

    Raises OSError where the machine does not let an ordinary process do that.
    """
    user, group = os.geteuid(), os.getegid()
    spaces = _NEW_MOUNTS | _NEW_CGROUP | _NEW_HOST | _NEW_IPC | _NEW_PIDS | _NEW_NETWORK
    # Root needs no user namespace: it becomes nobody before the code runs.
    kernel.call("unshare", spaces | (_NEW_USER if user else 0))
    if user:
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
    socket.sethostname("sandbox")


def build_root(
    root: str,
    readable: Sequence[str],
    hidden: Sequence[str],
    devices: Sequence[str],
    scratch: tuple[str, str],
) -> None:
    """Makes `root` the root: read-only but for the scratch folder, whose options come with it.

    In `readable` a folder stands before what lies in it; what lies in a `hidden` one is shown.
    """
    _mount("none", "/", "", _RECURSIVE | _PRIVATE)
    _mount("tmpfs", root, "tmpfs", _NO_SETUID | _NO_DEVICES, "mode=755,size=4m")
    folders = [path for path in readable if not _is_in(path, hidden)]
    for path in folders:
        _show(root, path)
    for path in hidden:
        _mount("tmpfs", root + path, "tmpfs", _NO_SETUID | _NO_DEVICES, "mode=755,size=1m")
    for path in readable:
        if _is_in(path, hidden):
            _show(root, path)
    for path in devices:
        _bind(path, root + path)
    Path(root + scratch[0]).mkdir(parents=True)
    _mount("tmpfs", root + scratch[0], "tmpfs", _NO_SETUID | _NO_DEVICES, scratch[1])
    os.chdir(root)
    kernel.call("syscall", _PIVOT_ROOT[os.uname().machine], b".", b".")
    kernel.call("umount2", b".", _DETACH)
    os.chdir("/")
    _set_attributes("/", _READ_ONLY, recursive=False)


def _is_in(path: str, folders: Sequence[str]) -> bool:
    return any(path.startswith(folder + "/") for folder in folders)


def _show(root: str, path: str) -> None:
    """Read-only; a link stays the link that it is ("/lib" is one on most systems)."""
    target = Path(root + path)
    if target.is_symlink() or target.exists():
        # It lies in what is shown already.
        return
    if Path(path).is_symlink():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(Path(path).readlink())
        return
    _bind(path, str(target))
    _set_attributes(str(target), _SAFE, recursive=True)


def _bind(path: str, target: str) -> None:
    place = Path(target)
    if Path(path).is_dir():
        place.mkdir(parents=True, exist_ok=True)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    _mount(path, target, "", _BIND | _RECURSIVE)


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    try:
        kernel.call(
            "mount", source.encode(), target.encode(), kind.encode(), flags, options.encode()
        )
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror} ({target})") from error


def _set_attributes(path: str, attributes: int, *, recursive: bool) -> None:
    wanted = (ctypes.c_uint64 * 4)(attributes)
    flags = _AT_RECURSIVE if recursive else 0
    kernel.call(
        "syscall", _MOUNT_SETATTR, ctypes.c_long(_HERE), path.encode(), flags,
        ctypes.byref(wanted), ctypes.sizeof(wanted),
    )  # fmt: skip
