"""What is otherwise than the last time, row by row: a question is the same where its words are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from service.batches.results import RowResult
from storage import BatchLine
from tools import agree

Kind = Literal["same", "changed", "new", "gone"]


@dataclass(frozen=True, slots=True)
class Change:
    """Of one question."""

    question: str
    kind: Kind
    before: str | None = None
    now: str | None = None


def changes_of(
    before: Sequence[BatchLine], now: Sequence[tuple[str, RowResult | None]]
) -> list[Change]:
    """Questions and their results now, then those that are gone. A row without an answer, now or
    before, is compared with nothing, and left out."""
    earlier = _by_question(before)
    found: dict[str, Change] = {}
    for question, result in now:
        if question in found or result is None or result.is_failed:
            continue
        if question not in earlier:
            found[question] = Change(question, "new", None, told(result))
        elif (old := earlier[question]) is not None:
            kind: Kind = "same" if _is_same(old, result, question) else "changed"
            found[question] = Change(question, kind, told(old), told(result))
    asked = {question for question, _ in now}
    gone = [
        Change(question, "gone", told(old) if old else None)
        for question, old in earlier.items()
        if question not in asked
    ]
    return [*found.values(), *gone]


def counted(changes: Sequence[Change]) -> Mapping[Kind, int]:
    """How many of each kind."""
    kinds = [change.kind for change in changes]
    order: tuple[Kind, ...] = ("same", "changed", "new", "gone")
    return {kind: kinds.count(kind) for kind in order}


def told(result: RowResult) -> str | None:
    """What it says: the value, or the text where there is none."""
    return result.value if result.value is not None else result.answer or None


def is_answered(line: BatchLine) -> bool:
    """Whether its run has come to something."""
    return line.result is not None and not RowResult.of(line.result).is_failed


def _by_question(lines: Sequence[BatchLine]) -> dict[str, RowResult | None]:
    """None where there was no answer."""
    found: dict[str, RowResult | None] = {}
    for line in lines:
        usable = line.result if is_answered(line) else None
        found[line.question] = RowResult.of(usable) if usable else None
    return found


def _is_same(old: RowResult, new: RowResult, question: str) -> bool:
    """In the same or in other words; where that is unclear, it has changed."""
    if old.value is None or new.value is None:
        same = old.answer.split() == new.answer.split()
        return old.value is new.value and same
    one, other = (" ".join(value.casefold().split()) for value in (old.value, new.value))
    # 100 and 101 agree as two measures of a thing do; here the one has become the other.
    has_digits = any(map(str.isdigit, one + other))
    return one == other or (not has_digits and agree(old.value, new.value, question) is True)
