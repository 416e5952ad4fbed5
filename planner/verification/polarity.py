"""Denied or not, and the opposites that are cheap to know. For English."""

import re
from collections.abc import Iterator

from tools import is_function_word, words

NEGATORS = frozenset(
    words(
        "not never no none nobody nothing nowhere neither nor without cannot hardly scarcely"
        " denied denies lacks lacked"
    )
)
_BREAK = frozenset((*",;:.", *words("but and or which who that although though while because")))
_DECLINES = re.compile(r"(?:refus|fail|declin)\w*\s+to\s+[a-z]|unable\s+to\s")
_REACH = 5
"""Words behind a negator that it can deny."""
_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)?|[,;:.]")
_NO_NEGATION = re.compile(
    r"\bnot (?:only|just|merely|simply|least)\b|\bno\.?\s*\d|\bNo\. \d|\bno longer than\b"
    r"|\bno (?:fewer|less|more|later|earlier) than\b|\bNo\b(?!\s+[a-z])"
)
_NOT_UNTIL = re.compile(r"(?:\bnot\b|n['’]t\b)(?=[^.;]*\buntil\b)")
_PREFIXES = ("un", "in", "im", "dis", "non", "ir")
_OPPOSITES = tuple(
    (frozenset(words(one)), frozenset(words(other)))
    for one, _, other in (
        pair.partition("/")
        for pair in (
            "born/died", "birth/death", "won/lost", "wins/loses", "win/lose", "winner/loser",
            "first/last", "increased increase increases increasing rose rises grew grows"
            "/decreased decrease decreases decreasing fell falls declined declines shrank",
            "opened opens open/closed closes close", "accepted accepts/rejected rejects refused",
            "began begin begins started starts start/ended ends finished", "married/divorced",
            "largest biggest/smallest", "highest tallest/lowest shortest", "longest/shortest",
            "oldest/youngest newest", "best/worst", "most/least", "rich/poor", "hot/cold",
            "male/female", "brother/sister", "son/daughter", "father/mother", "husband/wife",
            "king/queen", "actor/actress", "man/woman", "allowed/forbade forbidden banned",
            "alive/dead", "arrived/departed left", "joined/left", "bought/sold",
            "success successful/failure unsuccessful", "legal/illegal", "public/private",
            "same/different", "minimum/maximum", "majority/minority", "victory/defeat",
            "professional/amateur", "fiction/nonfiction", "always/never", "all/none", "true/false",
            "eastern/western", "northern/southern", "northeast/southwest", "northwest/southeast",
            "upper/lower", "entered/left", "founded established/dissolved abolished",
        )
    )
)  # fmt: skip
"""Where one is said, the other is denied."""
_TURNED = tuple(
    (frozenset(words(one)), frozenset(words(other)))
    for one, _, other in (
        pair.partition("/")
        for pair in (
            "before/after", "earlier/later", "older elder/younger newer", "more/less fewer",
            "larger bigger greater/smaller", "longer/shorter", "higher taller/lower shorter",
            "north/south", "east/west", "above/below", "over/under", "preceded/succeeded followed",
            "predecessor/successor", "faster/slower", "heavier/lighter", "left/right",
            "parent/child", "teacher/student pupil", "in front/behind", "employer/employee",
        )
    )
)  # fmt: skip
"""Where one is said of two things, the other is said of them in the other order."""


def denied(text: str) -> frozenset[str]:
    """The words of a text that stand behind a negation."""
    text = _NOT_UNTIL.sub("", _NO_NEGATION.sub("", text))
    found: set[str] = set()
    left = 0
    for match in _TOKEN.finditer(text):
        token = match[0].lower()
        if token in _BREAK:
            left = 0
        elif (
            token in NEGATORS
            or _DECLINES.match(text, match.start())
            or token.endswith(("n't", "n’t"))
        ):
            left = _REACH
        elif left > 0:
            found |= set(words(token))
            left -= not is_function_word(token)
    return frozenset(found)


def _negates(token: str) -> bool:
    return token in NEGATORS or token.endswith(("n't", "n’t"))


def stem(word: str) -> str:
    """A word without its commonest endings: released, releases, releasing."""
    if word.isdigit() or len(word) <= 3:
        return word
    word = re.sub(r"(?:ies|ied)$", "y", word)
    word = re.sub(r"(?:ing|ed|es|s|ly|e)$", "", word) if len(word) > 4 else word.rstrip("s")
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


def conflict(claim: str, said: str) -> str | None:
    """What of a claim is denied by a text that otherwise says the same; None where nothing is.

    Asked only of texts that speak of the same thing.
    """
    mine, theirs = list(words(claim)), list(words(said))
    shared = {stem(word) for word in mine} & {stem(word) for word in theirs}
    here, there = ({stem(word) for word in denied(text)} for text in (claim, said))
    names = {stem(word) for text in (claim, said) for word in _capital(text)}
    apart = {one for one in (here ^ there) & shared - names if not is_function_word(one)}
    if apart:
        return f"{'denies' if apart & here else 'does not deny'} {', '.join(sorted(apart))}"
    prefixed = next(_prefixed(mine, theirs, here | there), None)
    return prefixed or next(_opposites(mine, theirs), None)


def _capital(text: str) -> Iterator[str]:
    """Names and numbers: they are not what is denied."""
    for match in _TOKEN.finditer(text):
        if match[0][0].isupper() or match[0][0].isdigit():
            yield from words(match[0])


def _prefixed(mine: list[str], theirs: list[str], negated: set[str]) -> Iterator[str]:
    """Finished and unfinished."""
    for one, other in ((mine, theirs), (theirs, mine)):
        for word in one:
            for prefix in _PREFIXES:
                whole = prefix + word
                only = whole in other and word not in other and whole not in one
                if len(word) > 3 and only and stem(word) not in negated:
                    yield f"says {word} where it is {whole}"


def _opposites(mine: list[str], theirs: list[str]) -> Iterator[str]:
    """One of a pair here, the other there, and neither has both."""
    here, there = set(mine), set(theirs)
    for pairs, turned in ((_OPPOSITES, False), (_TURNED, True)):
        for one, other in pairs:
            for a, b in ((one, other), (other, one)):
                swapped = here & a and there & b and not here & b and not there & a
                if swapped and not (turned and _is_turned(mine, theirs, a, b)):
                    yield f"says {min(here & a)} where it is {min(there & b)}"


def _is_turned(mine: list[str], theirs: list[str], a: frozenset[str], b: frozenset[str]) -> bool:
    """Whether what stands before the word here stands behind it there."""
    at = next(i for i, word in enumerate(mine) if word in a)
    there = next(i for i, word in enumerate(theirs) if word in b)
    before = {word for word in mine[:at] if not is_function_word(word)}
    behind = {word for word in mine[at + 1 :] if not is_function_word(word)}
    straight = len(before & set(theirs[:there])) + len(behind & set(theirs[there + 1 :]))
    crossed = len(before & set(theirs[there + 1 :])) + len(behind & set(theirs[:there]))
    return crossed > straight
