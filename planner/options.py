"""The two things that a question offers, moved to its end, where other rules look for them.

"Between A and B, which is older?", "Which film, A or B, is older?", "Which is older out of A and
B?" and "Was A or B built first?" all offer A or B.
"""

import re

from planner.sides import both_named, either_named, hidden, shown
from planner.singular import singular_noun

_ASKING = r"(?:[Ww]hich|[Ww]hat|[Ww]ho)\b"
_AHEAD = re.compile(
    r"(?i:between|of|out of|among|from) (?:the )?(?:two )?(?P<sides>.+? and .+?),?"
    rf" (?P<asked>{_ASKING}.+?)\s*\?"
)
_VERB = (
    r"(?:is|was|are|were|has|had|have|can|did|does|[a-z]+ed|[a-z]+s|won|wrote|made|sold|sang|came"
    r"|began|held|built|shot|led|ran)"
)
_INSIDE = re.compile(
    rf"(?P<asked>{_ASKING}(?: [\w'’-]+){{0,5}}?), (?P<sides>[^,:;?]+? or [^,:;?]+?),?"
    rf" (?P<said>{_VERB}\b [^?]+?)\s*\?"
)
_DEGREE = (
    r"(?:first|earlier|earliest|later|last|more recently|older|younger|taller|longer|larger"
    r"|bigger|smaller|shorter|higher)"
)
_BEHIND = re.compile(
    rf"(?P<asked>{_ASKING} .*?\b(?:{_DEGREE}|(?:more|most|fewer|fewest) [\w ]+?)),?"
    r" (?:out of|between|among|from among|of) (?:the two,? )?(?P<sides>[^,:;?]+? and [^,:;?]+?)"
    r"\s*\?"
)
_AUXILIARY = re.compile(
    r"(?P<verb>[Ww]as|[Ww]ere|[Dd]oes|[Dd]o|[Dd]id) (?:either )?(?P<sides>[^,:;?]+? or [^,:;?]+?)"
    rf" (?P<said>[a-z]+(?: [a-z]+)*? (?:{_DEGREE}|more|most|fewer|fewest)\b[^?]*?)\s*\?"
)
_PAST = {
    "have": "had",
    "come out": "came out",
    "open": "opened",
    "close": "closed",
    "start": "started",
    "begin": "began",
    "end": "ended",
    "air": "aired",
    "premiere": "premiered",
    "die": "died",
    "win": "won",
    "write": "wrote",
    "make": "made",
    "sell": "sold",
    "direct": "directed",
    "publish": "published",
    "play": "played",
    "release": "released",
}
"""Verbs behind "did" that the rules for contests know."""
_OF_THE_TWO = re.compile(
    r"(?P<which>which|what)(?: one)? of (?:the|these) (?:two )?(?P<noun>[a-z]+) ", re.IGNORECASE
)


def with_options_last(question: str) -> str:
    """The question as "Which is older, A or B?"; any other as it is."""
    text = hidden(" ".join(question.split()))
    found = _AHEAD.fullmatch(text) or _BEHIND.fullmatch(text)
    if found is not None:
        sides = both_named(found["sides"])
        return question if sides is None else _put(found["asked"], sides)
    found = _INSIDE.fullmatch(text)
    if found is not None:
        sides = either_named(found["sides"])
        asked = _one_of_two(f"{found['asked']} {found['said']}")
        return question if sides is None else _put(asked, sides)
    found = _AUXILIARY.fullmatch(text)
    sides = None if found is None else either_named(found["sides"])
    if found is None or sides is None:
        return question
    verb, said = found["verb"].lower(), found["said"]
    if verb in {"was", "were"}:
        return _put(f"Which {verb} {said}", sides)
    done = next((one for one in _PAST if said.startswith(f"{one} ")), None)
    if done is None or (verb != "did" and done != "have"):
        return question
    finite = _PAST[done] if verb == "did" else "has"
    return _put(f"Which {finite}{said[len(done) :]}", sides)


def _put(asked: str, sides: tuple[str, str]) -> str:
    return f"{asked[0].upper()}{shown(asked[1:])}, {sides[0]} or {sides[1]}?"


def _one_of_two(asked: str) -> str:
    """ "Which of the two operas" as "Which opera", and "which of the two" as "which"."""
    found = _OF_THE_TWO.match(asked)
    if found is None:
        return asked
    noun = (
        "" if re.fullmatch(r"two|is|was|has|had", found["noun"]) else singular_noun(found["noun"])
    )
    rest = asked[found.end("noun") if noun or found["noun"] == "two" else found.start("noun") - 1 :]
    return f"{found['which']} {noun}".rstrip() + rest
