"""What a person sees of an evaluation: a bar in a terminal, a line a question in a pipe."""

from rich.console import Console
from rich.progress import TimeElapsedColumn

from service.bars import BarTerminal
from service.evaluating.measures import Measured
from service.legible import legible

_VALUE_SHOWN = 60


class EvaluationTerminal(BarTerminal):
    """See Progress."""

    bar = "questions"
    kept = "answers"

    def __init__(self, console: Console, again: str, *, quiet: bool = False) -> None:
        """`console` writes where progress belongs (standard error); `again`: the command."""
        super().__init__(console, again, TimeElapsedColumn(), quiet=quiet)

    def begins(self, evaluation: str, done: int, total: int) -> None:
        """See Progress."""
        self._done, self._total = done, total
        kept = f": {done} of {total} answers are there; --fresh begins anew" if done else ""
        self._say(f"evaluation {evaluation}{kept}")
        self._advance(self.bar, done, total)

    def measured(self, one: Measured) -> None:
        """See Progress."""
        self._done += 1
        self._advance(self.bar, self._done, self._total)
        told = "no answer" if one.value is None else repr(legible(one.value, _VALUE_SHOWN))
        word = "right" if one.exact else "wrong"
        place = f"{self._done}/{self._total}  {one.system} {legible(one.id)}"
        self._say(f"{place}: {word}, {told}, {one.seconds:.1f} s")

    def embedding(self, done: int, total: int) -> None:
        """See Embedding."""
        self._prepare("vectors of the passages, once", done, total)
