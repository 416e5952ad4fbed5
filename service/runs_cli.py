"""The commands that show what is kept: the list of the runs, and one of them with all it did."""

from typing import Annotated, Any

import typer
from rich.console import Console

from service.edge import AsJson, run_to_end, settings_of, show_json
from service.run_views import runs_table, trace_tree
from service.tables import wide_console
from storage import NoStore, RunRecord, TraceStore

commands = typer.Typer()
RUNS_EPILOG = "Examples:\n\n  breadth runs\n\n  breadth runs --limit 100 --json"
TRACE_EPILOG = "Examples:\n\n  breadth trace 0k3f\n\n  breadth trace 0k3f --json"


@commands.command(epilog=RUNS_EPILOG)
def runs(
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the runs, the newest first."""
    records = run_to_end(_records(limit))
    if as_json:
        show_json([_listed(record) for record in records])
    else:
        wide_console().print(runs_table(records))


@commands.command(epilog=TRACE_EPILOG)
def trace(
    run: Annotated[str, typer.Argument(help="A run's id, or a beginning of it.")],
    as_json: AsJson = False,
) -> None:
    """Draw what a run did: its plan, its timeline, its model calls, its sources."""
    document = run_to_end(_document(run))
    if as_json:
        show_json(document)
    else:
        Console().print(trace_tree(document))


def _listed(record: RunRecord) -> dict[str, Any]:
    """For programs."""
    return {
        "run": record.id,
        "parent": record.parent,
        "status": record.status,
        "reason": record.reason,
        "question": record.question,
        "created_at": record.created_at.isoformat(),
        "seconds": record.seconds,
        "value": record.answer.value if record.answer else None,
    }


async def _records(limit: int) -> list[RunRecord]:
    """The newest runs; none where nothing was kept yet."""
    settings = settings_of()
    try:
        async with await TraceStore.open(settings.store, create=False) as store:
            return await store.runs(limit)
    except NoStore:
        if settings.database is not None:  # perhaps it is misspelt
            raise
        return []


async def _document(run: str) -> dict[str, Any]:
    """Everything of one run."""
    async with await TraceStore.open(settings_of().store, create=False) as store:
        return await store.document(run)
