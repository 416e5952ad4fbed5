"""The report of an evaluation as Markdown: scores, differences, and the losses one by one."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from service.evaluating.measures import Measured, Scores
from service.evaluating.plot import plot
from service.evaluating.report import Report, notes, rows
from service.legible import legible

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$])")
_ANSWER_SHOWN = 600


def write_report(report: Report, path: Path) -> None:
    """The Markdown, and its picture beside it: `results.md` and `results.svg`. Raises OSError."""
    picture = path.with_suffix(".svg")
    picture.write_text(plot(report.scores), encoding="utf-8", newline="\n")
    path.write_text(as_markdown(report, picture.name), encoding="utf-8", newline="\n")


def as_markdown(report: Report, picture: str) -> str:
    """A document that refers to its picture."""
    parts = [
        f"# {_plain(report.title.capitalize())}",
        "\n".join(f"- {_plain(line)}" for line in report.facts),
        _table(report.scores),
    ]
    if told := notes(report):
        parts.append("\n".join(f"- {_plain(line)}" for line in told))
    parts.append(f"![Scores with their 95% intervals](<{picture}>)")
    if report.differences:
        parts += [
            "## Differences",
            "Paired, on the same questions; a star: 0 is not in the interval.",
            _table(report.differences, signed=True),
        ]
    parts += _losses(report)
    return "\n\n".join(parts) + "\n"


def _losses(report: Report) -> Iterator[str]:
    """Where the first system does not say the gold answer."""
    losses, first = report.losses(), report.systems[0]
    yield f"## Losses of {first}"
    yield (
        f"{len(losses)} of {len(report.results[first])} questions, by exact match."
        " The answer as it was written stands behind its value."
    )
    for number, those in enumerate(losses, 1):
        yield "\n".join(_loss(number, those))


def _loss(number: int, those: Sequence[Measured]) -> Iterator[str]:
    asked = those[0]
    yield f"### {number}. {_plain(asked.question)}"
    yield ""
    yield f"- question `{asked.id.replace('`', '')}`"
    yield f"- gold: {_plain(' / '.join(asked.gold)) if asked.gold else '*no answer*'}"
    for one in those:
        value = "*no answer*" if one.value is None else f"**{_plain(one.value)}**"
        told = "" if one.answer == one.value else f": {_plain(legible(one.answer, _ANSWER_SHOWN))}"
        reason = f" ({_plain(one.reason)})" if one.reason else ""
        read = f"; read {one.support_read} of {one.support} supporting" if one.support else ""
        yield f"- {one.system}, F1 {one.f1:.2f}{read}, run `{one.run}`: {value}{told}{reason}"


def _table(columns: Mapping[str, Scores], *, signed: bool = False) -> str:
    lines = [f"| | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    lines += [
        f"| {measure} | {' | '.join(cells).replace('*', chr(92) + '*')} |"
        for measure, cells in rows(columns, signed=signed)
    ]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """On one line, and nothing in it is Markdown."""
    return _SPECIAL.sub(r"\\\1", legible(text))
