"""Whether a call may be made: always, when a person says so, or never."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from math import inf
from typing import Any, Literal

from pydantic import JsonValue

from tools.tool import Arguments, Tool, ToolError, ToolResult, cost_of, has_side_effects

Approval = Literal["auto", "ask", "never"]
Approver = Callable[[str, Mapping[str, JsonValue]], Awaitable[bool]]
"""Asks somebody whether a tool, by its name, may be called with these arguments."""


class Approved:
    """A tool whose calls need approval. See `Tool`."""

    def __init__(self, tool: Tool[Any], approval: Approval, approver: Approver | None) -> None:
        """`approver` None: nobody is there, and what would have to be asked is refused."""
        self.approval = approval
        self.name = tool.name
        self.description = tool.description
        self.arguments: type[Arguments] = tool.arguments
        self.resource = tool.resource
        # A person takes the time that a person takes; the call behind has its own limit.
        self.seconds = inf if approval == "ask" else tool.seconds
        self.limit = getattr(tool, "limit", tool.seconds)
        self._limit = tool.seconds
        self.side_effects = has_side_effects(tool)
        self.cost = cost_of(tool)
        self._tool = tool
        self._approver = approver

    async def call(self, arguments: Arguments) -> ToolResult:
        """See `Tool.call`. Raises ToolError where the call is refused."""
        if self.approval == "never":
            raise ToolError(f"{self.name} is never to be called: so say the settings")
        if self.approval == "ask":
            if self._approver is None:
                raise ToolError(f"{self.name} needs approval, and nobody is there to ask")
            if not await self._approver(self.name, arguments.given()):
                raise ToolError(f"{self.name} was not approved")
        try:
            async with asyncio.timeout(self._limit):
                return await self._tool.call(arguments)
        except TimeoutError:
            raise ToolError(f"{self.name} gave no result in {self._limit:g} s") from None
