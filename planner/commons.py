"""Plans for what two named things have in common, by rule: "What occupation do A and B share?"

Each is asked for its own, and code finds what the two values share (`tools/sharing.py`): a small
model that is asked about both at once tells what it read of one. Only what belongs to a thing is
asked for so, a nationality or a kind. A work or an event of both ("What film did A and B make?")
is looked up as it stands: what each made alone says nothing of it.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from planner.sides import Sides, both_named, hidden, leading, shown
from planner.singular import singular_noun

_BELONGING = (
    r"nationality|citizenship|country|continent|state|city|town|county|region|province|borough"
    r"|district|neighbou?rhood|occupation|profession|job|career|role|position|genre|sport"
    r"|instrument|language|religion|ethnicity|gender|industry|field|family|order|class|phylum"
    r"|subfamily|league|century|decade|department|trade"
)
_SORT = r"(?:type|kind|sort|form|genre|style|breed) of [a-z][\w-]*(?: [a-z][\w-]*)?"
_WHAT = rf"(?:[a-z]+ )??(?:{_SORT}|{_BELONGING})(?:s|es)?"
_IRREGULAR = {"nationalities": "nationality", "countries": "country", "cities": "city"}
_PREPOSITION = r"(?:of|in|on|at|from|during|by|for|to|with)"
_IN_COMMON = re.compile(r"(?:both )?(?:share|have|hold|possess)(?: in common)?")
_UNCLEAR = re.compile(
    r"\b(?:or|than|each other|one another|together|respective(?:ly)?|their|they|them|not|other"
    r"|different|meet|met|marry|married|between)\b",
    re.IGNORECASE,
)
_SMALL_LAST = re.compile(r" [a-z][\w-]*$")
_DONE = re.compile(r"(?:[a-z]+ed|born|built|made|set|found|held|written|drawn)$")
"""What was done to both, behind what they are: "breeds developed"."""
_OF_ONE = frozenset({"is", "was", "does"})
_ONE = {"are": "is", "were": "was", "do": "does", "did": "did", "is": "is", "was": "was",
        "does": "does"}  # fmt: skip
_AHEAD = re.compile(
    rf"(?:(?P<in>{_PREPOSITION}) )?(?:what|which) (?P<what>{_WHAT})"
    rf" (?P<verb>{'|'.join(_ONE)}) (?P<tail>.+?)\s*\?",
    re.IGNORECASE,
)
"""What nationality were A and B?"""
_SHARED = re.compile(
    rf"what(?:'s| is| was)? (?:the )?(?:(?:common|shared|same) )?(?P<what>{_WHAT})"
    r"(?: (?:that )?(?:is |was )?(?:shared|held|common)(?: in common)?)?"
    r" (?:by|to|of|for) (?:both )?(?P<sides>.+?)\s*\?",
    re.IGNORECASE,
)
"""What is the nationality of both A and B?"""
_BEHIND = re.compile(
    rf"(?P<sides>.+?),? (?P<verb>are|were|have|had|share|shared|both)\b,? ?(?P<said>.*?)\b"
    rf"(?:what|which) (?P<what>{_WHAT})(?: in common)?(?P<after> .+?)?\s*\?",
    re.IGNORECASE,
)
"""A and B are both of what nationality?"""


class Common(NamedTuple):
    """What is asked of each of two things, for what both have."""

    sides: Sides
    asked: tuple[str, str]


def common_of(question: str) -> Common | None:
    """What to ask of each; None where nothing is asked that both may have."""
    text = hidden(" ".join(question.split()))
    if _UNCLEAR.search(text):
        return None
    return _of_all(text) or _of_those_behind(text) or _of_those_ahead(text)


def _of_all(text: str) -> Common | None:
    """ "What nationality is shared by A and B?" """
    found = _SHARED.fullmatch(text)
    sides = None if found is None else both_named(found["sides"])
    if found is None or sides is None:
        return None
    return _each(sides, _value_of(_one(found["what"])))


def _of_those_behind(text: str) -> Common | None:
    """ "What nationality were A and B?", "In which city are A and B both based?" """
    found = _AHEAD.fullmatch(text)
    if found is None:
        return None
    verb, tail, what = found["verb"].lower(), found["tail"], _one(found["what"])
    read = _read(tail.removeprefix("both ").removesuffix(" both"))
    if read is None or (verb in _OF_ONE and not _IN_COMMON.fullmatch(read[1])):
        return None
    sides, said = read
    said = shown(re.sub(r"^(?:both|all|each) ?", "", said))
    if _IN_COMMON.fullmatch(said) or (not said and not re.match(_SORT, what)):
        return _each(sides, _value_of(what))
    ahead = f"{found['in'].capitalize()} which" if found["in"] else "What"
    return _each(sides, lambda side: f"{ahead} {what} {_ONE[verb]} {side} {said}".rstrip() + "?")


def _read(tail: str) -> tuple[Sides, str] | None:
    """The two, and what is said of them, which may be nothing; None where that is not plain."""
    readings = [one for one in leading(tail) if one[1]]
    if readings:
        return readings[0] if len(readings) == 1 else None
    sides = None if _SMALL_LAST.search(tail) else both_named(tail)
    return None if sides is None else (sides, "")


def _of_those_ahead(text: str) -> Common | None:
    """ "A and B are both of what nationality?" """
    found = _BEHIND.fullmatch(text)
    sides = None if found is None else both_named(re.sub(r"^[Bb]oth ", "", found["sides"]))
    if found is None or sides is None:
        return None
    verb, what, after = found["verb"].lower(), _one(found["what"]), shown(found["after"] or "")
    said = re.sub(r"^(?:both|all|each) ?", "", found["said"]).strip()
    if verb not in {"are", "were"}:
        plain = not after and said in {"", "share", "shared", "have", "had", "the same", "are of"}
        return _each(sides, _value_of(what)) if plain else None
    if said in {"", "of"} and not after and not re.match(_SORT, what):
        return _each(sides, _value_of(what))
    if not said:
        return _each(sides, lambda side: f"What {what} {_ONE[verb]} {side}{after}?")
    preposition = re.search(rf"(?:^|(?<= )){_PREPOSITION}$", said)
    if preposition is None:
        return None
    done = _DONE.search(said[: preposition.start()].strip())
    if what == "country" and preposition[0] in {"from", "of"} and done is None and not after:
        return _each(sides, _value_of("nationality"))
    is_past = done is not None and re.fullmatch(r"century|decade", what)
    ahead = f"{preposition[0].capitalize()} which {what} {'was' if is_past else _ONE[verb]}"
    return _each(
        sides, lambda side: f"{ahead} {side}{f' {shown(done[0])}' if done else ''}{after}?"
    )


def _value_of(what: str) -> Callable[[str], str]:
    return lambda side: f"What is the {what} of {side}?"


def _one(what: str) -> str:
    """In the singular: "types of birds" as a type of bird."""
    noun, of, kind = shown(what).partition(" of ")
    return f"{_IRREGULAR.get(noun.lower(), singular_noun(noun))}{of}{kind and singular_noun(kind)}"


def _each(sides: Sides, asking: Callable[[str], str]) -> Common:
    return Common(sides, (asking(sides.first), asking(sides.second)))
