"""Options that several commands share, and the settings that are made of them.

A command that has a parameter `settings` names its options, and gets what they say.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any

import typer

from service.edge import Model, fail, settings_of
from service.formats import STYLES
from service.settings import Settings

Documents = Annotated[
    list[str] | None,
    typer.Option(
        "--documents",
        "-d",
        help="A folder, a file, or the address of a page or a sitemap; may be given several times.",
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

OPTIONS: Mapping[str, Any] = {
    "search": Annotated[
        str | None,
        typer.Option(
            "--search",
            help="Search the web, too: ddgs (no key), brave, tavily, wikipedia, arxiv, ...; several"
            " with commas between. \\[default: documents alone]",
        ),
    ],
    "model": Model,
    "base_url": Annotated[
        str | None,
        typer.Option(
            help="Address of an openai:NAME model's server, with /v1; several with commas between."
        ),
    ],
    "role": Annotated[
        list[str] | None,
        typer.Option(
            "--role",
            help="ROLE=MODEL: another model for the planner, reader, writer, judge or drafter;"
            " MODEL as --model, or openai:NAME@URL; may be given several times.",
        ),
    ],
    "seconds": Annotated[float | None, typer.Option(help="Seconds at most. \\[default: 600]")],
    "max_tool_calls": Annotated[
        int | None,
        typer.Option(help="Calls of tools at most, look-ups among them. \\[default: 40]"),
    ],
    "max_tokens": Annotated[
        int | None,
        typer.Option(help="Tokens at most, of all model calls together. \\[default: 200000]"),
    ],
    "max_cost": Annotated[
        float | None, typer.Option(help="Money at most, by BREADTH_PRICES. \\[default: none]")
    ],
    "sample_tokens": Annotated[
        int | None, typer.Option(help="Of each sample at most. \\[default: 1024]")
    ],
    "effort": Annotated[
        str | None,
        typer.Option(help="low, medium, high or auto: by how hard it looks. \\[default: auto]"),
    ],
    "plans": Annotated[
        int | None, typer.Option(help="Plans to sample and choose from. \\[default: by the effort]")
    ],
    "drafts": Annotated[
        int | None, typer.Option(help="Drafts of the answer. \\[default: by the effort]")
    ],
    "select": Annotated[
        str | None,
        typer.Option(
            help="best, vote or synthesis: how one answer comes about from several drafts."
            " \\[default: best, synthesis for long answers]"
        ),
    ],
    "size": Annotated[
        str | None,
        typer.Option(
            help="short (a value and a sentence), answer (a paragraph), report (sections), or auto:"
            " by what is asked. \\[default: auto]"
        ),
    ],
    "language": Annotated[
        str | None,
        typer.Option(help="Of the answer, as German or de. \\[default: that of the question]"),
    ],
    "audience": Annotated[
        str | None, typer.Option(help='Whom the answer is for: "a ten-year-old", "a lawyer".')
    ],
    "instructions": Annotated[
        str | None,
        typer.Option(help='How the answer is to be worded: "Answer in two sentences, in French."'),
    ],
    "seed": Annotated[int | None, typer.Option(help="Of all sampling. \\[default: 0]")],
    "speculate": Annotated[
        str | None,
        typer.Option(help="off, ngram or draft:MODEL, embedded engine only. \\[default: off]"),
    ],
    "tools": Annotated[
        str | None,
        typer.Option(
            help="Names of tools, commas between, that plans may use besides their own;"
            " `breadth tools` lists them."
        ),
    ],
    "strict": Annotated[
        bool | None,
        typer.Option("--strict", help="Deliver nothing but sentences that are supported."),
    ],
    "citations": Annotated[
        str | None,
        typer.Option(help=f"How sources are cited: {', '.join(STYLES)}. \\[default: {STYLES[0]}]"),
    ],
}
"""By the names of their parameters."""
MODELS = ("model", "base_url", "role")
LIMITS = ("seconds", "max_tool_calls", "max_tokens", "max_cost")
WORDING = ("select", "size", "language", "audience")
_SETTINGS = {"plans": "plan_samples", "role": "roles"}
"""Where a setting is not called as its option."""

Command = Callable[..., None]


def takes(*names: str) -> Callable[[Command], Command]:
    """Gives a command these `OPTIONS`, where its keyword-only parameter `settings` stands.

    What they say goes over the environment and the settings file; what they cannot mean ends it.
    An option that is a parameter of the command, too, comes to it as it was said; where no
    documents are named, those of the settings are meant.
    """

    def taking(command: Command) -> Command:
        own = signature(command)

        @wraps(command)
        def called(**given: Any) -> None:
            said = {name: given[name] for name in names}
            wanted = {name: each for name, each in given.items() if name in own.parameters}
            settings = _settings(said)
            if "documents" in wanted and not (wanted["documents"] or wanted.get("after")):
                wanted["documents"] = list(settings.documents)
            command(settings=settings, **wanted)

        parameters = [one for each in own.parameters.values() for one in _replaced(each, names)]
        called.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
        called.__annotations__ = {each.name: each.annotation for each in parameters}
        return called

    return taking


def _replaced(parameter: Parameter, names: Sequence[str]) -> list[Parameter]:
    """The options for `settings`, and what is none of them as it is."""
    if parameter.name != "settings":
        return [] if parameter.name in names else [parameter]
    return [
        Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=OPTIONS[name])
        for name in names
    ]


def _settings(said: Mapping[str, Any]) -> Settings:
    """With what the options say."""
    flags = {_SETTINGS.get(name, name): value for name, value in said.items()}
    settings = settings_of(**flags | {"roles": _roles(said.get("role"))})
    _check_base_url(said.get("base_url"), settings)
    return settings


def _roles(given: list[str] | None) -> dict[str, str] | None:
    """What `--role ROLE=MODEL` says, one after another."""
    roles = {}
    for text in given or ():
        role, _, model = text.partition("=")
        if not (role and model):
            fail(f"--role {text!r}: write ROLE=MODEL, as in --role planner=openai:NAME", 2)
        roles[role] = model
    return roles or None


def _check_base_url(base_url: str | None, settings: Settings) -> None:
    """An address that nobody asks is a mistake."""
    names = (settings.model, *settings.roles.values(), settings.embeddings, settings.reranker)
    if base_url is not None and not any(name.startswith("openai:") for name in names):
        fail(
            f"--base-url: the model {settings.model!r} runs in this process and is asked at no"
            " address; write --model openai:NAME, with the name that the server has for it",
            2,
        )
