"""Calls of the Linux kernel that the standard library does not have."""

import ctypes
import os
from typing import Any

SET_DEATH_SIGNAL, SET_DUMPABLE, SET_KEEP_CAPABILITIES, SET_NO_NEW_PRIVILEGES = 1, 4, 8, 38
DROP_FROM_BOUNDING_SET = 24
_CAPABILITIES = 64
_CAPABILITY_VERSION = 0x20080522
_KILL = 9


def call(name: str, *arguments: Any) -> int:
    """A function of the C library. Raises OSError, with the name of the function."""
    library = ctypes.CDLL(None, use_errno=True)
    passed = [ctypes.c_ulong(each) if isinstance(each, int) else each for each in arguments]
    result = int(getattr(library, name)(*passed))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def die_with_parent() -> None:
    """Has the kernel kill this process when the one that started it ends.

    A change of the user takes it back, so it comes after that.
    """
    call("prctl", SET_DEATH_SIGNAL, _KILL, 0, 0, 0)


def keep_capabilities(kept: int = 0) -> None:
    """Gives up every capability but those of the mask, for good."""
    for number in range(_CAPABILITIES):
        try:
            call("prctl", DROP_FROM_BOUNDING_SET, number, 0, 0, 0)
        except OSError:
            # It is not known to this kernel, or there is no right to drop anything.
            break
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    low = kept & 0xFFFFFFFF
    call("capset", ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)(low, low)))
    call("prctl", SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    call("prctl", SET_DUMPABLE, 0, 0, 0, 0)
