"""The commands `breadth keys ...`."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeVar

import typer

from service.edge import AsJson, leave, run_to_end, settings_of, show, show_json
from service.errors import UsageProblem
from service.tables import show_rows
from storage import KeyLimits, KeyRecord, Keys, TraceStore

keys = typer.Typer(no_args_is_help=True, help="API keys of the service.")
commands = typer.Typer()
commands.add_typer(keys, name="keys")
T = TypeVar("T")


@keys.command(
    "create",
    epilog="Examples:\n\n  breadth keys create laptop --user ann\n\n"
    "  breadth keys create bot --runs-at-once 2 --tokens-a-day 500000",
)
def create(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    user: Annotated[
        str | None,
        typer.Option(help="Whose runs it sees; keys of one user share them. \\[default: NAME]"),
    ] = None,
    runs_at_once: Annotated[int | None, typer.Option(help="At most.")] = None,
    runs_a_minute: Annotated[int | None, typer.Option(help="At most.")] = None,
    tokens_a_day: Annotated[int | None, typer.Option(help="Of all its runs, at most.")] = None,
    money_a_day: Annotated[float | None, typer.Option(help="By BREADTH_PRICES, at most.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key; prints it, this once."""

    async def created(store: Keys) -> dict[str, Any]:
        try:
            limits = KeyLimits(runs_at_once, runs_a_minute, tokens_a_day, money_a_day)
        except ValueError as error:
            raise UsageProblem(f"--{error}") from error
        if not (name.strip() and (user is None or user.strip())):
            raise UsageProblem("a key needs a name, and its user one too")
        if not f"{name}{user or ''}".isprintable():
            raise UsageProblem("the names of a key and of its user cannot hold control characters")
        made, key = await store.create(name.strip(), (user or name).strip(), limits)
        return _data(made) | {"key": key}

    told = run_to_end(_with(created))
    if as_json:
        show_json(told)
    else:
        show(f"key {told['id']} of {told['user']}, shown this once:\n{told['key']}")
    leave(0)


@keys.command("list", epilog="Example:\n\n  breadth keys list --json")
def list_(as_json: AsJson = False) -> None:
    """List all keys, without what they are."""

    async def listed(store: Keys) -> list[dict[str, Any]]:
        return [_data(one) for one in await store.all()]

    rows = run_to_end(_with(listed))
    if as_json:
        show_json(rows)
        leave(0)
    for row in rows:
        row["limits"] = ", ".join(f"{k}: {v}" for k, v in row["limits"].items() if v is not None)
    names = ("id", "user", "name", "limits", "used_at", "revoked_at")
    show_rows(rows, names, none="There are no keys yet: `breadth keys create NAME` makes one.")
    leave(0)


@keys.command("revoke", epilog="Example:\n\n  breadth keys revoke 0k3f...")
def revoke(
    key: Annotated[str, typer.Argument(help="Its id, as `breadth keys list` has it.")],
) -> None:
    """Refuse a key from now on; within seconds all processes do."""
    run_to_end(_with(lambda store: store.revoke(key)))
    show(f"key {key} is valid no more")
    leave(0)


def _data(record: KeyRecord) -> dict[str, Any]:
    """For programs."""
    moments = ("created_at", "used_at", "revoked_at")
    told = {name: getattr(record, name) for name in moments}
    return {
        "id": record.id,
        "user": record.user,
        "name": record.name,
        "limits": {name: getattr(record.limits, name) for name in record.limits.__slots__},
        **{name: at and at.isoformat() for name, at in told.items()},
    }


async def _with(work: Callable[[Keys], Coroutine[Any, Any, T]]) -> T:
    """In the store."""
    async with await TraceStore.open(settings_of().store) as store:
        return await work(store.keys)
