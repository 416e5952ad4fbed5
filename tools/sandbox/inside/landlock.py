"""Landlock: what of the file system a process may touch, from now on and for good.

The kernel's own description: https://docs.kernel.org/userspace-api/landlock.html
"""

import ctypes
import os
from collections.abc import Sequence
from pathlib import Path

from . import kernel

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_VERSION_FLAG, _BENEATH = 1, 1
_WRITE_FILE, _READ_FILE, _READ_FOLDER, _TRUNCATE = 1 << 1, 1 << 2, 1 << 3, 1 << 14
_OF_FILES = _WRITE_FILE | _READ_FILE | _TRUNCATE
_MAKE_DEVICES = 1 << 6 | 1 << 9 | 1 << 10 | 1 << 11
_EXECUTE, _DEVICE_CONTROL = 1 << 0, 1 << 15
_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many rights there are from which version on."""


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def version() -> int:
    """Which version the kernel has; 0 where it has none, or has it switched off."""
    try:
        return kernel.call("syscall", _CREATE, 0, 0, _VERSION_FLAG)
    except OSError:
        return 0


def restrict(readable: Sequence[str], listed: Sequence[str], written: Sequence[str]) -> None:
    """No path but these, no TCP, no signal and no socket to the outside, as far as it knows them.

    Of the folders in `listed` the names may be read, and nothing else.
    """
    known = version()
    every = (1 << max(count for since, count in _RIGHTS.items() if since <= known)) - 1
    rules = _Ruleset(every, 3 if known >= 4 else 0, 3 if known >= 6 else 0)
    size = 24 if known >= 6 else 16 if known >= 4 else 8
    ruleset = kernel.call("syscall", _CREATE, ctypes.byref(rules), size, 0)
    reading = _READ_FILE | _READ_FOLDER
    writing = every & ~(_EXECUTE | _DEVICE_CONTROL | _MAKE_DEVICES)
    for paths, rights in ((readable, reading), (listed, _READ_FOLDER), (written, writing)):
        for path in paths:
            _allow(ruleset, path, rights & every)
    kernel.call("syscall", _RESTRICT, ruleset, 0)
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    rule = _Beneath(rights if Path(path).is_dir() else rights & _OF_FILES, place)
    kernel.call("syscall", _ADD_RULE, ruleset, _BENEATH, ctypes.byref(rule), 0)
    os.close(place)
