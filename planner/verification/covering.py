"""How much of a claim one sentence of its passages says, and whether of the same thing."""

import re
from collections.abc import Sequence

from planner.outcomes import Verdict
from planner.verification.claims import Claim
from planner.verification.evidence import (
    Evidence,
    Said,
    content_stems,
    is_english,
    keys,
    name_words,
    names_it,
)
from planner.verification.figures import Figure
from planner.verification.findings import Finding, Given
from planner.verification.naming import Name, names_in
from planner.verification.polarity import stem
from tools import unit_named, words

_MOST, _THIRD = 0.8, 0.34
"""Shares of a claim's words: to say the rest of it, and to be in other words."""
_SEVERAL = 3
"""Words of which one should be said in the same way."""
_PASSIVE = re.compile(r"\b(?:is|are|was|were|been|being|be)\s+(?:\w+ly\s+)?(\w+)")
_CLEFT = re.compile(
    r"\b(?:is|was|are|were) (?:the|a|one)\b[^,;]{0,60}?\b(?:where|who|whom|which|that|when)\b"
)
"""Ann was the one who did it: its subject may stand anywhere in what it is taken from."""
_ARTICLE = re.compile(r"\A(?:the|a|an)\s+", re.IGNORECASE)
_SCALES = frozenset(words("hundred thousand million billion trillion dozen"))


def covered(
    claim: Claim,
    names: Sequence[Name],
    figures: Sequence[Figure],
    best: Sequence[Said],
    evidence: Evidence,
    given: Given,
) -> Finding:
    """How many of the claim's words its best sentence has, and whether its names are there."""
    if not (is_english(claim.text) and evidence.is_english):
        return Finding("supported", given.tells(claim.text), "names and numbers are there")
    named = frozenset(map(stem, name_words(names)))
    wanted = content_stems(claim.text) - given.stems - named - _units(claim.text)
    wanted = frozenset(one for one in wanted if not any(map(str.isdigit, one)))
    within = _share(wanted, best[0].stems if best else frozenset())
    everywhere = _share(wanted, frozenset().union(*(one.stems for one in best)))
    near = bool(best) and within >= _MOST
    apart = _apart(claim, names, figures, best[0], evidence, given) if near else None
    if apart is not None:
        alone = len(evidence.passages) == 1
        return Finding("partly" if alone else "supported", False, f"{apart} stands elsewhere")
    if given.tells(claim.text):
        return Finding("supported", True, "it was computed")
    if within == 1 and best and not _is_doubtful(claim, names, figures, best[0], evidence, given):
        return Finding("supported", True, "one sentence says it in these words")
    foreign = everywhere < _THIRD and (len(wanted) >= _SEVERAL or not (names or figures))
    verdict: Verdict = "partly" if foreign else "supported"
    return Finding(verdict, False, f"{everywhere:.0%} of its words are there")


def _is_doubtful(
    claim: Claim,
    names: Sequence[Name],
    figures: Sequence[Figure],
    said: Said,
    evidence: Evidence,
    given: Given,
) -> bool:
    """Whether a sentence that has all the words may still say something else."""
    strange = [name for name in names if not name.sure and evidence.vocabulary.lacks(name)]
    absent = [one for one in figures if not any(map(one.same_as, said.figures))]
    mine = [one.value for one in figures]
    theirs = [one for one in said.figures if one in mine]
    turned = [one for one in mine if one in theirs] != theirs
    return bool(strange) or any(not given.has(one) for one in absent) or turned


def _apart(
    claim: Claim,
    names: Sequence[Name],
    figures: Sequence[Figure],
    said: Said,
    evidence: Evidence,
    given: Given,
) -> str | None:
    """What of the claim is not in the sentence which says the rest, or is not its subject."""
    for name in names:
        known = not given.vocabulary.lacks(name) or names_it(keys([name]), said.about)
        if name.sure and not known and said.vocabulary.lacks(name):
            return " ".join(name.words)
    for figure in figures:
        rival = any(map(figure.rivals, said.figures))
        if rival and not given.has(figure) and not any(map(figure.same_as, said.figures)):
            return str(figure.value)
    heads = heads_of(claim, names, evidence)
    if not heads or not given.vocabulary.lacks(heads[0]) or " by " in claim.text:
        return None
    if _CLEFT.search(claim.text):
        return None
    stems = content_stems(claim.text) - {stem(verb) for verb in _PASSIVE.findall(claim.text)}
    agents = frozenset(who for verb, who in said.agents if verb in stems)
    allowed = agents or said.heads
    return None if names_it(keys(heads), allowed) else " ".join(heads[0].words)


def heads_of(claim: Claim, names: Sequence[Name], evidence: Evidence) -> list[Name]:
    """The names that the claim begins with: its subject. "The bridge at Tesk" begins with none."""
    if claim.subject:
        bare = _ARTICLE.sub("", claim.subject)
        found = [name for name in names_in(bare) if name.start == 0]
    else:
        found = [name for name in names[:1] if name.start == 0]
    return [name for name in found if name.sure or names_it(keys([name]), evidence.names)]


def _share(wanted: frozenset[str], there: frozenset[str]) -> float:
    """How many of the words are there; all, where none is wanted."""
    return len(wanted & there) / len(wanted) if wanted else 1.0


def _units(text: str) -> set[str]:
    """Stems of words that belong to numbers."""
    return {stem(word) for word in words(text) if unit_named(word) or word in _SCALES}
