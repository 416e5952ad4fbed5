"""Trail: what a method made on its way to an answer, and who saw whom."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

State = Literal["", "chosen", "dropped", "stopped"]
"""`dropped`: the method went on without it; `stopped`: it was ended before its own end."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A text that a method had written: a solution, a thought, a critique, a merged answer."""

    id: str
    """Unique in the trail: `3`, or `2/3` for the third of the second attempt inside."""
    round: int
    text: str
    by: str = ""
    """Whose it is, where several roles or agents write."""
    answer: str | None = None
    score: float | None = None
    saw: tuple[str, ...] = ()
    """Ids of the candidates that it was written from."""
    state: State = ""

    def shortened(self, longest: int) -> "Candidate":
        """With so many characters of its text at most, from its end, where the answer is."""
        if len(self.text) <= longest:
            return self
        return replace(self, text=f"... {self.text[-longest:]}")


class Trail:
    """Candidates in the order in which they were made.

    Methods inside of methods write on the same trail, each under ids of its own.
    """

    def __init__(self, listener: Callable[[Candidate], object] = lambda _: None) -> None:
        """`listener` is told of each candidate, and of each change of one."""
        self._listener = listener
        self._prefix = ""
        self._all: dict[str, Candidate] = {}
        self._count = 0

    def add(
        self,
        text: str,
        *,
        at_round: int = 1,
        by: str = "",
        answer: str | None = None,
        score: float | None = None,
        saw: tuple[str, ...] = (),
    ) -> str:
        """A new candidate; gives its id."""
        self._count += 1
        id_ = f"{self._prefix}{self._count}"
        self._put(Candidate(id_, at_round, text, by, answer, score, saw))
        return id_

    def mark(self, id_: str, *, score: float | None = None, state: State | None = None) -> None:
        """What became of a candidate; an unknown id changes nothing."""
        known = self._all.get(id_)
        if known is None:
            return
        if score is not None:
            known = replace(known, score=score)
        self._put(known if state is None else replace(known, state=state))

    def within(self, name: str) -> "Trail":
        """The part of an attempt inside; it has the candidates of the whole, too."""
        part = Trail(self._listener)
        part._prefix, part._all = f"{self._prefix}{name}/", self._all
        return part

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """All, as they are now."""
        return tuple(self._all.values())

    def _put(self, candidate: Candidate) -> None:
        self._all[candidate.id] = candidate
        self._listener(candidate)
