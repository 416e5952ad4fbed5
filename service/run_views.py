"""How runs look on a terminal: the list of them, and one run's trace.

Drawn from what `TraceStore.runs` and `TraceStore.document` give, at any width, in colour or piped.
What others wrote passes through `legible` and stands in Text objects, which know no markup. Colour
never says anything that a word or a sign does not.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from planner import STOPPED
from service.formats.plain import place_of
from service.legible import legible, legible_duration
from service.plan_views import Data, PlanView, RunningTime
from service.trail_views import reasoning
from storage import RunRecord

_STATUS_STYLES = {
    "completed": "green",
    "incomplete": "yellow",
    "failed": "red",
    "cancelled": "yellow",
    "interrupted": "magenta",
    "running": "cyan",
    "queued": "bright_black",
}
_PROBLEM_SHOWN, _PASSAGE_SHOWN = 400, 200
"""Characters."""
_VERDICTS = {"partly": "supported in part", "unsupported": "not supported"}
_SUMMED = ("prompt_tokens", "cached_tokens", "completion_tokens", "drafted_tokens",
           "accepted_tokens", "queued_seconds", "seconds", "cost")  # fmt: skip
_COLUMNS = ("calls", "samples", "failed", "reused", "prompt", "cached", "completion", "accepted",
            "queued", "seconds", "cost")  # fmt: skip
_RARE = frozenset({"failed", "reused", "accepted", "queued", "cost"})
"""Shown where there is something to show, as `samples` are where a call had several; `accepted`:
guesses of speculation that were right, and how many tokens a pass of the model made with them,
which is the most that they can speed it up."""
_SHORTEST = 0.05
"""Seconds of waiting that are worth a column."""


def runs_table(records: Iterable[RunRecord]) -> RenderableType:
    """A line for each run, in the order given."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("run", "status", "created (UTC)"):
        table.add_column(name, no_wrap=True)
    table.add_column("took", justify="right", no_wrap=True)
    # The column may be narrowed, unlike the others; its cells are cut and do not wrap.
    table.add_column("question")
    for record in records:
        table.add_row(
            record.id,
            Text(record.status, _STATUS_STYLES[record.status]),
            f"{record.created_at:%d %b %H:%M}",
            legible_duration(record.seconds),
            Text(legible(record.question, 500), no_wrap=True, overflow="ellipsis"),
        )
    return table if table.rows else Text("There are no runs yet.")


def trace_tree(document: Data) -> RenderableType:
    """A run from its question to its sources."""
    time = RunningTime(document["events"])
    plan = PlanView(document, time)
    parts: Sequence[tuple[str, RenderableType | None]] = (
        ("Plan", plan.tree()),
        ("Time", plan.timeline()),
        ("Started early", _speculation(document["events"])),
        ("Reasoning", reasoning(document["events"])),
        ("Models", _models(document["model_calls"])),
        ("Decisions", _decisions(document["events"], time)),
        ("Answer", _answer(document)),
        ("Sources", _sources(document["answer"])),
    )
    drawn: list[RenderableType] = [_head(document["run"])]
    for title, part in parts:
        if part is not None:
            drawn += [Text(), Text(title, "bold underline"), part]
    return Group(*drawn)


def _head(run: Data) -> Text:
    """Which run, how it stands, what it was asked."""
    text = Text.assemble(
        (f"Run {run['id']}: ", "bold"),
        (run["status"], _STATUS_STYLES[run["status"]]),
        f" after {legible_duration(run['seconds'])}",
    )
    if run["reason"]:
        text.append(f", {legible(run['reason'], _PROBLEM_SHOWN)}")
    if run["parent"]:
        text.append(f"\nReplays {run['parent']}")
    return text.append(f"\n{legible(run['question'])}")


def _models(calls: Sequence[Data]) -> RenderableType | None:
    """What the models were asked for, and what it cost."""
    if not calls:
        return None
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("purpose", min_width=8)
    columns = [name for name in _COLUMNS if name not in _RARE or _costs(calls)[name]]
    if all(len(call["samples"]) <= 1 for call in calls):
        columns.remove("samples")
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    purposes = dict.fromkeys(call["purpose"] for call in calls)
    for purpose in purposes:
        costs = _costs([call for call in calls if call["purpose"] == purpose])
        table.add_row(Text(legible(purpose) or "(none)"), *(costs[name] for name in columns))
    if len(purposes) > 1:
        table.add_row("all", *(_costs(calls)[name] for name in columns), style="bold")
    return Group(table, *_endpoints(calls))


