"""The plan of a run as a picture: its steps with their values, and what waited for what (SVG)."""

import html
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.formats.layers import rows_of
from service.formats.plain import clean, cut, direction, line, script
from service.formats.wording import ENGLISH, Wording
from service.legible import legible_arguments, legible_value
from service.plan_views import PlanView, RunningTime

_WIDTH, _GAP, _ROW_GAP, _PADDING = 208, 20, 38, 10
_LINE, _SIZE = 16, 12
"""Pixels, as all lengths here: of a line, and of its letters."""
_PAPER = (650, 880)
"""The room on a page."""
_WIDEST = 4
"""Boxes in a row: more would be too small to read on a page."""
_MOST_BOXES = 60
"""A larger plan is drawn without the steps of its sub-runs, and to this number."""
_LONGEST = 400
"""Characters of what is told of a box where somebody points at it."""
_LINES = 3
"""Of a question or a value, in its box."""
_HYPHENATED = frozenset({"LATIN", "GREEK", "CYRILLIC"})
_NO_START = "ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々"
"""What no line of Japanese begins with, besides marks that close or end something."""
_COLOURS = {"done": "#1a7f37", "failed": "#b42318", "skipped": "#8a6100"}
"""They say nothing that the words do not."""
_ELSE = "#666666"


@dataclass(frozen=True, slots=True)
class _Box:
    """A step as it is drawn."""

    name: str
    asked: tuple[str, ...]
    value: tuple[str, ...]
    state: str
    whole: str

    @property
    def height(self) -> int:
        """The head, what was asked, what came of it."""
        return 2 * _PADDING + _LINE * (1 + len(self.asked) + len(self.value))


def plan_picture(
    document: Mapping[str, Any] | None, words: Wording = ENGLISH, *, paged: bool = False
) -> str:
    """An `svg` element for a page; nothing where no step was planned.

    `paged`: for WeasyPrint, which sets the letters of an SVG one by one, so that scripts whose
    letters join or turn around come out wrong: the words stand in boxes above the picture.
    """
    if document is None or not document["steps"]:
        return ""
    view = PlanView(document, RunningTime(document["events"]))
    steps = _shown(document["steps"])
    calls = {call["id"]: call for call in document["calls"]}
    boxes = {step["id"]: _box(step, calls, view) for step in steps}
    inputs = {step["id"]: _inputs(step, boxes) for step in steps}
    left_out = len(document["steps"]) - len(steps)
    rest = words.more_steps.format(left_out) if left_out else ""
    placed = _placed(boxes, inputs)
    if paged:
        return _drawn_on_paper(placed, inputs, rest)
    return _drawn(placed, inputs, rest, words.caption)


