"""A loaded model and sources, ready for runs: the only place where the parts are put together."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from inference import Model, ModelError
from planner import (
    Answer,
    Budget,
    BudgetExceeded,
    Event,
    History,
    Plan,
    RecordedModel,
    Reply,
    ResearchSettings,
    Result,
    Review,
    Toolbox,
    Trace,
    another_try,
    clarified,
    research,
    standalone,
    steps_anew,
    top_step,
)
from search import Passage, Remembered
from service.display import Display
from service.errors import UsageProblem
from service.models import Models, models_of
from service.others import Others
from service.person import Person
from service.plans import plan_of, think_plan
from service.saved import research_settings
from service.settings import Settings
from service.sources import Root, Sources, require_sources, sources
from service.wishes import Wishes
from storage import RunRecord, TraceStore
from tools import (
    Calculate,
    Compare,
    CrossCheck,
    Lookup,
    Past,
    Python,
    Read,
    Search,
    Table,
    Think,
    Tool,
    ToolAgents,
    Which,
    model_chooser,
)


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that ended."""

    run: str
    question: str
    result: Result
    parent: str | None = None
    """The run that it replays."""


@dataclass(frozen=True)
class Workplace:
    """A loaded model and what it may read, ready for runs."""

    model: Model
    sources: Sources
    settings: Settings
    display: Display
    others: Others
    looks: bool
    """Whether there is anything to look into."""
    worker: str | None = None
    """Of the service, if one does the runs."""
    wishes: Wishes = field(default_factory=Wishes)
    """What the run is to do that no setting says."""

    async def run(
        self,
        store: TraceStore,
        run: str,
        question: str,
        history: History | None = None,
        plan: Plan | None = None,
        review: Review | None = None,
    ) -> Finished:
        """Research one question, or reason about it where that is wished."""
        if plan is None and self.wishes.method:
            thought = think_plan(question, self.wishes.method, reads=self.looks)
            plan = plan_of(thought, "the run's method")
        result = await research(
            question,
            model=self.model,
            toolbox=partial(self._toolbox, store),
            trace=Tee(store.trace(run, self.worker), self.display),
            settings=self._research_settings(question, plan),
            history=history,
            plan=plan,
            review=review,
        )
        return Finished(run, question, result)

    def _research_settings(self, question: str, plan: Plan | None) -> ResearchSettings:
        """Those of the run; what a plan reasoned about is not told in other words."""
        settings = research_settings(self.settings, question)
        settings = replace(settings, form=self.wishes.wanted_form)
        if plan is None or not plan.steps or plan.steps[-1].tool != Think.name:
            return settings
        return replace(settings, style=replace(settings.style, bare=True))

    async def clarified(self, question: str, person: Person, trace: Trace) -> str:
        """The question as the person means it; it is asked before there is a run."""
        limits = research_settings(self.settings, question).limits
        model = RecordedModel(
            self.model, budget=Budget(limits), trace=trace, prices=self.settings.prices
        )
        return await clarified(question, model, person.answer, trace, self.settings.seed)

    async def completed(self, question: str, before: str, answer: Answer, trace: Trace) -> str:
        """A question that follows another one, `before`, said so that it stands by itself."""
        limits = research_settings(self.settings, question).limits
        model = RecordedModel(
            self.model, budget=Budget(limits), trace=trace, prices=self.settings.prices
        )
        return await standalone(
            question,
            before,
            answer,
            model,
            trace=trace,
            seed=self.settings.seed,
        )

    async def go_on(self, store: TraceStore, record: RunRecord, person: Person | None) -> Finished:
        """A run that has a past: its own, or that of the run which it replays or takes up.

        `person` looks plans over, where that was wanted: the first, if that has not been done, and
        whatever is planned behind it.
        """
        history = await store.history(record.id)
        wishes = Wishes.from_options(record.options)
        review = None
        if record.options.get("approve"):
            there = person if person and history.planned_rounds else require_presence(person)
            review = self.review_by(there)
        if record.status == "incomplete":
            history = another_try(history)
        if record.parent not in (None, record.options.get("takes_up")):
            history = replace(history, replies=await _replies(store, record))
            if record.status != "incomplete" and "from" not in record.options:
                history = await _ending(store, record.parent, history)
        self.display.known(history.outcomes)
        given = record.options.get("plan")
        plan = plan_of(str(given), "the run's plan", self.others.shapes) if given else None
        place = replace(self, wishes=wishes)
        finished = await place.run(store, record.id, record.question, history, plan, review)
        return replace(finished, parent=record.parent)

    def review_by(self, person: Person) -> Review:
        """Shows plans to a person, who may use every tool."""
        return partial(person.review, others=self.others.shapes)

    def _toolbox(self, store: TraceStore, model: Model) -> Toolbox:
        """The tools, over these sources and the run's own model."""
        own = own_tools(self.sources, model, self.settings, past=store.reasoned, looks=self.looks)
        functions = self.wishes.tools
        theirs = tuple(tool.name for tool in functions)
        planned = (*Toolbox.planned, *self.settings.tools, *theirs)
        return Toolbox(
            (*own, *self.others.tools, *functions),
            tuple(dict.fromkeys(planned)),
            handed=(*(tool.name for tool in self.others.tools), *theirs),
            looks=self.looks,
        )


