"""A claim against its passages by rule: numbers, dates, names, what is denied, whose it is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from planner.outcomes import Verdict
from planner.verification.claims import Claim
from planner.verification.evidence import (
    Evidence,
    Said,
    content_stems,
    is_english,
    name_words,
)
from planner.verification.figures import Figure, days_in, figures_of, unread
from planner.verification.naming import Name, Vocabulary, names_in, spelled
from planner.verification.polarity import conflict, stem
from tools import MONTHS, Amount, Moment, find_quantities, is_function_word, unit_named, words

_ALIKE = 0.6
"""The share of a claim's words in a sentence from which the two speak of the same."""
_HALF, _MOST = 0.5, 0.8
_BETWEEN = 4
"""Words at most between two names and their verb."""
_MUTUAL = frozenset(
    map(stem, words("married met with and beside alongside versus border borders near cousin"))
)
_SCALES = frozenset(words("hundred thousand million billion trillion dozen"))
_SPACE = re.compile(r"\w+")
_SMALL = 2
"""A count up to this is often not written ("a film", "both")."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check of one claim came to."""

    verdict: Verdict
    sure: bool
    """Whether code can decide it; else a model may."""
    why: str = ""


@dataclass(frozen=True)
class Given:
    """What may be said without a passage: the question, and what code has computed."""

    text: str = ""
    stems: frozenset[str] = field(init=False)
    words: frozenset[str] = field(init=False)
    vocabulary: Vocabulary = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "stems", frozenset(map(stem, words(self.text))))
        object.__setattr__(self, "words", frozenset(spelled(self.text)))
        object.__setattr__(self, "vocabulary", Vocabulary(self.text))

    def has(self, figure: Figure) -> bool:
        """Whether it says the number."""
        return any(figure.same_as(one) for one in find_quantities(self.text))


_NOTHING = Given()


def checked(claim: Claim, evidence: Evidence, given: Given = _NOTHING) -> Finding:
    """Whether the passages support a claim, as far as rules can tell."""
    if _is_given(claim, given):
        return Finding("supported", True, "it is what was asked or computed")
    names, figures = names_in(claim.text), figures_of(claim.text)
    best = evidence.ranked(claim.text, claim.subject)
    return (
        _missing(claim, names, figures, best, evidence, given)
        or _swapped(claim, names, figures, evidence, given)
        or _denied(claim, best, evidence)
        or _turned(claim, names, best)
        or _covered(claim, names, best, evidence, given)
    )


def _is_given(claim: Claim, given: Given) -> bool:
    """Whether every word of it was asked or computed."""
    stems = content_stems(claim.text)
    return bool(stems) and stems <= given.stems


def _missing(
    claim: Claim,
    names: Sequence[Name],
    figures: Sequence[Figure],
    best: Sequence[Said],
    evidence: Evidence,
    given: Given,
) -> Finding | None:
    """A number, a date or a name that no passage has."""
    said = [one for sentence in evidence.said for one in sentence.figures]
    title = [
        one for p in evidence.passages for one in find_quantities(f"{p.source.title} {p.part}")
    ]
    for figure in figures:
        small = isinstance(figure.value, Amount) and 0 <= figure.value.magnitude <= _SMALL
        small = small and not any(map(str.isdigit, claim.text))
        if small or given.has(figure) or any(map(figure.same_as, (*said, *title))):
            continue
        if _is_apart(figure, evidence):
            continue
        if _digits_of(figure) <= evidence.digits and not evidence.is_english:
            continue
        told = f"no passage says {figure.value}"
        rival = best and _speaks_of(claim, best[0]) and any(map(figure.rivals, best[0].figures))
        return Finding("contradicted" if rival else "unsupported", True, told)
    days = days_in(claim.text) - evidence.days - days_in(given.text)
    if days and evidence.is_english:
        told = ", ".join(f"{MONTHS[month - 1]} {day}" for month, day in sorted(days))
        return Finding("contradicted", True, f"no passage says {told}")
    lost = unread(claim.text, figures) - evidence.digits - _digits(given.text)
    if lost:
        return Finding("unsupported", True, f"no passage says {', '.join(sorted(lost))}")
    lacking = [(n, evidence.vocabulary.lacks(n)) for n in names if given.vocabulary.lacks(n)]
    for name, missing in lacking:
        if missing and name.sure:
            return Finding("unsupported", True, f"no passage says {' '.join(missing)}")
    if any(missing for _, missing in lacking):
        return Finding("partly", False, "its first word is in no passage")
    return None


