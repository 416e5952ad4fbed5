"""Conditions: whether a step is to run at all, by how an earlier one ended.

`a`, `not a`, `a = yes`, `a != yes`, `a failed`, `a skipped`, each also of a part (`a.winner = x`)
and with `not` in front. Short, so that a small model can write them, and closed, so that they can
be checked when the line is read.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import JsonValue

from planner import template
from planner.errors import PlanError
from planner.outcomes import Done, Failed, Outcome, Skipped

Test = Literal["found", "=", "!=", "failed", "skipped"]

_FORM = re.compile(
    rf"(?P<no>not\s+)?\{{?(?P<step>{template.NAME})(?P<path>{template.PATH})\}}?"
    r"\s*(?:(?P<ended>(?<=\s)(?:failed|skipped))|(?P<sign>!=|==?)\s*(?P<value>\S.*?))?",
    re.DOTALL,
)
_LONGEST = 200
_NO_STEPS = template.OWN | {"not"}
_NOTHING: tuple[JsonValue, ...] = (None, "", [], {})
"""What counts as not found."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A question about one outcome, which is true or false once there is one."""

    step: str
    test: Test = "found"
    value: str = ""
    """What is compared with."""
    path: tuple[str, ...] = ()
    """Of the part of the value that is meant."""
    negated: bool = False

    @classmethod
    def parsed(cls, text: str) -> "Condition":
        """Raises PlanError where the text is no condition."""
        match = _FORM.fullmatch(text.strip()) if len(text) <= _LONGEST else None
        if match is None or match["step"] in _NO_STEPS:
            raise PlanError(
                f"when: {text[:_LONGEST]!r} is no condition; write a, not a, a = yes, a != yes,"
                " a failed or a skipped"
            )
        tests: dict[str, Test] = {"=": "=", "==": "=", "!=": "!=", "failed": "failed"}
        said = match["sign"] or match["ended"]
        return cls(
            step=match["step"],
            test=tests.get(said, "skipped") if said else "found",
            value=_unquoted(match["value"] or ""),
            path=template.parts(match["path"]),
            negated=bool(match["no"]),
        )

    def __str__(self) -> str:
        """As it is written in a plan."""
        subject = ".".join((self.step, *self.path))
        tail = {"found": "", "=": f" = {self.value}", "!=": f" != {self.value}"}
        return ("not " if self.negated else "") + subject + tail.get(self.test, f" {self.test}")

    def renamed(self, suffix: str) -> "Condition":
        """The same of a step in a later plan."""
        return replace(self, step=self.step + suffix)

    def holds(self, outcome: Outcome) -> bool:
        """Whether it is so. Something unknown is neither equal to a value nor different from it."""
        return self._plainly(outcome) != self.negated

    def _plainly(self, outcome: Outcome) -> bool:
        """Without the `not`."""
        value = self._seen(outcome)
        match self.test:
            case "failed":
                return isinstance(outcome, Failed)
            case "skipped":
                return isinstance(outcome, Skipped)
            case "found":
                return value not in _NOTHING or value is False
            case "=":
                return value is not None and _same(value, self.value)
            case "!=":
                return value is not None and not _same(value, self.value)

    def why_not(self, outcome: Outcome) -> str:
        """What a reader is told where it does not hold."""
        match outcome:
            case Failed():
                state = "failed"
            case Skipped():
                state = "was skipped"
            case Done():
                value = self._seen(outcome)
                state = "found nothing" if value in _NOTHING else f"is {_short(value)}"
        return f"{str(self)!r} is not so: {self.step} {state}"

    def _seen(self, outcome: Outcome) -> JsonValue:
        """The value that is meant; None where there is none, or no such part."""
        if not isinstance(outcome, Done):
            return None
        try:
            return template.part(outcome.value, self.path, self.step)
        except template.MissingPart:
            return None


def _unquoted(text: str) -> str:
    """Without the quotes around the whole."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _same(value: JsonValue, text: str) -> bool:
    """As numbers where both are, else as words; case does not count."""
    written = " ".join(template.as_text(value).casefold().split())
    wanted = " ".join(text.casefold().split())
    try:
        return float(written) == float(wanted)
    except ValueError:
        return written == wanted


def _short(value: JsonValue) -> str:
    """For an error."""
    text = template.as_text(value)
    return repr(text if len(text) <= 60 else f"{text[:59]}…")
