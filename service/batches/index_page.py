"""The page that leads to all reports of a batch: of HTML alone, without scripts."""

import html
from collections.abc import Iterator
from urllib.parse import quote

from service.batches.changes import Change, counted, told
from service.batches.outcome import STATES, Outcome, RowOutcome
from service.formats import PAGE_LOOKS, page_line
from service.legible import legible_duration

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_LOOKS = """
body{max-width:80rem}
.state{white-space:nowrap;font-weight:600}.failed,.not-run,.waiting{color:#8a3b00}
.nothing-found{font-weight:400}
.numbers{display:flex;flex-wrap:wrap;gap:.4rem 1.6rem;padding:0;margin:1rem 0;list-style:none}
.numbers b{font-size:1.2em}
td.files a{margin-inline-end:.5rem}
@media(prefers-color-scheme:dark){.failed,.not-run,.waiting{color:#f0b27a}}
"""
_LONGEST = 300
"""Characters of a cell; the reports have all."""


def index_page(outcome: Outcome) -> str:
    """Rows with their answers and reports, what failed and why, and what has changed."""
    title = f"{outcome.file.name}: {len(outcome.rows)} questions"
    body = "".join(_parts(outcome, title))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{_text(title)}</title><style>{PAGE_LOOKS}{_LOOKS}</style></head>\n"
        f"<body><main>{body}</main>\n<footer>Breadth, batch {_text(outcome.id)},"
        f" {outcome.created_at:%Y-%m-%d %H:%M} UTC</footer></body></html>\n"
    )


def _parts(outcome: Outcome, title: str) -> Iterator[str]:
    """From the title to what is gone."""
    yield f"<h1>{_text(title)}</h1>"
    if not outcome.ended:
        yield '<p class="remark">This batch was stopped; the same command goes on with it.</p>'
    yield f'<ul class="numbers">{"".join(_numbers(outcome))}</ul>'
    yield ('<p><a href="results.csv">results.csv</a> · <a href="results.xlsx">results.xlsx</a></p>')
    if missing := outcome.missing:
        yield f"<h2>Without an answer: {len(missing)}</h2>"
        yield _table(("Row", "Question", "State", "Why"), map(_missing, missing))
    if outcome.before is not None:
        yield from _changed(outcome)
    yield "<h2>All rows</h2>"
    columns = ("Row", "Question", "Answer", "State", "Reports")
    yield _table(columns, (_row(row, outcome) for row in outcome.rows))


def _numbers(outcome: Outcome) -> Iterator[str]:
    """What there is in all."""
    states = outcome.states
    for name in STATES:
        number = states[name]
        if number or name == "answered":
            yield f"<li><b>{number:,}</b> {name}</li>"
    yield f"<li><b>{_text(legible_duration(outcome.seconds))}</b></li>"
    yield f"<li><b>{int(outcome.taken.tokens):,}</b> tokens</li>"
    if outcome.has_prices:
        yield f"<li><b>{outcome.taken.cost:,.4f}</b> money</li>"


def _changed(outcome: Outcome) -> Iterator[str]:
    """Since the last time."""
    counts = ", ".join(f"{many} {kind}" for kind, many in counted(outcome.changes).items())
    yield f"<h2>Since {outcome.before:%Y-%m-%d %H:%M} UTC: {counts}</h2>"
    shown = [change for change in outcome.changes if change.kind != "same"]
    if shown:
        yield _table(("Question", "", "Before", "Now"), map(_change, shown))


def _change(change: Change) -> str:
    cells = (change.question, change.kind, change.before or "", change.now or "")
    return "".join(f"<td>{_text(cell)}</td>" for cell in cells)


def _missing(row: RowOutcome) -> str:
    why = row.result.reason if row.result else None
    return f"{_beginning(row)}{_state(row)}<td>{_text(why or '')}</td>"


def _row(row: RowOutcome, outcome: Outcome) -> str:
    answer = told(row.result) if row.result else None
    links = " ".join(
        f'<a href="{html.escape(quote(name))}">{_text(name.rpartition(".")[2])}</a>'
        for name in row.files
    )
    return (
        f"{_beginning(row)}<td dir=auto>{_text(answer or '')}</td>{_state(row)}"
        f'<td class="files">{links}</td>'
    )


def _beginning(row: RowOutcome) -> str:
    asked = row.asked
    return f"<td>{_text(asked.name)}</td><td dir=auto>{_text(asked.question)}</td>"


def _state(row: RowOutcome) -> str:
    kind = row.state.replace(" ", "-")
    return f'<td class="state {kind}">{row.state}</td>'


def _table(columns: tuple[str, ...], rows: Iterator[str]) -> str:
    head = "".join(f'<th scope="col">{_text(column)}</th>' for column in columns)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    whole = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="scroll">{whole}</div>'


def _text(text: str) -> str:
    """On one line, taken literally, not without end."""
    return html.escape(page_line(text, _LONGEST))
