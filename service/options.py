"""Options that several commands share, and what is made of them."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from service import answers
from service.edge import fail, leave, show
from service.settings import Settings
from service.terminal import Terminal
from service.workplace import Finished

Documents = Annotated[
    list[str] | None,
    typer.Option(
        "--documents",
        "-d",
        help="A folder, a file, or the address of a page or a sitemap; may be given several times.",
    ),
]
WebSearch = Annotated[
    str | None,
    typer.Option(
        "--search",
        help="Search the web, too: ddgs (no key), brave, tavily, wikipedia, arxiv, ...; several"
        " with commas between. \\[default: documents alone]",
    ),
]
BaseUrl = Annotated[
    str | None,
    typer.Option(
        help="Address of an openai:NAME model's server, with /v1; several with commas between."
    ),
]
Roles = Annotated[
    list[str] | None,
    typer.Option(
        "--role",
        help="ROLE=MODEL: another model for the planner, reader, writer, judge or drafter;"
        " MODEL as --model, or openai:NAME@URL; may be given several times.",
    ),
]
Seconds = Annotated[float | None, typer.Option(help="Seconds at most. \\[default: 600]")]
MaxToolCalls = Annotated[
    int | None, typer.Option(help="Calls of tools at most, look-ups among them. \\[default: 40]")
]
MaxTokens = Annotated[
    int | None,
    typer.Option(help="Tokens at most, of all model calls together. \\[default: 200000]"),
]
MaxCost = Annotated[
    float | None, typer.Option(help="Money at most, by BREADTH_PRICES. \\[default: none]")
]
Drafts = Annotated[
    int | None, typer.Option(help="Drafts of the answer. \\[default: by the effort]")
]
Select = Annotated[
    str | None,
    typer.Option(
        help="best, vote or synthesis: how one answer comes about from several drafts."
        " \\[default: best, synthesis for long answers]"
    ),
]
Size = Annotated[
    str | None,
    typer.Option(
        help="short (a value and a sentence), answer (a paragraph), report (sections), or auto: by"
        " what is asked. \\[default: auto]"
    ),
]
Language = Annotated[
    str | None,
    typer.Option(help="Of the answer, as German or de. \\[default: that of the question]"),
]
Audience = Annotated[
    str | None, typer.Option(help='Whom the answer is for: "a ten-year-old", "a lawyer".')
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Deliver nothing but sentences that are supported.")
]
Seed = Annotated[int | None, typer.Option(help="Of all sampling. \\[default: 0]")]
Speculate = Annotated[
    str | None,
    typer.Option(help="off, ngram or draft:MODEL, embedded engine only. \\[default: off]"),
]
Tools = Annotated[
    str | None,
    typer.Option(
        help="Names of tools, commas between, that plans may use besides their own; `breadth tools`"
        " lists them."
    ),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Also write a .md or .html file.")
]


def roles_of(given: list[str] | None) -> dict[str, str] | None:
    """What `--role ROLE=MODEL` says, one after another."""
    roles = {}
    for text in given or ():
        role, _, model = text.partition("=")
        if not (role and model):
            fail(f"--role {text!r}: write ROLE=MODEL, as in --role planner=openai:NAME", 2)
        roles[role] = model
    return roles or None


def check_base_url(base_url: str | None, settings: Settings) -> None:
    """An address that nobody asks is a mistake."""
    names = (settings.model, *settings.roles.values(), settings.embeddings, settings.reranker)
    if base_url is not None and not any(name.startswith("openai:") for name in names):
        fail(
            f"--base-url: the model {settings.model!r} runs in this process and is asked at no"
            " address; write --model openai:NAME, with the name that the server has for it",
            2,
        )


def check_output(output: Path | None) -> None:
    """Before the work, not after it."""
    if output is None:
        return
    if output.suffix.lower() not in {".md", ".html", ".htm"}:
        fail(f"--output: {output} must end in .md or .html", 2)
    if not output.parent.is_dir():
        fail(f"--output: there is no folder {output.parent}", 2)


def terminal(quiet: bool) -> Terminal:
    """Progress belongs on standard error."""
    return Terminal(Console(stderr=True), quiet=quiet)


def deliver(finished: Finished, output: Path | None, *, as_json: bool) -> None:
    """Print, write, and say by the exit code whether there is an answer."""
    show(answers.as_json(finished) if as_json else answers.as_text(finished))
    if output is not None:
        try:
            answers.write_file(finished, output)
        except OSError as error:
            fail(f"cannot write {output}: {error.strerror}; run {finished.run} is kept", 1)
    failed = finished.result.status != "completed" and finished.result.answer.value is None
    leave(1 if failed else 0)
