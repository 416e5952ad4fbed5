"""The judge: one small question to a model, answered by how sure it is of a yes."""

from collections.abc import Sequence

from inference import Message, Model, ModelError, as_data, p_yes
from planner.errors import BudgetExceeded
from planner.events import Decided, Trace

_ENOUGH = "Do the facts in the data answer the question for certain? Say yes or no."

_TOLD = "Do the notes in the data answer the question, at least in part? Say yes or no."

_BETTER = "Is the first plan better than the second for answering the question? Say yes or no."
_CHANCE = 0.5
_FACTS = 12
"""The newest so many are told: the question is to stay small."""


class Judge:
    """Asks for p("Yes"). Each thing is asked once; without a model that answers it is a no."""

    def __init__(
        self, model: Model, *, trace: Trace, enough: float = 1.0, close_call: float = 0.0
    ) -> None:
        """`enough`: the probability from which facts are enough; at 1 it is not asked for one.

        `close_call`: it is asked about plans whose scores differ by less; at 0 about none.
        """
        self.close_call = close_call
        self._model = model
        self._trace = trace
        self._enough = enough
        self._asked: set[tuple[str, str]] = set()

    async def is_enough(self, question: str, facts: Sequence[tuple[str, str]], value: str) -> bool:
        """Whether a value can be taken for the answer, by the facts (questions and answers)."""
        if self._enough >= 1 or (question, value) in self._asked:
            return False
        self._asked.add((question, value))
        lines = [f"{asked} {answer}" for asked, answer in facts[-_FACTS:]]
        told = as_data("\n".join([*lines, f"Answer: {value}"]))
        asked = f"{told}\nQuestion: {question}"
        sure = await self._probability(_ENOUGH, asked, at=self._enough)
        if sure is None:
            return False
        why = f"{value!r} with p(yes) = {sure:.2f}; {self._enough:g} is enough"
        await self._trace.record(Decided("judged whether it is enough", why))
        return sure >= self._enough

    async def is_told(self, question: str, notes: Sequence[str]) -> bool:
        """Whether notes answer a question, by more than a chance; a judge not heard says yes."""
        told = as_data("\n".join(notes[:_FACTS]))
        sure = await self._probability(_TOLD, f"{told}\nQuestion: {question}", at=_CHANCE)
        if sure is not None:
            why = f"p(yes) = {sure:.2f}"
            await self._trace.record(Decided("judged whether the question is answered", why))
        return sure is None or sure >= _CHANCE

    async def prefers(self, question: str, rival: str, best: str) -> bool:
        """Whether a plan (a text) is better than the one that was best so far.

        Asked in both orders: a small model leans to one of the places (Zheng et al. 2023,
        arXiv:2306.05685).
        """
        sure = [
            await self._probability(
                _BETTER, f"Question: {question}\nFirst:\n{first}\nSecond:\n{second}"
            )
            for first, second in ((rival, best), (best, rival))
        ]
        if None in sure:
            return False
        for_rival, for_best = (one or 0.0 for one in sure)
        why = f"p(yes) = {for_rival:.2f} for the rival, {for_best:.2f} for the best by the checks"
        await self._trace.record(Decided("judged which plan is better", why))
        return for_rival > for_best

    async def _probability(self, told: str, asked: str, *, at: float | None = None) -> float | None:
        """Of a yes; None where the model cannot be asked."""
        try:
            messages = (Message("system", told), Message("user", asked))
            return (await p_yes(self._model, messages, at=at)).value
        except (ModelError, BudgetExceeded) as error:
            await self._trace.record(Decided("judge not heard", str(error)))
            return None
