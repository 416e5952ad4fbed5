"""The commands `breadth models ...`: their options, and what they print."""

from typing import Annotated

import typer
from rich.console import Console

from service import model_commands
from service.edge import AsJson, Model, leave, run_to_end, settings_of, show_json

models = typer.Typer(no_args_is_help=True, help="Which models there are, and what one can do.")


@models.command("list", epilog="Example:\n\n  breadth models list --json")
def models_list(as_json: AsJson = False) -> None:
    """The models that come as packages, and what of them is on this machine."""
    rows = model_commands.listed(settings_of())
    if as_json:
        show_json(rows)
    else:
        Console().print(model_commands.list_table(rows))


@models.command(
    "check",
    epilog="Examples:\n\n  breadth models check\n\n  breadth models check --model small --json\n\n"
    "  breadth models check http://localhost:8000/v1 --model openai:qwen3",
)
def models_check(
    url: Annotated[
        str | None, typer.Argument(help="A server's address, with /v1; none: the embedded engine.")
    ] = None,
    model: Model = None,
    speculate: Annotated[
        str | None, typer.Option(help="off, ngram or draft:MODEL. [default: off]")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Try what a model can do: grammars, schemas, samples, log-probabilities, speed."""
    settings = settings_of(model=model, base_url=url, speculate=speculate)
    found = run_to_end(model_commands.checked(settings))
    if as_json:
        show_json(found)
    else:
        Console().print(model_commands.check_table(found))
    leave(0)
