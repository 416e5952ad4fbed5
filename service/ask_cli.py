"""The commands that answer a question, go on with a run, and write its answer to files."""

from typing import Annotated

import typer

from service import asking
from service.delivering import check_output, deliver, terminal, write_to
from service.edge import AsJson, Quiet, fail, run_to_end
from service.options import LIMITS, MODELS, WORDING, Documents, Output, takes
from service.person import Person
from service.settings import Settings

commands = typer.Typer()
ASK_EPILOG = """
Examples:

  breadth ask "Who is older, the director of Inception or of Parasite?" -d examples/films

  breadth ask "What changed in the contract?" -d contracts/ -o answer.html

  breadth ask "Who is older, the director of Up or of Roma?" -d films/ --approve

  breadth ask "And where was he born?" --after 0k3f

  breadth ask "..." -d notes/ --model openai:qwen3 --base-url http://localhost:8000/v1 --json
"""
WRITE_EPILOG = """
Examples:

  breadth write 0k3f -o report.pdf -o sources.bib

  breadth write 0k3f -o report.docx --citations footnotes
"""
RESUME_EPILOG = "Example:\n\n  breadth resume 0k3f"

After = Annotated[
    str | None,
    typer.Option(
        "--after",
        help="A run that the question follows: its sources come first, and its documents are"
        " searched where none are named.",
    ),
]
Approve = Annotated[
    bool,
    typer.Option("--approve", help="Show each plan before it runs: accept, edit or cancel it."),
]
Clarify = Annotated[
    bool,
    typer.Option(
        "--clarify",
        help="Ask back what an ambiguous question means; at a terminal only, and never with"
        " --json or --quiet.",
    ),
]
OfRun = Annotated[str, typer.Argument(help="A run's id, or a beginning of it.")]


@commands.command(epilog=ASK_EPILOG)
@takes("search", *MODELS, *LIMITS, "effort", "plans", "drafts", *WORDING, "instructions", "seed",
       "speculate", "tools", "strict", "citations")  # fmt: skip
def ask(
    question: Annotated[str, typer.Argument(help="In quotes.")],
    *,
    documents: Documents = None,
    settings: Settings,
    after: After = None,
    approve: Approve = False,
    clarify: Clarify = False,
    output: Output = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Answer a question from documents, with citations."""
    check_output(output)
    with terminal(quiet) as display:
        somebody = Person(display, settings.editor)
        present = None if as_json or quiet else somebody
        work = asking.ask(
            question,
            documents or [],
            settings,
            display,
            somebody if approve else None,
            present if clarify else None,
            present,
            after,
        )
        finished = run_to_end(work, display)
    deliver(finished, output, settings, json=as_json)


@commands.command(epilog=RESUME_EPILOG)
@takes("citations")
def resume(
    run: OfRun,
    *,
    output: Output = None,
    settings: Settings,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Go on with a run that was stopped or killed; finished steps are not repeated."""
    check_output(output)
    with terminal(quiet) as display:
        person = Person(display, settings.editor)
        finished = run_to_end(asking.resume(run, settings, display, person), display)
    deliver(finished, output, settings, json=as_json)


@commands.command(epilog=WRITE_EPILOG)
@takes("citations")
def write(run: OfRun, *, output: Output = None, settings: Settings) -> None:
    """Write the answer of an earlier run to files; nothing is asked or looked up."""
    if not output:
        fail("--output: name a file to write, as in -o answer.pdf", 2)
    check_output(output)
    write_to(run, output or [], settings)
