"""The planner: from a question to steps, as a stream.

A plain contest ("Which is longer, A or B?") has a plan by rule. For any other question several
plans are sampled in one request, which reads the prompt once. A step on which all samples
agree is given out at once; when the samples are complete, one of them is chosen by checks in code
and the rest of its steps follow. Half of the samples are drawn first: where they have one form and
pass every check, the other half is not asked for (adaptive consistency, Aggarwal et al. 2023,
arXiv:2305.11860). With one sample, that is plain streaming.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from inference import ALL, Chunk, Model, ModelError, Request
from planner import template
from planner.choosing import best_plan, rival_of, settled
from planner.contests import contest_plan
from planner.errors import BudgetExceeded, PlanError
from planner.events import Decided, Trace
from planner.grammar import plan_grammar
from planner.judging import Judge
from planner.language import PlanReader, Vocabulary
from planner.mending import (
    asked_already,
    missing_comparison,
    named_outright,
    with_names,
    with_open_facts,
)
from planner.plan import PlanBuilder, Step
from planner.prompts import plan_prompt
from planner.routing import Router
from planner.unnesting import is_plain, unnested
from tools import Tool, asks_to_compare

_MAX_TOKENS = 260


class Planner:
    """Asks a model for plans."""

    def __init__(
        self,
        model: Model,
        tools: Sequence[Tool[Any]],
        *,
        trace: Trace,
        router: Router | None = None,
        ruled: Sequence[Tool[Any]] = (),
        samples: int = 4,
        one_step: bool = False,
        patience: float = 60.0,
        judge: Judge | None = None,
        temperature: float = 0.7,
        seed: int = 0,
    ) -> None:
        """`tools`: what a plan may use; the first one is for bare questions. `router`: hands
        look-ups to tools that the model is not told of. `ruled`: further tools, for plans by rule.

        `one_step`: the first plan is the question itself. `patience`: seconds without a new line
        after which the engine is stopped, and what there is of the plan runs. `judge`: asked where
        the checks in code find two plans of different forms about as good.
        """
        self._model = model
        self._router = router
        handed = router.tools if router is not None else ()
        self._told_tools = [tool for tool in tools if tool not in handed]
        self._vocabulary = Vocabulary.of(tools, default=tools[0].name)
        self._wider = Vocabulary.of((*tools, *ruled), default=tools[0].name)
        self._grammars = {
            comparing: plan_grammar(tools, comparing=comparing) for comparing in (False, True)
        }
        self._trace = trace
        self._samples = samples
        self._one_step = one_step
        self._patience = patience
        self._judge = judge
        self._temperature = temperature
        self._seed = seed
        self.failure: str | None = None
        """Why a model could not be asked for a plan, the last time that it was so."""

    async def plan(
        self, question: str, known: Sequence[tuple[str, str]] = (), *, attempt: int = 1
    ) -> AsyncGenerator[Step]:
        """Steps as they are decided. When no plan can be had, the question is the one step.

        `known`: questions and answers found before. A later `attempt` samples other plans.
        """
        async with aclosing(self._decided(question, known, attempt)) as steps:
            async for step in steps:
                yield step if self._router is None else await self._router.handed(step)

    async def _decided(
        self, question: str, known: Sequence[tuple[str, str]], attempt: int
    ) -> AsyncGenerator[Step]:
        """Steps of look-ups, and of tools that the model was told of."""
        why, ruled = self._ruled(question) if attempt == 1 else ("", [])
        if ruled:
            await self._trace.record(Decided("plan by rule", why))
            for step in ruled:
                yield step
            return
        self.failure = None
        drafts: list[_Draft] = []
        given: list[Step] = []
        for request in self._requests(question, known, attempt):
            batch = [_Draft(self._vocabulary, question) for _ in range(request.n)]
            may_give = not drafts
            drafts += batch
            async with aclosing(self._written(request, batch)) as steps:
                async for step in steps:
                    if may_give:
                        given.append(step)
                        yield step
            if self.failure or settled([draft.steps for draft in drafts], question):
                break
        for step in (await self._chosen(drafts, given, question))[len(given) :]:
            yield step

    def _requests(
        self, question: str, known: Sequence[tuple[str, str]], attempt: int
    ) -> list[Request]:
        """The samples in two halves: the second is asked only if the first does not settle it."""
        messages = plan_prompt(question, known, self._told_tools)
        first = (self._samples + 1) // 2
        halves = [n for n in (first, self._samples - first) if n]
        return [
            Request(
                messages=messages,
                head=len(messages) - 1,
                n=n,
                temperature=self._temperature if self._samples > 1 else 0.0,
                max_tokens=_MAX_TOKENS,
                grammar=self._grammars[asks_to_compare(question)],
                seed=self._seed + 100 * (attempt - 1) + half * first,
                purpose="plan",
            )
            for half, n in enumerate(halves)
        ]

    async def _written(self, request: Request, drafts: Sequence["_Draft"]) -> AsyncGenerator[Step]:
        """Fill the drafts; give out each step on which they all agree."""
        given = 0
        try:
            async with aclosing(self._model.stream(request)) as chunks:
                async for chunk in _lively(chunks, drafts, self._patience):
                    drafts[chunk.index].feed(chunk.text)
                    drafts[chunk.index].cut &= chunk.finish_reason != "stop"
                    while (step := _agreed(drafts, given)) is not None:
                        given += 1
                        yield step
        except TimeoutError:
            self.failure = f"the planner wrote no new line for {self._patience:g} s"
        except (ModelError, BudgetExceeded) as error:
            self.failure = str(error)
        if self.failure:
            await self._trace.record(Decided("plan cut short", self.failure))
        for draft in drafts:
            draft.close()

    async def _chosen(
        self, drafts: Sequence["_Draft"], given: Sequence[Step], question: str
    ) -> list[Step]:
        """The best of the samples that begin as given; without any, the question itself."""
        problems = [problem for draft in drafts for problem in draft.problems]
        if problems:
            await self._trace.record(Decided("plan lines dropped", "; ".join(problems)))
        plans = [d.steps for d in drafts if d.steps[: len(given)] == list(given)]
        if not any(plans):
            await self._trace.record(Decided("no plan", "the question itself is looked up"))
            return self._by_rule(question)
        names = [f"sample {number} of {len(plans)}" for number, _ in enumerate(plans, 1)]
        ruled = self._by_rule(question)
        if not given and len(ruled) > 1:
            plans.append(ruled)
            names.append("the question's own descriptions, one after another")
        best = await self._best(plans, question)
        if len(plans) > 1:
            await self._trace.record(Decided("plan chosen", names[best]))
        return plans[best]

    async def _best(self, plans: Sequence[Sequence[Step]], question: str) -> int:
        """The index of the plan to run: by checks in code, in a close call by the judge."""
        best = best_plan(plans, question)
        if self._judge is None or not self._judge.close_call:
            return best
        rival = rival_of(plans, question, self._judge.close_call)
        if rival is None:
            return best
        told = (self._told(plans[place]) for place in (rival, best))
        return rival if await self._judge.prefers(question, *told) else best

    def _told(self, steps: Sequence[Step]) -> str:
        """A plan as the judge reads it."""
        field = self._vocabulary.question
        return "\n".join(f"{step.id}: {step.arguments.get(field, step.spoken)}" for step in steps)

    def _ruled(self, question: str) -> tuple[str, list[Step]]:
        """A plan for which no model is needed, and why; none where there is no such."""
        contest = contest_plan(question, self._wider)
        if contest:
            return "the question names both sides", contest
        if is_plain(question):
            return "the question says what to ask first", self._by_rule(question)
        if self._one_step:
            return "the question asks for one fact", self._by_rule(question)
        return "", []

    def _by_rule(self, question: str) -> list[Step]:
        """The question, what it describes first; no model is asked."""
        field = self._vocabulary.question
        asked = {field: template.literal(question)}
        return unnested(Step("a", self._vocabulary.default, asked), field, [])


class _Draft:
    """One sampled plan while it arrives; lines that cannot run are mended or left out."""

    def __init__(self, vocabulary: Vocabulary, question: str) -> None:
        self.steps: list[Step] = []
        self.cut = True
        """Until its end has come: what stands behind its last whole line is not to be run."""
        self._question = question
        self._vocabulary = vocabulary
        self._reader = PlanReader(vocabulary)
        self._builder = PlanBuilder()
        self._names: dict[str, str] = {}
        """Of steps that would have looked up what the question names."""

    @property
    def problems(self) -> list[str]:
        return self._reader.problems

    def feed(self, text: str) -> None:
        self._take(self._reader.feed(text))

    def close(self) -> None:
        self._take(self._reader.close(cut=self.cut))
        missing = missing_comparison(self.steps, self._question)
        if missing is not None:
            self._take([missing])

    def _take(self, steps: Sequence[Step]) -> None:
        for step in steps:
            whole = [step]
            if step.tool == self._vocabulary.default:
                whole = unnested(step, self._vocabulary.question, self.steps)
            for part in whole:
                self._add(part)

    def _add(self, step: Step) -> None:
        """A step that fits; a comparison that does not is mended, or left out."""
        name = named_outright(step, self._question)
        if name is not None:
            self._names[step.id] = name
            return
        step = with_names(step, self._names)
        again = asked_already(step, self.steps)
        if again is not None:
            self._reader.problems.append(f"step {step.id!r} compares nothing: {again!r} asks it")
            return
        try:
            self._builder.add(step)
        except PlanError as error:
            mended = with_open_facts(step, self.steps)
            if mended is None:
                self._reader.problems.append(str(error))
            else:
                self._add(mended)
        else:
            self.steps.append(step)


async def _lively(
    chunks: AsyncGenerator[Chunk], drafts: Sequence[_Draft], patience: float
) -> AsyncGenerator[Chunk]:
    """The samples' chunks. TimeoutError where no draft gets a new line for so many seconds."""
    clock = asyncio.get_running_loop().time
    lines, waited = 0, 0.0
    while True:
        began = clock()
        try:
            async with asyncio.timeout(patience - waited):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        written = sum(len(draft.steps) for draft in drafts)
        waited, lines = (0.0, written) if written > lines else (waited + clock() - began, lines)
        if chunk.index != ALL:
            yield chunk


def _agreed(drafts: Sequence[_Draft], position: int) -> Step | None:
    """The step that stands at this position in every sample, if they all have the same."""
    if any(len(draft.steps) <= position for draft in drafts):
        return None
    first, *others = (draft.steps[position] for draft in drafts)
    return first if all(other == first for other in others) else None
