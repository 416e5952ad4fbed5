"""A batch in words for a person, and as JSON for a program."""

from collections.abc import Iterator
from typing import Any

from service.batches.asked import Questions
from service.batches.changes import counted
from service.batches.folder import CSV, EXCEL, INDEX
from service.batches.outcome import STATES, Outcome, RowOutcome
from service.legible import legible, legible_duration

_SHOWN = 20
"""Rows of each kind; the page has all."""
_LONGEST = 100


def as_json(outcome: Outcome) -> dict[str, Any]:
    """One object."""
    states = outcome.states
    share = outcome.busy_share
    before = outcome.before
    return {
        "batch": outcome.id,
        "folder": str(outcome.folder),
        "finished": outcome.ended,
        "rows": len(outcome.rows),
        "answered": states["answered"],
        "nothing_found": states["nothing found"],
        "failed": states["failed"],
        "not_run": states["not run"],
        "taken_over": sum(row.taken for row in outcome.rows),
        "seconds": round(outcome.seconds, 1),
        "tokens": int(outcome.taken.tokens),
        "tool_calls": int(outcome.taken.tool_calls),
        "cost": round(outcome.taken.cost, 6) if outcome.has_prices else None,
        "model_busy_share": None if share is None else round(share, 4),
        "compared_with": before.isoformat() if before else None,
        "changes": dict(counted(outcome.changes)) if before else None,
        "gone": [
            {"question": change.question, "value": change.before}
            for change in outcome.changes
            if change.kind == "gone"
        ],
        "results": [_row(row) for row in outcome.rows],
    }


def _row(row: RowOutcome) -> dict[str, Any]:
    result, change = row.result, row.change
    return {
        "name": row.asked.name,
        "place": row.asked.row.place,
        "columns": row.asked.row.values,
        "question": row.asked.question,
        "state": row.state,
        "status": result.status if result else None,
        "reason": result.reason if result else None,
        "value": result.value if result else None,
        "answer": result.answer if result else None,
        "sources": list(result.sources) if result else [],
        "run": row.run,
        "taken_over": row.taken,
        "change": change.kind if change else None,
        "before": change.before if change else None,
        "files": list(row.files),
    }


def as_text(outcome: Outcome) -> Iterator[str]:
    """Lines."""
    rows, states = len(outcome.rows), outcome.states
    parts = [f"{states['answered']} of {rows} rows have an answer"]
    parts += [f"{states[state]} {state}" for state in STATES[1:] if states[state]]
    yield f"{', '.join(parts)}; {legible_duration(outcome.seconds)}, {_costs(outcome)}"
    yield from _missing(outcome)
    yield from _changes(outcome)
    folder = outcome.folder
    yield f"{folder / INDEX}, {CSV} and {EXCEL} beside it"


def _costs(outcome: Outcome) -> str:
    tokens = f"{int(outcome.taken.tokens):,} tokens"
    return f"{tokens}, {outcome.taken.cost:,.4f} money" if outcome.has_prices else tokens


def _missing(outcome: Outcome) -> Iterator[str]:
    """Those without an answer, with the reason."""
    missing = outcome.missing
    for row in missing[:_SHOWN]:
        reason = (row.result.reason or row.result.status) if row.result else "stopped"
        before = "" if row.state == "not run" else f"{row.state}: "
        yield f"  {legible(row.asked.name)} ({row.asked.row.place}): {before}{legible(reason)}"
    if len(missing) > _SHOWN:
        yield f"  and {len(missing) - _SHOWN} more"


def _changes(outcome: Outcome) -> Iterator[str]:
    """Since the last time."""
    if outcome.before is None:
        return
    counts = ", ".join(f"{many} {kind}" for kind, many in counted(outcome.changes).items())
    yield f"since {outcome.before.astimezone():%Y-%m-%d %H:%M}: {counts}"
    shown = [change for change in outcome.changes if change.kind != "same"]
    for change in shown[:_SHOWN]:
        values = [legible(value or "nothing", _LONGEST) for value in (change.before, change.now)]
        told = {"changed": " -> ".join(values), "new": values[1], "gone": values[0]}[change.kind]
        yield f"  {change.kind}: {legible(change.question, _LONGEST)}: {told}"
    if len(shown) > _SHOWN:
        yield f"  and {len(shown) - _SHOWN} more"


def planned_json(questions: Questions) -> dict[str, Any]:
    """What would be asked."""
    rows = [
        {
            "name": row.name,
            "place": row.row.place,
            "columns": row.row.values,
            "question": row.question,
        }
        for row in questions.rows
    ]
    return {"rows": len(rows), "questions": questions.distinct, "planned": rows}


def planned_text(questions: Questions) -> Iterator[str]:
    """Lines."""
    for row in questions.rows:
        yield f"{legible(row.name)} ({row.row.place}): {legible(row.question)}"
    same = len(questions.rows) - questions.distinct
    many = len(questions.rows)
    rows = f"{many} row{'' if many == 1 else 's'}"
    yield rows + (f", {same} of them with the question of another" if same else "")
