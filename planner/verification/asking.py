"""The judge's word on claims that code cannot decide."""

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from inference import Message, Model, ModelError, as_data, estimated_tokens, p_yes
from planner.errors import BudgetExceeded
from planner.events import Decided, Trace
from planner.outcomes import Verdict
from planner.verification.findings import Finding
from planner.verification.weighing import Scales, Weighed, Weighing

_SUPPORTED = "Does the data say what the claim says, of the same person or thing? Say yes or no."
_FAR, _NEAR = 1.8, 0.3
"""By how much less sure of a claim than of the reference, as logits, the judge says no, or yes."""
_MOST = 0.95
"""More sure than this a reference does not count: then all else would seem doubtful."""
_HEARD = 0.8
"""A judge that is less sure of what stands there cannot overrule the rules' doubt."""
_LEAST = 0.005
_AT_ONCE = 4


class Asker:
    """Asks for p("supported"), one small question for each claim.

    Models differ in how sure they ever are of a yes. So each is measured by itself: it is asked
    about a sentence of the passage, too, and a claim counts as supported where it is about as sure
    of that (so does contextual calibration, Zhao et al. 2021, arXiv:2102.09690).
    """

    def __init__(self, model: Model, *, trace: Trace, most: int = 12) -> None:
        """`most`: questions about one answer."""
        self._model = model
        self._trace = trace
        self._most = most

    async def ask(
        self, open_: Sequence[tuple[Weighing, int]], scales: Scales, room: Callable[[int], bool]
    ) -> None:
        """Settle those parts of sentences of which the judge is sure.

        `room`: whether so many tokens may still be spent. What is settled stays so when this is
        cut off.
        """
        if len(open_) > self._most:
            why = f"{len(open_) - self._most} more than {self._most}"
            await self._trace.record(Decided("claims not judged", why))
        if not open_:
            return
        turns = asyncio.Semaphore(_AT_ONCE)
        reference = await self._reference(*open_[0], scales, room)
        if reference is None:
            return

        async def one(weighing: Weighing, place: int) -> None:
            part = weighing.parts[place]
            async with turns:
                sure = await self._sure(part, part.claim.text, scales, room)
            if sure is None:
                return
            apart = _logit(min(reference, _MOST)) - _logit(sure)
            why = f"p(yes) = {sure:.2f}, {reference:.2f} of what stands there"
            await self._trace.record(
                Decided("judged whether it is supported", f"{part.claim.text!r} with {why}")
            )
            finding = _followed(part.finding.verdict, apart, why)
            if finding is not None and finding.verdict == "supported" and reference < _HEARD:
                return
            if finding is not None:
                weighing.parts[place] = replace(part, finding=finding)

        async with asyncio.TaskGroup() as group:
            for weighing, place in open_[: self._most]:
                group.create_task(one(weighing, place))

    async def _reference(
        self, weighing: Weighing, place: int, scales: Scales, room: Callable[[int], bool]
    ) -> float | None:
        """How sure the judge is of a sentence of the passage itself."""
        part = weighing.parts[place]
        best = scales.evidence(part.cites).ranked(part.claim.text)
        return await self._sure(part, best[0].text, scales, room) if best else None

    async def _sure(
        self, part: Weighed, claim: str, scales: Scales, room: Callable[[int], bool]
    ) -> float | None:
        """p(yes); None where the judge is not heard, so that the rules stand."""
        excerpt = scales.evidence(part.cites).excerpt(part.claim.text)
        asked = f"{as_data(excerpt)}\nClaim: {claim}"
        if not room(estimated_tokens(_SUPPORTED, asked)):
            await self._trace.record(Decided("claim not judged", "there is no budget for it"))
            return None
        try:
            messages = (Message("system", _SUPPORTED), Message("user", asked))
            return (await p_yes(self._model, messages)).value
        except (ModelError, BudgetExceeded) as error:
            await self._trace.record(Decided("judge not heard", str(error)))
            return None


def _logit(probability: float) -> float:
    """Of a probability that is kept away from 0 and 1."""
    kept = min(max(probability, _LEAST), 1 - _LEAST)
    return math.log(kept / (1 - kept))


def _followed(by_rule: Verdict, apart: float, why: str) -> Finding | None:
    """What the judge's word makes of the rules' verdict."""
    if apart <= _NEAR:
        return Finding("supported", True, why)
    if apart >= _FAR:
        return Finding(
            "partly" if by_rule == "supported" else "unsupported", True, why, judged=True
        )
    return None
