"""From events to rows. One event is one transaction; its rows are there together or not at all."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, assert_never

from sqlalchemy import Row, bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from planner import (
    AnswerWritten,
    Decided,
    Done,
    Event,
    ModelCalled,
    PhaseStarted,
    PlanEnded,
    Reasoned,
    RunEnded,
    RunStarted,
    Speculated,
    SpeculationStarted,
    Step,
    StepAdded,
    StepCancelled,
    StepEnded,
    StepReplaced,
    StepStarted,
    Within,
)
from search import Passage, Source
from storage.answer_records import answer_data, source_data
from storage.errors import RunTaken, UnknownRun
from storage.owner import Owner
from storage.records import (
    OF_A_RUN,
    event_data,
    nested_id,
    outcome_columns,
    request_data,
    sample_data,
    step_columns,
)
from storage.runs import ENDED
from storage.service_tables import ResponseRow
from storage.statements import add, change, found
from storage.tables import (
    CallRow,
    EventRow,
    EvidenceRow,
    ModelCallRow,
    PassageRow,
    RunRow,
    SourceRow,
    StepRow,
)
from storage.webhooks import tell_end
from storage.workers import is_alive

_ELEMENT = re.compile(r"\[\d+\]$")
_OF_RUN = (
    *("user", "status", "worker", "owner_host", "owner_pid", "owner_birth"),
    *("last_event", "seconds", "started_at", "ticked_at"),
)
"""What an event has to know of its run; answer and options may be long."""
_LAST_STEP = select(func.max(StepRow.position)).where(StepRow.run == bindparam("run"))
_MOST = 2**31 - 1
"""Of a column of whole numbers."""
_COUNTS = ("prompt", "completion", "cached", "drafted", "accepted")
_IDS_AT_ONCE = 500
"""Far below what either database takes in one IN (...)."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """The place of one event."""

    connection: AsyncConnection
    run: str
    seq: int
    at: datetime
    within: str = ""
    """The way to the sub-run that it happened in."""
    worker: str | None = None
    """Of the service, if one does the run."""


async def write_event(
    connection: AsyncConnection, run: str, event: Event, at: datetime, worker: str | None = None
) -> None:
    """Append the event to its run. Raises UnknownRun, and RunTaken where another one has the run.

    The run's row is locked first, so events of one run come one after another whoever writes them.
    `worker`: of the service, if one does the run.
    """
    row = await found(connection, RunRow, {"id": run}, _OF_RUN, locked=True)
    if row is None:
        raise UnknownRun(run)
    known = row.worker in (None, worker)
    if worker is not None and not known and not isinstance(event, RunStarted):
        raise RunTaken(run)  # it was taken over while this worker was not heard of
    entry = _Entry(connection, run, row.last_event + 1, at, worker=worker)
    kind, payload = event_data(event)
    new = {"run": run, "seq": entry.seq, "at": at, "kind": kind, "payload": payload}
    await add(connection, EventRow, new)
    if not isinstance(event, Within):
        changes = await _written(entry, event, row)
    elif not isinstance(event.event, OF_A_RUN):
        changes = await _written(replace(entry, within=event.call), event.event, row)
    else:
        changes = {}  # A sub-run's beginning and end are not the run's; its answer is a value.
    changes |= {"last_event": entry.seq, "ticked_at": at}
    changes["seconds"] = row.seconds + _running_seconds(row, event, at)
    await change(connection, RunRow, {"id": run}, changes)


def _running_seconds(row: Row[Any], event: Event, at: datetime) -> float:
    """Running time since the last event; a run that starts or goes on was not running."""
    if isinstance(event, RunStarted) or row.status != "running" or row.ticked_at is None:
        return 0.0
    seconds: float = (at - row.ticked_at).total_seconds()
    return max(0.0, seconds)


async def _written(entry: _Entry, event: Event, row: Row[Any]) -> dict[str, Any]:
    """Write the rows that the event has of its own; gives the changes of the run's row."""
    match event:
        case RunStarted():
            return await _started(row, entry)
        case RunEnded():
            return await _ended(row, entry, event)
        case AnswerWritten(answer=answer):
            await _keep(entry, answer.citations)
            return {"answer": answer_data(answer)}
        case StepAdded():
            await _add_step(entry, event)
        case StepStarted():
            await _start_call(entry, event)
        case StepEnded():
            await _end_call(entry, event)
        case ModelCalled():
            await _add_model_call(entry, event)
        case StepReplaced(step=step):
            await _change_step(entry, step)
        case (
            PhaseStarted()
            | SpeculationStarted()
            | Speculated()
            | StepCancelled()
            | Decided()
            | Reasoned()
            | PlanEnded()
            | Within()
        ):
            pass  # The log has all of it.
        case never:
            assert_never(never)
    return {}


