"""What the README and the other pages say is true: their code runs, their commands exist."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer

from inference import InstalledVllm, Speculation, VllmSettings, vllm_command
from planner import PlanBuilder, PlanError, Research, Step, Vocabulary, step_of
from reasoning import ALIASES, METHODS
from service.command_line import app
from service.plans import TOOLS
from service.settings import Settings
from tools import Calculate, Compare, Lookup, Python, Read, Search, Table, Think, Which

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PLAN_LANGUAGE = ROOT / "docs" / "plan-language.md"
PAGES = [
    README,
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
OTHERS = [ROOT / "compose.yaml", ROOT / "Dockerfile", ROOT / ".ci" / "run"]
VOCABULARY = Vocabulary.of([Lookup, Compare, Calculate], default="lookup")
FOR_TESTS = {"BREADTH_TEST_POSTGRES", "BREADTH_TEST_VLLM_PYTHON"}
"""Read by tests alone."""
VLLM_OPTIONS = {
    word.partition("=")[0]
    for cpu in (False, True)
    for word in vllm_command(
        VllmSettings("m", speculation=Speculation("ngram")),
        InstalledVllm("python", "0", cpu=cpu, suffix=True),
    ).line
    if word.startswith("--")
}
"""Those that we give it."""

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_CALL = re.compile(r"(?<![\w/.'\[-])breadth ([a-z][\w-]*)")
_VARIABLE = re.compile(r"\bBREADTH_[A-Z_]*[A-Z]\b")
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)[^)]*\)")


class Block(NamedTuple):
    """A fenced block."""

    page: Path
    language: str
    text: str

    def __str__(self) -> str:
        """Where it stands and how it begins."""
        return f"{self.page.name}: {self.text.splitlines()[0][:40]}"


def blocks(*languages: str) -> list[Block]:
    return [
        Block(page, language, text)
        for page in PAGES
        for language, text in _FENCED.findall(page.read_text(encoding="utf-8"))
        if language in languages
    ]


def code_of(page: Path) -> Iterator[str]:
    """Every piece of code of a page, line by line."""
    text = page.read_text(encoding="utf-8")
    for _, block in _FENCED.findall(text):
        yield from block.replace("\\\n", " ").splitlines()
    yield from _CODE.findall(_FENCED.sub("", text))


def commands() -> dict[str, set[str]]:
    """The options of every command; a group has those of its commands."""
    group: Any = typer.main.get_command(app)
    return {name: options_of(command) | {"--help"} for name, command in group.commands.items()}


ALL = Vocabulary(
    {name: shape.field_names() for name, shape in TOOLS.items()}, default="lookup", shapes=TOOLS
)
"""What a plan of one's own may use."""


def options_of(command: Any) -> set[str]:
    inner = getattr(command, "commands", {}).values()
    own = {option for parameter in command.params for option in parameter.opts}
    return own.union(*map(options_of, inner))


def rows_behind(page: Path, heading: str) -> list[list[str]]:
    """The cells of the first table behind a line, without its head."""
    lines = page.read_text(encoding="utf-8").partition(f"\n{heading}\n")[2].splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("|"))
    table = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return table


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_python_in_the_pages_runs(block: Block) -> None:
    registered = [(known, dict(known)) for known in (METHODS, ALIASES)]
    try:
        exec(compile(block.text, str(block.page), "exec"), {"__name__": "__page__"})
    finally:  # what a page registers is not there for other tests
        for known, before in registered:
            known.clear()
            known.update(before)


@pytest.mark.parametrize("block", blocks("json", "jsonl"), ids=str)
def test_plans_in_the_pages_are_plans(block: Block) -> None:
    builder = PlanBuilder()
    for line in block.text.splitlines():
        builder.add(step_of(json.loads(line), ALL))
    assert builder.plan.steps
    for step in builder.plan.steps:
        assert set(step.arguments) <= set(ALL.tools[step.tool])


