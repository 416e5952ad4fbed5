"""The sandbox: finds the first kind that holds on this machine, and runs code in it."""

import asyncio
import os
from collections.abc import Mapping, Sequence

from tools.sandbox.kinds import KINDS, Kind
from tools.sandbox.library import Readable, readable_with
from tools.sandbox.limits import SandboxLimits
from tools.sandbox.probing import trap
from tools.sandbox.result import SandboxRefused, SandboxResult
from tools.sandbox.running import ENVIRONMENT, place_for, run_command

PACKAGES = ("numpy", "pandas", "sympy")
"""What the code may import beside Python's own library, where it is installed."""


class Sandbox:
    """Runs Python code in a process of its own that can do no harm.

    Whether it holds is tried before the first code is run, by code that wants to break out.
    """

    def __init__(
        self,
        limits: SandboxLimits | None = None,
        *,
        packages: Sequence[str] = PACKAGES,
        kinds: Sequence[Kind] = KINDS,
        folder: str | None = None,
    ) -> None:
        """`kinds` are tried in their order; `folder` is where the runs have their own."""
        self.limits = limits or SandboxLimits()
        self._packages = tuple(packages)
        self._kinds = tuple(kinds)
        self._folder = folder
        self._found: tuple[Kind, Readable] | None = None
        self._refused: SandboxRefused | None = None
        self._trying = asyncio.Lock()

    async def kind(self) -> Kind:
        """The kind that is active. Raises SandboxRefused, with the reasons, where none is."""
        return (await self._kind())[0]

    async def run(self, code: str, files: Mapping[str, str] | None = None) -> SandboxResult:
        """Runs code, with text files by their relative paths in the folder that it starts in.

        Ends within the limits, and nothing of it runs on, whether it returns or is cancelled.
        Raises SandboxRefused where no kind holds; errors of the code are part of the result.
        """
        kind, readable = await self._kind()
        return await self._run_in(kind, readable, code, files or {})

    async def _kind(self) -> tuple[Kind, Readable]:
        async with self._trying:
            if self._refused is not None:
                raise self._refused
            if self._found is None:
                self._found = await self._first_that_holds()
        return self._found

    async def _first_that_holds(self) -> tuple[Kind, Readable]:
        readable = await asyncio.to_thread(readable_with, self._packages)
        reasons = []
        for kind in self._kinds:
            reason = await self._way_out(kind, readable)
            if reason is None:
                return kind, readable
            reasons.append(f"{kind.name}: {reason}")
        self._refused = SandboxRefused("no sandbox holds on this machine: " + "; ".join(reasons))
        raise self._refused

    async def _way_out(self, kind: Kind, readable: Readable) -> str | None:
        with trap() as set_up:
            code = set_up.code(os.getpid(), self.limits.memory, ENVIRONMENT)
            try:
                result = await self._run_in(kind, readable, code, {})
            except OSError as error:
                return str(error)
            return set_up.way_out(result)

    async def _run_in(
        self, kind: Kind, readable: Readable, code: str, files: Mapping[str, str]
    ) -> SandboxResult:
        with place_for(readable, self._folder) as place:
            command = kind.command(readable, place, self.limits)
            return await run_command(command, {"code": code, "files": files}, self.limits)


async def sandbox_kind(sandbox: Sandbox | None = None) -> tuple[str, str]:
    """The name of the active kind and a line that describes it; "none" and why, if none holds."""
    try:
        kind = await (sandbox or Sandbox()).kind()
    except SandboxRefused as error:
        return "none", str(error)
    return kind.name, kind.description