def _accepted(calls: Sequence[Data]) -> str:
    """Of the calls in which something was guessed."""
    guessing = [call for call in calls if call["drafted_tokens"]]
    accepted = sum(call["accepted_tokens"] for call in guessing)
    passes = sum(call["completion_tokens"] for call in guessing) - accepted
    share = accepted / sum(call["drafted_tokens"] for call in guessing)
    return f"{share:.0%} ×{1 + accepted / max(1, passes):.1f}"


def _endpoints(calls: Sequence[Data]) -> Iterable[Text]:
    """Who answered how often, where there was a choice."""
    answered = Counter(address for call in calls for address in call["endpoints"])
    if len(answered) > 1:
        for address, count in answered.most_common():
            yield Text(f"{legible(address)}: {count} of {len(calls)} calls")


def _costs(calls: Sequence[Data]) -> dict[str, str]:
    """The columns of the table of models. Seconds are summed up: calls overlap."""
    total = {name: sum(call[name] or 0 for call in calls) for name in _SUMMED}
    failed = sum(call["error"] not in (None, STOPPED) for call in calls)
    queued = total["queued_seconds"]
    return {
        "calls": f"{len(calls)}",
        "samples": f"{sum(len(call['samples']) for call in calls)}",
        "failed": f"{failed or ''}",
        "reused": f"{sum(call['reused'] for call in calls) or ''}",
        "prompt": f"{total['prompt_tokens']:,}",
        "cached": f"{total['cached_tokens']:,}",
        "completion": f"{total['completion_tokens']:,}",
        "accepted": _accepted(calls) if total["drafted_tokens"] else "",
        "queued": f"{queued:.1f}" if queued >= _SHORTEST else "",
        "seconds": f"{total['seconds']:.1f}",
        "cost": f"{total['cost']:.4f}" if any(call["cost"] is not None for call in calls) else "",
    }


def _decisions(events: Sequence[Data], time: RunningTime) -> RenderableType | None:
    """When, what and why."""
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    for event in events:
        decision = _decision(event)
        if decision is not None:
            where = f"{event['within']}: " if event.get("within") else ""
            what, why = map(legible, decision)
            words = Text.assemble(where, (what, "bold"), f": {why}" if why else "")
            table.add_row(f"{time.at(event['at']):.2f} s", words)
    return table if table.rows else None


def _speculation(events: Sequence[Data]) -> Text | None:
    """Whether it paid to call steps on what their inputs might come to."""
    ended = [event for event in events if event["kind"] == "speculated"]
    if not ended:
        return None
    kept = [event["seconds"] for event in ended if event["kept"]]
    lost = [event["seconds"] for event in ended if not event["kept"]]
    return Text(
        f"{len(kept)} of {len(ended)} calls on draft values were kept:"
        f" {sum(kept):.2f} s gained, {sum(lost):.2f} s lost"
    )


def _decision(event: Data) -> tuple[str, str] | None:
    """What was decided, and why."""
    match event["kind"]:
        case "decided":
            return event["what"], event["why"]
        case "step_cancelled":
            return f"{event['id']} cancelled", event["reason"]
        case "step_replaced":
            return f"{event['id']} replaced", event["why"]
        case _:
            return None


def _answer(document: Data) -> Text | None:
    """With a note behind each sentence that its passages do not carry."""
    answer = document["answer"]
    if answer is None:
        yet = document["run"]["status"] in ("queued", "running")
        return None if yet else Text("There is none.")
    text = Text()
    if answer["value"] is not None:
        text.append(f"{legible(answer['value'])}\n", "bold")
    for sentence in answer["sentences"]:
        marks = "".join(f" [{number}]" for number in sentence["cites"])
        text.append(f"{legible(sentence['text'])}{marks} ")
        if sentence["verdict"] in ("partly", "unsupported"):
            text.append(f"({_VERDICTS[sentence['verdict']]}) ", "yellow")
    text.rstrip()
    return text


def _sources(answer: Data | None) -> RenderableType | None:
    """The citations with their numbers: title, place, and the passage's beginning."""
    if answer is None or not answer["citations"]:
        return None
    drawn: list[RenderableType] = []
    for number, cited in enumerate(answer["citations"], 1):
        source = cited["source"]
        part = cited.get("part") or f"characters {cited['start']}–{cited['end']}"
        where = legible(place_of(source["location"], source["title"]))
        place = ", ".join(filter(None, (where, legible(part))))
        drawn.append(Text.assemble((f"[{number}] ", "bold"), legible(source["title"], 200)))
        drawn.append(Padding(Text(place, "bright_black", overflow="fold"), (0, 0, 0, 4)))
        quoted = f"“{legible(cited['text'], _PASSAGE_SHOWN)}”"
        drawn.append(Padding(Text(quoted), (0, 0, 0, 4)))
    return Group(*drawn)
