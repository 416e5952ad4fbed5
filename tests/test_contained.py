"""What goes wrong in a tool of somebody else fails its step, whatever it is."""

import sys

import pytest

from tools import Contained, ToolError, function_tool


class Unsayable(Exception):
    def __str__(self) -> str:
        raise ValueError("no text")


@function_tool
async def wrong(how: str) -> str:
    """Goes wrong."""
    if how == "ends":
        sys.exit("bye")
    if how == "unsayable":
        raise Unsayable
    raise ToolError("there is none", retryable=True) if how == "own" else KeyError(how)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("ends", r"wrong: SystemExit: bye \(test_contained.py:\d+\)"),
        ("unsayable", r"wrong: Unsayable: <exception str\(\) failed> \(.*\)"),
        ("else", r"wrong: KeyError: 'else' \(.*\)"),
        ("own", "there is none"),
    ],
)
async def test_every_error_is_the_steps(how: str, said: str) -> None:
    tool = Contained(wrong)
    with pytest.raises(ToolError, match=f"^{said}$") as caught:
        await tool.call(tool.arguments(how=how))
    assert caught.value.retryable == (how == "own")