def _is_apart(figure: Figure, evidence: Evidence) -> bool:
    """Whether a day and its year stand in one sentence, with something between."""
    moment = figure.value
    if not (isinstance(moment, Moment) and moment.month and moment.day):
        return False
    day, year = (moment.month, moment.day), str(moment.year)
    return any(day in days_in(one.text) and year in words(one.text) for one in evidence.said)


def _swapped(
    claim: Claim, names: Sequence[Name], figures: Sequence[Figure], evidence: Evidence, given: Given
) -> Finding | None:
    """A number that is said, but of something else."""
    subject = name_words(names_in(claim.subject) or names[:1])
    subject = frozenset(word for word in subject if len(word) > 1)
    known = subject and any(subject & one.about for one in evidence.said)
    if len(names) > 2 or len(figures) != 1 or not known or given.has(figures[0]):
        return None
    figure = figures[0]
    best = next((one for one in evidence.said if _says_else(claim, figure, subject, one)), None)
    holders = [one for one in evidence.said if any(map(figure.same_as, one.figures))]
    if holders and not any(subject & one.about for one in holders):
        return Finding("unsupported", True, f"{figure.value} is said of something else")
    if holders and all(_is_anothers(figure, subject, one) for one in holders):
        return Finding("contradicted", True, f"{figure.value} is said of something else")
    if best is not None and holders and not any(subject & one.own for one in holders):
        return Finding("contradicted", True, f"{figure.value} is said of something else")
    return None


def _says_else(claim: Claim, figure: Figure, subject: frozenset[str], said: Said) -> bool:
    """Whether a sentence says the claim of its subject, with another number."""
    rivals = any(map(figure.rivals, said.figures)) and not any(map(figure.same_as, said.figures))
    return rivals and bool(subject & said.own) and _speaks_of(claim, said)


def _is_anothers(figure: Figure, subject: frozenset[str], said: Said) -> bool:
    """Whether a sentence has the number beside another name, and another number beside this one."""
    mine = theirs = False
    for named, figures in said.chunks:
        has = any(map(figure.same_as, figures))
        if named & subject:
            mine |= not has and any(map(figure.rivals, figures))
            if has:
                return False
        elif named and has:
            theirs = True
    return mine and theirs


def _denied(claim: Claim, best: Sequence[Said], evidence: Evidence) -> Finding | None:
    """What the passages say the opposite of."""
    if not evidence.is_english:
        return None
    alike = [one for one in best if _speaks_of(claim, one)]
    faults = [conflict(claim.text, one.text) for one in alike]
    if faults and all(faults):
        return Finding("contradicted", True, str(faults[0]))
    return None


def _turned(claim: Claim, names: Sequence[Name], best: Sequence[Said]) -> Finding | None:
    """Who did it, and to whom it was done, in the place of each other."""
    for one, other in pairwise(names):
        verb = _verb_between(claim.text, one, other)
        passive = " by " in claim.text[one.start : other.start]
        if not verb or verb & _MUTUAL:
            continue
        for said in best[:2]:
            if _turned_in(said, name_words([one]), name_words([other]), verb, passive=passive):
                return Finding("unsupported", False, "the passage has it the other way round")
    return None


