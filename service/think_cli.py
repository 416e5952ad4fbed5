"""The commands `breadth think` and `breadth methods`."""

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from reasoning import METHODS, Method, MethodError, checked, parted
from service import asking
from service.asking import MOST_CHARACTERS
from service.delivering import check_output, deliver, terminal
from service.edge import AsJson, Quiet, fail, leave, run_to_end, show, show_json
from service.options import LIMITS, MODELS, Documents, Output, takes
from service.plans import think_plan
from service.settings import Settings
from service.tables import show_rows
from tools import DEFAULT_METHOD, MAX_THOUGHT

commands = typer.Typer()
THINK_EPILOG = """
Examples:

  breadth think "How many legs have three cats and two birds?"

  breadth think --method rsa "What is the remainder of 7^2026 divided by 10?" --json

  breadth think --method "best-of(4, vote(3))" "Which of the two is cheaper?" -d notes/

  cat task.txt | breadth think - --method adaptive-consistency

  (cat minutes.txt; echo; echo "What was decided?") | breadth think - --method chain-of-agents
"""
METHODS_EPILOG = """
Examples:

  breadth methods

  breadth methods adaptive-consistency

  breadth methods "best-of(4, vote(3))" --json
"""


@commands.command(epilog=THINK_EPILOG)
@takes("search", *MODELS, *LIMITS, "sample_tokens", "tools", "seed", "speculate", "citations")
def think(
    question: Annotated[str, typer.Argument(help="What to think about; - is standard input.")],
    *,
    method: Annotated[
        str,
        typer.Option(help="How samples are spent, as `breadth methods` lists them."),
    ] = DEFAULT_METHOD,
    documents: Documents = None,
    settings: Settings,
    output: Output = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Reason about a question by a published method of parallel samples."""
    check_output(output)
    text = sys.stdin.read(MAX_THOUGHT + 1) if question == "-" else question
    if not text.strip():
        fail("the question is empty: write it in quotes behind `breadth think`", 2)
    if len(text) > MAX_THOUGHT:
        fail(f"the text has more than {MAX_THOUGHT} characters, the most that can be read", 2)
    asked = text if len(text) <= MOST_CHARACTERS else parted(text)[1]
    try:
        checked(method)
    except MethodError as error:
        fail(f"--method: {error}", 2)
    reads = bool(documents or settings.documents or settings.search)
    plan = think_plan(text, method, reads=reads, question=asked)
    with terminal(quiet) as display:
        given = asking.Written("the question", plan)
        work = asking.run_plan(given, asked, documents or [], settings, display)
        finished = run_to_end(work, display)
    deliver(finished, output, settings, json=as_json)


@commands.command(epilog=METHODS_EPILOG)
def methods(
    method: Annotated[
        str | None, typer.Argument(help="One of them, or several put together.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the methods of reasoning, or tell what one does and costs."""
    if method is not None:
        _tell(method, as_json=as_json)
    elif as_json:
        show_json([_described(one) for one in METHODS.values()])
    else:
        rows = [
            {
                "method": ", ".join((one.name, *one.aliases)),
                "calls": one.cost()[0],
                "rounds": one.cost()[1],
                "does": one.does,
            }
            for one in METHODS.values()
        ]
        show_rows(rows, ("method", "calls", "rounds", "does"), "none")
    leave(0)


def _tell(text: str, *, as_json: bool) -> None:
    """Of one, with what it was given."""
    try:
        written = checked(text)
    except MethodError as error:
        fail(str(error), 2)
        raise
    calls, rounds = written.cost
    named = _ONCE if written.method is None else _described(written.method)
    told = named | {"written": text, "calls": calls, "rounds": rounds}
    if as_json:
        show_json(told)
    else:
        _show(told)


def _show(told: Mapping[str, Any]) -> None:
    """For people."""
    takes = ", ".join(f"{one['name']}={one['default']}" for one in told["parameters"])
    also = f" (also: {', '.join(told['aliases'])})" if told["aliases"] else ""
    papers = ", ".join(f"arXiv:{paper}" for paper in told["papers"])
    by_prompts = told["form"] == "analogue"
    lines = [
        f"{told['name']}{also}: {told['does']}.",
        *([f"  written  {told['written']}"] if told["written"] != told["name"] else []),
        f"  calls    {told['calls']} at most ({told['calls_formula']})",
        f"  rounds   {told['rounds']} at most ({told['rounds_formula']})",
        f"  takes    {takes or 'nothing'}",
        f"  when     {told['when']}",
        *([f"  papers   {papers}"] if papers else []),
        *(["  form     by prompts, where the paper trains weights"] if by_prompts else []),
    ]
    show("\n".join(lines))


_ONCE = {
    "name": "once",
    "aliases": [],
    "does": "One sample: what the methods are made of, and compared with",
    "form": "strategy",
    "papers": [],
    "when": "questions that the model answers rightly at once",
    "calls_formula": "1",
    "rounds_formula": "1",
    "parameters": [],
}
"""As `_described` describes a method."""


def _described(method: Method) -> dict[str, Any]:
    """For programs."""
    calls, rounds = method.cost()
    return {
        "name": method.name,
        "aliases": list(method.aliases),
        "does": method.does,
        "form": method.form,
        "papers": list(method.papers),
        "when": method.when,
        "calls": calls,
        "calls_formula": method.calls,
        "rounds": rounds,
        "rounds_formula": method.rounds,
        "parameters": [
            {"name": one.name, "kind": one.kind, "default": _shown(one.default)}
            for one in method.parameters
        ],
    }


def _shown(default: Any) -> Any:
    """A default as JSON; an attempt's is a single sample."""
    if default is None:
        return "once"
    return list(default) if isinstance(default, tuple) else default
