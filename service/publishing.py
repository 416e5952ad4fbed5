"""From a run to what is published of it: one that has just ended, or one that is kept."""

from service.errors import UsageProblem
from service.formats import Publication
from service.settings import Settings
from service.workplace import Finished
from storage import TraceStore


def of_finished(finished: Finished) -> Publication:
    """What can be said without the store."""
    result = finished.result
    return Publication(
        finished.run,
        finished.question,
        result.status,
        result.answer,
        result.reason,
        finished.parent,
    )


async def of_run(run: str, settings: Settings) -> Publication:
    """All there is. Raises UsageProblem where the run has no answer yet."""
    async with await TraceStore.open(settings.store, create=False) as store:
        return await of_kept(run, store)


async def of_kept(run: str, store: TraceStore) -> Publication:
    """The same, of an open store."""
    record = await store.run(run)
    if record.answer is None:
        raise UsageProblem(
            f"run {record.id} has no answer ({record.status}): breadth resume {record.id}"
        )
    began = record.started_at or record.created_at
    return Publication(
        record.id,
        record.question,
        record.status,
        record.answer,
        record.reason,
        record.parent,
        f"{began:%Y-%m-%d}",
        await store.document(record.id),
    )
