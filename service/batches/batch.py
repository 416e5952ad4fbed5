"""One pass over the rows of a file: from the store to the folder.

What a row comes to is committed when it ends. The same command finds what is there, goes on with
the runs that were under way, and asks the rest. Rows of earlier passes are known by their keys, and
taken over.
"""

import asyncio
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add

from pydantic import JsonValue

from service.batches.allowance import NO_LIMIT, Allowance, Means, least_of_a_row, row_limits
from service.batches.asked import Questions
from service.batches.changes import Change, changes_of, is_answered
from service.batches.folder import Folder
from service.batches.gate import CountedModel, Gate, Load
from service.batches.outcome import Outcome, RowOutcome
from service.batches.progress import Progress
from service.batches.results import RowResult, taken_by
from service.batches.working import Working, groups_of
from service.models import slots_of
from service.others import others_of
from service.saved import options_of
from service.settings import Settings
from service.sources import Root
from service.workplace import workplace
from storage import BatchLine, BatchRecord, TraceStore

_LOOKED_BACK = 20
"""Earlier batches in which a row is looked for that failed in the last one."""


@dataclass(frozen=True)
class Assignment:
    """What is to be asked, and how."""

    questions: Questions
    folder: Folder
    roots: tuple[Root, ...]
    settings: Settings
    whole: Means = NO_LIMIT
    """Limits of the batch; those of a row are in the settings."""
    parallel: int | None = None
    """Rows at once; None: by the model's slots."""

    def configuration(self) -> dict[str, JsonValue]:
        """What is kept of it, to be read by people."""
        options = options_of(self.roots, self.settings)
        return {"file": str(self.questions.path), "rows": len(self.questions.rows), **options}

    @property
    def priced(self) -> Settings:
        """With the batch's limit of money as a row's, so that models without a price are told."""
        if math.isinf(self.whole.cost):
            return self.settings
        least = min(self.whole.cost, self.settings.max_cost or math.inf)
        return self.settings.model_copy(update={"max_cost": least})


async def batched(assignment: Assignment, display: Progress, *, fresh: bool = False) -> Outcome:
    """Ask what is not answered yet, and write what there is; also where it is stopped. `fresh`:
    nothing counts as answered.

    Raises what a run raises before it begins, StorageError, UsageProblem for a folder that cannot
    be written, and ModelUnavailable where the model is gone: then it can go on later.
    """
    async with await TraceStore.open(assignment.settings.store) as store:
        place = str(assignment.folder.path)
        lines = [row.line for row in assignment.questions.rows]
        record = await store.batches.begin(
            place, assignment.questions.key, assignment.configuration(), lines, fresh=fresh
        )
        one_pass = _Pass(assignment, store, record, display)
        try:
            await one_pass.work()
        finally:
            await store.batches.leave(record.id, ended=one_pass.ended)
            outcome = await one_pass.outcome()
            await assignment.folder.finish(outcome)
        return outcome


