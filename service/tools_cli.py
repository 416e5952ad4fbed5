"""The commands `breadth tools ...`: their options, and what they print."""

from typing import Annotated

import typer
from rich.console import Console

from service import tool_commands
from service.delivering import terminal
from service.edge import AsJson, Quiet, leave, run_to_end, settings_of, show, show_json
from service.options import Documents, takes
from service.settings import Settings

tools = typer.Typer(
    invoke_without_command=True,
    help="The tools that plans may use: Breadth's own, and those of others.",
    epilog="Examples:\n\n  breadth tools\n\n  breadth tools --json\n\n"
    '  breadth tools call calculate --arg expression="12% of 340"',
)
commands = typer.Typer()
commands.add_typer(tools, name="tools")


@tools.callback()
def list_tools(context: typer.Context, as_json: AsJson = False) -> None:
    """List the tools that plans may use: arguments, limits, side effects, where from."""
    if context.invoked_subcommand is not None:
        return
    with terminal(quiet=False) as display:
        document = run_to_end(tool_commands.listed(settings_of(), display), display)
    if as_json:
        show_json(document)
    else:
        Console().print(tool_commands.table(document))
    leave(0)


@tools.command(
    "call",
    epilog='Examples:\n\n  breadth tools call calculate --arg expression="90 min in hours"\n\n'
    '  breadth tools call search --arg query="Daegu" --documents examples/films --json',
)
@takes("model", "base_url")
def call(
    name: Annotated[str, typer.Argument(help="As `breadth tools` lists it.")],
    *,
    arg: Annotated[
        list[str] | None,
        typer.Option(
            "--arg",
            help="KEY=VALUE, the value as JSON or as it stands; may be given several times.",
        ),
    ] = None,
    documents: Documents = None,
    settings: Settings,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Call one tool, and print its value and its sources."""
    with terminal(quiet) as display:
        work = tool_commands.called(name, arg or [], documents or [], settings, display)
        called = run_to_end(work, display)
    if as_json:
        show_json(tool_commands.as_json(called))
    else:
        show(tool_commands.as_text(called))
    leave(0)
