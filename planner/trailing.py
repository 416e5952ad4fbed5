"""Questions that ask at their end: "Ed Ox plays Tyler in a film directed by which director?"

They tell of a thing that they do not name, and ask for something else about it. Made into two, "Ed
Ox plays Tyler in which film?" and "{1} was directed by which director?", each is what one page
tells. The rules know English alone; what they do not fit stays as it is.
"""

import re

_WH = re.compile(r"\b(?:who|whom|what|which|where|when)\b", re.IGNORECASE)
_BEGINS = re.compile(rf"\W*(?:(?:in|on|at|from|by|of|for|to|under|with) )?{_WH.pattern}", re.I)
_OPEN = r"(?:that|who|which|whose|where)"
_AUXILIARY = r"(?:is|was|are|were)"
_DONE = (
    r"(?:[a-z]+ed|born|built|made|won|written|shot|sung|sold|held|begun|set|led|run|drawn|shown)"
)
_TOLD = re.compile(
    rf"(?:an?|the) (?P<noun>(?:(?!{_OPEN}\b|{_AUXILIARY}\b|and\b|or\b|by\b)[^\s,]+ ){{1,6}}?)"
    rf"(?:(?P<relative>{_OPEN}) (?P<clause>.*)|(?P<done>(?:now )?{_DONE} .*)|(?P<at>(?:from|in) ))",
    re.IGNORECASE,
)
"""A thing, and what is said of it up to the question word."""
_SUBJECT = re.compile(rf"(?P<subject>(?:\S+ ){{1,8}}){_AUXILIARY} ", re.IGNORECASE)
_VAGUE = re.compile(r"(?:this|these|that|those|he|she|it|they|his|her|its|their)\b", re.IGNORECASE)
_LATER = re.compile(rf"\b{_OPEN}\b", re.IGNORECASE)
_ENDED = re.compile(r"[.!;:,]\s")
_SENTENCE = re.compile(r"[a-z]{2}[.!] |[;:] ")
"""An initial ends none: Ann L. Lee."""
_AS_WHO = re.compile(
    rf"(?P<thing>.+?) {_AUXILIARY} (?P<done>\w+) by whom?"
    rf"|(?P<what>.+) (?P<verb>{_AUXILIARY}) whom?"
    rf"|(?P<one>\{{1\}}) (?P<aux>{_AUXILIARY}) (?P<act>[^?]+) (?P<wh>where|when)",
    re.IGNORECASE,
)
_PERFECT = frozenset({"written", "sung", "begun", "drawn", "shown"})


def trailing(question: str) -> tuple[str, ...] | None:
    """What to ask one after another, `{1}` for the answer of the first.

    One question where it told only what its subject is. None where it does not ask at its end, or
    is not clear about what.
    """
    text = question.strip().rstrip("?. ")
    plain = question.rstrip().endswith("?") and not _BEGINS.match(text)
    asked = _last(text) if plain else None
    if asked is None or _ENDED.search(text[asked:]) or _SENTENCE.search(text[:asked]):
        return None
    head, tail = text[:asked], text[asked:]
    for start in reversed([match.start(1) for match in re.finditer(r" (an?|the) ", head)]):
        told = _TOLD.fullmatch(head, start)
        made = None if told is None else _made(head[:start], told, tail)
        if made is not None:
            return made
    return None


def _last(text: str) -> int | None:
    """Where the last question word stands that begins no clause of its own."""
    return max((match.start() for match in _WH.finditer(text)), default=None)


def _made(before: str, told: re.Match[str], tail: str) -> tuple[str, ...] | None:
    """The questions; None where the thing is what somebody is, inside of a clause."""
    said, noun, later = _said(told), told["noun"].strip(), bool(_LATER.search(before))
    if "," in said or _LATER.search(said) or _VAGUE.match(before):
        return None
    subject = _SUBJECT.fullmatch(before)
    if subject is not None and not later:
        return (_asked(f"{subject['subject'].strip()}{said}{tail}"),)
    if re.search(rf"\b{_AUXILIARY} $", before) or (told["at"] and later):
        return None
    if '"' in noun:
        return (_asked(f"the {noun}{said}{tail}"),)
    return f"{before}which {noun}?", _asked(f"{{1}}{said}{tail}")


def _said(told: re.Match[str]) -> str:
    """What is said of the thing, behind its name."""
    if told["relative"] is not None:
        whose = "'s" if told["relative"].casefold() == "whose" else ""
        return f"{whose} {told['clause']}"
    return f" is {told['at']}" if told["done"] is None else f" was {told['done']}"


def _asked(text: str) -> str:
    """With the question word at its beginning, where that is simple: what kind of value is asked
    for is read off there."""
    match = _AS_WHO.fullmatch(text)
    if match is None:
        return f"{text}?"
    if match["thing"]:
        has = "has " if match["done"].casefold() in _PERFECT else ""
        return f"Who {has}{match['done']} {match['thing']}?"
    if match["what"]:
        return f"Who {match['verb']} {match['what']}?"
    return f"{match['wh'].capitalize()} {match['aux']} {match['one']} {match['act']}?"
