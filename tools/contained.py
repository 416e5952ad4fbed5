"""A tool that somebody else wrote: what goes wrong in it fails its step and nothing more."""

import logging
import traceback
from pathlib import PurePath
from typing import Any

from tools.tool import Arguments, Tool, ToolError, ToolResult, cost_of, has_side_effects

_log = logging.getLogger(__name__)
_LONGEST = 300
"""Characters of an error's text."""


class Contained:
    """See `Tool`. Errors of any kind become ToolErrors that say where they arose."""

    def __init__(self, tool: Tool[Any]) -> None:
        self.name = tool.name
        self.description = tool.description
        self.arguments: type[Arguments] = tool.arguments
        self.resource = tool.resource
        self.seconds = tool.seconds
        self.side_effects = has_side_effects(tool)
        self.cost = cost_of(tool)
        self._tool = tool

    async def call(self, arguments: Arguments) -> ToolResult:
        """See `Tool.call`."""
        try:
            result = await self._tool.call(arguments)
        except (ToolError, TimeoutError):
            raise
        except (Exception, SystemExit) as error:
            _log.info("the tool %s failed", self.name, exc_info=True)
            raise ToolError(f"{self.name}: {_told(error)}") from error
        if not isinstance(result, ToolResult):
            raise ToolError(f"{self.name} returned a {type(result).__name__}, and no ToolResult")
        return result


def _told(error: BaseException) -> str:
    """The error in a line, and where it arose; also where it cannot say itself what it is."""
    found = traceback.TracebackException.from_exception(error, lookup_lines=False)
    text = " ".join(str(found).split())[:_LONGEST]
    said = f"{type(error).__name__}: {text}" if text else type(error).__name__
    place = found.stack[-1]
    return f"{said} ({PurePath(place.filename).name}:{place.lineno})"
