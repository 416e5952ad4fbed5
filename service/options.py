"""Options that several commands share, and what is made of them."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from service.edge import fail, leave, run_to_end, show
from service.errors import UsageProblem
from service.formats import STYLES, as_json, as_text, require_writable, write_files
from service.publishing import of_finished, of_run
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
Instructions = Annotated[
    str | None,
    typer.Option(help='How the answer is to be worded: "Answer in two sentences, in French."'),
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
    list[Path] | None,
    typer.Option(
        "--output",
        "-o",
        help="Also write a file: .md, .html, .pdf, .docx, .json or .bib (the sources); may be given"
        " several times.",
    ),
]
Citations = Annotated[
    str | None,
    typer.Option(help=f"How sources are cited: {', '.join(STYLES)}. \\[default: {STYLES[0]}]"),
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


def check_output(outputs: Sequence[Path] | None) -> None:
    """Before the work, not after it."""
    try:
        require_writable(outputs or ())
    except UsageProblem as error:
        fail(str(error), 2)


def terminal(quiet: bool) -> Terminal:
    """Progress belongs on standard error."""
    return Terminal(Console(stderr=True), quiet=quiet)


def deliver(
    finished: Finished, outputs: Sequence[Path] | None, settings: Settings, *, json: bool
) -> None:
    """Print, write, and say by the exit code whether there is an answer."""
    printed = of_finished(finished)
    show(as_json(printed) if json else as_text(printed, settings.citations))
    if outputs:
        write(finished.run, outputs, settings)
    failed = finished.result.status != "completed" and finished.result.answer.value is None
    leave(1 if failed else 0)


def write(run: str, outputs: Sequence[Path], settings: Settings) -> None:
    """The files, of what is kept of the run."""
    publication = run_to_end(of_run(run, settings))
    try:
        for told in write_files(publication, outputs, settings.citations):
            sys.stderr.write(f"breadth: {told}\n")
    except OSError as error:
        name = error.filename2 or error.filename or outputs[0]
        again = f"breadth write {publication.run} -o FILE"
        fail(f"cannot write {name}: {error.strerror}; the run is kept: {again}", 1)
