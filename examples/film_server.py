"""An MCP server for Breadth, or any other client: the running times of a few films.

Needs the extra `mcp`. In the environment of `breadth`:

    export BREADTH_MCP='{"films": {"command": "python", "args": ["examples/film_server.py"]}}'
    breadth tools call films_runtime --arg title=Parasite
"""

from mcp.server import MCPServer
from mcp_types import ToolAnnotations

MINUTES = {"Inception": 148, "Parasite": 132, "Roma": 135}
server = MCPServer("films")


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def runtime(title: str) -> dict[str, int | str | None]:
    """How long a film is, in minutes."""
    return {"title": title, "minutes": MINUTES.get(title)}


if __name__ == "__main__":
    server.run()
