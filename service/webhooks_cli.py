"""The commands `breadth webhooks ...`."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeVar

import typer

from service.api.webhooks import Changed, delivery_object, webhook_object
from service.edge import AsJson, leave, run_to_end, settings_of, show, show_json
from service.errors import UsageProblem
from service.settings import Settings
from service.tables import show_rows
from service.webhooks import require_address
from storage import TraceStore, Webhooks, require_kinds

webhooks = typer.Typer(no_args_is_help=True, help="Addresses that are told of ends of responses.")
commands = typer.Typer()
commands.add_typer(webhooks, name="webhooks")
T = TypeVar("T")
User = Annotated[str, typer.Option(help="Whose; none: the person at this machine.")]


@webhooks.command(
    "add", epilog="Example:\n\n  breadth webhooks add https://example.org/hook --user ann"
)
def add(
    url: Annotated[str, typer.Argument(help="https://...")],
    events: Annotated[
        list[str] | None,
        typer.Option(
            "--event",
            "--events",
            help="response.completed, ...; several times. \\[default: all]",
        ),
    ] = None,
    user: User = "",
    as_json: AsJson = False,
) -> None:
    """Add an address; prints the secret that signs what is sent to it, this once."""
    settings = settings_of()

    async def added(hooks: Webhooks) -> dict[str, Any]:
        try:
            require_address(url, settings)
            require_kinds(events or ())
        except ValueError as error:
            raise UsageProblem(str(error)) from error
        made, secret = await hooks.create(url, user, events or ())
        return webhook_object(made).model_dump() | {"secret": secret}

    told = run_to_end(_with(settings, added))
    if as_json:
        show_json(told)
    else:
        show(f"webhook {told['id']} is told of ends of responses; its secret, shown this once:")
        show(told["secret"])
    leave(0)


@webhooks.command("list", epilog="Example:\n\n  breadth webhooks list --json")
def list_(as_json: AsJson = False) -> None:
    """List all addresses."""

    async def listed(hooks: Webhooks) -> list[dict[str, Any]]:
        return [webhook_object(one).model_dump() | {"user": one.user} for one in await hooks.all()]

    found = run_to_end(_with(settings_of(), listed))
    if not as_json:
        found = [row | {"events": ", ".join(row["events"]) or "all"} for row in found]
    names = ("id", "user", "url", "events", "disabled_at")
    _show(found, names, "There are no webhooks yet: `breadth webhooks add URL`.", as_json=as_json)


@webhooks.command("remove", epilog="Example:\n\n  breadth webhooks remove 0k3f...")
def remove(
    webhook: Annotated[str, typer.Argument(help="Its id.")], as_json: AsJson = False
) -> None:
    """Tell an address nothing more."""
    run_to_end(_with(settings_of(), lambda hooks: hooks.remove(webhook)))
    if as_json:
        show_json(Changed(id=webhook).model_dump())
    else:
        show(f"webhook {webhook} is told nothing more")
    leave(0)


@webhooks.command("deliveries", epilog="Example:\n\n  breadth webhooks deliveries --dead")
def deliveries(
    webhook: Annotated[str | None, typer.Argument(help="Its id; none: of all.")] = None,
    dead: Annotated[bool, typer.Option("--dead", help="Only what was given up.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what was told, and what could not be."""

    async def listed(hooks: Webhooks) -> list[dict[str, Any]]:
        found = await hooks.deliveries(webhook, dead=dead)
        return [delivery_object(one).model_dump() for one in found]

    names = ("id", "webhook", "response", "type", "state", "attempts", "error")
    rows = run_to_end(_with(settings_of(), listed))
    _show(rows, names, "Nothing was given up." if dead else "Nothing was told.", as_json=as_json)


@webhooks.command("resend", epilog="Example:\n\n  breadth webhooks resend evt_...")
def resend(
    delivery: Annotated[str, typer.Argument(help="Its id, evt_...")], as_json: AsJson = False
) -> None:
    """Have a delivery sent again by the service, whatever has become of it."""
    run_to_end(_with(settings_of(), lambda hooks: hooks.resend(delivery)))
    if as_json:
        show_json(Changed(id=delivery, object="webhook.delivery", deleted=False).model_dump())
    else:
        show(f"{delivery} is sent again")
    leave(0)


async def _with(settings: Settings, work: Callable[[Webhooks], Coroutine[Any, Any, T]]) -> T:
    """In the store."""
    async with await TraceStore.open(settings.store) as store:
        return await work(store.webhooks)


def _show(rows: list[dict[str, Any]], names: tuple[str, ...], none: str, *, as_json: bool) -> None:
    """As a table, or for programs."""
    if as_json:
        show_json(rows)
    else:
        show_rows(rows, names, none)
    leave(0)
