"""An evaluation from its questions to its results: asked in parallel, and kept one by one.

What a question comes to is committed when it ends. The same command finds what is there and asks
the rest; a question that was cut off is asked again, so that its seconds and tokens are those of
one try.
"""

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from typing import Any, Protocol

from pydantic import JsonValue

from inference import Usage
from service.display import Display
from service.errors import UsageProblem
from service.evaluating.citations import counted
from service.evaluating.corpus import Embedding, corpus
from service.evaluating.judge import JUDGE_PROMPT, graded
from service.evaluating.measures import Measured
from service.evaluating.pool import Pool
from service.evaluating.question_sets import Question, QuestionSet
from service.evaluating.systems import SYSTEMS, Bench, Reply
from service.evaluating.watching import Watch
from service.others import Others
from service.saved import options_of
from service.settings import Settings
from service.sources import Root, Sources
from service.workplace import workplace
from storage import EvaluationRecord, TraceStore


class Progress(Display, Embedding, Protocol):
    """Shows an evaluation while it works."""

    def begins(self, evaluation: str, done: int, total: int) -> None:
        """So many of all questions, asked of all systems, have their results already."""
        ...

    def measured(self, one: Measured) -> None:
        """A question has its result."""
        ...


@dataclass(frozen=True)
class Assignment:
    """What is to be evaluated, and how."""

    set: QuestionSet
    questions: tuple[Question, ...]
    """Those of the set that are asked."""
    systems: tuple[str, ...]
    roots: tuple[Root, ...]
    """Documents that are searched instead of the set's passages."""
    settings: Settings
    unanswerable: bool = False
    """What supports the questions is left out."""
    judge: bool = False
    passages: int = 5
    turns: int = 7
    name: str | None = None

    def __post_init__(self) -> None:
        """Raises UsageProblem for what cannot be evaluated."""
        for system in self.systems:
            if system not in SYSTEMS:
                known = ", ".join(SYSTEMS)
                raise UsageProblem(f"--systems: there is no system {system!r}: use {known}")
        if len(set(self.systems)) != len(self.systems) or not self.systems:
            raise UsageProblem("--systems: name each system once, with commas between")
        if not self.roots and not self.settings.search and not self.set.has_passages:
            raise UsageProblem(
                f"{self.set.path}, line {self.set.questions[0].line}: the questions come without"
                " passages: name what is to be searched with --documents"
            )
        if self.unanswerable:
            self._require_support()

    def _require_support(self) -> None:
        """For questions that are to be made unanswerable."""
        if not self.is_pooled:
            raise UsageProblem(
                "--unanswerable leaves passages of the file out, and these are searched only"
                " without --documents and --search"
            )
        for question in self.questions:
            if question.gold and not any(passage.supporting for passage in question.passages):
                raise UsageProblem(
                    f"{self.set.path}, line {question.line}: --unanswerable needs passages that"
                    ' are marked with "supporting": true'
                )

    @property
    def is_pooled(self) -> bool:
        """Whether the set's own passages are searched."""
        return not self.roots and not self.settings.search

    def pool(self) -> Pool:
        """Of the whole set, whichever questions are asked."""
        return Pool.of(self.set.questions, self.questions if self.unanswerable else ())

    def gold(self, question: Question) -> tuple[str, ...]:
        """None where to abstain is right."""
        return () if self.unanswerable else question.gold

    def configuration(self) -> dict[str, JsonValue]:
        """All that the results depend on."""
        settings = self.settings
        told: dict[str, Any] = {
            "file": self.set.path.name,
            "digest": self.set.digest,
            "questions": [question.id for question in self.questions],
            "systems": list(self.systems),
            "unanswerable": self.unanswerable,
            "judge": JUDGE_PROMPT if self.judge else None,
            "passages": self.passages,
            "turns": self.turns,
            "embeddings": settings.embeddings,
            "reranker": settings.reranker,
            "breadth": version("breadth"),
        }
        return told | {"options": options_of(self.roots, settings)}

    @property
    def key(self) -> str:
        """The same for the same questions in the same configuration."""
        told = json.dumps([self.configuration(), self.name], sort_keys=True)
        return sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


