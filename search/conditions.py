"""What a Narrowing asks, in SQL: conditions on a document `d`, behind others, and their values."""

import re

from search.narrowing import KINDS, Narrowing

_SPECIAL = re.compile(r"\[!?\^?\]?[^\]]*\]|.", re.DOTALL)


def in_sqlite(within: Narrowing | None) -> tuple[str, list[str]]:
    """With question marks for the values."""
    if within is None:
        return "", []
    asked: list[tuple[str, tuple[str, ...]]] = []
    if within.path:
        told = "lower(replace(d.location, '\\', '/')) GLOB ?"
        asked.append((told, (f"*{within.path.lower()}*",)))
    if within.since:
        asked.append(("d.day >= ?", (within.since,)))
    if within.until:
        asked.append(("d.day <> '' AND d.day <= ?", (_until(within),)))
    if within.kind:
        types = KINDS[within.kind]
        asked.append((f"d.media_type IN ({', '.join('?' * len(types))})", types))
    written = "".join(f" AND {condition}" for condition, _ in asked)
    return written, [value for _, filling in asked for value in filling]


def in_postgresql(within: Narrowing | None) -> tuple[str, dict[str, object]]:
    """With names for the values."""
    if within is None:
        return "", {}
    asked: list[str] = []
    values: dict[str, object] = {}
    if within.path:
        asked.append(r"lower(replace(d.location, '\', '/')) ~ :path")
        values["path"] = _expression(within.path.lower())
    if within.since:
        asked.append("d.day >= :since")
        values["since"] = within.since
    if within.until:
        asked.append("d.day <> '' AND d.day <= :until")
        values["until"] = _until(within)
    if within.kind:
        asked.append("d.media_type = ANY(CAST(:types AS text[]))")
        values["types"] = list(KINDS[within.kind])
    return "".join(f" AND {condition}" for condition in asked), values


def _until(within: Narrowing) -> str:
    """Behind every day of that day, month or year."""
    return f"{within.until}~"


def _expression(pattern: str) -> str:
    """A shell's pattern as a regular expression of PostgreSQL."""

    def translated(found: re.Match[str]) -> str:
        match found[0]:
            case "*":
                return ".*"
            case "?":
                return "."
            case part if len(part) > 1:
                return part.replace("\\", "\\\\")
            case character:
                return character if character.isalnum() else f"\\{character}"

    return _SPECIAL.sub(translated, pattern)
