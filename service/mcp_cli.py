"""The command `breadth mcp`."""

import sys
from importlib import import_module
from typing import Annotated

import typer

from service.edge import fail, leave, run_to_end
from service.operations.logs import start_logging
from service.options import MODELS, Documents, takes
from service.settings import Settings
from service.sources import root_of

_EXTRA = {"mcp", "mcp_types", "uvicorn"}
commands = typer.Typer()
MCP_EPILOG = """
Examples:

  breadth mcp --documents notes/

  breadth mcp -d notes/ --http --port 8765

In the settings of an agent, `"breadth": {"command": "breadth", "args": ["mcp", "-d", "/notes"]}`.
"""


@commands.command(epilog=MCP_EPILOG)
@takes("search", *MODELS, "seconds", "max_cost", "speculate", "tools")
def mcp(
    *,
    documents: Documents = None,
    http: Annotated[
        bool, typer.Option("--http", help="Over HTTP, for several agents; else standard input.")
    ] = False,
    host: Annotated[str, typer.Option(help="Address to listen on, with --http.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: a free one.")] = 8765,
    settings: Settings,
) -> None:
    """Offer research, search and read to other agents, by the Model Context Protocol."""
    try:
        serving, listening = map(import_module, ("service.mcp_serving", "service.mcp_http"))
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        fail("it needs the extra mcp: pip install 'breadth[mcp]' (from a checkout: '.[mcp]')", 1)
    start_logging(settings)
    roots = [root_of(given) for given in documents or ()]

    async def serve() -> None:
        async with serving.mcp_server(settings, roots) as (server, store):
            if not http:
                await server.run_stdio_async()
                return
            await listening.listen(server, store, settings, host, port, _ready)

    run_to_end(serve())
    leave(0)


def _ready(address: str) -> None:
    sys.stderr.write(f"breadth: agents find it at {address}; Ctrl-C stops it\n")