async def evaluated(
    assignment: Assignment, display: Progress, *, parallel: int = 1, fresh: bool = False
) -> EvaluationRecord:
    """Ask what is not asked yet, and give all results. `fresh`: nothing counts as asked.

    Raises what a run raises before it begins, StorageError, and ModelUnavailable and SearchError
    where it is not the question's fault: then it can go on later.
    """
    async with await TraceStore.open(assignment.settings.store) as store:
        record = await store.evaluations.begin(
            assignment.key, assignment.configuration(), name=assignment.name, fresh=fresh
        )
        ended = False
        try:
            done = {(result.system, result.question) for result in record.results}
            display.begins(
                record.id, len(done), len(assignment.systems) * len(assignment.questions)
            )
            left = [one for one in in_turn(assignment) if (one[0], one[1].id) not in done]
            if left:
                asking = _Asking(assignment, record.id, store, display, parallel)
                await asking.all(left)
            ended = True
        finally:
            await store.evaluations.leave(record.id, ended=ended)
        return await store.evaluations.get(record.id)


def in_turn(assignment: Assignment) -> list[tuple[str, Question]]:
    """Question by question. The systems take turns at being the first: who comes later finds
    prompts in the engine's cache that the others had it read."""
    systems = assignment.systems
    return [
        (systems[(number + place) % len(systems)], question)
        for number, question in enumerate(assignment.questions)
        for place in range(len(systems))
    ]


@dataclass(frozen=True)
class _Asking:
    """The questions that are left, with one loaded model."""

    assignment: Assignment
    evaluation: str
    store: TraceStore
    display: Progress
    parallel: int

    async def all(self, left: Sequence[tuple[str, Question]]) -> None:
        """So many at once; each is kept when it ends."""
        asked, settings = self.assignment, self.assignment.settings
        pool = await asyncio.to_thread(asked.pool)
        given: AbstractAsyncContextManager[Sources] | None = None
        if asked.is_pooled:
            given = corpus(pool, settings, self.display)
        async with workplace(asked.roots, settings, self.display, Others(), given=given) as place:
            if place.sources.vectors is not None:
                await place.sources.vectors
            bench = Bench(place, self.store, asked.passages, asked.turns)
            gate = asyncio.Semaphore(self.parallel)

            async def one(system: str, question: Question) -> None:
                async with gate:
                    await self._one(bench, pool, system, question)

            async with asyncio.TaskGroup() as group:
                for system, question in left:
                    group.create_task(one(system, question))

    async def _one(self, bench: Bench, pool: Pool, system: str, question: Question) -> None:
        """From the question to its kept result."""
        kept, watch, asked = self.store.evaluations, Watch(), self.assignment
        run = await kept.create_run(self.evaluation, system, question.id, question.text)
        began = time.monotonic()
        reply = await SYSTEMS[system](bench, question.text, run, watch)
        seconds = time.monotonic() - began
        gold, judge = asked.gold(question), None
        if asked.judge:
            judge = await graded(bench.place.model, question.text, gold, reply.answer.value)
        support = pool.support_of(question) if asked.is_pooled and gold else frozenset()
        of = Asked(run, system, question, gold, support)
        made = measured(of, reply, watch.usages, seconds, judge)
        await kept.keep(run, made.data)
        self.display.measured(made)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, as it is put to a system."""

    run: str
    system: str
    question: Question
    gold: tuple[str, ...]
    support: frozenset[str]
    """Locations of the passages that the gold answer rests on."""


def measured(
    asked: Asked, reply: Reply, usages: Sequence[Usage], seconds: float, judge: float | None
) -> Measured:
    """All that the scores of a question are made of."""
    answer, cited = reply.answer, counted(reply.answer)
    cached = sum(usage.cached_tokens for usage in usages)
    return Measured(
        run=asked.run,
        system=asked.system,
        id=asked.question.id,
        question=asked.question.text,
        gold=asked.gold,
        value=answer.value,
        answer=answer.text,
        reason=reply.reason,
        support=len(asked.support),
        support_read=len(asked.support & reply.read),
        cited=cited.cited,
        supported=cited.supported,
        needing=cited.needing,
        satisfied=cited.satisfied,
        citations=len(answer.citations),
        seconds=round(seconds, 3),
        model_calls=len(usages),
        tokens_read=sum(usage.prompt_tokens for usage in usages) - cached,
        tokens_cached=cached,
        tokens_written=sum(usage.completion_tokens for usage in usages),
        judge=judge,
    )
