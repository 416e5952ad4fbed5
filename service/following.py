"""Runs that follow another one: `breadth ask --after RUN`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from planner import Answer, Done, History, Outcome
from search import Passage
from service.errors import UsageProblem
from service.saved import require_ended, restored
from service.settings import Settings
from service.sources import Root, root_of
from storage import RunRecord, TraceStore


@dataclass(frozen=True, slots=True)
class Earlier:
    """A run that has ended, and what it read."""

    record: RunRecord
    answer: Answer
    passages: tuple[Passage, ...]


async def earlier_of(store: TraceStore, run: str | None) -> Earlier | None:
    """The run that is followed, if one is. Raises UsageProblem where there is nothing to follow."""
    if run is None:
        return None
    record = await store.run(run)
    require_ended(record)
    if record.answer is None:
        raise UsageProblem(
            f"--after: run {record.id} has no answer; `breadth resume` goes on with it"
        )
    read = dict.fromkeys((*record.answer.citations, *_read_in(await store.history(record.id))))
    return Earlier(record, record.answer, tuple(read))


async def before_of(store: TraceStore, record: RunRecord) -> tuple[Passage, ...]:
    """What was read by the run that a run follows, if it follows one."""
    after = record.options.get("after")
    earlier = await earlier_of(store, str(after) if after else None)
    return earlier.passages if earlier else ()


def documents_of(
    documents: Sequence[str], settings: Settings, earlier: Earlier | None
) -> tuple[list[Root], Settings]:
    """What is searched: what is named, or else what the earlier run searched."""
    if earlier is None or documents or settings.search:
        return [root_of(given) for given in documents], settings
    roots, saved = restored(earlier.record, settings)
    update: Mapping[str, Any] = {"search": saved.search}
    return roots, settings.model_copy(update=update)


def _read_in(history: History) -> list[Passage]:
    """Every passage that a step read."""
    outcomes: Sequence[Outcome] = tuple(history.outcomes.values())
    done = [outcome for outcome in outcomes if isinstance(outcome, Done)]
    return [passage for one in done for passage in (*one.evidence, *one.read)]
