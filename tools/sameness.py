"""Whether values are the same, as far as that can be told without knowing the world."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from tools.facts import normalised
from tools.nations import country_of
from tools.quantities import find_quantities
from tools.ranking import is_moment, quantity_of
from tools.values import MONTHS, Moment, compare_quantities

_FILLERS = (
    "both also all each and is are was were do does did has have had located situated based found "
    "from in of by at on born the a an made directed written published produced films people "
    "companies bands cities considered currently living come originally to"
)
_FIT_FILLERS = frozenset(_FILLERS.split())
_ALIASES = {
    "usa": "united states",
    "us": "united states",
    "u.s": "united states",
    "u.s.a": "united states",
    "united states of america": "united states",
    "uk": "united kingdom",
    "u.k": "united kingdom",
    "great britain": "united kingdom",
}
_BRITISH = frozenset({"United Kingdom", "England", "Scotland", "Wales"})
_MANY = re.compile(r"\b(?:profession|occupation|job|career|vocation|line of work|genre)s?\b")
"""Of these somebody may have several, and one in common is enough."""
_DEMONYM = re.compile(
    r"(?:.*(?:an|ish|ese|ian|ic|i)|french|dutch|greek|swiss|czech|thai|welsh|british)$"
)


def all_same(texts: Sequence[str], question: str) -> bool | None:
    """Whether all values are the same in what the question asks for; None if that is unclear."""
    verdicts = [_same_pair(texts[0], text, question) for text in texts[1:]]
    if False in verdicts:
        return False
    return True if None not in verdicts else None


def _same_pair(a: str, b: str, question: str) -> bool | None:
    if _MANY.search(question) and _callings(a) & _callings(b):
        return True
    grain = re.search(r"\b(?:year|decade|century|month|day|date)\b", question)
    first, second = (quantity_of(text, is_moment) for text in (a, b))
    if grain and isinstance(first, Moment) and isinstance(second, Moment):
        return _same_moment(first, second, grain[0])
    if normalised(a) != normalised(b) and not is_name(a) and not is_name(b):
        one, other = next(find_quantities(a), None), next(find_quantities(b), None)
        if one and other:
            order = compare_quantities(one, other)
            return None if order is None else order == 0
    return same_text(a, b)


def _callings(text: str) -> frozenset[str]:
    """The last words of what is listed: an actor and film director is an actor, and a director."""
    listed = re.split(r",| and |/|;|&|-(?=[a-z]+\b)", normalised(text))
    return frozenset(words[-1].removesuffix("s") for one in listed if (words := one.split()))


def _same_moment(a: Moment, b: Moment, grain: str) -> bool | None:
    width = {"decade": 10, "century": 100}.get(grain, 1)
    # Centuries are counted from year 1, decades from year 0.
    shift = 1 if grain == "century" else 0
    spans = [((m.year - shift) // width, (m.last[0] - shift) // width) for m in (a, b)]
    if any(first != last for first, last in spans):
        return None if compare_quantities(a, b) in (None, 0) else False
    if grain in ("year", "decade", "century") or spans[0] != spans[1]:
        return spans[0] == spans[1]
    order = compare_quantities(a, b)
    if grain == "month":
        return a.month == b.month if a.month and b.month else None
    return None if order is None or not (a.day and b.day) else order == 0


def is_name(text: str) -> bool:
    """Whether a text holds a capitalised word that is no month."""
    return any(word not in MONTHS for word in re.findall(r"\b[A-Z][a-z]{2,}", text))


def same_text(a: str, b: str) -> bool | None:
    """Whether two names mean the same; None where spelling cannot tell.

    "Paris, France" is "Paris", and "Japanese" is "Japan". Unlike names of one kind differ, but
    "Korean" and "South Korea" may mean the same, and so may two spellings of one name.
    """
    one_country, other_country = _country(a), _country(b)
    if one_country and other_country:
        return _same_country(one_country, other_country)
    first, second = (_parts(text) for text in (a, b))
    if first == second or (
        first[0] == second[0] and (set(first) <= set(second) or set(second) <= set(first))
    ):
        return True
    if set(first) & set(second) or len(first) > 1 != len(second) > 1:
        return None
    one, other = first[0], second[0]
    words, more = set(one.split()), set(other.split())
    if words <= more or more <= words or (words & more and (a.islower() or b.islower())):
        return None
    are_near = (
        one[:4] == other[:4]
        or len(one + other) > 200
        or SequenceMatcher(None, one, other).ratio() > 0.8
    )
    is_kind_alike = bool(_DEMONYM.fullmatch(one)) == bool(_DEMONYM.fullmatch(other))
    return None if are_near or not is_kind_alike else False


def _country(text: str) -> str | None:
    """Which country a text names, by its name or by its adjective."""
    name = normalised(text)
    return country_of(_ALIASES.get(name, name))


def _same_country(a: str, b: str) -> bool | None:
    """None for one and a part of it, as far as the names tell that: Scotland, South Korea."""
    words, more = set(a.split()), set(b.split())
    if a == b:
        return True
    is_british = {a, b} <= _BRITISH and "United Kingdom" in {a, b}
    return None if is_british or words <= more or more <= words else False


def _parts(text: str) -> list[str]:
    """The pieces between commas, each as it is compared."""
    parts = [normalised(part) for part in text.split(",")]
    return [_ALIASES.get(part, part) for part in parts if part] or [""]


def fits_question(text: str, asked: str) -> bool:
    """Whether the value is what is asked: it stands at the end, behind words that do not matter."""
    wanted = re.findall(r"\w+", asked)
    while wanted and wanted[0] in _FIT_FILLERS:
        wanted = wanted[1:]
    name = _ALIASES.get(" ".join(wanted), " ".join(wanted))
    return bool(name) and any(
        name.removesuffix("s") == part.removesuffix("s") for part in _parts(text)
    )
