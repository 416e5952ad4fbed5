"""One run from its question to its answer: the only place where the parts are put together."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from math import inf
from pathlib import Path
from typing import Any, Protocol

from pydantic import JsonValue, TypeAdapter

from inference import Model, Price
from planner import (
    Budget,
    Done,
    Event,
    History,
    Limits,
    MemoryTrace,
    Outcome,
    Plan,
    RecordedModel,
    Reply,
    ResearchSettings,
    Result,
    Review,
    Spending,
    Toolbox,
    Trace,
    clarified,
    means_of,
    research,
    steps_anew,
)
from search import DocumentIndex, IndexReport
from service.errors import UsageProblem
from service.models import Models, lasting, models_of
from service.person import Person
from service.plans import asked_by, plan_of, text_of
from service.settings import Settings
from storage import RunRecord, TraceStore
from tools import Calculate, Compare, CrossCheck, Lookup, Read, Search, model_chooser

_MODEL_CALLS = 4
_MOST_CHARACTERS = 2000
_SAVED = ("model", "base_url", "roles", "seconds", "max_tool_calls", "max_tokens", "max_cost",
          "prices", "effort", "plan_samples", "drafts", "rounds", "depth", "enough", "close_call",
          "plan_patience", "seed", "speculate", "step_speculation")  # fmt: skip
"""Settings that a resumed run takes over; keys are not among them."""
_PRICES = TypeAdapter(dict[str, Price])


class Display(Trace, Protocol):
    """Shows a run while it works."""

    def started(self, run: str) -> None:
        """The run has an id."""
        ...

    def loading(self, done: int, total: int) -> None:
        """Bytes of the model joined."""
        ...

    def missing(self, reason: str) -> None:
        """A server does not answer, while others do."""
        ...

    def known(self, outcomes: Mapping[str, Outcome]) -> None:
        """What is taken over of the run's past, by step."""
        ...

    def indexing(self, done: int, total: int, path: str) -> None:
        """Documents read."""
        ...

    def indexed(self, report: IndexReport) -> None:
        """What the index holds."""
        ...


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that ended."""

    run: str
    question: str
    result: Result
    parent: str | None = None
    """The run that it replays."""


async def ask(
    question: str,
    documents: Sequence[Path],
    settings: Settings,
    display: Display,
    approver: Person | None = None,
    clarifier: Person | None = None,
) -> Finished:
    """A new run. `approver`: looks the plan over before it runs; `clarifier`: is asked what an
    ambiguous question means, if they are there."""
    question = " ".join(question.split())
    if not question:
        raise UsageProblem("the question is empty: write it in quotes behind `breadth ask`")
    if approver is not None:
        _require_presence(approver)
    return await _new_run(question, None, documents, settings, display, approver, clarifier)


async def run_plan(
    plan: Plan,
    question: str | None,
    documents: Sequence[Path],
    settings: Settings,
    display: Display,
) -> Finished:
    """A new run, of a plan that somebody wrote. Without a question it is what the plan asks."""
    question = " ".join((question or "").split()) or asked_by(plan)
    return await _new_run(question, plan, documents, settings, display)


async def _new_run(
    question: str,
    plan: Plan | None,
    documents: Sequence[Path],
    settings: Settings,
    display: Display,
    approver: Person | None = None,
    clarifier: Person | None = None,
) -> Finished:
    """From the first row in the store to the answer."""
    if len(question) > _MOST_CHARACTERS:
        raise UsageProblem(
            f"the question has {len(question)} characters; at most {_MOST_CHARACTERS} can be asked"
        )
    roots = [path.expanduser().resolve() for path in documents]
    options = _options(roots, settings)
    options |= {"plan": text_of(plan)} if plan else {}
    options |= {"approve": True} if approver else {}
    async with (
        await TraceStore.open(settings.store) as store,
        workplace(roots, settings, display) as place,
    ):
        talk = MemoryTrace()
        if clarifier is not None and clarifier.is_there:
            question = await place.clarified(question, clarifier, talk)
        run = await store.create_run(question, options)
        for event in talk.events:
            await store.trace(run).record(event)
        display.started(run)
        review = approver.review if approver else None
        return await place.run(store, run, question, plan=plan, review=review)


async def resume(
    run: str, settings: Settings, display: Display, person: Person | None = None
) -> Finished:
    """Go on with a run that was cut off; nothing that it finished is done again."""
    async with await TraceStore.open(settings.store) as store:
        record = await store.run(run)
        if record.status == "completed" and record.answer is not None:
            return Finished(
                record.id, record.question, Result("completed", record.answer), record.parent
            )
        require_ended(record)
        display.started(record.id)
        async with workplace(*restored(record, settings), display) as place:
            return await place.go_on(store, record, person)


@dataclass(frozen=True)
class Workplace:
    """A loaded model and an index, ready for runs."""

    model: Model
    index: DocumentIndex
    settings: Settings
    display: Display

    async def run(
        self,
        store: TraceStore,
        run: str,
        question: str,
        history: History | None = None,
        plan: Plan | None = None,
        review: Review | None = None,
    ) -> Finished:
        """Research one question."""
        result = await research(
            question,
            model=self.model,
            toolbox=self._toolbox,
            trace=Tee(store.trace(run), self.display),
            settings=_research_settings(self.settings, question),
            history=history,
            plan=plan,
            review=review,
        )
        return Finished(run, question, result)

    async def clarified(self, question: str, person: Person, trace: Trace) -> str:
        """The question as the person means it; it is asked before there is a run."""
        limits = _research_settings(self.settings, question).limits
        model = RecordedModel(
            self.model, budget=Budget(limits), trace=trace, prices=self.settings.prices
        )
        return await clarified(question, model, person.answer, trace, self.settings.seed)

    async def go_on(self, store: TraceStore, record: RunRecord, person: Person | None) -> Finished:
        """A run that has a past: its own, or that of the run which it replays.

        `person` looks the plan over, where that was wanted and has not been done.
        """
        history = await store.history(record.id)
        review = None
        if record.options.get("approve") and not history.planned_rounds:
            review = _require_presence(person).review
        if record.status == "incomplete":
            history = _another_try(history)
        if record.parent is not None:
            history = replace(history, replies=await _replies(store, record))
        self.display.known(history.outcomes)
        given = record.options.get("plan")
        plan = plan_of(str(given), "the run's plan") if given else None
        finished = await self.run(store, record.id, record.question, history, plan, review)
        return replace(finished, parent=record.parent)

    def _toolbox(self, model: Model) -> Toolbox:
        """The tools, over this index and the run's own model."""
        lookup = Lookup(self.index, model, seed=self.settings.seed)
        return Toolbox(
            (
                lookup,
                CrossCheck(lookup),
                Compare(model_chooser(model, seed=self.settings.seed)),
                Calculate(),
                Search(self.index),
                Read(self.index),
            )
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
    roots: Sequence[Path], settings: Settings, display: Display
) -> AsyncIterator[Workplace]:
    """The model loads while the documents are indexed; each is done once."""
    if not roots:
        raise UsageProblem("no documents: name a folder or a file with --documents")
    async with AsyncExitStack() as stack:
        models = await models_of(settings, display.loading)
        stack.push_async_callback(models.close)
        _require_prices(models, settings)
        for reason in models.missing:
            display.missing(reason)
        key = sha256(
            "\n".join(sorted(map(str, roots))).encode("utf-8", "surrogatepass")
        ).hexdigest()[:16]
        index = DocumentIndex.open(settings.cache / "index" / f"{key}.db")
        stack.callback(index.close)
        display.indexed(await index.refresh(roots, on_progress=display.indexing))
        await models.ready()
        yield Workplace(models.model, index, settings, display)