@pytest.mark.parametrize("row", rows_behind(PLAN_LANGUAGE, "<!-- errors -->"), ids=lambda r: r[1])
def test_what_the_page_says_is_refused_is_refused_so(row: list[str]) -> None:
    line, error = (cell.strip("`") for cell in row)
    builder = PlanBuilder([Step("a", "lookup", {"question": "Who directed Inception?"})])
    with pytest.raises(PlanError) as raised:
        builder.add(step_of(json.loads(line), VOCABULARY))
    assert str(raised.value) == error


@pytest.mark.parametrize("row", rows_behind(PLAN_LANGUAGE, "<!-- tools -->"), ids=lambda r: r[0])
def test_the_page_names_every_argument_of_a_tool(row: list[str]) -> None:
    tools = [Lookup, Compare, Which, Calculate, Table, Python, Search, Read, Think, Research]
    every = Vocabulary.of(tools, default="lookup")
    name, first, rest, _ = row
    assert every.tools[name.strip("`")] == (first.strip("`"), *re.findall(r"`(\w+)`", rest))


def test_the_page_names_every_field_of_a_step() -> None:
    named = {row[0].strip("`") for row in rows_behind(PLAN_LANGUAGE, "## Fields")}
    assert named == set(Step.__dataclass_fields__)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_options_exist(page: Path) -> None:
    known = commands()
    every = VLLM_OPTIONS | {"--help"} | options_of(typer.main.get_command(app))
    for line in code_of(page):
        for name in _CALL.findall(line):
            assert name in known, line
        for call in re.split(r"&&|\|\||[|;]", line):
            words = call.split()
            if words[:1] == ["breadth"] and len(words) > 1:
                assert options_in(call) <= known[words[1]], line
        if line.startswith("--"):
            assert options_in(line) <= every, line


def options_in(line: str) -> set[str]:
    """The words that are options; behind -- stand those of another program."""
    words = list(takewhile(lambda word: word != "--", shlex.split(line, comments=True)))
    return {word.partition("=")[0] for word in words if re.match(r"--?[a-zA-Z]", word)}


def test_the_readme_names_every_command_and_option() -> None:
    text = README.read_text(encoding="utf-8")
    for name, options in commands().items():
        assert f"`breadth {name}" in text
        for option in options:
            assert not option.startswith("--") or f"`{option}" in text, option


@pytest.mark.parametrize("path", [*PAGES, *OTHERS], ids=lambda path: path.name)
def test_variables_are_settings(path: Path) -> None:
    settings = {f"BREADTH_{name.upper()}" for name in Settings.model_fields}
    named = set(_VARIABLE.findall(path.read_text(encoding="utf-8")))
    assert named <= settings | FOR_TESTS


def test_the_table_of_settings_is_complete_and_has_the_defaults() -> None:
    shown = {
        name.strip("`").removeprefix("BREADTH_").lower(): default
        for name, default, _ in rows_behind(README, "## Settings")
    }
    assert list(shown) == list(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, int | float) or field.default == "base":
            value = f"{field.default:g}" if isinstance(field.default, float) else field.default
            value = str(value).lower() if isinstance(value, bool) else value
            assert shown[name] == f"`{value}`"


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in _LINK.findall(page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_files_that_the_pages_name_exist() -> None:
    for page in PAGES:
        for name in re.findall(r"`([a-z]+/[\w/]+\.\w+)`", page.read_text(encoding="utf-8")):
            assert (ROOT / name).is_file(), f"{page.name}: {name}"


def marked_for_ci(page: Path) -> list[tuple[str, str]]:
    """Names and commands of one line."""
    marked = r"^<!-- ci: (\w+) -->\n```sh\n(.+)\n```$"
    return re.findall(marked, page.read_text(encoding="utf-8"), re.MULTILINE)


def test_the_commands_are_one_line_each_and_the_ones_that_ci_runs() -> None:
    marked = marked_for_ci(README)
    assert [name for name, _ in marked] == ["main", "test"]
    ((name, vllm),) = marked_for_ci(ROOT / "CONTRIBUTING.md")
    assert name == "vllm"
    listed = subprocess.run(
        [ROOT / ".ci" / "run", "--list"], capture_output=True, text=True, check=True, timeout=60
    )
    assert listed.stdout.splitlines() == [dict(marked)["test"], dict(marked)["main"], vllm]
    for _, command in marked:
        assert command.startswith("pip install '.[local")
