"""The scores of an evaluation as a picture: bars with their intervals, an SVG of its own."""

from collections.abc import Mapping
from html import escape

from service.evaluating.bootstrap import Interval
from service.evaluating.measures import COSTS, MEASURES, SHARES, Scores
from service.evaluating.report import cell

_COLOURS = ("#3b6ea8", "#c8793a", "#5b9a5b", "#8a6bab", "#a85b6e", "#6b7d8a")
_LEFT, _BAR, _GAP, _WIDTH, _RIGHT = 150, 16, 14, 420, 210
_TOP = 40


def plot(columns: Mapping[str, Scores]) -> str:
    """A group of bars for each measure, one for each system. Shares are drawn from 0 to 1, costs
    from 0 to the largest of their kind."""
    measures = [m for m in MEASURES if any(found[m] is not None for found in columns.values())]
    parts = [_legend(list(columns))]
    height = _TOP
    for measure in measures:
        found = [scores[measure] for scores in columns.values()]
        parts.append(_group(measure, found, height))
        height += len(found) * _BAR + _GAP
    width = _LEFT + _WIDTH + _RIGHT
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}" font-family="sans-serif" font-size="12" role="img">'
        "<title>Scores with their 95% intervals</title>"
        f'<rect width="{width}" height="{height}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _legend(systems: list[str]) -> str:
    made, x = [], _LEFT
    for number, system in enumerate(systems):
        made.append(
            f'<rect x="{x}" y="12" width="12" height="12" fill="{_colour(number)}"/>'
            f'<text x="{x + 18}" y="22">{escape(system)}</text>'
        )
        x += 40 + 8 * len(system)
    return "".join(made)


def _group(measure: str, found: list[Interval | None], top: int) -> str:
    """The bars of one measure."""
    assert measure in SHARES or measure in COSTS
    most = 1.0 if measure in SHARES else max((one.high for one in found if one), default=0) or 1.0
    middle = top + len(found) * _BAR / 2 + 4
    made = [f'<text x="{_LEFT - 8}" y="{middle:g}" text-anchor="end">{measure}</text>']
    for number, one in enumerate(found):
        if one is not None:
            made.append(_bar(one, most, top + number * _BAR, number, cell(one, measure)))
    return "".join(made)


def _bar(one: Interval, most: float, y: int, number: int, told: str) -> str:
    """With a whisker from the lower to the upper bound."""
    mean, low, high = (_LEFT + _WIDTH * value / most for value in (one.mean, one.low, one.high))
    middle = y + _BAR / 2 - 1
    return (
        f'<rect x="{_LEFT}" y="{y}" width="{max(mean - _LEFT, 1):.1f}" height="{_BAR - 2}"'
        f' fill="{_colour(number)}"/>'
        f'<path d="M{low:.1f} {middle - 4:g}v8m0 -4H{high:.1f}m0 -4v8" stroke="#222" fill="none"/>'
        f'<text x="{max(mean, high) + 6:.1f}" y="{middle + 4:g}">{escape(told)}</text>'
    )


def _colour(number: int) -> str:
    return _COLOURS[number % len(_COLOURS)]
