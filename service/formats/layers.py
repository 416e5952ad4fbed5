"""Where the steps of a plan stand in its picture: in rows, each below those of its inputs."""

from collections.abc import Mapping, Sequence

_SWEEPS = 4
"""Times that the rows are put in order by what they are joined to."""


def rows_of(inputs: Mapping[str, Sequence[str]], widest: int) -> list[list[str]]:
    """Names in rows of at most `widest`; a row's names are near what they come from.

    `inputs`: of each name the names before it, without a cycle. The order within rows is that of
    the barycentre heuristic (Sugiyama, Tagawa and Toda 1981).
    """
    depths = _depths(inputs)
    rows: list[list[str]] = [[] for _ in range(max(depths.values(), default=-1) + 1)]
    for name, depth in depths.items():
        rows[depth].append(name)
    _untangle(rows, inputs)
    return [part for row in rows for part in _parted(row, widest)]


def _depths(inputs: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """One more than that of the deepest input. Plans can be long: nothing calls itself here."""
    depths: dict[str, int] = {}
    waiting = list(inputs)
    while waiting:
        later = []
        for name in waiting:
            known = [before for before in inputs[name] if before in inputs]
            if all(before in depths for before in known):
                depths[name] = 1 + max((depths[before] for before in known), default=-1)
            else:
                later.append(name)
        if len(later) == len(waiting):  # no plan has a cycle; a picture is not lost to one
            depths |= dict.fromkeys(later, 0)
            break
        waiting = later
    return {name: depths[name] for name in inputs}


def _untangle(rows: list[list[str]], inputs: Mapping[str, Sequence[str]]) -> None:
    """Sorts each row by the mean place of what its names are joined to, down and up by turns."""
    outputs: dict[str, list[str]] = {name: [] for name in inputs}
    for name, before in inputs.items():
        for one in before:
            if one in outputs:
                outputs[one].append(name)
    for sweep in range(_SWEEPS):
        places = {n: i / max(1, len(row) - 1) for row in rows for i, n in enumerate(row)}
        joined = inputs if sweep % 2 == 0 else outputs
        for row in rows if sweep % 2 == 0 else reversed(rows):
            means = {name: _mean(name, joined[name], places) for name in row}
            row.sort(key=means.__getitem__)
            places |= {name: i / max(1, len(row) - 1) for i, name in enumerate(row)}


def _mean(name: str, joined: Sequence[str], places: Mapping[str, float]) -> float:
    """Of the places that there are; its own where it is joined to nothing."""
    found = [places[other] for other in joined if other in places]
    return sum(found) / len(found) if found else places[name]


def _parted(row: list[str], widest: int) -> list[list[str]]:
    """Parts of about one length."""
    count = -(-len(row) // widest)
    size = -(-len(row) // max(1, count))
    return [row[start : start + size] for start in range(0, len(row), max(1, size))]