def _shown(steps: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Those that fit."""
    if len(steps) > _MOST_BOXES:
        steps = [step for step in steps if step["within"] is None]
    return steps[:_MOST_BOXES]


def _inputs(step: Mapping[str, Any], boxes: Mapping[str, _Box]) -> list[str]:
    """What it waited for: of the first steps of a sub-run the step that is the run."""
    named = [name for name in step["inputs"] if name in boxes]
    if not named and step["within"] in boxes:
        return [step["within"]]
    return named


def _box(step: Mapping[str, Any], calls: Mapping[str, Any], view: PlanView) -> _Box:
    """Its words in lines."""
    name, call = step["id"], calls.get(step["id"], {})
    asked = legible_arguments(call.get("arguments") or step["arguments"], _LONGEST)
    state, elements = view.state(name), view.elements.get(name, [])
    if elements:
        ended = sum(element["outcome"] == "done" for element in elements)
        came = f"{ended} of {len(elements)}"
    elif state == "done":
        came = _value(call["value"])
    else:
        came = f"{state}: {line(call['error'])}" if call.get("error") else state
    head = f"{line(name)} {line(step['tool'])}"
    whole = f"{head}\n{asked}\n{cut(line(came), _LONGEST)}"
    return _Box(head, _wrapped(line(asked)), _wrapped(line(came)), state, clean(whole))


def _value(value: Any) -> str:
    """A list of texts as a reader would write it."""
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return cut("; ".join(map(line, value)), _LONGEST)
    return legible_value(value, _LONGEST)


def _wrapped(text: str) -> tuple[str, ...]:
    """In lines that fit a box, the last one cut."""
    room = (_WIDTH - 2 * _PADDING) / _SIZE
    lines: list[str] = []
    rest = text
    while rest and len(lines) < _LINES:
        fitting = _fitting(rest, room)
        if fitting == len(rest):
            lines.append(rest)
            return tuple(lines)
        shown, rest = _parted(rest, _end_of_line(rest, fitting))
        lines.append(shown)
    if rest:
        last = lines[-1]
        lines[-1] = last[: max(1, min(len(last), _fitting(last, room - 1)))].rstrip() + "…"
    return tuple(lines)


def _parted(text: str, end: int) -> tuple[str, str]:
    """A line and the rest; a word that is broken has a hyphen, where its script has them."""
    if end > 1 and {script(sign) for sign in text[end - 1 : end + 1]} <= _HYPHENATED:
        return f"{text[: end - 1]}-", text[end - 1 :]
    return text[:end].rstrip(), text[end:].lstrip()


def _end_of_line(text: str, fitting: int) -> int:
    """Behind a word; else where East Asian writing may be broken; else where the room ends."""
    space = text.rfind(" ", 1, fitting + 1)
    if space > fitting / 2:
        return space
    for end in range(fitting, fitting // 2, -1):
        before, behind = text[end - 1], text[end]
        wide = any(unicodedata.east_asian_width(sign) in "WF" for sign in (before, behind))
        opens, closes = unicodedata.category(before), unicodedata.category(behind)
        if wide and opens != "Ps" and closes not in ("Pe", "Po", "Mn") and behind not in _NO_START:
            return end
    return fitting


def _fitting(text: str, room: float) -> int:
    """How many characters, at least one, fit a width in ems; marks stay at their letter."""
    used, count = 0.0, 0
    for count, letter in enumerate(text):
        if unicodedata.combining(letter) or letter == "\u200d":
            continue
        wide = unicodedata.east_asian_width(letter) in "WF"
        used += 1.0 if wide else 0.66 if letter.isupper() else 0.56
        if used > room and count:
            return count
    return len(text)


@dataclass(frozen=True, slots=True)
class _Placed:
    """Boxes with the places of their left upper corners, and the room of all of them."""

    boxes: Mapping[str, _Box]
    places: Mapping[str, tuple[float, float]]
    width: float
    height: float


def _placed(boxes: Mapping[str, _Box], inputs: Mapping[str, Sequence[str]]) -> _Placed:
    """Row by row, each in the middle."""
    rows = rows_of(inputs, _WIDEST)
    width = max(len(row) for row in rows) * (_WIDTH + _GAP) - _GAP + 4
    places: dict[str, tuple[float, float]] = {}
    top = 2.0
    for row in rows:
        start = (width - len(row) * (_WIDTH + _GAP) + _GAP) / 2
        for number, name in enumerate(row):
            places[name] = (start + number * (_WIDTH + _GAP), top)
        top += max(boxes[name].height for name in row) + _ROW_GAP
    return _Placed(boxes, places, width, top - _ROW_GAP + 2)


def _drawn(placed: _Placed, inputs: Mapping[str, Sequence[str]], rest: str, caption: str) -> str:
    """Edges below boxes, words above. `rest`: what is said of steps that are left out."""
    width, height = placed.width, placed.height + (_LINE if rest else 0)
    drawn = [_box_drawn(placed.boxes[name], *place) for name, place in placed.places.items()]
    below = _text(width / 2, height - 4, rest, 'fill="currentColor"') if rest else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}"'
        f' width="{width:g}" height="{height:g}" role="img" font-size="{_SIZE}"'
        f' aria-label="{html.escape(caption)}">'
        f"{_edges(placed, inputs)}{''.join(drawn)}{below}</svg>"
    )


def _drawn_on_paper(placed: _Placed, inputs: Mapping[str, Sequence[str]], rest: str) -> str:
    """The same with the words as text of the page, small enough for one page."""
    scale = min(1.0, _PAPER[0] / placed.width, _PAPER[1] / placed.height)
    width, height = placed.width * scale, placed.height * scale
    frames = [_frame(placed.boxes[name], *place) for name, place in placed.places.items()]
    words = [_words(placed.boxes[name], *place, scale) for name, place in placed.places.items()]
    below = f'<p dir="auto">{html.escape(rest)}</p>' if rest else ""
    return (
        f'<div style="position:relative;margin:0 auto;width:{width:.1f}px;height:{height:.1f}px">'
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {placed.width:g} {placed.height:g}"'
        f' width="{width:.1f}" height="{height:.1f}">{_edges(placed, inputs)}{"".join(frames)}'
        f"</svg>{''.join(words)}</div>{below}"
    )


def _words(box: _Box, x: float, y: float, scale: float) -> str:
    """Lines in the middle of a box, on paper."""
    colour = _COLOURS.get(box.state, _ELSE)
    lines = [f'<div style="color:{colour}">{html.escape(box.name)}</div>']
    for style, texts in (("color:#444", box.asked), ("font-weight:bold", box.value)):
        lines += [
            f'<div style="{style}" dir="{direction(text)}">{html.escape(text)}</div>'
            for text in texts
        ]
    left, top = x * scale, (y + _PADDING - 2) * scale
    return (
        f'<div style="position:absolute;left:{left:.1f}px;top:{top:.1f}px;'
        f"width:{_WIDTH * scale:.1f}px;text-align:center;font-size:{_SIZE * scale:.2f}px;"
        f'line-height:{_LINE * scale:.2f}px;white-space:nowrap">{"".join(lines)}</div>'
    )


def _edges(placed: _Placed, inputs: Mapping[str, Sequence[str]]) -> str:
    """Of every step to those that waited for it."""
    places = placed.places
    return "".join(
        _edge(places[before], placed.boxes[before].height, places[name])
        for name, named in inputs.items()
        for before in named
    )


def _edge(above: tuple[float, float], height: float, below: tuple[float, float]) -> str:
    """From the foot of a box to the head of another, with a point at its end."""
    x1, y1 = above[0] + _WIDTH / 2, above[1] + height
    x2, y2 = below[0] + _WIDTH / 2, below[1]
    bend = max(18.0, (y2 - y1) / 2)
    path = f"M{x1:g} {y1:g}C{x1:g} {y1 + bend:g} {x2:g} {y2 - bend:g} {x2:g} {y2:g}"
    point = f"M{x2 - 4:g} {y2 - 7:g}L{x2:g} {y2:g}L{x2 + 4:g} {y2 - 7:g}"
    return (
        f'<path class="edge" d="{path}" fill="none" stroke="#8a8f98" stroke-width="1.3"/>'
        f'<path class="edge" d="{point}" fill="none" stroke="#8a8f98" stroke-width="1.3"/>'
    )


def _box_drawn(box: _Box, x: float, y: float) -> str:
    """A frame and lines of text; all of it where somebody points."""
    colour = _COLOURS.get(box.state, _ELSE)
    middle, at = x + _WIDTH / 2, y + _PADDING + _SIZE
    words = [_text(middle, at, box.name, f'class="head" fill="{colour}"')]
    for shown in box.asked:
        at += _LINE
        words.append(_text(middle, at, shown, 'class="asked" fill="#444444"'))
    for shown in box.value:
        at += _LINE
        words.append(_text(middle, at, shown, 'class="value" fill="#111111" font-weight="bold"'))
    return f"<g><title>{html.escape(box.whole)}</title>{_frame(box, x, y)}{''.join(words)}</g>"


def _frame(box: _Box, x: float, y: float) -> str:
    """Of the colour of how the step ended."""
    colour = _COLOURS.get(box.state, _ELSE)
    return (
        f'<rect class="box" x="{x:g}" y="{y:g}" width="{_WIDTH}" height="{box.height}" rx="6"'
        f' fill="#ffffff" stroke="{colour}"/>'
    )


def _text(x: float, y: float, text: str, attributes: str) -> str:
    """A line around its middle, in whatever direction it runs."""
    turned = ' direction="rtl"' if direction(text) == "rtl" else ""
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="middle"{turned} {attributes}>'
        f"{html.escape(text)}</text>"
    )
