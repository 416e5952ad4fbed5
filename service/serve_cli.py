"""The commands `breadth serve` and `breadth worker`."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from service import serving
from service.api import exposed
from service.edge import AsJson, fail, leave, run_to_end, show_json
from service.options import MODELS, Documents, takes
from service.settings import Settings

commands = typer.Typer()
SERVE_EPILOG = """
Examples:

  breadth serve --documents notes/

  breadth serve -d notes/ --port 9000 --model openai:qwen3 --base-url http://localhost:8000/v1

  BREADTH_DATABASE=postgresql://me@db/breadth breadth serve --runs 0 --host 0.0.0.0
"""
WORKER_EPILOG = """
Examples:

  BREADTH_DATABASE=postgresql://me@db/breadth breadth worker --documents notes/ --runs 8
"""
_SHARED = ("search", *MODELS, "max_cost", "speculate", "tools")


@commands.command(epilog=SERVE_EPILOG)
@takes("seconds", *_SHARED)
def serve(
    *,
    documents: Documents = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: a free one.")] = 8080,
    runs: Annotated[
        int, typer.Option(min=0, help="At once in this process; 0: other workers do them.")
    ] = 4,
    settings: Settings,
    as_json: AsJson = False,
) -> None:
    """Serve the deep-research API and its web page, until Ctrl-C."""
    warning = exposed(settings, host)
    if warning:
        sys.stderr.write(f"breadth: {warning}\n")
    place = serving.Serving(host, port, runs)
    run_to_end(serving.serve(settings, documents or [], place, _ready(as_json=as_json)))
    leave(0)


@commands.command(epilog=WORKER_EPILOG)
@takes(*_SHARED)
def worker(
    *,
    documents: Documents = None,
    runs: Annotated[int, typer.Option(min=1, help="At once in this process.")] = 4,
    settings: Settings,
    as_json: AsJson = False,
) -> None:
    """Do runs that `breadth serve` takes in, until Ctrl-C; on any machine that has the database."""
    if not documents and not settings.search:
        fail("no documents: name the folder of the service with --documents, or --search", 2)
    run_to_end(serving.work(settings, documents or [], runs, _ready(as_json=as_json)))
    leave(0)


def _ready(*, as_json: bool) -> serving.Ready:
    """Says that it has begun."""

    def told(facts: dict[str, object]) -> None:
        if as_json:
            show_json(facts)
            return
        if "url" in facts:
            url = facts["url"]
            line = f"Breadth answers at {url}/v1, and in a browser at {url}/; Ctrl-C stops it"
        else:
            line = (
                f"worker {facts['worker']} does up to {facts['runs']} runs at once; Ctrl-C stops it"
            )
        Console(stderr=True).print(Text(line), soft_wrap=True)

    return told
