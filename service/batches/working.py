"""The rows that are left, each to its end; what came of one is kept when it has ended."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from inference import ModelUnavailable
from planner import Event, ModelCalled, Outcome, Within
from search import IndexReport
from service.batches.allowance import Allowance, Means, limited, row_limits
from service.batches.folder import Folder
from service.batches.gate import Gate
from service.batches.progress import Progress
from service.batches.results import NOT_RUN, RowResult, result_of, taken_by
from service.errors import exit_code, leaves
from service.saved import options_of, restored
from service.settings import Settings
from service.sources import Root
from service.workplace import Workplace
from storage import BatchLine, RunRecord, RunTaken, StorageError, TraceStore

log = logging.getLogger("breadth.batch")

_OWN = ("model", "base_url", "roles", "prices", "speculate")
"""Settings of the batch, whatever a run was made with: its models are loaded already."""
_SILENT_ROWS = 3
"""So many one behind the other whose model did not answer once: then it is gone."""


class RowDisplay:
    """A Display of one row: it tells what its calls take, and shows nothing else."""

    def __init__(self, progress: Progress) -> None:
        """Of no calls yet."""
        self._progress = progress
        self.calls = 0
        self.errors: list[str] = []

    async def record(self, event: Event) -> None:
        """See Trace."""
        while isinstance(event, Within):
            event = event.event
        if isinstance(event, ModelCalled) and not event.reused:
            self.calls += 1
            self.errors += [event.error] if event.error else []
            usage = event.completion.usage
            self._progress.paid(usage.prompt_tokens + usage.completion_tokens, event.cost or 0.0)

    @property
    def is_silent(self) -> bool:
        """Whether no call was answered."""
        return bool(self.calls) and len(self.errors) == self.calls

    def started(self, run: str) -> None:
        """See Display."""

    def loading(self, done: int, total: int) -> None:
        """See Display."""

    def missing(self, reason: str) -> None:
        """See Display."""
        self._progress.noticed(reason)

    def noticed(self, what: str) -> None:
        """See Display."""
        self._progress.noticed(what)

    def left_out(self, reason: str) -> None:
        """See Display."""
        self._progress.noticed(reason)

    def known(self, outcomes: Mapping[str, Outcome]) -> None:
        """See Display."""

    def indexing(self, done: int, total: int, path: str) -> None:
        """See Display."""

    def indexed(self, report: IndexReport) -> None:
        """See Display."""


@dataclass
class Working:
    """The work on the rows of one batch."""

    store: TraceStore
    batch: str
    place: Workplace
    roots: Sequence[Root]
    folder: Folder
    allowance: Allowance
    gate: Gate
    progress: Progress
    results: dict[str, RowResult] = field(default_factory=dict)
    """By key, of the rows that had their end here."""
    runs: dict[str, str] = field(default_factory=dict)
    """By key."""
    began: float = field(default_factory=time.monotonic)
    _silent: int = 0

    async def all(self, groups: Sequence[Sequence[BatchLine]]) -> None:
        """Rows that share a run are one group. Raises ModelUnavailable, StorageError, UsageProblem:
        what has ended by then is kept."""
        async with asyncio.TaskGroup() as group:
            for lines in groups:
                await self.gate.enter()
                share = await self.allowance.granted()
                if isinstance(share, str):
                    self.gate.leave()
                    self._end(lines, RowResult(NOT_RUN, share))
                    continue
                group.create_task(self._one(lines, share))

    async def _one(self, lines: Sequence[BatchLine], share: Means) -> None:
        """A group, from its run to its reports."""
        key, display, taken = lines[0].key, RowDisplay(self.progress), Means()
        try:
            result, had = await self._result(lines[0], share, display)
            taken = result.taken.beyond(had)
            await self.store.batches.keep(self.batch, key, result.data())
            await self.store.batches.spent(self.batch, self.allowance.seconds)
            for line in lines:
                await self.write(replace(line, run=self.runs[key]), result)
            self._end(lines, result)
            self._heed(display)
        except RunTaken as error:
            self._end(lines, RowResult("failed", str(error)))
        finally:
            self.allowance.settle(share, taken)
            self.gate.leave()

    async def write(self, line: BatchLine, result: RowResult) -> None:
        """The reports of a row, unless they are there."""
        if result.answer and not self.folder.has(line):
            files = await self.folder.write(line, self.store)
            await self.store.batches.wrote(self.batch, line.position, files)

    async def _result(
        self, line: BatchLine, share: Means, display: RowDisplay
    ) -> tuple[RowResult, Means]:
        """What came of its run, and what that had taken before."""
        if line.run is None:
            settings = limited(self.place.settings, share)
            options = options_of(self.roots, settings)
            run = await self.store.batches.start(self.batch, line.key, line.question, options)
            self.runs[line.key] = run
            record, had = await self.store.run(run), Means()
        else:
            self.runs[line.key] = line.run
            record = await self.store.run(line.run)
            had = await taken_by(self.store, record)
            if line.spent_before is None:
                await self.store.batches.take_up(self.batch, line.key, asdict(had))
            ended = record.is_over and line.result is None
            if ended and record.status != "cancelled":
                return await result_of(self.store, record), had  # it was only not noted
            settings = self._again(record, share, had)
        failure = await self._run(replace(self.place, settings=settings, display=display), record)
        record = await self.store.run(record.id)
        result = await result_of(self.store, record)
        return (replace(result, status="failed", reason=failure) if failure else result), had

    def _again(self, record: RunRecord, share: Means, had: Means) -> Settings:
        """Of a run that goes on: as it was made, with its share beside what it has taken."""
        _, saved = restored(record, self.place.settings)
        saved = saved.model_copy(update={name: getattr(self.place.settings, name) for name in _OWN})
        return limited(saved, (share + had).least(row_limits(self.place.settings)))

    async def _run(self, place: Workplace, record: RunRecord) -> str | None:
        """To its end; gives why it came to none, where an error ended it that is its own."""
        try:
            if record.started_at is None:
                await place.run(self.store, record.id, record.question)
            else:
                await place.go_on(self.store, record, None)
        except Exception as error:
            found = list(leaves(error))
            if any(isinstance(leaf, StorageError) for leaf in found):
                raise
            if exit_code(error) is None:
                log.exception("run %s failed by a bug", record.id)
            return "; ".join(dict.fromkeys(str(leaf) or type(leaf).__name__ for leaf in found))
        return None

    def _end(self, lines: Sequence[BatchLine], result: RowResult) -> None:
        """All of the group have ended."""
        self.results[lines[0].key] = result
        for line in lines:
            self.progress.ended(line.name, result)

    def _heed(self, display: RowDisplay) -> None:
        """Raises ModelUnavailable where the model is gone: the rows to come would fail, too."""
        self._silent = self._silent + 1 if display.is_silent else 0
        if self._silent >= _SILENT_ROWS:
            raise ModelUnavailable(
                f"{_SILENT_ROWS} rows in turn had no answer: {display.errors[-1]}"
            )


def groups_of(lines: Sequence[BatchLine]) -> list[list[BatchLine]]:
    """Rows with the same key together, in the order of the first of each."""
    groups: dict[str, list[BatchLine]] = {}
    for line in lines:
        groups.setdefault(line.key, []).append(line)
    return list(groups.values())
