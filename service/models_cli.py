"""The commands `breadth models ...`: their options, and what they print."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from service import model_commands, serving_models
from service.edge import (
    AsJson,
    Model,
    Quiet,
    leave,
    run_to_end,
    settings_of,
    show,
    show_json,
)

models = typer.Typer(no_args_is_help=True, help="Which models there are, and what one can do.")
commands = typer.Typer()
commands.add_typer(models, name="models")


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
    epilog="Examples:\n\n  breadth models check\n\n  breadth models check small --json\n\n"
    "  breadth models check http://localhost:8000/v1 --model openai:qwen3",
)
def models_check(
    what: Annotated[
        str | None,
        typer.Argument(help="A server's address, with /v1, or what --model takes."),
    ] = None,
    model: Model = None,
    speculate: Annotated[
        str | None, typer.Option(help="off, ngram or draft:MODEL. \\[default: off]")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Try what a model can do: grammars, schemas, samples, log-probabilities, speed."""
    url = what if what and "://" in what else None
    settings = settings_of(
        model=model or (None if url else what), base_url=url, speculate=speculate
    )
    found = run_to_end(model_commands.checked(settings))
    if as_json:
        show_json(found)
    else:
        Console().print(model_commands.check_table(found))
    leave(0)


@models.command(
    "serve",
    epilog="Examples:\n\n  breadth models serve Qwen/Qwen3-8B --speculate ngram\n\n"
    "  breadth models serve weights/qwen --port 8001 --max-len 8192 -- --dtype bfloat16",
)
def models_serve(
    name: Annotated[str, typer.Argument(help="A folder, or OWNER/NAME on the model hub.")],
    options: Annotated[
        list[str] | None, typer.Argument(help="Behind --, vLLM's own options.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="\\[default: 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(help="\\[default: 8000]")] = None,
    speculate: Annotated[
        str | None,
        typer.Option(help="off, ngram, suffix, draft:MODEL or eagle:MODEL. \\[default: off]"),
    ] = None,
    memory_share: Annotated[
        float | None,
        typer.Option(help="Of the GPU's memory, or the machine's. \\[default: 0.9; on a CPU 0.4]"),
    ] = None,
    max_len: Annotated[
        int | None, typer.Option(help="Tokens of prompt and text. \\[default: what fits]")
    ] = None,
    log: Annotated[
        Path | None, typer.Option(help="\\[default: vllm-PORT.log in the data folder]")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Serve a model with vLLM, until Ctrl-C; it is started again when it dies."""
    flags = {"host": host, "port": port, "memory_share": memory_share, "window": max_len}
    deliver = show_json if as_json else lambda facts: show(serving_models.as_text(facts))
    told = serving_models.Told(Console(stderr=True), deliver, quiet=quiet)
    settings = settings_of(speculate=speculate)
    extra = {**flags, "extra": tuple(options or ())}
    run_to_end(serving_models.serve(name, settings, extra, log=log, told=told))
    leave(0)
