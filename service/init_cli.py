"""The command `breadth init`: four questions, a settings file, and a look at what was said."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from platformdirs import user_config_path

from inference import ModelError, ModelSetupError, NoAddress
from service.doctor_cli import look
from service.edge import Model, choose_settings, fail, leave, run_to_end, settings_of
from service.errors import UsageProblem
from service.first_settings import First, save, written
from service.model_commands import names_at
from service.options import Documents
from service.settings_file import NAME
from service.sources import root_of

commands = typer.Typer()
INIT_EPILOG = """
Examples:

  breadth init

  breadth init --yes --documents ~/notes --model small

  breadth init --yes --model openai:qwen3 --base-url http://localhost:8000/v1 --here
"""


@commands.command(epilog=INIT_EPILOG)
def init(
    *,
    documents: Documents = None,
    model: Model = None,
    base_url: Annotated[
        str | None, typer.Option(help="Address of an openai:NAME model's server, with /v1.")
    ] = None,
    search: Annotated[
        str | None, typer.Option("--search", help="Web search engines, with commas between.")
    ] = None,
    database: Annotated[
        str | None, typer.Option(help="A file, or the URL of a PostgreSQL, for the runs.")
    ] = None,
    here: Annotated[
        bool, typer.Option("--here", help="Into the working folder, not that of your settings.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Ask four questions, write a settings file with comments, and see whether it works."""
    path = Path(NAME) if here else user_config_path("breadth") / NAME
    if path.exists() and not force:
        fail(f"{path} is there already: --force replaces it, `breadth doctor` looks at it", 2)
    said = First(tuple(documents or ()), model or "base", base_url, search, database)
    if not yes:
        said = _asked(said)
    said = replace(said, documents=tuple(str(root_of(each)) for each in said.documents))
    try:
        save(path, written(said), force=force)
    except UsageProblem as error:
        fail(str(error), 2)
    sys.stderr.write(f"breadth: {path} is written\n")
    choose_settings(path)
    settings = settings_of()
    roots = [root_of(each) for each in settings.documents]
    findings = run_to_end(look(settings, roots, quick=False, shows=True))
    if any(each.state == "broken" for each in findings):
        sys.stderr.write(f"breadth: mend what is marked ✗, in {path}; then: breadth doctor\n")
        leave(1)
    sys.stderr.write(f'breadth: ready: breadth ask {"" if roots else "-d FOLDER "}"..."\n')
    leave(0)


def _asked(said: First) -> First:
    """At the terminal; what the options say is offered."""
    if not sys.stdin.isatty():
        fail("there is nobody to ask: write --yes, and options for what is not the default", 2)
    folders = typer.prompt(
        "Folder of your documents (several with commas; empty: none)",
        default=", ".join(said.documents),
        show_default=bool(said.documents),
        err=True,
    )
    server = typer.prompt(
        "Model: base or small on this machine, or a server's address (http://.../v1)",
        default=said.base_url or said.model,
        err=True,
    )
    name, url = (said.model, None) if "://" not in server else _of_server(server, said.model)
    if url is None:
        name = server
    web = typer.prompt(
        "Web search: ddgs, wikipedia, ... (empty: the web is not searched)",
        default=said.search or "",
        show_default=bool(said.search),
        err=True,
    )
    place = typer.prompt(
        "Database for the runs: a file or a PostgreSQL URL (empty: a file of your own)",
        default=said.database or "",
        show_default=bool(said.database),
        err=True,
    )
    named = tuple(each.strip() for each in folders.split(",") if each.strip())
    return First(named, name, url, web.strip() or None, place.strip() or None)


def _of_server(url: str, named: str) -> tuple[str, str]:
    """The model, and the address; asked there what it has."""
    if named.startswith("openai:"):
        return named, url
    names = []
    try:
        names = asyncio.run(names_at(url, settings_of(base_url=url)))
    except (ModelError, ModelSetupError, NoAddress) as error:
        sys.stderr.write(f"breadth: {error}\n")
    told = f" ({', '.join(names[:10])})" if names else ""
    name = typer.prompt(f"Which of its models{told}", default=names[0] if names else None, err=True)
    return f"openai:{name}", url
