"""Plans for plain contests, by rule: "Which was built first, A or B?", "Which has more members,
A or B?"; for two values of one thing: "By how much did A grow from B to C?"; and for two named
things of which nothing is measured (`planner/pairs.py`), or which have something in common
(`planner/commons.py`).

The question says itself what to look up of each side, so no model is asked: small ones ask for the
wrong thing, or for everything at once. Whatever is not as plain as that stays with the planner.
"""

import re
from collections.abc import Callable, Sequence

from pydantic import JsonValue

from planner import template
from planner.commons import common_of
from planner.descriptions import described
from planner.language import Vocabulary
from planner.options import with_options_last
from planner.pairs import Pair, options_of, pair_of
from planner.plan import Step
from planner.sides import Sides, hidden, shown
from planner.unnesting import unnested

_COMPARE = "compare"
WHICH = "which"
_ASKED = r"(?:who|what|which)(?: (?!of\b|is\b|was\b|are\b|were\b)[\w'’-]+){0,3}?"
_FIRST = r"(?:the )?(?:first|earlier|earliest|sooner|later|latest|last|more recently|most recently)"
_SIDES = r"[,:]? (?!(?:is|are|was|were|of|between)\b)(?P<a>[^,:?]+?),? or (?P<b>[^,:?]+?)"
_VERBS = {
    "die": "died",
    "open": "opened",
    "close": "closed",
    "start": "started",
    "begin": "began",
    "end": "ended",
    "air": "aired",
    "premiere": "premiered",
    "come out": "came out",
    "retire": "retired",
}
_DONE = r"[a-z]+ed|born|built|made|won|written|shot|sung|sold|held|begun|dug|drawn"
_ACTIVE = "|".join(_VERBS.values())
_DEGREES = {
    "long": "longer|longest|shorter|shortest",
    "tall": "taller|tallest",
    "high": "higher|highest",
    "large": "larger|largest|bigger|biggest|smaller|smallest",
    "deep": "deeper|deepest|shallower|shallowest",
    "wide": "wider|widest|narrower|narrowest",
    "heavy": "heavier|heaviest|lighter|lightest",
    "fast": "faster|fastest|slower|slowest",
}
_UNCLEAR = re.compile(r"\b(?:or|his|her|their|its|by how|the one)\b", re.IGNORECASE)
_QUOTED = re.compile(r"[\"“][^\"”]*[\"”]")
_LENGTHY = re.compile(
    r"^(?:what|which) (?:\w+ )?(?:film|movie|river|song|bridge|tunnel|road|book|novel)", re.I
)
_PEOPLED = re.compile(
    r"^(?:what|which) (?:\w+ )?(?:city|town|village|country|state|county|university)", re.I
)
_SHORTENED = re.compile(r"(?:(?:that|the one) )?(?P<preposition>of|in|from|by|at|for) ", re.I)
_DEGREE = "|".join(_DEGREES.values())
_MORE = (
    r"(?:the )?(?:more|most|fewer|fewest|less|least|(?:a )?(?:larger|greater|smaller) number of)"
)
_COUNTED = r"(?P<counted>[a-z][\w-]*(?: [\w'’-]+){0,4}?)"
_DEEDS = {
    "wrote": "write",
    "won": "win",
    "made": "make",
    "sold": "sell",
    "directed": "direct",
    "published": "publish",
    "produced": "produce",
    "played": "play",
    "recorded": "record",
    "released": "release",
    "scored": "score",
    "composed": "compose",
    "employed": "employ",
}
_DEED = "|".join(_DEEDS)
_HIGHER = (
    r"higher|highest|lower|lowest|larger|largest|bigger|biggest|smaller|smallest|greater|greatest"
    r"|longer|longest|shorter|shortest"
)
_MADE = {
    "released": "film|movie|album|song|single|game|show|series|record",
    "founded": "university|college|school|company|magazine|newspaper|journal|club|airline|city|town"
    "|organi[sz]ation|institution|party|label|brand|team",
    "formed": "band|group|duo|orchestra",
    "built": "building|tower|bridge|church|stadium|hotel|castle|ship|cathedral|palace|temple",
    "published": "book|novel|poem|play",
}
"""By which day something is old."""
_MADE_KIND = "|".join(_MADE.values())
_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (
        re.compile(
            rf"{_ASKED} (?:was|were) (?P<verb>{_DONE}) {_FIRST}{_SIDES}\s*\?", re.IGNORECASE
        ),
        lambda found: f"When was {{}} {found['verb'].lower()}?",
    ),
    (
        re.compile(rf"{_ASKED} (?P<verb>{_ACTIVE}) {_FIRST}{_SIDES}\s*\?", re.IGNORECASE),
        lambda found: f"When did {{}} {_base(found['verb'].lower())}?",
    ),
    (
        re.compile(
            rf"(?:what|which)(?: [\w'’-]+){{0,2}}? (?P<kind>{_MADE_KIND}) (?:is|was) (?:the )?"
            rf"(?:older|oldest|newer|newest|younger|youngest){_SIDES}\s*\?",
            re.IGNORECASE,
        ),
        lambda found: f"When was {{}} {_made(found['kind'].lower())}?",
    ),
    (
        re.compile(
            r"who (?:is|was) (?:the )?(?:older|oldest|elder|eldest|younger|youngest)"
            rf"{_SIDES}\s*\?",
            re.IGNORECASE,
        ),
        lambda _: "When was {} born?",
    ),
    (
        re.compile(
            rf"(?:what|which)(?: [\w'’-]+){{0,2}}? (?:is|was) (?:the )?(?P<degree>{_DEGREE})"
            rf"{_SIDES}\s*\?",
            re.IGNORECASE,
        ),
        lambda found: f"How {_positive(found['degree'].lower())} is {{}}?",
    ),
    (
        re.compile(
            rf"{_ASKED} (?P<had>has|had|have|contains?|includes?) {_MORE} {_COUNTED}{_SIDES}\s*\?",
            re.IGNORECASE,
        ),
        lambda found: (
            f"How many {found['counted']}"
            f" {'did' if found['had'].lower() == 'had' else 'does'} {{}} have?"
        ),
    ),
    (
        re.compile(
            rf"{_ASKED} (?:has|have|had) (?P<done>{_DONE}) {_MORE} {_COUNTED}{_SIDES}\s*\?",
            re.IGNORECASE,
        ),
        lambda found: f"How many {found['counted']} has {{}} {found['done'].lower()}?",
    ),
    (
        re.compile(rf"{_ASKED} (?P<deed>{_DEED}) {_MORE} {_COUNTED}{_SIDES}\s*\?", re.IGNORECASE),
        lambda found: f"How many {found['counted']} did {{}} {_DEEDS[found['deed'].lower()]}?",
    ),
    (
        re.compile(
            rf"{_ASKED} (?:has|had|have) (?:an? |the )?(?:{_HIGHER}) {_COUNTED}{_SIDES}\s*\?",
            re.IGNORECASE,
        ),
        lambda found: f"What is the {found['counted']} of {{}}?",
    ),
)

