"""Pages of the site that are not in this folder: those of the repository's root, and the reference,
which is made of the code."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
ABOUT = {
    "README.md": "about/readme.md",
    "CONTRIBUTING.md": "about/contributing.md",
    "CHANGELOG.md": "about/changes.md",
    "benchmarks/RESULTS.md": "about/measurements.md",
}
ESCAPED = r"\["
"""How typer is told of a bracket that is none of its own."""
SETTINGS = "reference/settings.md"
FOLDERS = ("inference", "search", "tools", "planner", "storage")
_LINK = re.compile(r"\[([^\]\n]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")
_ROW = re.compile(r"\| `BREADTH_\w+` \|.*")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """A hook of mkdocs: the pages that there are besides."""
    made = {place: (ROOT / name).read_text(encoding="utf-8") for name, place in ABOUT.items()}
    made["reference/commands.md"] = "\n".join(commands())
    made[SETTINGS] = "\n".join(settings())
    made["reference/python.md"] = "\n".join(python())
    for place, text in made.items():
        files.append(File.generated(config, place, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """A hook of mkdocs: links to files are links to pages."""
    here = page.file.src_uri
    origins = {place: name for name, place in ABOUT.items()} | {SETTINGS: "README.md"}
    origin = origins.get(here, f"docs/{here}")

    def linked(found: re.Match[str]) -> str:
        text, target, anchor = found[1], found[2], found[3] or ""
        if "://" in target:
            return found[0]
        named = (ROOT / origin).parent.joinpath(target).resolve().relative_to(ROOT).as_posix()
        place = ABOUT.get(named, named.removeprefix("docs/"))
        if files.get_file_from_path(place) is None:
            return text  # a file of the repository that is no page
        return f"[{text}]({'../' * here.count('/')}{place}{anchor})"

    return _LINK.sub(linked, markdown.replace("```python no-run", "```python"))


def commands() -> Iterator[str]:
    """Every command with its options, as `--help` has them."""
    yield "# Commands\n\nEvery command says this, too: `breadth COMMAND --help`.\n"
    app = import_module("service.command_line").app
    yield from _command(typer.main.get_command(app), "breadth")


def _command(command: Any, name: str) -> Iterator[str]:
    inner = getattr(command, "commands", None)
    if inner is not None:
        for each in sorted(inner):
            yield from _command(inner[each], f"{name} {each}")
        return
    yield f"## {name}\n\n{command.help}\n"
    for parameter in command.params:
        names = ", ".join(f"`{option}`" for option in parameter.opts)
        told = getattr(parameter, "help", None) or ""
        if names != "`--help`":
            yield f"- {names}: {told.replace(ESCAPED, '[')}"
    if command.epilog:
        lines = [line.strip() for line in command.epilog.strip().splitlines()]
        shown = [line for line in lines if line and not line.startswith("Example")]
        yield "\n```console\n" + "\n".join(shown) + "\n```\n"


def settings() -> Iterator[str]:
    """Every setting, as the README has them."""
    yield "# All settings\n\nHow they are given: [Settings](docs/settings.md).\n"
    yield "| setting | default | meaning |\n|---|---|---|"
    yield from _ROW.findall((ROOT / "README.md").read_text(encoding="utf-8"))


def python() -> Iterator[str]:
    """What each folder gives to the others."""
    yield "# Python\n\nWhat each folder exports.\n"
    for folder in FOLDERS:
        yield f"## {folder}\n"
        for name in import_module(folder).__all__:
            yield f"::: {folder}.{name}\n"
