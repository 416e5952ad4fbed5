"""The report of an evaluation, as a table for people and as JSON for programs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from service.evaluating.bootstrap import Interval
from service.evaluating.measures import (
    JUDGED_RIGHT,
    MEASURES,
    SHARES,
    Measured,
    Results,
    Scores,
    by_system,
    cited_in_abstentions,
    differences,
    scores,
    unanswerable,
)
from service.legible import legible
from storage import EvaluationRecord


@dataclass(frozen=True)
class Report:
    """An evaluation with its scores."""

    record: EvaluationRecord
    results: Results

    @classmethod
    def of(cls, record: EvaluationRecord) -> "Report":
        """As it is kept."""
        measured = [Measured.of(result.run, result.data) for result in record.results]
        return cls(record, by_system(measured, record.configuration["systems"]))

    @property
    def systems(self) -> tuple[str, ...]:
        """In the order in which they were named."""
        return tuple(self.results)

    @property
    def seed(self) -> int:
        """Of all sampling, that of the bootstrap too."""
        return int(self.record.configuration["options"]["seed"])

    @property
    def scores(self) -> dict[str, Scores]:
        """By system."""
        return {system: scores(results, self.seed) for system, results in self.results.items()}

    @property
    def differences(self) -> dict[str, Scores]:
        """The first system against each other."""
        first, *others = self.systems
        return {
            f"{first} - {other}": differences(self.results[first], self.results[other], self.seed)
            for other in others
        }

    @property
    def title(self) -> str:
        """What it is called, and whether it has all results."""
        named = f" ({self.record.name})" if self.record.name else ""
        unfinished = "" if self.record.ended_at else ", not finished"
        return f"evaluation {self.record.id}{named}{unfinished}"

    @property
    def facts(self) -> list[str]:
        """How it was made, a line each."""
        told = self.record.configuration
        options = told["options"]
        roles = ", ".join(f"{role}: {model}" for role, model in options["roles"].items())
        kind = ", made unanswerable" if told["unanswerable"] else ""
        lines = [
            f"{len(told['questions'])} questions of {told['file']}{kind}",
            f"model {options['model']}{f' ({roles})' if roles else ''}, seed {options['seed']},"
            f" breadth {told['breadth']}",
            f"oneshot reads {told['passages']} passages, react has {told['turns']} turns;"
            " intervals are 95% bootstrap over the questions",
        ]
        if told["judge"]:
            judge = options["roles"].get("judge", options["model"])
            lines.append(
                f"judged by {judge}, seed {options['seed']}, right from p(yes) ="
                f" {JUDGED_RIGHT:g}: {told['judge']!r}"
            )
        return lines

    def questions(self) -> list[list[Measured]]:
        """The results of each question, in the systems' order; those that there are."""
        ids = self.record.configuration["questions"]
        every = ([r[id_] for r in self.results.values() if id_ in r] for id_ in ids)
        return [those for those in every if those]

    def losses(self) -> list[list[Measured]]:
        """The questions to which the first system does not say the gold answer."""
        first = self.systems[0]
        return [
            those
            for those in self.questions()
            if any(one.system == first and not one.exact for one in those)
        ]


def as_json(report: Report) -> dict[str, Any]:
    """One object."""
    return {
        "evaluation": report.record.id,
        "name": report.record.name,
        "finished": report.record.ended_at is not None,
        "configuration": dict(report.record.configuration),
        "systems": {
            system: {
                **json_scores(found),
                "asked": len(report.results[system]),
                "incomplete": sum(
                    one.reason is not None for one in report.results[system].values()
                ),
                "cited_in_abstentions": cited_in_abstentions(report.results[system]),
                "unanswerable": len(unanswerable(report.results[system])),
            }
            for system, found in report.scores.items()
        },
        "differences": {pair: json_scores(found) for pair, found in report.differences.items()},
        "questions": [_question(those) for those in report.questions()],
    }


def json_scores(found: Scores) -> dict[str, Any]:
    """As JSON; a measure is null where no question says anything about it."""
    return {measure: _interval(found[measure]) for measure in MEASURES}


def _interval(found: Interval | None) -> dict[str, float] | None:
    return None if found is None else {k: round(v, 4) for k, v in asdict(found).items()}


def _question(those: Sequence[Measured]) -> dict[str, Any]:
    """What each system said."""
    first = those[0]
    return {
        "id": first.id,
        "question": first.question,
        "gold": list(first.gold),
        "systems": {one.system: _result(one) for one in those},
    }


def _result(one: Measured) -> dict[str, Any]:
    told = one.data
    for name in ("id", "question", "gold", "system"):
        del told[name]
    return {"run": one.run, "exact": one.exact, "f1": round(one.f1, 4), **told}


def as_table(report: Report) -> RenderableType:
    """For people."""
    parts: list[RenderableType] = [Text(legible(report.title), "bold")]
    parts += [Text(legible(line)) for line in report.facts]
    parts += [Text(), scores_table(report.scores)]
    for line in notes(report):
        parts.append(Text(line))
    if report.differences:
        parts += [
            Text(),
            Text("Differences", "bold"),
            scores_table(report.differences, signed=True),
        ]
    return Group(*parts)


def scores_table(columns: Mapping[str, Scores], *, signed: bool = False) -> Table:
    """A line for each measure. `signed`: differences; what is surely not 0 has a star."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for name in columns:
        table.add_column(legible(name), justify="right")
    for measure, cells in rows(columns, signed=signed):
        table.add_row(measure, *cells)
    return table


def rows(columns: Mapping[str, Scores], *, signed: bool = False) -> Iterable[tuple[str, list[str]]]:
    """The measures of which something can be said, and the cells of each."""
    for measure in MEASURES:
        found = [scores[measure] for scores in columns.values()]
        if any(one is not None for one in found):
            yield measure, [cell(one, measure, signed=signed) for one in found]


def cell(found: Interval | None, measure: str, *, signed: bool = False) -> str:
    """A score with its bounds."""
    if found is None:
        return "-"
    digits = 2 if measure in SHARES else 1 if measure in {"seconds", "model_calls"} else 0
    form = f"{'+' if signed else ''}.{digits}f"
    star = "*" if signed and found.is_sure else ""
    return f"{found.mean:{form}}{star} ({found.low:{form}} to {found.high:{form}})"


def notes(report: Report) -> list[str]:
    """What the scores leave out."""
    told = []
    for system, results in report.results.items():
        incomplete = sum(one.reason is not None for one in results.values())
        if incomplete:
            told.append(f"{system}: {incomplete} of {len(results)} runs are not complete")
        cited = cited_in_abstentions(results)
        if cited:
            told.append(f"{system}: {cited} sources cited in answers that say there is none")
        without = unanswerable(results)
        if without:
            right = sum(one.value is None for one in without.values())
            told.append(f"{system}: {right} of {len(without)} unanswerable questions abstained on")
    return told


def compared(one: Report, other: Report) -> dict[str, Scores]:
    """By how much one is above the other, system by system, on the questions that both have."""
    return {
        system: differences(one.results[system], other.results[system], one.seed)
        for system in one.systems
        if system in other.results
    }