@dataclass
class _Pass:
    """One pass, by this process."""

    assignment: Assignment
    store: TraceStore
    record: BatchRecord
    display: Progress
    ended: bool = False
    seconds: float = 0.0
    load: Load = field(default_factory=Load)
    work_seconds: float = 0.0
    """In which rows were under way."""
    here: dict[str, RowResult] = field(default_factory=dict)
    """By key, of the rows that ended here, or were not run."""

    async def work(self) -> None:
        """Until every row has its end."""
        lines = self.record.lines
        self.seconds = self.record.seconds
        done = [line for line in lines if _has_answer(line)]
        has_prices = bool(self.assignment.settings.prices)
        self.display.begins(self.record.id, done=len(done), total=len(lines), money=has_prices)
        await self._write_missing(done)
        groups = groups_of([line for line in lines if not _has_answer(line)])
        if groups:
            await self._ask(groups)
        self.ended = True

    async def _write_missing(self, done: Sequence[BatchLine]) -> None:
        """Reports of rows that were answered before, and are not there."""
        folder = self.assignment.folder
        for line in done:
            said = line.result is not None and bool(line.result["answer"])
            if said and not await asyncio.to_thread(folder.has, line):
                files = await folder.write(line, self.store)
                await self.store.batches.wrote(self.record.id, line.position, files)

    async def _ask(self, groups: Sequence[Sequence[BatchLine]]) -> None:
        """With one loaded model, one index, one cache of pages."""
        asked, settings = self.assignment, self.assignment.priced
        async with (
            others_of(settings, self.display) as others,
            workplace(asked.roots, settings, self.display, others) as place,
        ):
            gate = Gate.of(self.load, slots=slots_of(settings), parallel=asked.parallel)
            allowance = Allowance(
                asked.whole,
                row_limits(settings),
                rows=len(groups),
                at_once=gate.most,
                clock=time.monotonic,
                taken=replace(await self._taken(), seconds=self.record.seconds),
                least=least_of_a_row(settings),
            )
            counted = replace(place, model=CountedModel(place.model, self.load))
            working = Working(
                *(self.store, self.record.id, counted, asked.roots, asked.folder, allowance),
                gate=gate,
                progress=self.display,
            )
            began = time.monotonic()
            try:
                await working.all(groups)
            finally:
                self.work_seconds = time.monotonic() - began
                self.here = working.results
                self.seconds = allowance.seconds
                await self.store.batches.spent(self.record.id, self.seconds)

    async def _taken(self) -> Means:
        """By the runs that this batch began or went on with, since then."""
        own = {line.run: line for line in self.record.lines if line.spent_before is not None}
        taken = [
            (await self._taken_by(run, line)).beyond(Means(**line.spent_before or {}))
            for run, line in own.items()
            if run is not None
        ]
        return reduce(add, taken, Means())

    async def _taken_by(self, run: str, line: BatchLine) -> Means:
        """Up to now, by all batches."""
        if line.result:
            return RowResult.of(line.result).taken
        return await taken_by(self.store, await self.store.run(run))

    async def outcome(self) -> Outcome:
        """As it stands now."""
        self.record = await self.store.batches.get(self.record.id)
        results = [self._result(line) for line in self.record.lines]
        before = await self.store.batches.before(self.record.id)
        asked = self.assignment.questions
        told = [(line.question, one) for line, one in zip(self.record.lines, results, strict=True)]
        changes = changes_of(await self._answered_before(before), told) if before else []
        known = {change.question: change for change in changes}
        rows = [
            self._row(line, result, known)
            for line, result in zip(self.record.lines, results, strict=True)
        ]
        share = self.load.busy_seconds / self.work_seconds if self.work_seconds else None
        return Outcome(
            id=self.record.id,
            folder=self.assignment.folder.path,
            file=asked.path,
            columns=asked.columns,
            rows=tuple(rows),
            changes=tuple(changes),
            before=before.created_at if before else None,
            created_at=self.record.created_at,
            seconds=self.seconds,
            taken=await self._taken(),
            has_prices=bool(self.assignment.settings.prices),
            busy_share=share,
            ended=self.ended,
        )

    async def _answered_before(self, before: BatchRecord) -> Sequence[BatchLine]:
        """Its rows; of those that failed then, what they had come to when they last had not."""
        lines = {line.question: line for line in before.lines}
        older: BatchRecord | None = before
        for _ in range(_LOOKED_BACK):
            missing = {question for question, line in lines.items() if not is_answered(line)}
            if missing and older:
                older = await self.store.batches.before(older.id)
            if not missing or older is None:
                break
            found = [each for each in older.lines if each.question in missing and is_answered(each)]
            lines |= {line.question: line for line in found}
        return list(lines.values())

    def _result(self, line: BatchLine) -> RowResult | None:
        """Of a row, kept or only told of."""
        known = self.here.get(line.key)
        if known is None and line.result:
            return RowResult.of(line.result)
        return known

    def _row(
        self, line: BatchLine, result: RowResult | None, changes: dict[str, Change]
    ) -> RowOutcome:
        is_written = line.files is not None and line.files["run"] == line.run
        return RowOutcome(
            asked=self.assignment.questions.rows[line.position],
            run=line.run,
            taken=line.taken,
            result=result,
            files=tuple(line.files["names"]) if line.files and is_written else (),
            change=changes.get(line.question),
        )


def _has_answer(line: BatchLine) -> bool:
    """Whether there is nothing to be done. A row whose run was pruned is asked anew."""
    return line.run is not None and is_answered(line)
