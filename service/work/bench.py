"""The bench: models and sources of the service, opened once, for all runs that a worker does."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from planner import Answer, Decided, Event, Outcome, Sentence, Trace
from search import ByAddress, IndexReport, OnDomains, Passage, Remembered, Together
from service.errors import UsageProblem
from service.following import before_of, earlier_of
from service.models import Models, models_of
from service.others import Others, others_of
from service.saved import restored
from service.settings import Settings
from service.sources import Root, Sources, require_sources, sources
from service.wishes import Wishes
from service.work.servers import with_servers
from service.workplace import Tee, Workplace, require_prices
from storage import RunRecord, TraceStore

OWN = ("model", "base_url", "roles", "prices", "speculate")
"""Settings of the service, whatever a run was made with."""


class Notices:
    """A Display that tells a log what concerns all runs, and its traces what happens in one."""

    def __init__(self, say: Callable[[str], None], *traces: Trace) -> None:
        """`say`: takes a line; `traces`: hear every event."""
        self._say = say
        self._traces = Tee(*traces)

    async def record(self, event: Event) -> None:
        """See Trace."""
        await self._traces.record(event)

    def started(self, run: str) -> None:
        """See Display."""

    def loading(self, done: int, total: int) -> None:
        """See Display."""

    def missing(self, reason: str) -> None:
        """See Display."""
        self._say(reason)

    def noticed(self, what: str) -> None:
        """See Display."""
        self._say(what)

    def left_out(self, reason: str) -> None:
        """See Display."""
        self._say(reason)

    def known(self, outcomes: Mapping[str, Outcome]) -> None:
        """See Display."""

    def indexing(self, done: int, total: int, path: str) -> None:
        """See Display."""

    def indexed(self, report: IndexReport) -> None:
        """See Display."""
        self._say(f"{report.documents} documents, {report.passages} passages")


@dataclass(frozen=True)
class Bench:
    """What all runs of a worker share."""

    store: TraceStore
    worker: str
    settings: Settings
    models: Models
    files: Sources | None
    """The documents of the service."""
    web: Sources | None
    others: Others
    traces: Callable[[RunRecord], Sequence[Trace]]
    """Who else hears the events of a run."""
    say: Callable[[str], None]

    async def do(self, record: RunRecord) -> None:
        """What is left of a run, to its recorded end."""
        settings = self._settings(record)
        wishes = Wishes.from_options(record.options)
        response = await self.store.responses.of_run(record.id) if wishes.servers else None
        secrets = response.secrets if response else None
        async with with_servers(self.others, wishes, secrets, settings) as (others, settings):
            for problem in others.problems[len(self.others.problems) :]:
                trace = self.store.trace(record.id, self.worker)
                await trace.record(Decided("left out", problem))
            await self._done(record, settings, wishes, others)

    async def _done(
        self, record: RunRecord, settings: Settings, wishes: Wishes, others: Others
    ) -> None:
        """See `do`."""
        place = Workplace(
            self.models.model,
            self._sources(wishes, await before_of(self.store, record)),
            settings,
            Notices(self.say, *self.traces(record)),
            others,
            looks=True,
            worker=self.worker,
            wishes=wishes,
        )
        record = await self._complete(place, record, wishes)
        if record.started_at is None and record.parent is None:
            await place.run(self.store, record.id, record.question)
        else:
            await place.go_on(self.store, record, None)

    def _settings(self, record: RunRecord) -> Settings:
        """As the run was made, with the models that there are."""
        _, saved = restored(record, self.settings)
        own = {name: getattr(self.settings, name) for name in OWN}
        return saved.model_copy(update=own)

    def _sources(self, wishes: Wishes, before: Sequence[Passage]) -> Sources:
        """Where a run looks, what an earlier one read first. Raises UsageProblem for nowhere."""
        named = wishes.files or wishes.web
        files = self.files if wishes.files or not named else None
        web = self.web if wishes.web or not named else None
        if web is not None and wishes.domains:
            web = replace(web, engine=OnDomains(web.engine, map(str, wishes.domains)))
        if files is not None and web is not None:
            engine = Together([files.engine, web.engine])
            found = Sources(engine, ByAddress(web.reader, files.reader))
        else:
            there = files or web
            if there is None:
                raise UsageProblem("this service has no such sources: it was started without them")
            found = there
        return replace(found, engine=Remembered(before, found.engine)) if before else found

    async def _complete(self, place: Workplace, record: RunRecord, wishes: Wishes) -> RunRecord:
        """With a question that stands by itself, where it follows another one."""
        if "asked" in record.options:
            return record
        before = await self._before(wishes)
        if before is None:
            return record
        trace = self.store.trace(record.id, self.worker)
        question = await place.completed(record.question, *before, trace)
        await self.store.reword(record.id, question)
        return await self.store.run(record.id)

    async def _before(self, wishes: Wishes) -> tuple[str, Answer] | None:
        """The question before, and its answer."""
        if wishes.after is not None:
            earlier = await earlier_of(self.store, wishes.after)
            assert earlier is not None
            return earlier.record.question, earlier.answer
        turns = [(str(turn["role"]), str(turn["content"])) for turn in wishes.turns]
        asked = [text for role, text in turns if role == "user"]
        said = [text for role, text in turns if role == "assistant"]
        if not (asked and said):
            return None
        return asked[-1], Answer(None, (Sentence(said[-1]),))


@asynccontextmanager
async def bench(
    store: TraceStore,
    worker: str,
    roots: Sequence[Root],
    settings: Settings,
    *,
    traces: Callable[[RunRecord], Sequence[Trace]],
    say: Callable[[str], None],
) -> AsyncIterator[Bench]:
    """Open all that runs need. Raises what `workplace` raises."""
    display = Notices(say)
    require_sources(roots, settings)
    async with AsyncExitStack() as stack:
        others = await stack.enter_async_context(others_of(settings, display))
        models = await models_of(settings, display.loading)
        stack.push_async_callback(models.close)
        require_prices(models, settings)
        for reason in models.missing:
            display.missing(reason)
        found: dict[str, Sources] = {}
        if roots:
            only = settings.model_copy(update={"search": None})
            found["files"] = await stack.enter_async_context(sources(roots, only, display))
        if settings.search:
            found["web"] = await stack.enter_async_context(sources((), settings, display))
        await models.ready()
        for each in found.values():
            await each.ready()
        yield Bench(
            store,
            worker,
            settings,
            models,
            found.get("files"),
            found.get("web"),
            others,
            traces,
            say,
        )
