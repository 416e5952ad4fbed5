"""Replaying: model calls answered from what an earlier run stored, and which steps run anew."""

import json
import re
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass

from inference import (
    ALL,
    Chunk,
    Completion,
    Halt,
    HandingOn,
    Message,
    Model,
    Request,
    Sample,
    Usage,
)
from planner.errors import NotStored, PlanError
from planner.events import ModelCalled, Trace
from planner.plan import Plan, Step
from planner.recording import current_step

_NEVER_SENT = ("head", "session", "purpose")
"""Fields of a request that change nothing of what comes back."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model was asked in an earlier run, and what it said."""

    request: Request
    samples: tuple[Sample, ...]
    model: str
    step: str | None = None
    """The call that asked; None for the planner and the writer. A sub-run's have its call."""


class ReplayedModel(HandingOn):
    """A Model that gives stored replies to requests that are the same, and passes on the others.

    A reply costs nothing; the trace says that it was `reused`. Where the same was asked several
    times, the replies come in their order, and the last one stays. Vectors and relevances are not
    stored.
    """

    def __init__(self, model: Model, replies: Iterable[Reply], *, trace: Trace) -> None:
        """`model`: for what is unknown; a `RefusingModel` makes the replay a strict one."""
        super().__init__(model)
        self._trace = trace
        self._replies: defaultdict[str, deque[Reply]] = defaultdict(deque)
        for reply in replies:
            self._replies[_key(reply.request)].append(reply)

    async def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
        """See `Model.stream`. A stored sample comes in one piece."""
        reply = self._stored(request)
        if reply is None:
            async with aclosing(super().stream(request, halt)) as chunks:
                async for chunk in chunks:
                    yield chunk
            return
        completion = Completion(reply.samples)
        called = ModelCalled(
            current_step.get(), reply.model, request, completion, 0.0, None, reused=True
        )
        await self._trace.record(called)
        for index, sample in enumerate(reply.samples):
            if halt is not None and index in halt:
                yield Chunk(index=index, finish_reason="halted")
            else:
                yield _chunk(index, sample)
        yield Chunk(index=ALL, usage=Usage())

    def _stored(self, request: Request) -> Reply | None:
        """The next reply to this request."""
        found = self._replies.get(_key(request))
        if not found:
            return None
        return found.popleft() if len(found) > 1 else found[0]


class RefusingModel:
    """A Model that is not there: whoever asks it has left what was stored."""

    def __init__(self) -> None:
        """Nothing is loaded."""
        self.name = "none"
        self.window: int | None = None

    def constrains(self, request: Request) -> bool:
        """Nothing comes, so nothing breaks a constraint."""
        return True

    async def count(self, messages: Sequence[Message]) -> int:
        """Raises NotStored."""
        raise NotStored("the tokens of a prompt")

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Raises NotStored."""
        raise NotStored("vectors")

    async def rerank(self, query: str, texts: Sequence[str]) -> list[float]:
        """Raises NotStored."""
        raise NotStored("relevances")

    async def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
        """Raises NotStored."""
        step = current_step.get()
        raise NotStored(f"a reply to {request.purpose!r}" + (f" of step {step}" if step else ""))
        yield  # an async generator, as every stream


def top_step(call: str) -> str:
    """The run's own step that a call belongs to: that of `b[0]/a[1]` is b."""
    return re.split(r"[/\[]", call, maxsplit=1)[0]


def steps_anew(steps: Sequence[Step], start: str) -> frozenset[str]:
    """The ids of a step and of all that build on it. Raises PlanError for an unknown step."""
    if start not in {step.id for step in steps}:
        known = ", ".join(step.id for step in steps) or "none"
        raise PlanError(f"there is no step {start!r}; there are: {known}")
    plan = Plan(tuple(steps))
    behind = (step.id for step in steps if start in {one.id for one in plan.behind(step)})
    return frozenset((start, *behind))


def _key(request: Request) -> str:
    """The same for requests that ask the same."""
    asked = {name: value for name, value in asdict(request).items() if name not in _NEVER_SENT}
    return json.dumps(asked, sort_keys=True, ensure_ascii=True)


def _chunk(index: int, sample: Sample) -> Chunk:
    """A whole sample."""
    return Chunk(
        index=index,
        text=sample.text,
        reasoning=sample.reasoning,
        logprobs=sample.logprobs,
        finish_reason=sample.finish_reason,
    )