def _turned_in(
    said: Said, one: frozenset[str], other: frozenset[str], verb: frozenset[str], *, passive: bool
) -> bool:
    """Whether a sentence has the two about the same verb in the other order, and not in this."""
    found = names_in(said.text)
    turned = straight = False
    for first, second in pairwise(found):
        same = verb <= _verb_between(said.text, first, second)
        if not same or (" by " in said.text[first.start : second.start]) != passive:
            continue
        pair = name_words([first]), name_words([second])
        turned |= bool(other & pair[0] and one & pair[1])
        straight |= bool(one & pair[0] and other & pair[1])
    return turned and not straight


def _verb_between(text: str, one: Name, other: Name) -> frozenset[str]:
    """Stems between two names that stand near each other."""
    between = text[one.start : other.start]
    inner = _SPACE.findall(between)[len(_SPACE.findall(" ".join(one.words))) :]
    small = [word for word in inner if word.islower()]
    if not 0 < len(small) <= _BETWEEN or "," in between:
        return frozenset()
    return frozenset(stem(word) for word in small if not is_function_word(word))


def _covered(
    claim: Claim, names: Sequence[Name], best: Sequence[Said], evidence: Evidence, given: Given
) -> Finding:
    """How many of the claim's words its best sentence has, and whether its names are there."""
    if not (is_english(claim.text) and evidence.is_english):
        return Finding("supported", False, "names and numbers are there")
    named = frozenset(map(stem, name_words(names)))
    wanted = content_stems(claim.text) - given.stems - named - _units(claim.text)
    wanted = frozenset(one for one in wanted if not any(map(str.isdigit, one)))
    within = _share(wanted, best[0].stems if best else frozenset())
    everywhere = _share(wanted, frozenset().union(*(one.stems for one in best)))
    apart = _apart(claim, names, best[0], given) if best and within >= _MOST else None
    if apart is not None:
        alone = len(evidence.passages) == 1
        return Finding("partly" if alone else "supported", False, f"{apart} stands elsewhere")
    if within == 1:
        return Finding("supported", True, "one sentence says it in these words")
    verdict: Verdict = "supported" if everywhere >= _HALF else "partly"
    return Finding(verdict, False, f"{everywhere:.0%} of its words are there")


def _apart(claim: Claim, names: Sequence[Name], said: Said, given: Given) -> str | None:
    """A name of the claim that is not in the sentence which says the rest, or not its subject."""
    for name in names:
        if name.sure and given.vocabulary.lacks(name) and not name_words([name]) & said.about:
            return " ".join(name.words)
    heads = names_in(claim.subject) or [name for name in names[:1] if name.start == 0]
    subject = name_words(heads)
    turned = (" by " in claim.text) != (" by " in said.text)
    if heads and not _is_head(heads, said) and not turned and not subject <= given.words:
        return " ".join(heads[0].words)
    return None


def _is_head(heads: Sequence[Name], said: Said) -> bool:
    """Whether a sentence is about the same: by half of the words, or by the last."""
    subject, last = name_words(heads), frozenset(spelled(heads[0].words[-1]))
    return len(subject & said.heads) * 2 >= len(subject) or bool(last & said.heads)


def _share(wanted: frozenset[str], there: frozenset[str]) -> float:
    """How many of the words are there; all, where none is wanted."""
    return len(wanted & there) / len(wanted) if wanted else 1.0


def _speaks_of(claim: Claim, said: Said) -> bool:
    """Whether a sentence has most of the claim's words."""
    stems = content_stems(claim.text)
    stems -= {one for one in stems if any(map(str.isdigit, one))}
    rest = stems - set(map(stem, name_words(names_in(claim.text))))
    own = frozenset(map(stem, words(said.text)))
    return len(stems & said.stems) >= _ALIKE * len(stems) and len(rest & own) * 2 >= len(rest)


def _units(text: str) -> set[str]:
    """Stems of words that belong to numbers."""
    return {stem(word) for word in words(text) if unit_named(word) or word in _SCALES}


def _digits_of(figure: Figure) -> set[str]:
    return _digits(str(figure.value))


def _digits(text: str) -> set[str]:
    """Runs of digits."""
    return set(re.findall(r"\d+", " ".join(words(text))))
