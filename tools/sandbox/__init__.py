"""A sandbox for Python code: no network, no files but its own, no new processes, and limits.

`Sandbox` is the front door. `kinds` has the ways to confine a process, `probing` the trial that
each has to stand before it is used, `running` one run; `inside` runs on the far side.
"""

from tools.sandbox.kinds import KINDS, Kind
from tools.sandbox.limits import SandboxLimits
from tools.sandbox.result import CodeError, SandboxRefused, SandboxResult
from tools.sandbox.running import run_command
from tools.sandbox.sandbox import PACKAGES, Sandbox, sandbox_kind

__all__ = [
    "KINDS",
    "PACKAGES",
    "CodeError",
    "Kind",
    "Sandbox",
    "SandboxLimits",
    "SandboxRefused",
    "SandboxResult",
    "run_command",
    "sandbox_kind",
]
