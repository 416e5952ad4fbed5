"""What values have in common: "novelist and poet" and "poet, critic" share the poet."""

import re
from collections.abc import Sequence

from tools.facts import normalised
from tools.nations import country_of
from tools.sameness import all_same

_COMMON = re.compile(r"\b(?:what|which)\b", re.IGNORECASE)
_JOINT = re.compile(r"\s*(?:[,;/]|\b(?:and|or|&)\b)\s*(?:(?:and|or)\s+)?")
_YEARLESS = re.compile(r"^\D*$")


def asks_what_is_shared(head: str) -> bool:
    """Whether a question, with a `_` for each name, asks what the named have: "What were _ and _?"

    Whether they have the same is another question.
    """
    return bool(_COMMON.search(head) and re.search(r"\b_\W* and \W*(?:the )?_|\b_ and\b", head))


def shared(values: Sequence[str], question: str) -> str | None:
    """What all values say, in the words of the one that says least; None where they say unlike
    things, or where it is not plain."""
    if all(map(_YEARLESS.match, values)) and (listed := _listed_in_all(values)):
        return _as_asked(listed, question)
    if all_same(values, question):
        return _as_asked(_plainest(values, question), question)
    return None


def _listed_in_all(values: Sequence[str]) -> str | None:
    """What stands in each value, which may be a list."""
    rows = [[item for item in _JOINT.split(value) if item] for value in values]
    found = dict.fromkeys(filter(None, (_in_all(item, rows) for row in rows for item in row)))
    kept = [one for one in found if not any(_is_head(two, one) for two in found if two != one)]
    if not kept:
        return None
    *most, last = {normalised(one): one for one in kept}.values()
    return f"{', '.join(most)} and {last}" if most else last


def _as_asked(value: str, question: str) -> str:
    """The country of an adjective, where a country is asked for."""
    country = country_of(value) if re.search(r"\bcountry\b", question) else None
    return country or value


def _plainest(values: Sequence[str], question: str) -> str:
    """An adjective where a nationality is asked for; else the shortest."""
    adjectives = [one for one in values if country_of(one) and country_of(one) != one]
    if adjectives and re.search(r"\bnationalit", question):
        return adjectives[0]
    return min(values, key=len)


def _in_all(item: str, rows: Sequence[Sequence[str]]) -> str | None:
    """The item, where each row has it or a closer word for it: "film director"."""
    return item if all(any(_is_head(item, other) for other in row) for row in rows) else None


def _is_head(item: str, other: str) -> bool:
    """Whether an item is another one, or the noun at its end."""
    one, two = normalised(item).split(), normalised(other).split()
    return bool(one) and two[-len(one) :] == one
