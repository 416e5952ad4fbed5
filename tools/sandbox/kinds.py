"""The kinds of sandbox, in the order in which they are tried."""

import random
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tools.sandbox.bubblewrap import bubblewrap_options
from tools.sandbox.library import Readable
from tools.sandbox.limits import SandboxLimits
from tools.sandbox.running import Place, python_command

_SCRATCH = "/scratch"
_USERS_FROM = 0x70000000
_ALWAYS = "no network, no new processes, no environment, limits on time, memory, files and output"


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to confine code."""

    name: str
    description: str
    """One line for a person: what keeps the code in, and what it can still see."""
    command: Callable[[Readable, Place, SandboxLimits], Sequence[str]]
    """Raises FileNotFoundError where what it needs is not installed."""


def _job(
    kind: str, readable: Readable, place: Place, limits: SandboxLimits, scratch: str
) -> Mapping[str, Any]:
    is_seen_whole = kind != "landlock"
    paths = readable.folders if is_seen_whole else readable.alone
    wanted = ("memory", "processor_seconds", "file_bytes", "open_files", "threads", "value_bytes")
    given = asdict(limits)
    return {
        "kind": kind,
        "root": place.root,
        "scratch": scratch,
        "readable": [*paths, place.library],
        "listed": [] if is_seen_whole else [readable.standard],
        "hidden": readable.hidden,
        "devices": readable.devices,
        "library": place.library,
        "user": _USERS_FROM + random.getrandbits(24),
        **{name: given[name] for name in wanted},
    }


def _bubblewrap(readable: Readable, place: Place, limits: SandboxLimits) -> Sequence[str]:
    program = shutil.which("bwrap")
    if program is None:
        raise FileNotFoundError("bwrap is not installed")
    job = _job("bubblewrap", readable, place, limits, _SCRATCH)
    options = bubblewrap_options(readable, place.library, _SCRATCH, limits.file_bytes)
    return [program, *options, "--", *python_command(readable, place, job)]


def _namespaces(readable: Readable, place: Place, limits: SandboxLimits) -> Sequence[str]:
    return python_command(readable, place, _job("namespaces", readable, place, limits, _SCRATCH))


def _landlock(readable: Readable, place: Place, limits: SandboxLimits) -> Sequence[str]:
    return python_command(readable, place, _job("landlock", readable, place, limits, place.scratch))


KINDS = (
    Kind("bubblewrap", f"bubblewrap, seccomp and rlimits: {_ALWAYS}", _bubblewrap),
    Kind(
        "namespaces",
        f"the kernel's namespaces with a root of their own, seccomp and rlimits: {_ALWAYS}",
        _namespaces,
    ),
    Kind(
        "landlock",
        f"Landlock, seccomp and rlimits: {_ALWAYS}; names and sizes of the machine's files can"
        " be asked for, their contents cannot",
        _landlock,
    ),
)
