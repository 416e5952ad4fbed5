"""The options of bubblewrap, for the same root that `inside.mounts` builds without it."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from tools.sandbox.library import Readable

_SPACES = "--unshare-ipc --unshare-pid --unshare-net --unshare-uts --unshare-cgroup-try"
_FOR_ROOT = ("CAP_SETUID", "CAP_SETGID", "CAP_CHOWN", "CAP_SETPCAP")
"""What the inside needs of root to become nobody; it gives them up then."""


def bubblewrap_options(
    readable: Readable, library: str, scratch: str, file_bytes: int
) -> list[str]:
    """All options, up to the command."""
    hidden = tuple(f"{folder}/" for folder in readable.hidden)
    inner = [path for path in readable.folders if path.startswith(hidden)]
    outer = [path for path in readable.folders if not path.startswith(hidden)]
    return [
        *_SPACES.split(),
        *("--die-with-parent", "--hostname", "sandbox"),
        *_rights(),
        *_folders_above([*outer, *readable.devices, library]),
        *(option for path in outer for option in _shown(path)),
        *(option for path in readable.hidden for option in ("--tmpfs", path)),
        *(option for path in (*inner, library) for option in _shown(path)),
        *(option for path in readable.hidden for option in ("--remount-ro", path)),
        *(option for path in readable.devices for option in ("--dev-bind", path, path)),
        *("--size", str(file_bytes), "--tmpfs", scratch),
        *("--remount-ro", "/", "--chdir", scratch),
    ]


def _rights() -> Iterator[str]:
    if os.geteuid():
        yield from ("--unshare-user", "--cap-drop", "ALL")
    else:
        for capability in _FOR_ROOT:
            yield from ("--cap-add", capability)


def _folders_above(paths: list[str]) -> Iterator[str]:
    """Made for everybody: those that bubblewrap makes by itself are for root alone."""
    above = {folder for path in paths for folder in PurePosixPath(path).parents}
    for folder in sorted(above - {PurePosixPath("/")}):
        if not Path(folder).is_symlink():
            yield from ("--perms", "0755", "--dir", str(folder))


def _shown(path: str) -> tuple[str, str, str]:
    if Path(path).is_symlink():
        return "--symlink", os.readlink(path), path
    return "--ro-bind", path, path
