"""The tool `python`: runs code in the sandbox."""

from collections.abc import Mapping

from pydantic import Field, JsonValue

from tools.sandbox import Sandbox, SandboxResult
from tools.tool import Arguments, ToolError, ToolResult

_MARGIN = 10.0
"""Seconds beside those of the code: for the trial that comes before the first."""


class PythonArguments(Arguments):
    """What `python` takes."""

    code: str = Field(min_length=1, max_length=100_000)
    files: Mapping[str, str] = Field(default={}, max_length=100)
    """Text files that the code finds, by their relative paths."""


class Python:
    """Runs Python code where it can do no harm."""

    name = "python"
    description = (
        "Runs Python code, with numpy and pandas, without network and files; the value of the last"
        " line is the result, or else what is printed."
    )
    arguments: type[Arguments] = PythonArguments
    resource = "sandbox"

    def __init__(self, sandbox: Sandbox | None = None) -> None:
        """`sandbox` has the limits."""
        self._sandbox = sandbox or Sandbox()
        self.seconds = self._sandbox.limits.seconds + _MARGIN

    async def call(self, arguments: PythonArguments) -> ToolResult:
        """Raises ToolError for code that fails, with its line; SandboxRefused where none holds."""
        result = await self._sandbox.run(arguments.code, arguments.files)
        if result.error is not None:
            raise ToolError(str(result.error))
        return ToolResult(value=_value(result), cut=result.cut)


def _value(result: SandboxResult) -> JsonValue:
    return result.value if result.value is not None else result.printed.strip() or None
