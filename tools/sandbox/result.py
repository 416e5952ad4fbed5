"""What comes out of a sandbox."""

from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from tools.tool import ToolError


class SandboxRefused(ToolError):
    """No kind of sandbox works on this machine, so no code is run."""


@dataclass(frozen=True, slots=True)
class CodeError:
    """Why the code did not come to its end."""

    kind: Literal["raised", "time", "memory", "files", "killed"]
    """`raised`: an exception; the others name the limit, `killed` is any other end."""
    message: str
    line: int | None = None
    """The line of the code, from 1."""

    def __str__(self) -> str:
        """As a person reads it."""
        return f"line {self.line}: {self.message}" if self.line else self.message


@dataclass(frozen=True, slots=True)
class SandboxResult:
    """How one run of code ended."""

    printed: str
    """Standard output and standard error, as they came."""
    value: JsonValue = None
    """The value of the last line, if that is an expression."""
    error: CodeError | None = None
    cut: str | None = None
    """What of the result is not whole."""