async def _ended(row: Row[Any], entry: _Entry, event: RunEnded) -> dict[str, Any]:
    """The run is over; whoever wants to hear of it will."""
    await tell_end(entry.connection, entry.run, row.user, entry.seq, event.status, entry.at)
    await _forget_secrets(entry)
    return {"status": event.status, "reason": event.reason, "ended_at": entry.at}


async def _started(row: Row[Any], entry: _Entry) -> dict[str, Any]:
    """The run belongs to this process from now on. Raises RunTaken where another one has it."""
    owner = Owner.this_process()
    if await _is_taken(row, entry):
        raise RunTaken(entry.run)
    return {
        "worker": entry.worker,
        "status": "running",
        "reason": None,
        "started_at": row.started_at or entry.at,
        "ended_at": None,
        "owner_host": owner.host,
        "owner_pid": owner.pid,
        "owner_birth": owner.birth,
    }


async def _is_taken(row: Row[Any], entry: _Entry) -> bool:
    """Whether another one has the run; a worker may not begin again what others have ended."""
    if row.worker is None:
        other = Owner(row.owner_host, row.owner_pid, row.owner_birth)
        return row.status == "running" and row.owner_host is not None and other.is_another
    if row.worker == entry.worker:
        return False
    if row.status in ENDED:
        return entry.worker is not None
    return await is_alive(entry.connection, row.worker, entry.at)


async def _forget_secrets(entry: _Entry) -> None:
    """What the run had to tell elsewhere, nobody needs any more."""
    chosen = (ResponseRow.run == entry.run) & ResponseRow.secrets.is_not(None)
    await entry.connection.execute(update(ResponseRow).where(chosen).values(secrets=None))


async def _add_step(entry: _Entry, event: StepAdded) -> None:
    """A run that goes on adds its steps again: the first time counts."""
    step, id_ = event.step, nested_id(entry.within, event.step.id)
    if await found(entry.connection, StepRow, {"run": entry.run, "id": id_}, ["id"]) is not None:
        return
    before = (await entry.connection.execute(_LAST_STEP, {"run": entry.run})).scalar()
    new = {"run": entry.run, "id": id_, "position": (before or 0) + 1}
    new |= {"round": event.round, "by": event.by, **step_columns(step)}
    await add(entry.connection, StepRow, new)


async def _change_step(entry: _Entry, step: Step) -> None:
    """It keeps its place, its round and who wrote it; the log has what it was."""
    id_ = nested_id(entry.within, step.id)
    await change(entry.connection, StepRow, {"run": entry.run, "id": id_}, step_columns(step))


async def _start_call(entry: _Entry, event: StepStarted) -> None:
    """A call begins with its first attempt; a further attempt leaves the beginning as it is."""
    values: dict[str, Any] = {"arguments": dict(event.arguments), "attempt": event.attempt}
    call = nested_id(entry.within, event.id)
    row = await _call(entry, call)
    if row is None or row.started_at is None or event.attempt == 1:
        values["started_at"] = entry.at
    await _put_call(entry, call, row, values)


async def _end_call(entry: _Entry, event: StepEnded) -> None:
    """A call has one outcome: that of the last time that it was tried."""
    call, outcome = nested_id(entry.within, event.id), outcome_columns(event.outcome)
    row = await _call(entry, call)
    if row is not None and row.outcome is not None:
        if event.reused and all(row._mapping[name] == value for name, value in outcome.items()):
            return
        earlier = (EvidenceRow.run == entry.run) & (EvidenceRow.call == call)
        await entry.connection.execute(delete(EvidenceRow).where(earlier))
    values = {"ended_at": entry.at, "reused": event.reused, **outcome}
    await _put_call(entry, call, row, values)
    if isinstance(event.outcome, Done):
        await _keep(entry, (*event.outcome.evidence, *event.outcome.read))
        await _add_evidence(entry, call, event.outcome)


