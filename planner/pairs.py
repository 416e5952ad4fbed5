"""Plans for questions about two named things, by rule, where nothing is measured.

"Are A and B both painters?" asks the same of each, and code puts the two answers together. "Are A
and B from the same country?" asks each for its country. "Which is about birds, A or B?" has a
claim about each, and the one that the documents bear out more is the answer. Small models mix the
two up when they are asked at once. Contests with something to measure are `planner/contests.py`'s.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from planner.options import with_options_last
from planner.sides import Sides, both_named, hidden, leading, shown, trailing_options
from planner.singular import singular_claim, singular_noun

_PREPOSITION = r"(?:of|in|on|at|from|by|for|to|with|under|as|during|near|into)"
_SAME = re.compile(
    rf"(?P<before>(?:[a-z][\w-]* ){{0,4}}?)(?:(?:the )?(?:exact )?same|(?:a )?different)"
    rf" (?P<what>(?!{_PREPOSITION}\b)[a-zA-Z-]+"
    rf"(?: (?!{_PREPOSITION}\b|that\b|who\b)[\w-]+){{0,2}}?)"
    rf"(?P<after>(?: {_PREPOSITION}\b [^?]+)?)"
)
_VAGUE = re.compile(r"(?:thing|way|time|purpose|amount|reason|extent|degree|manner|level)s?")
_SORT = re.compile(r"(?:type|kind|sort|form|genre|style)s?")
_LAND = re.compile(r"(?:home |native )?(?:country|nation)|countries|nations")
_PEOPLE = re.compile(r"(?:person|man|woman|people|individual|guy)")
_PERSON = re.compile(
    r"(?:film )?(?:director|producer|author|composer|founder|owner|creator|designer|architect"
    r"|editor|conductor|president|mayor|governor|king|queen|screenwriter|songwriter|singer|host|coach"
    r"|manager|captain|cinematographer|mother|father|husband|wife)"
)
_SINGULAR_VERB = {
    "are": "is", "were": "was", "do": "does", "have": "has", "is": "is", "was": "was",
    "does": "does", "did": "did", "has": "has", "had": "had", "can": "can", "could": "could",
}  # fmt: skip
_HAVING = frozenset({"of", "", "have", "has", "had", "share", "hold", "possess"})
_PAST = frozenset({"did", "had", "were", "was"})
_OPENED = re.compile(rf"(?P<verb>{'|'.join(_SINGULAR_VERB)}) (?P<tail>.+?)\s*\?", re.IGNORECASE)
_BOTH = re.compile(r"(?P<sides>.+?),? (?:both|each|all) (?P<said>.+)")
_BEFORE = re.compile(r"(?P<both>both (?:of )?)?(?P<tail>.+)")
_DEGREE = re.compile(
    r"\b(?:more|most|less|least|fewer|fewest|first|last|earlier|later|older|younger|larger|longer"
    r"|bigger|smaller|higher|lower|taller|shorter|deeper|wider|heavier|faster|slower|greater|newer"
    r"|further|farther|nearer|closer|better|worse|best|worst|\w+est)\b"
)
_UNMEASURED = re.compile(
    r"\b(?:more|most|less|least) (?!recent|members|expensive|populous|people)"
    r"(?:[a-z]+ly )?[a-z]+(?:al|ic|ive|ous|ful|ed|ent|ant|ar|se|ble|ing|y|sh|ern)\b"
)
"""A degree that no number tells: "more popular"."""
_FORM_OF_DEED = (
    r"(?!(?:breed|seed|weed|reed|feed|bed|red|shed|sled|hundred)\b)[a-z]+ed|won|wrote|made|sold|built"
    r"|sang|shot|held|led|ran|drew|gave|took|had"
)
_STARTS = re.compile(
    rf"(?:who|(?:which|what)(?: (?:of (?:the|these) )?(?!(?:is|was|are|were|has|had)\b)[\w&-]+)"
    rf"{{0,4}}?(?: (?:that|who))?)"
    rf" (?P<said>(?:(?:also|once|originally|currently|formerly|is|was|are|were|has|had|can|could"
    rf"|{_FORM_OF_DEED}|plays|stars|lies|contains|includes|produces|features|makes|lives|works"
    rf"|belongs|comes|hosts|owns|operates|sells|serves|publishes|covers|specializes|uses|runs)\b)"
    r" .+)",
    re.IGNORECASE,
)
_LISTED = re.compile(r"\b[a-z][\w-]*, [A-Z\"“][^,]*$")
"""A third option; behind a place with a capital it is where that is: "in Salem, Oregon"."""
_NOT_ASKED_OF_ONE = re.compile(r"\b(?:do|does|did|by (?:whom|who|which|what)|not|never)\b")
_TO_EACH_OTHER = re.compile(
    r"(?:still |once |ever |also )?(?:married|divorced|engaged|twins?|siblings|spouses|cousins"
    r"|friends|rivals|enemies|partners|allies|neighbou?rs|neighbou?ring|adjacent|colleagues|bandmates"
    r"|teammates|classmates|contemporaries|brothers?|sisters?|a couple|connected|linked|identical"
    r"|(?:half|step)-?(?:brothers|sisters|siblings)|brother and sister|husband and wife|lovers"
    r"|(?:father|mother) and (?:son|daughter)|intersect|meet|met|marry|collaborate|overlap|merge"
    r"|compete|fight|fought|date|dated|cross|border|touch|work as a (?:duo|team))\b.*"
)
"""What two are to one another, which is not asked of each."""
_THEIR = re.compile(
    r"(?:the |both )*(?P<who>[a-z][a-z-]*(?: [a-z-]+)?s) (?P<of>of|for|behind)"
    r" (?:(?:the )?(?:both )?[a-z]+ )??(?P<name>(?:the )?[A-Z0-9\"“].*)"
)
"""The directors of A and B, of which the first side has it all."""


class Pair(NamedTuple):
    """What is asked of each of two things, and what to do with it."""

    sides: Sides
    asked: tuple[str, str] | None
    """Look-ups whose values are compared."""
    claims: tuple[str, str] | None = None
    """What may be true of each; neither is there where the two have to be read side by side."""


def pair_of(question: str) -> Pair | None:
    """The two things and what is asked of each; None where a question is of no such kind."""
    text = hidden(" ".join(question.split()))
    return _of_both(text) or _of_either(text) or _which(text)


def options_of(question: str) -> Sides | None:
    """The two that are offered to choose from; None where that is not plain."""
    found = trailing_options(hidden(" ".join(with_options_last(question).split())))
    return None if found is None else found[1]


def _of_both(text: str) -> Pair | None:
    """ "Are A and B both painters?", "Do A and B have the same job?" """
    opened = _OPENED.fullmatch(text)
    if opened is None:
        return None
    verb = opened["verb"].lower()
    after = _BOTH.fullmatch(opened["tail"])
    if after is not None and (sides := both_named(after["sides"])) is not None:
        return _put(verb, _distributed(sides), after["said"])
    before = _BEFORE.fullmatch(opened["tail"])
    assert before is not None
    readings = [one for one in leading(before["tail"]) if one[1]]
    if len(readings) != 1 or (before["both"] is None and verb in {"is", "was", "can", "could"}):
        return None
    ((sides, said),) = readings
    said = re.sub(r"^(?:both|each|all) ", "", said)
    if before["both"] is None and _TO_EACH_OTHER.fullmatch(said):
        return None
    return _put(verb, _distributed(sides), said)


def _distributed(sides: Sides) -> Sides:
    """ "The directors of A" and "B" as the director of A and the director of B."""
    found = _THEIR.fullmatch(sides.first)
    if found is None or re.match(r"(?:the )?[a-z]", sides.second.removeprefix("the ")):
        return sides
    one = f"the {singular_noun(found['who'])} {found['of']}"
    return Sides(f"{one} {found['name']}", f"{one} {sides.second}")


def _put(verb: str, sides: Sides, said: str) -> Pair | None:
    """What is asked of each: for the value that may be the same, or whether it is so."""
    if re.search(r"\b(?:or|than|each other|one another|together|related|not|other)\b", said):
        return None
    same = _SAME.fullmatch(said)
    if same is not None:
        asking = _for_the_same(verb, same)
        return None if asking is None else Pair(sides, _each(asking, sides))
    if re.search(r"\b(?:same|different|similar|equal|share[sd]?|in common|between)\b", said):
        return None
    said = shown(singular_claim(said) if verb in {"are", "were", "is", "was"} else said)
    auxiliary = _SINGULAR_VERB[verb].capitalize()
    return Pair(sides, _each(lambda side: f"{auxiliary} {side} {said}?", sides))


def _each(asking: Callable[[str], str], sides: Sides) -> tuple[str, str]:
    return asking(sides.first), asking(sides.second)


def _for_the_same(verb: str, same: re.Match[str]) -> Callable[[str], str] | None:
    """The question for what may be the same of both, about one; None where it is not plain."""
    before, after = same["before"].strip(), shown(same["after"])
    what = singular_noun(shown(same["what"]))
    if _VAGUE.fullmatch(what):
        return None
    if what == "number":
        counted, does = after.removeprefix(" of "), "did" if verb in _PAST else "does"
        return lambda side: f"How many {counted} {does} {side} have?"
    if before in {"from", "of"} and _LAND.fullmatch(what) and not after:
        return lambda side: f"What is the nationality of {side}?"
    auxiliary = _SINGULAR_VERB[verb]
    if before in _HAVING - {"of"} and _PERSON.fullmatch(what) and not after:
        return lambda side: f"Who is the {what} of {side}?"
    if before in _HAVING and (before in {"of", ""} or auxiliary in {"does", "did"}):
        return _for_what_it_has(auxiliary, what, after, is_all=not before)
    if auxiliary in {"does", "did", "has", "had"}:
        return lambda side: f"Which {what} {auxiliary} {side} {before}{after}?"
    return _for_what_it_is_in(auxiliary, before, what, after)


def _for_what_it_has(
    auxiliary: str, what: str, after: str, *, is_all: bool
) -> Callable[[str], str]:
    """ "Of the same genre", "have the same job"; "the same kind of tree" is all that is said."""
    if is_all and after and _SORT.fullmatch(what):
        return lambda side: f"What {what}{after} {auxiliary} {side}?"
    return lambda side: f"What is the {what}{after} of {side}?"


def _for_what_it_is_in(
    auxiliary: str, before: str, what: str, after: str
) -> Callable[[str], str] | None:
    """ "Born in the same town", "directed by the same person", "members of the same band"."""
    *verbs, preposition = before.split()
    if not re.fullmatch(_PREPOSITION, preposition):
        return None
    if preposition == "by" and _PEOPLE.fullmatch(what):
        return lambda side: f"Who {auxiliary} {side} {before}{after}?"
    done = f" {' '.join(verbs)}" if verbs else ""
    if preposition == "of":
        done = re.sub(r"\b(members|citizens|residents|parts?)\b", _one_of, done)
    if preposition in {"in", "on", "at"}:
        asked = f"{preposition.capitalize()} which"
        return lambda side: f"{asked} {what} {auxiliary} {side}{done}{after}?"
    return lambda side: f"Which {what} {auxiliary} {side}{done} {preposition}{after}?"


def _one_of(found: re.Match[str]) -> str:
    """A member of, part of."""
    one = singular_noun(found[0])
    return one if one == "part" else f"a {one}"


def _of_either(text: str) -> Pair | None:
    """ "Is A or B a painter?": one of them is, and which is asked."""
    opened = _OPENED.fullmatch(text)
    if opened is None or opened["verb"].lower() not in {"is", "was", "are", "were"}:
        return None
    readings = [one for one in leading(opened["tail"].removeprefix("either "), "or") if one[1]]
    if len(readings) != 1:
        return None
    ((sides, said),) = readings
    if _DEGREE.search(said) or re.search(r"\b(?:or|than|not)\b", said):
        return None
    verb = _SINGULAR_VERB[opened["verb"].lower()]
    return Pair(sides, None, _claims(sides, f"{verb} {said}"))


def _which(text: str) -> Pair | None:
    """ "Which is about birds, A or B?" """
    found = trailing_options(hidden(with_options_last(shown(text))))
    if found is None:
        return None
    asked, sides = found
    if not re.match(r"(?:who|what|which)\b", asked, re.IGNORECASE):
        return None
    if _LISTED.search(asked):
        return None
    said = _STARTS.fullmatch(asked)
    if said is None or _DEGREE.search(asked) or _NOT_ASKED_OF_ONE.search(asked):
        measured = _DEGREE.search(_UNMEASURED.sub("", asked))
        return None if measured else Pair(sides, None)
    return Pair(sides, None, _claims(sides, shown(said["said"])))


def _claims(sides: Sequence[str], said: str) -> tuple[str, str]:
    first, second = (f"{side} {said}" for side in sides)
    return first, second
