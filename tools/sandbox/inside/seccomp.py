"""A filter before the kernel: which calls this process may make, from now on and for good.

It is a program for the kernel's packet filter (classic BPF), as `man 2 seccomp` describes it.
"""

import ctypes
import os
import struct
from collections.abc import Sequence

from . import kernel
from .system_calls import asked_calls, free_calls, metadata_calls

_SET_SECCOMP, _FILTER = 22, 2
_LOAD, _EQUAL, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x45, 0x54, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_PRETEND, _REFUSE, _UNKNOWN = 0x00050000, 0x00050001, 0x00050026
_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16
_IS_THREAD, _NEW_SPACES = 0x10000, 0x7E020080
_UNIX = 1
_TERMINAL, _CLOSE_ON_EXEC, _NON_BLOCKING, _WINDOW = 0x5401, 0x5451, 0x5421, 0x5413
_OF_DESCRIPTORS = (*range(8), 1030, 1031, 1032)

Line = tuple[int, int, int, int]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("lines", ctypes.c_char_p))


def install(*, metadata: bool) -> None:
    """Puts the filter before this process. Raises OSError where the kernel has none.

    `metadata`: whether modes and times of files may be changed. If not, that does nothing and says
    that it did, because copying a file ends with it.
    """
    lines = program(os.uname().machine, os.getpid(), metadata=metadata)
    packed = b"".join(struct.pack("HBBI", *line) for line in lines)
    whole = _Program(len(lines), packed)
    kernel.call("prctl", _SET_SECCOMP, _FILTER, ctypes.byref(whole), 0, 0)


def program(machine: str, own: int, *, metadata: bool) -> list[Line]:
    """The filter for a process with that number of its own."""
    asked = asked_calls(machine)
    of_metadata = _allow() if metadata else [(_RETURN, 0, 0, _PRETEND)]
    return [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, _ARCHITECTURE[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        *(line for each in free_calls(machine) for line in _if(each, _allow())),
        *(line for each in metadata_calls(machine) for line in _if(each, of_metadata)),
        # The C library makes threads by the old call where the new one is not known.
        *_if(asked["clone3"], [(_RETURN, 0, 0, _UNKNOWN)]),
        *_if(asked["clone"], _thread_only()),
        *_if(asked["socketpair"], _one_of(0, [_UNIX])),
        # Without an address: to the other end of a pair only.
        *_if(asked["sendto"], _nothing(4)),
        *_if(asked["kill"], _one_of(0, [own])),
        *_if(asked["tgkill"], _one_of(0, [own])),
        *_if(asked["prlimit64"], _one_of(0, [0, own])),
        *_if(asked["fcntl"], _one_of(1, _OF_DESCRIPTORS)),
        *_if(asked["ioctl"], _one_of(1, [_TERMINAL, _CLOSE_ON_EXEC, _NON_BLOCKING, _WINDOW])),
        (_RETURN, 0, 0, _REFUSE),
    ]


def _allow() -> list[Line]:
    return [(_RETURN, 0, 0, _ALLOW)]


def _if(number: int, then: list[Line]) -> list[Line]:
    """What to do for a call; each ends with a verdict, so the next call starts behind it."""
    return [(_EQUAL, 0, len(then), number), *then]


def _one_of(argument: int, values: Sequence[int]) -> list[Line]:
    """The lower half is all that the kernel looks at for these."""
    found = (line for value in values for line in ((_EQUAL, 0, 1, value), *_allow()))
    return [(_LOAD, 0, 0, _low(argument)), *found, (_RETURN, 0, 0, _REFUSE)]


def _nothing(argument: int) -> list[Line]:
    return [
        (_LOAD, 0, 0, _low(argument)),
        (_EQUAL, 1, 0, 0),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, _low(argument) + 4),
        (_EQUAL, 1, 0, 0),
        (_RETURN, 0, 0, _REFUSE),
        *_allow(),
    ]


def _thread_only() -> list[Line]:
    return [
        (_LOAD, 0, 0, _low(0)),
        (_ANY_BIT, 0, 2, _IS_THREAD),
        (_ANY_BIT, 1, 0, _NEW_SPACES),
        *_allow(),
        (_RETURN, 0, 0, _REFUSE),
    ]


def _low(argument: int) -> int:
    """Where the lower half of an argument stands; both machines have it first."""
    return _ARGUMENTS + 8 * argument