_CHANGED = (
    r"grow|grown|rise|risen|increase|increased|climb|climbed|change|changed|fall|fallen|drop|dropped"
    r"|decrease|decreased|decline|declined|shrink|shrunk"
)
_MEASURE = r"[^?]+? of [^?]+?|[^?]+?['’]s? [^?]+?"
"""Something of somebody: what "London" was in 1801 is no question."""
_WHEN_DONE = rf"(?P<thing>[^?]+?) (?P<was>was|were) (?P<done>{_DONE})"
_PAIRS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], tuple[str, str, str]]], ...] = (
    (
        re.compile(
            rf"(?:by )?how (?:much|many \w+) (?:did|has|have) (?P<what>{_MEASURE}) (?:{_CHANGED})"
            r"(?: by)? (?:from|between) (?P<a>[^?]+?) (?:to|and|until) (?P<b>[^?]+?)\s*\?",
            re.IGNORECASE,
        ),
        lambda found: (
            f"What was {found['what']} in {found['a'].removeprefix('in ')}?",
            f"What was {found['what']} in {found['b'].removeprefix('in ')}?",
            f"What is the difference of {found['what']} between {found['a']} and {found['b']}?",
        ),
    ),
    (
        re.compile(
            r"(?:how old was (?P<a>[^?]+?) when (?:he|she|they) died"
            r"|at (?:what|which) age did (?P<b>[^?]+?) die)\s*\?",
            re.IGNORECASE,
        ),
        lambda found: (
            f"When was {found['a'] or found['b']} born?",
            f"When did {found['a'] or found['b']} die?",
            f"How many years lie between {found['a'] or found['b']}'s birth and death?",
        ),
    ),
    (
        re.compile(rf"how old was (?P<who>[^?]+?) when {_WHEN_DONE}\s*\?", re.IGNORECASE),
        lambda found: (
            f"When was {found['who']} born?",
            f"When {found['was']} {found['thing']} {found['done']}?",
            f"How many years lie between {found['who']}'s birth and that of {found['thing']}?",
        ),
    ),
)


