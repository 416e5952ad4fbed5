"""Algebra: equations, and expressions with unknowns, in a process that can be killed."""

import re
import sys
from pathlib import Path

from tools.quantities import LIMIT
from tools.sandbox import SandboxLimits, run_command
from tools.tool import ToolError

LONGEST = 500
MAX_SIGNS = 100
_MAIN = Path(__file__).with_name("algebra_main.py")
_VERBS = {
    "solve": "solve", "expand": "expand", "factor": "factor", "factorise": "factor",
    "factorize": "factor", "simplify": "simplify", "derivative": "derivative",
    "diff": "derivative", "differentiate": "derivative", "integral": "integral",
    "integrate": "integral",
}  # fmt: skip
_ASKED = re.compile(rf"\s*({'|'.join(_VERBS)})\b\s*(.*)", re.DOTALL | re.IGNORECASE)
_EQUATION = re.compile(r"(?<![A-Za-z])[a-df-z](?![A-Za-z])[^=]*=|=[^=]*(?<![A-Za-z])[a-z]\b")
_TO_WORK_OUT = re.compile(r"=[\s?]*$")
_SIGN = re.compile(r"[-+*/^(,=]")


def asks_for_algebra(expression: str) -> bool:
    """Whether it has a verb of algebra, or is an equation with an unknown of one letter."""
    if len(expression) > LIMIT:
        return False
    return bool(_ASKED.match(expression) or _EQUATION.search(_TO_WORK_OUT.sub("", expression)))


async def algebra(expression: str, seconds: float) -> str:
    """The exact answer, with figures where it is no fraction. Raises ToolError, in time."""
    if len(expression) > LONGEST or len(_SIGN.findall(expression)) > MAX_SIGNS:
        raise ToolError(f"algebra takes {LONGEST} characters and {MAX_SIGNS} signs at most")
    asked = _ASKED.match(expression)
    verb, text = (_VERBS[asked[1].lower()], asked[2]) if asked else ("solve", expression)
    limits = SandboxLimits(seconds=seconds, memory=1 << 30, value_bytes=20_000)
    request = {"verb": verb, "parts": _parts(text), "memory": limits.memory}
    result = await run_command([sys.executable, "-s", "-P", str(_MAIN)], request, limits)
    if result.error is not None:
        late = f"it takes longer than {seconds:g} s"
        said = late if result.error.kind == "time" else result.error.message.removeprefix(": ")
        raise ToolError(f"{verb}: {said}")
    if not isinstance(result.value, str) or len(result.value) > limits.value_bytes:
        raise ToolError(f"{verb}: the answer is too large")
    return result.value


def _parts(text: str) -> list[str]:
    """What stands between commas outside of brackets, and between "and" and "for"."""
    text = text.strip().rstrip("?.").strip()
    if text.startswith("(") and _closes(text) == len(text) - 1:
        text = text[1:-1]
    parts, depth = [""], 0
    for sign in re.sub(r"\b(?:and|for)\b|;", ",", text):
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip("[] ") for part in parts if part.strip("[] ")] or [""]


def _closes(text: str) -> int:
    """Where the bracket that a text begins with is closed; -1 if it is not."""
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return place
    return -1