async def _call(entry: _Entry, call: str) -> Row[Any] | None:
    """The row of a call, if it has one."""
    return await found(entry.connection, CallRow, {"run": entry.run, "id": call})


async def _put_call(
    entry: _Entry, call: str, row: Row[Any] | None, values: Mapping[str, Any]
) -> None:
    """Into its row, or into a new one."""
    if row is not None:
        await change(entry.connection, CallRow, {"run": entry.run, "id": call}, values)
        return
    new = {"run": entry.run, "id": call, "step": step_of(call), "attempt": 0, "reused": False}
    await add(entry.connection, CallRow, new | dict(values))


def step_of(call: str) -> str:
    """The step of a call: that of `b[0]` is b, that of `b[0]/a[1]` is `b[0]/a`."""
    return _ELEMENT.sub("", call)


async def _add_evidence(entry: _Entry, call: str, outcome: Done) -> None:
    """Which passages the call proves its value with, and which it read besides."""
    rows = [
        {"run": entry.run, "call": call, "kind": kind, "rank": rank, "passage": passage.id}
        for kind, passages in (("proof", outcome.evidence), ("read", outcome.read))
        for rank, passage in enumerate(passages)
    ]
    if rows:
        await entry.connection.execute(insert(EvidenceRow), rows)


async def _keep(entry: _Entry, passages: Sequence[Passage]) -> None:
    """Passages and their sources, each once in a run."""
    sources = {source_id(passage.source): passage.source for passage in passages}
    for new in await _unknown(entry, SourceRow, sources):
        row = {"run": entry.run, "id": new, **source_data(sources[new])}
        await add(entry.connection, SourceRow, row)
    by_id = {passage.id: passage for passage in passages}
    rows = [
        {
            "run": entry.run,
            "id": new,
            "source": source_id(by_id[new].source),
            "start": by_id[new].start,
            "end": by_id[new].end,
            "text": by_id[new].text,
            "part": by_id[new].part,
        }
        for new in await _unknown(entry, PassageRow, by_id)
    ]
    if rows:
        await entry.connection.execute(insert(PassageRow), rows)


def source_id(source: Source) -> str:
    """The same for the same document with the same bytes."""
    return sha256(
        f"{source.location}\n{source.digest}".encode("utf-8", "surrogatepass")
    ).hexdigest()[:16]


async def _unknown(
    entry: _Entry, table: type[SourceRow | PassageRow], ids: Iterable[str]
) -> list[str]:
    """Those that the run has no row for."""
    wanted = list(ids)
    known: set[str] = set()
    for at in range(0, len(wanted), _IDS_AT_ONCE):
        some = wanted[at : at + _IDS_AT_ONCE]
        query = select(table.id).where(table.run == entry.run, table.id.in_(some))
        known.update((await entry.connection.execute(query)).scalars())
    return [each for each in wanted if each not in known]


async def _add_model_call(entry: _Entry, event: ModelCalled) -> None:
    """Prompt, samples and costs; of counts that no column holds, the most that it does."""
    usage = event.completion.usage
    await add(
        entry.connection,
        ModelCallRow,
        {
            "run": entry.run,
            "seq": entry.seq,
            "step": nested_id(entry.within, event.step) or None,
            "model": event.model,
            "purpose": event.request.purpose,
            "request": request_data(event.request),
            "samples": [sample_data(sample) for sample in event.completion.samples],
            **{f"{name}_tokens": min(getattr(usage, f"{name}_tokens"), _MOST) for name in _COUNTS},
            "cost": event.cost,
            "queued_seconds": usage.queued_seconds,
            "endpoints": list(event.completion.endpoints),
            "guess": event.guess,
            "seconds": event.seconds,
            "first_token_seconds": event.first_token_seconds,
            "error": event.error,
            "at": entry.at,
        },
    )