def contest_plan(question: str, vocabulary: Vocabulary) -> list[Step]:
    """The look-ups of both sides and their comparison; empty where a question is no plain contest.

    Sides that are described and not named are looked up first.
    """
    if vocabulary.tools.get(_COMPARE, ())[:2] != ("question", "facts"):
        return []
    plan = _measured(with_options_last(question.strip()), vocabulary)
    pair = None if plan is not None else pair_of(question)
    if pair is None:
        common = common_of(question) if plan is None else None
        return (plan or []) if common is None else _plan(question.strip(), common.asked, vocabulary)
    if pair.asked is not None:
        return _plan(question.strip(), pair.asked, vocabulary)
    return _choice(question.strip(), pair, vocabulary)


def _measured(question: str, vocabulary: Vocabulary) -> list[Step] | None:
    """Where dates or numbers decide; None where they do not, nothing where that is unclear."""
    text = hidden(question)
    for form, asking in _FORMS:
        found = form.fullmatch(text)
        if found is not None:
            sides = found["a"].strip(), _whole(found["a"].strip(), found["b"].strip())
            if any(_UNCLEAR.search(_QUOTED.sub("", side)) for side in sides) or _other_measure(
                question, found
            ):
                return []
            asked = [shown(asking(found)).format(shown(side)) for side in sides]
            return _plan(question, asked, vocabulary)
    for form, asking_both in _PAIRS:
        found = form.fullmatch(question)
        if found is not None and not any(map(_UNCLEAR.search, filter(None, found.groups()))):
            first, second, compared = asking_both(found)
            return _plan(compared, [first, second], vocabulary)
    return None


def _choice(question: str, pair: Pair, vocabulary: Vocabulary) -> list[Step]:
    """The one step that chooses; none where a side is described and not named."""
    fields = vocabulary.tools.get(WHICH, ())[:3]
    if fields != ("question", "of", "claims") or any(map(described, pair.sides)):
        return []
    return [choosing("a", question, pair.sides, pair.claims or ())]


def choosing(step_id: str, question: str, sides: Sequence[str], claims: Sequence[str] = ()) -> Step:
    """A step that reads about both sides, and chooses."""
    arguments: dict[str, JsonValue] = {
        "question": template.literal(question),
        "of": [template.literal(side) for side in sides],
        "claims": [template.literal(claim) for claim in claims],
    }
    return Step(step_id, WHICH, arguments)


def sides_of(question: str) -> Sides | None:
    """The two things that a question compares in any way; None where that is not plain."""
    pair = pair_of(question)
    sides = options_of(question) if pair is None else pair.sides
    return None if sides is None or any(map(described, sides)) else sides


def _whole(first: str, second: str) -> str:
    """The second side with the words that it shares with the first: "the director of A or of B".

    With nothing to share it says "or", which is unclear.
    """
    found = _SHORTENED.match(second)
    if found is None:
        return second
    before, preposition, _ = first.partition(f" {found['preposition']} ")
    return f"{before} {found['preposition']} {second[found.end() :]}" if preposition else "or"


def _other_measure(question: str, found: re.Match[str]) -> bool:
    """Whether "how long" or "how large" is not what such a thing is measured by."""
    degree = (found.groupdict().get("degree") or "").lower()
    if degree.startswith("short"):
        return not _LENGTHY.search(question)
    return _positive(degree) == "large" and bool(_PEOPLED.search(question)) if degree else False


def _plan(question: str, asked: Sequence[str], vocabulary: Vocabulary) -> list[Step]:
    """The look-ups, each with what it builds on, and the comparison of their values."""
    steps: list[Step] = []
    for name, text in zip("ab", asked, strict=True):
        lookup = Step(name, vocabulary.default, {vocabulary.question: template.literal(text)})
        steps += unnested(lookup, vocabulary.question, steps)
    arguments: dict[str, JsonValue] = {
        "question": template.literal(question),
        "facts": ["{a}", "{b}"],
    }
    return [*steps, Step("c", _COMPARE, arguments)]


def _base(past: str) -> str:
    """The verb that goes with "did"."""
    return next(base for base, form in _VERBS.items() if form == past)


def _made(kind: str) -> str:
    """What begins a thing of a kind."""
    return next(done for done, kinds in _MADE.items() if re.fullmatch(kinds, kind))


def _positive(degree: str) -> str:
    """The adjective that goes with "how"."""
    return next(word for word, forms in _DEGREES.items() if degree in forms.split("|"))
