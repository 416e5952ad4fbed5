"""A sentence as claims: what it says, one thing at a time, each with its subject.

Rules in code, for English. What they do not know for certain stays one claim.
"""

import re
from dataclasses import dataclass

from tools import is_function_word

_IRREGULAR = (
    "is are was were be has had have did does do can could will would may might must shall should"
    " became began built bought came chose cost cut died drew drove fell fought found gave got grew"
    " held hit kept knew laid led left lost made meant met paid put ran read rose said sang sat saw"
    " sent set shot sold spent spoke stood swam taught thought told took went won wore wrote"
    " leads lies runs serves stands contains covers includes holds plays works lives makes owns"
)
_VERB = rf"(?:{'|'.join(_IRREGULAR.split())}|(?!hundred|united|red\b)[a-z]{{2,}}ed)"
_ADVERB = r"(?:(?:also|later|then|never|not|still|first|once|[a-z]+ly)\s+)?"
_STARTS = re.compile(rf"{_ADVERB}{_VERB}\b")
"""A piece without a subject of its own."""
_OWN_SUBJECT = re.compile(
    r"(?:(?:he|she|it|they|this|his|her|its|their)\b|(?:the|a|an)\s|[A-Z])"
    rf"(?:(?!\b(?:and|or|but|which|who|that)\b)[^,;:])*?\s{_ADVERB}{_VERB}\b"
)
_PRONOUN = re.compile(r"(?:he|she|it|they|this)\b\s*", re.IGNORECASE)
_GAPPED = re.compile(
    r"(?P<name>[A-Z][\w'’.-]*(?:\s+(?:[A-Z][\w'’.-]*|of|the|de|van|von|du|la))*)"
    r"\s+(?P<preposition>on|in|at|from|to|by|for|as|with)\s"
)
"""A second subject and what is said of it, where the verb is not said again."""
_PASSIVE = re.compile(rf"{_ADVERB}\w+(?:ed|en|wn|t|de|ld)\s+by\b")
_WAS = re.compile(r"\b(?:is|are|was|were)\b")
_JOINT = re.compile(r"\s*;\s+|,?\s+(?:and|but|while|whereas)\s+|:\s+(?=(?:he|she|it|they)\b)")
_RELATIVE = re.compile(
    rf",\s+(?:which|who)\s+(?P<clause>{_ADVERB}{_VERB}\b[^,;:]*)(?P<end>,\s+|[.!?]*$)"
)
_VERB_INSIDE = re.compile(rf"\s{_ADVERB}{_VERB}\b")
_NOUN_BEFORE = re.compile(
    r"(?:[A-Z0-9][\w'’.-]*\s+(?:(?:of|the|de|van|von|du|la)\s+)*)*[\w'’.-]+\Z"
)
_END = re.compile(r"[.!?]*\s*\Z")
_QUESTION = re.compile(r"\?\s")
_LISTED = re.compile(r"\b[A-Z][\w'’-]*\Z")
_AUXILIARY = re.compile(r"\s(?:is|are|was|were|has|had)\Z")
_BETWEEN = re.compile(r"\bbetween\b|\bboth\b|\beither\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that a sentence says."""

    text: str
    """As a sentence of its own."""
    subject: str = ""
    """Of what it speaks, where that is known."""


def claims_of(text: str, subject: str = "") -> tuple[Claim, ...]:
    """What the sentence says, in order; it is one claim where that is in doubt.

    `subject`: what stands outside of it: of a table's cell, the head of its row.
    """
    if _QUESTION.search(text):  # a fact written out: a question and its value
        return (Claim(text, subject),)
    main, found = _without_relatives(text)
    pieces = _pieces(main)
    first = pieces[0]
    head = _head_of(first)
    own = subject if not head or _PRONOUN.fullmatch(head) else head
    if len(pieces) + len(found) == 1:
        return (Claim(text, own),)
    claims = [Claim(_sentence(first), own)]
    for piece in pieces[1:]:
        if _STARTS.match(piece):
            helped = "was " if _PASSIVE.match(piece) and _WAS.search(first) else ""
            claims.append(Claim(_sentence(f"{head} {helped}{piece}"), own))
        elif filled := _filled(claims[-1].text, piece):
            claims.append(Claim(_sentence(filled), _head_of(filled) or own))
        elif own and (said := _PRONOUN.match(piece)):
            claims.append(Claim(_sentence(f"{own} {piece[said.end() :]}"), own))
        else:
            claims.append(Claim(_sentence(piece), _head_of(piece) or own))
    return (*claims, *found)


def stands_before_verb(text: str, end: int) -> bool:
    """Whether a verb begins at that place of a sentence."""
    return _VERB_INSIDE.match(text, end) is not None


def verb_at(text: str) -> int | None:
    """Where the first verb of a sentence stands, if one is known."""
    verb = _VERB_INSIDE.search(text)
    return verb.start() if verb else None


def _without_relatives(text: str) -> tuple[str, list[Claim]]:
    """The sentence without its relative clauses, and those, each behind the noun it belongs to."""
    found: list[Claim] = []
    while match := _RELATIVE.search(text):
        noun = _NOUN_BEFORE.search(text[: match.start()])
        if noun is None or not noun[0][:1].isupper():
            break
        rest = text[match.end() :]
        if rest and not _STARTS.match(rest):
            break
        found.append(Claim(_sentence(f"{noun[0]} {match['clause']}"), noun[0]))
        text = f"{text[: match.start()]}{' ' if rest else match['end']}{rest}"
    return text, found


def _pieces(text: str) -> list[str]:
    """Clauses: what begins with a verb, or with a subject and its verb, behind a joint."""
    pieces: list[str] = []
    at, head = 0, _head_of(text)
    for joint in _JOINT.finditer(text):
        behind, before = text[joint.end() :], text[at : joint.start()]
        if not _VERB_INSIDE.search(before) or _BETWEEN.search(before):
            continue
        own = _OWN_SUBJECT.match(behind)
        listed = "and" in joint[0] and _LISTED.search(before)
        if own and listed and not _AUXILIARY.search(own[0]):
            continue  # two names
        if (head and _STARTS.match(behind)) or own or _filled(before, behind):
            pieces.append(before)
            at = joint.end()
    return [*pieces, text[at:]]


def _filled(first: str, piece: str) -> str:
    """A piece without a verb, with that of the first: "..., and Ann in 1970"; else nothing."""
    gap, head = _GAPPED.match(piece), _head_of(first)
    if gap is None or not head or _VERB_INSIDE.search(piece):
        return ""
    verb, found, _ = first[len(head) :].partition(f" {gap['preposition']} ")
    return f"{gap['name']}{verb} {piece[gap.start('preposition') :]}" if found else ""


def _head_of(clause: str) -> str:
    """What stands before the verb; nothing where a clause begins otherwise."""
    verb = _VERB_INSIDE.search(clause)
    head = clause[: verb.start()].strip() if verb else ""
    first = head.split(maxsplit=1)[0] if head else ""
    stands = first.lower() in ("the", "a", "an") or bool(_PRONOUN.fullmatch(head))
    if not head or "," in head or (is_function_word(first) and not stands):
        return ""
    return head


def _sentence(clause: str) -> str:
    """With a capital letter, and a full stop where it had none."""
    bare = clause.strip().rstrip(",;:")
    bare = bare[:1].upper() + bare[1:]
    return bare if bare[-1:] in ".!?" else f"{bare}."
