"""The two things that a question names: "A and B" at its beginning, "A or B" at its end.

Where a name begins and ends, its capital letters and quotation marks tell. A title may hold "and",
"or" and commas of its own ("Crime and Punishment"): between quotation marks they are hidden, and
elsewhere a question that can be read in two ways is left alone.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tools import demonyms


class Sides(NamedTuple):
    """Two named things."""

    first: str
    second: str


_QUOTED = re.compile(r"\"[^\"]+\"|“[^”]+”")
_HIDDEN = dict(zip(" ,:;?.", "\ue000\ue001\ue002\ue003\ue004\ue005", strict=True))
_HIDE = str.maketrans(_HIDDEN)
_SHOW = str.maketrans({hidden: shown for shown, hidden in _HIDDEN.items()})
_UNCLEAR = re.compile(
    r"\b(?:his|her|their|its|these|those|they|he|she|it|who|which|whose|that|neither|either)\b"
)
_KIND = re.compile(
    r"^(?:the |an? )?(?!(?:of|in|by|from|at|for|on|to|and|the|an?)\b)[a-z][a-z-]*"
    r"(?: (?!(?:of|in|by|from|at|for|on|to|and|the)\b)[a-z][a-z-]*){0,2} (?=[A-Z0-9\"“])"
)
"""What sort of thing it is, said before its name: "the film Up", "authors Ann Lee"."""
_HOLDS_CAPITAL = re.compile(r"[^\W_a-zß-ÿ]|[\"“]")
_CLOSE = r"(?:&|-|–|de|del|della|di|da|der|du|la|le|von|van|el|al)"
_LOOSE = rf"(?:of|the|in|on|a|an|for|to|with|at|{_CLOSE})"
_CAPITAL = r"(?:[^\W\d_a-zà-ÿ]|\d|[\"“\ue000-\ue005])[^\s,?]*|\([^)]*\)"
_NAMES = tuple(
    re.compile(rf"(?:(?:the|an?) )?(?:[a-z]+ )??(?:{_CAPITAL})(?:,? (?:{small} )*(?:{_CAPITAL}))*")
    for small in (_LOOSE, _CLOSE)
)
"""With small words inside ("Alice in Wonderland"); where nothing is left to say, without them."""
_DEMONYM = re.compile(rf"(?:{'|'.join(demonyms())})(?:-(?:{'|'.join(demonyms())}))?")
_BELONGING = re.compile(
    r"[A-Z]{2,4}|Nobel|Grammy|Oscar|Academy|Olympics?|Emmy|Pulitzer|Christian|Catholic|Jewish"
    r"|Muslim|Buddhist|Protestant|Republicans?|Democrats?|Major|National|Celtic|Roman|Latin|Hindu"
)
"""What may begin what is said of both ("NBA players"), and is no part of the second name."""
_SPLIT = re.compile(r",? and ")
_OPTIONS = re.compile(r"(?P<asked>.+?)(?:[,:;] |\?,? )(?P<sides>[^,:;?]+?,? or [^:;?]+?)\s*\?")
_EITHER = re.compile(r",? or ")


def hidden(question: str) -> str:
    """The question with what stands between quotation marks made one word."""
    return _QUOTED.sub(lambda found: found[0].translate(_HIDE), question)


def shown(text: str) -> str:
    """What was hidden again."""
    return text.translate(_SHOW)


def both_named(text: str) -> Sides | None:
    """ "A and B", with nothing else."""
    sides = _split(text, _SPLIT)
    return None if sides is None or not _is_even(sides) else _cleaned(sides)


def either_named(text: str) -> Sides | None:
    """ "A or B", with nothing else."""
    sides = _split(text, _EITHER)
    return None if sides is None else _cleaned(sides)


def leading(text: str, joined: str = "and") -> Iterator[tuple[Sides, str]]:
    """ "A and B" at the beginning of a text, with what is said of them.

    More than once where "and" stands more than once; nothing where the second name has no end.
    """
    for found in re.finditer(rf",? {joined} ", text):
        first, tail = text[: found.start()], text[found.end() :]
        if re.search(rf"\b{joined} ", first):
            continue
        for second, said in _endings(tail):
            sides = _cleaned(Sides(first, second)) if _is_even(Sides(first, second)) else None
            if sides is not None and not re.match(rf"(?:and|or|{joined})\b|,", said):
                yield sides, said
                break


def _endings(tail: str) -> Iterator[tuple[str, str]]:
    """A name at the beginning, and what stands behind it."""
    for name in _NAMES:
        found = name.match(tail)
        if found is not None:
            second = _without_belonging(found[0])
            said = tail[len(second) :].lstrip()
            if said and (said[0].islower() or _belongs(said.split(" ", 1)[0])):
                yield second, said


def trailing_options(question: str) -> tuple[str, Sides] | None:
    """What is asked, and the two names behind it: "Which is red, A or B?"."""
    found = _OPTIONS.fullmatch(question)
    sides = None if found is None else _split(found["sides"], _EITHER)
    cleaned = None if sides is None else _cleaned(sides)
    if found is None or cleaned is None:
        return None
    return found["asked"].rstrip(" ,:;?"), cleaned


def _split(text: str, joint: re.Pattern[str]) -> Sides | None:
    """At the one joint; of three in the middle; of two at the one before an article."""
    joints = list(joint.finditer(text))
    if len(joints) == 2:
        joints = [one for one in joints if re.match(r"(?:the|an?) ", text[one.end() :], re.I)]
    if len(joints) not in {1, 3}:
        return None
    middle = joints[len(joints) // 2]
    return Sides(text[: middle.start()], text[middle.end() :])


def _is_even(sides: Sides) -> bool:
    """Whether both have as many commas: "Salem, Oregon and Paris, Texas", but no list of three."""
    return sides.first.count(", ") == sides.second.count(", ") or ", Jr" in "".join(sides)


def _cleaned(sides: Sides) -> Sides | None:
    """Names without what sort of thing they are; None where one is no name."""
    names = Sides(*(shown(_KIND.sub("", side.strip(), count=1)).strip() for side in sides))
    plain = all(_HOLDS_CAPITAL.search(name) and len(name) < 120 for name in names)
    unclear = any(_UNCLEAR.search(name) for name in names)
    return names if plain and not unclear and names.first != names.second else None


def _without_belonging(name: str) -> str:
    """Without the words that go with what follows: "Bob Ray an American" in "... actor"."""
    words = name.split(" ")
    while len(words) > 1 and _belongs(words[-1]):
        words.pop()
        while len(words) > 1 and re.fullmatch(_LOOSE, words[-1]):
            words.pop()
    return " ".join(words)


def _belongs(word: str) -> bool:
    """Whether a capital word says of what sort something is."""
    return bool(_DEMONYM.fullmatch(word) or _BELONGING.fullmatch(word))
