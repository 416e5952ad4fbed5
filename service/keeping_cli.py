"""The commands `breadth prune` and `breadth export`: removing runs, and taking them elsewhere."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from service.edge import AsJson, fail, leave, run_to_end, settings_of, show, show_json
from service.settings import Settings
from storage import Pruned, TraceStore

commands = typer.Typer()
PRUNE_EPILOG = """
Examples:

  breadth prune --older 90d --dry-run

  breadth prune --older 4w --vacuum
"""
EXPORT_EPILOG = """
Examples:

  breadth export 0k3f -o run.json

  breadth export 0k3f 0k4a > runs.json
"""
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
_AGE = re.compile(r"(\d{1,5})([hdw])")


@commands.command(epilog=PRUNE_EPILOG)
def prune(
    older: Annotated[str, typer.Option(help="12h, 90d or 4w: runs made longer ago.")] = "90d",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    vacuum: Annotated[
        bool, typer.Option("--vacuum", help="Give the room back to the disk; takes a while.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Remove runs that ended long ago, and what was deleted over the service."""
    found = _AGE.fullmatch(older)
    if found is None:
        fail(f"--older: {older!r} is no age: write it as 12h, 90d or 4w", 2)
        return
    age = timedelta(**{_UNITS[found[2]]: int(found[1])})
    pruned = run_to_end(_pruned(settings_of(), age, dry_run=dry_run, vacuum=vacuum))
    told: dict[str, Any] = {
        "runs": pruned.runs,
        "oldest": pruned.oldest and pruned.oldest.isoformat(),
        "newest": pruned.newest and pruned.newest.isoformat(),
        "dry_run": dry_run,
    }
    if as_json:
        show_json(told)
    else:
        made = f", made {told['oldest']} to {told['newest']}" if pruned.runs else ""
        show(f"{_counted(pruned.runs)} {'to go' if dry_run else 'removed'}{made}")
    leave(0)


@commands.command(epilog=EXPORT_EPILOG)
def export(
    runs: Annotated[list[str], typer.Argument(help="Ids of runs, or beginnings of them.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file; none: standard output.")
    ] = None,
) -> None:
    """Write everything of runs as JSON: steps, prompts, sources, passages, answers, events."""
    documents = run_to_end(_documents(settings_of(), runs))
    text = json.dumps(documents[0] if len(runs) == 1 else documents, ensure_ascii=False, indent=2)
    if output is None:
        show(text)
        leave(0)
        return
    try:
        output.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        fail(f"--output: {output} cannot be written: {error.strerror}", 2)
    show(f"{output}: {_counted(len(documents))}")
    leave(0)


def _counted(runs: int) -> str:
    """In words."""
    return "1 run" if runs == 1 else f"{runs} runs"


async def _pruned(settings: Settings, age: timedelta, *, dry_run: bool, vacuum: bool) -> Pruned:
    async with await TraceStore.open(settings.store, create=False) as store:
        pruned = await store.prune(age, dry_run=dry_run)
        if vacuum and not dry_run:
            await store.vacuum()
        return pruned


async def _documents(settings: Settings, runs: list[str]) -> list[dict[str, Any]]:
    async with await TraceStore.open(settings.store, create=False) as store:
        return [await store.document(run) for run in runs]