def _require_presence(person: Person | None) -> Person:
    """Raises UsageProblem where nobody can approve a plan."""
    if person is None or not person.is_there:
        raise UsageProblem(
            "--approve asks at the terminal, and there is none: standard input and standard error"
            " must be a terminal"
        )
    return person


def require_ended(record: RunRecord) -> None:
    """Raises UsageProblem for a run that lives."""
    if record.status == "running":
        raise UsageProblem(f"run {record.id} is still running in another process")


def restored(record: RunRecord, settings: Settings) -> tuple[list[Path], Settings]:
    """The documents and the settings that a run was created with."""
    options = dict(record.options)
    saved: dict[str, Any] = {name: options[name] for name in _SAVED if name in options}
    # Not by way of Settings(...): it would mix dictionaries with those of the environment.
    saved["prices"] = _PRICES.validate_python(saved.get("prices") or {})
    roots = [Path(str(path)) for path in _list(options.get("documents"))]
    return roots, settings.model_copy(update=saved)


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
        if reply.request.purpose != "write" and (reply.step or "").partition("[")[0] not in anew
    )


def _require_prices(models: Models, settings: Settings) -> None:
    """A limit of money that nothing counts towards would be none."""
    names = dict.fromkeys(part.name for part in models.parts)
    missing = [name for name in names if name not in settings.prices]
    if settings.max_cost is not None and missing:
        raise UsageProblem(
            f"--max-cost: there is no price for {missing[0]!r}: set BREADTH_PRICES, in the form"
            f' {{"{missing[0]}": {{"prompt": 0.4, "completion": 1.6}}}}, for a million tokens each'
        )


def _another_try(history: History) -> History:
    """The past of a run that ended without a full answer: what failed is tried again."""
    worked = {
        id_: outcome
        for id_, outcome in history.outcomes.items()
        if isinstance(outcome, Done) and outcome.cut is None
    }
    return replace(
        history,
        outcomes=worked,
        answer=None,
        seconds=0.0,
        spent=Spending(cost=history.spent.cost),  # money is not granted twice
        tool_calls=0,
        nested={call: _another_try(past) for call, past in history.nested.items()},
    )


def _options(roots: Sequence[Path], settings: Settings) -> dict[str, JsonValue]:
    """What a resumed run needs to know."""
    values: dict[str, Any] = settings.model_dump(include=set(_SAVED), mode="json")
    values["model"] = lasting(settings.model)
    values["roles"] = {role: lasting(name) for role, name in settings.roles.items()}
    return {"documents": [str(path) for path in roots], **values}


def _research_settings(settings: Settings, question: str) -> ResearchSettings:
    """The planner's own settings: the means of the effort, where the user names no other."""
    means = means_of(settings.effort, question)
    return ResearchSettings(
        limits=Limits(
            seconds=settings.seconds,
            tokens=settings.max_tokens,
            tool_calls=settings.max_tool_calls,
            cost=settings.max_cost or inf,
        ),
        rounds=settings.rounds or means.rounds,
        depth=settings.depth,
        plan_samples=settings.plan_samples or means.plan_samples,
        one_step=means.one_step and settings.plan_samples is None,
        plan_patience=settings.plan_patience,
        close_call=settings.close_call,
        drafts=settings.drafts or means.drafts,
        second_look=means.second_look,
        enough=settings.enough,
        speculation=settings.step_speculation,
        slots={"model": _MODEL_CALLS, "documents": 8, "cpu": 8},
        seed=settings.seed,
        prices=settings.prices,
    )


def _list(value: JsonValue) -> list[JsonValue]:
    """A list, whatever stands there."""
    return value if isinstance(value, list) else []
