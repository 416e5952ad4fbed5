"""Plans of an embedded model against MuSiQue's gold DAGs, with and without the grammar.

For each question: `planner`, the plan as the Planner gives it out (best of its samples, mended);
`grammar`, one sample at temperature 0 under the grammar; `free`, the same without it. `valid`:
there are steps, and no line was dropped; `hops`: as many look-ups as the gold DAG has
sub-questions; `edges`: that many, and the same edges between them, in the order written (a right
plan in another order counts as wrong). `first_step_over_plan`: seconds to the first step that could
start over seconds to the whole plan; near 1 where the planner's samples agree on no first step.
`rules`: the `share` of all questions of the file that is planned without a model, and how good
those plans are.
"""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from benchmarks.dags import GoldQuestion, gold_questions
from inference import Model, Request
from planner import (
    Decided,
    MemoryTrace,
    PlanBuilder,
    PlanError,
    Planner,
    PlanReader,
    Step,
    Vocabulary,
    is_plain,
    unnested,
)
from planner.grammar import plan_grammar
from planner.prompts import plan_prompt
from search import DocumentIndex
from service.models import model_of
from service.settings import Settings
from tools import Calculate, Compare, Lookup, asks_to_compare

_MAX_TOKENS = 260


@dataclass(frozen=True)
class Made:
    """A plan and how it came."""

    steps: Sequence[Step]
    dropped: int
    """Lines that could not run."""
    first: float
    """Seconds until a step could start."""
    whole: float
    """Seconds until the plan was there."""


def same_edges(steps: Sequence[Step], gold: GoldQuestion) -> bool:
    """Whether the look-ups have the gold DAG's edges, by their order."""
    lookups = [step for step in steps if step.tool == "lookup"]
    numbers = {step.id: number for number, step in enumerate(lookups)}
    edges = [{numbers.get(name, -1) for name in step.inputs} for step in lookups]
    return edges == [set(needs) for needs in gold.needs]


def scores(made: Made, gold: GoldQuestion) -> dict[str, float]:
    """What a plan is worth."""
    lookups = sum(step.tool == "lookup" for step in made.steps)
    return {
        "valid": bool(made.steps) and not made.dropped,
        "hops": lookups == len(gold.needs),
        "edges": same_edges(made.steps, gold),
        "first_step_over_plan": made.first / made.whole,
        "seconds": made.whole,
    }


class Plans:
    """The three ways to have a plan of one model."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._tools = (Lookup(DocumentIndex.open(None), model), Compare(), Calculate())
        self._vocabulary = Vocabulary.of(self._tools, default="lookup")

    async def planner(self, question: str) -> Made:
        """As a run has it."""
        trace, steps, times = MemoryTrace(), list[Step](), list[float]()
        began = time.perf_counter()
        planner = Planner(self._model, self._tools, trace=trace)
        async with aclosing(planner.plan(question)) as plan:
            async for step in plan:
                steps.append(step)
                times.append(time.perf_counter() - began)
        whole = time.perf_counter() - began
        none = [e for e in trace.events if isinstance(e, Decided) and e.what == "no plan"]
        return Made(steps, len(none), min(times, default=whole), whole)

    async def grammar(self, question: str) -> Made:
        """One sample under the grammar."""
        comparing = asks_to_compare(question)
        return await self._sample(question, plan_grammar(self._tools, comparing=comparing))

    async def free(self, question: str) -> Made:
        """One sample as the model likes."""
        return await self._sample(question, None)

    async def _sample(self, question: str, grammar: str | None) -> Made:
        """One sample at temperature 0, read as it streams."""
        messages = plan_prompt(question)
        request = Request(
            messages=messages,
            head=len(messages) - 1,
            max_tokens=_MAX_TOKENS,
            grammar=grammar,
            purpose="plan",
        )
        reader, builder, dropped = PlanReader(self._vocabulary), PlanBuilder(), 0
        began = time.perf_counter()
        first: float | None = None
        async for found in _read(self._model, request, reader):
            for step in found:
                try:
                    builder.add(step)
                except PlanError:
                    dropped += 1
                else:
                    first = first or time.perf_counter() - began
        whole = time.perf_counter() - began
        return Made(builder.plan.steps, dropped + len(reader.problems), first or whole, whole)


async def _read(model: Model, request: Request, reader: PlanReader) -> AsyncIterator[list[Step]]:
    """The steps of each piece of the answer."""
    async with aclosing(model.stream(request)) as chunks:
        async for chunk in chunks:
            yield reader.feed(chunk.text)
    yield reader.close()


def by_rules(golds: Sequence[GoldQuestion]) -> dict[str, float]:
    """Plans that need no model: the share of questions that have one, and how good those are."""
    rows = []
    for gold in golds:
        asked = Step("a", "lookup", {"question": gold.question.strip()})
        if is_plain(gold.question):
            steps = unnested(asked, "question", [])
            rows.append((len(steps) == len(gold.needs), same_edges(steps, gold)))
    figures = {"share": len(rows) / len(golds)}
    for place, key in enumerate(("hops", "edges")):
        figures[key] = mean(row[place] for row in rows) if rows else 0.0
    return {f"plan_rules_{key}": round(figure, 3) for key, figure in figures.items()}


async def measured(data: Path, count: int, name: str) -> dict[str, float]:
    """The first questions of musique.jsonl, by the model of that name."""
    every = gold_questions(data / "musique.jsonl")
    golds = every[:count]
    model = await model_of(Settings(model=name))
    try:
        plans = Plans(model)
        figures = by_rules(every)
        for way in (plans.planner, plans.grammar, plans.free):
            await way("Who wrote the book that the film Jaws is based on?")  # fills the cache
            rows = [scores(await way(gold.question.strip()), gold) for gold in golds]
            for key in rows[0]:
                figures[f"plan_{way.__name__}_{key}"] = round(mean(row[key] for row in rows), 3)
        return figures
    finally:
        await model.close()