def own_tools(
    sources: Sources,
    model: Model,
    settings: Settings,
    *,
    past: Past | None = None,
    looks: bool = True,
) -> tuple[Tool[Any], ...]:
    """Those that come with Breadth.

    `past`: of methods of reasoning; `looks`: whether there is anything to look into.
    """
    seed = settings.seed
    runs_code = Python.name in settings.tools
    think = Think(
        sources.engine,
        model,
        seed=seed,
        tolerated=(ModelError, BudgetExceeded),
        roles=tuple(settings.roles),
        past=past,
        max_tokens=settings.sample_tokens,
        agents=lambda: ToolAgents(
            model, sources.engine if looks else None, Python() if runs_code else None
        ),
    )
    lookup = Lookup(sources.engine, model, reader=sources.reader, seed=seed)
    return (
        lookup,
        CrossCheck(lookup),
        Compare(model_chooser(model, seed=seed)),
        Which(sources.engine, model, seed=seed),
        Calculate(),
        Table(),
        Python(),
        Search(sources.engine),
        Read(sources.reader),
        think,
    )


class Tee:
    """A Trace that stores first and shows then."""

    def __init__(self, *traces: Trace) -> None:
        """In this order."""
        self._traces = traces

    async def record(self, event: Event) -> None:
        """To all."""
        for trace in self._traces:
            await trace.record(event)


@asynccontextmanager
async def workplace(
    roots: Sequence[Root],
    settings: Settings,
    display: Display,
    others: Others,
    before: Sequence[Passage] = (),
    given: AbstractAsyncContextManager[Sources] | None = None,
    *,
    reads: bool = True,
) -> AsyncIterator[Workplace]:
    """The model loads while the documents are indexed; each is done once.

    `before`: what was read by the run that this one follows; it is found first. `given`: what is
    searched instead of documents. `reads`: there has to be something to search.
    """
    needed = reads and given is None and not (others.tools or before)
    require_sources(roots, settings, needed=needed)
    looks = given is not None or bool(roots or settings.search or before)
    given = given or sources(roots, settings, display, needed=needed)
    async with AsyncExitStack() as stack:
        models = await models_of(settings, display.loading)
        stack.push_async_callback(models.close)
        require_prices(models, settings)
        for reason in models.missing:
            display.missing(reason)
        found = await stack.enter_async_context(given)
        await models.ready()
        await found.ready()
        if before:
            found = replace(found, engine=Remembered(before, found.engine))
        yield Workplace(models.model, found, settings, display, others, looks)


def require_presence(person: Person | None) -> Person:
    """Raises UsageProblem where nobody can approve a plan."""
    if person is None or not person.is_there:
        raise UsageProblem(
            "--approve asks at the terminal, and there is none: standard input and standard error"
            " must be a terminal"
        )
    return person


async def _ending(store: TraceStore, parent: str, history: History) -> History:
    """The past of a replay that is to end as the run did which it replays."""
    answered = (await store.run(parent)).answer is not None
    asked = {reply.request.purpose for reply in history.replies}
    cut = (await store.history(parent)).cut
    return replace(history, cut=cut, unworded=answered and "write" not in asked)


async def _replies(store: TraceStore, record: RunRecord) -> tuple[Reply, ...]:
    """What models said in the run that this one replays, but to what runs anew.

    Behind a step that runs anew, the answer is written anew, too.
    """
    assert record.parent is not None
    replies = await store.replies(record.parent)
    start = record.options.get("from")
    if start is None:
        return replies
    anew = steps_anew((await store.history(record.parent)).steps, str(start))
    return tuple(
        reply
        for reply in replies
        if reply.request.purpose != "write" and top_step(reply.step or "") not in anew
    )


def require_prices(models: Models, settings: Settings) -> None:
    """A limit of money that nothing counts towards would be none."""
    names = dict.fromkeys(part.name for part in models.parts)
    missing = [name for name in names if name not in settings.prices]
    if settings.max_cost is not None and missing:
        raise UsageProblem(
            f"--max-cost: there is no price for {missing[0]!r}: set BREADTH_PRICES, in the form"
            f' {{"{missing[0]}": {{"prompt": 0.4, "completion": 1.6}}}}, for a million tokens each'
        )
