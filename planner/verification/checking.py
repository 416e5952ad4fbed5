"""A claim against its passages by rule: numbers, dates, names, what is denied, whose it is."""

import re
from collections.abc import Sequence
from itertools import pairwise

from planner.verification.claims import Claim
from planner.verification.covering import covered, heads_of
from planner.verification.evidence import (
    Evidence,
    Keys,
    Said,
    content_stems,
    has_capital_nouns,
    in_other_words,
    keys,
    name_words,
    names_it,
)
from planner.verification.figures import Figure, days_in, figures_of, unread
from planner.verification.findings import Finding, Given, digit_runs
from planner.verification.naming import Name, names_in
from planner.verification.polarity import conflict, stem
from tools import (
    MONTHS,
    Amount,
    Moment,
    find_quantities,
    is_function_word,
    words,
)

_ALIKE = 0.6
"""The share of a claim's words in a sentence from which the two speak of the same."""
_BETWEEN = 4
"""Words at most between two names and their verb."""
_MUTUAL = frozenset(
    map(stem, words("married met with and beside alongside versus border borders near cousin"))
)
_BIRTH, _DEATH = re.compile(r"\bborn\b|\bbirth"), re.compile(r"\bdied\b|\bdeath\b|passed away")
_SPAN = re.compile(r"\(([^()]*\d{3,4})\s*[–-]\s*([^()–-]*\d{3,4})\)")
"""A life, as works of reference write it."""
_SPACE = re.compile(r"\w+")
_SMALL = 2
"""A count up to this is often not written ("a film", "both")."""


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
        or _spanned(claim, figures, evidence)
        or _denied(claim, best, evidence)
        or _turned(claim, names, best)
        or covered(claim, names, figures, best, evidence, given)
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
        if (
            _is_only_a_word(figure, claim)
            or given.has(figure)
            or any(map(figure.same_as, (*said, *title)))
        ):
            continue
        if _is_apart(figure, evidence):
            continue
        if _digits_of(figure) <= evidence.digits and not evidence.is_english:
            continue
        told = f"no passage says {figure.value}"
        rival = best and _speaks_of(claim, best[0]) and any(map(figure.rivals, best[0].figures))
        return Finding("contradicted" if rival else "unsupported", True, told)
    days = days_in(claim.text) - evidence.days - given.days
    if days and evidence.is_english:
        told = ", ".join(f"{MONTHS[month - 1]} {day}" for month, day in sorted(days))
        return Finding("contradicted", True, f"no passage says {told}")
    lost = unread(claim.text, figures) - evidence.digits - given.digits
    if lost:
        return Finding("unsupported", True, f"no passage says {', '.join(sorted(lost))}")
    strange = in_other_words(claim.text, evidence) or has_capital_nouns(claim.text)
    for name in names:
        missing = evidence.vocabulary.lacks(name) if given.vocabulary.lacks(name) else []
        if missing and name.sure and (len(name.words) > 1 or not strange):
            return Finding("unsupported", not strange, f"no passage says {' '.join(missing)}")
    return None


def _is_only_a_word(figure: Figure, claim: Claim) -> bool:
    """Whether it is "one" or "two" in words: often no number ("the one who"), or not written."""
    counted = isinstance(figure.value, Amount) and figure.value.magnitude in (0, 1, _SMALL)
    return counted and not _digits_of(figure) & set(words(claim.text))


def _is_apart(figure: Figure, evidence: Evidence) -> bool:
    """Whether a day and its year stand in one sentence, with something between."""
    moment = figure.value
    if not (isinstance(moment, Moment) and moment.month and moment.day):
        return False
    day, year = (moment.month, moment.day), str(moment.year)
    return any(_says_apart(one, day, year) for one in evidence.said)


def _says_apart(said: Said, day: tuple[int, int], year: str) -> bool:
    """Whether a sentence has the year, and the day without any year."""
    whole = {(one.month, one.day) for one in said.figures if isinstance(one, Moment)}
    return day in days_in(said.text) - whole and year in words(said.text)


def _swapped(
    claim: Claim, names: Sequence[Name], figures: Sequence[Figure], evidence: Evidence, given: Given
) -> Finding | None:
    """A number that is said, but of something else."""
    subject = keys(heads_of(claim, names, evidence))
    known = subject and any(names_it(subject, one.about) for one in evidence.said)
    if len(names) > 2 or len(figures) != 1 or not known or given.has(figures[0]):
        return None
    figure = figures[0]
    best = next((one for one in evidence.said if _says_else(claim, figure, subject, one)), None)
    holders = [one for one in evidence.said if any(map(figure.same_as, one.figures))]
    if holders and not any(names_it(subject, one.about) for one in holders):
        return Finding("unsupported", True, f"{figure.value} is said of something else")
    if holders and all(_is_anothers(figure, subject, one) for one in holders):
        return Finding("contradicted", True, f"{figure.value} is said of something else")
    if best is not None and holders and not any(names_it(subject, one.own) for one in holders):
        return Finding("contradicted", True, f"{figure.value} is said of something else")
    return None


def _says_else(claim: Claim, figure: Figure, subject: Keys, said: Said) -> bool:
    """Whether a sentence says the claim of its subject, with another number."""
    rivals = any(map(figure.rivals, said.figures)) and not any(map(figure.same_as, said.figures))
    return rivals and names_it(subject, said.own) and _speaks_of(claim, said)


def _is_anothers(figure: Figure, subject: Keys, said: Said) -> bool:
    """Whether a sentence has the number beside another name, and another number beside this one."""
    mine = theirs = False
    for named, figures in said.chunks:
        has = any(map(figure.same_as, figures))
        if names_it(subject, named):
            mine |= not has and any(map(figure.rivals, figures))
            if has:
                return False
        elif named and has:
            theirs = True
    return mine and theirs


def _spanned(claim: Claim, figures: Sequence[Figure], evidence: Evidence) -> Finding | None:
    """A birth that is a death, or the other way round: (3 May 1871 - 12 December 1944)."""
    born, died = _BIRTH.search(claim.text), _DEATH.search(claim.text)
    if len(figures) != 1 or bool(born) == bool(died):
        return None
    for first, last in _SPAN.findall(evidence.text):
        starts, ends = (any(map(figures[0].same_as, find_quantities(one))) for one in (first, last))
        if starts != ends and ends == bool(born):
            return Finding("contradicted", True, f"{figures[0].value} is the other end of the life")
    return None


def _denied(claim: Claim, best: Sequence[Said], evidence: Evidence) -> Finding | None:
    """What the passages say the opposite of."""
    if not evidence.is_english:
        return None
    alike = [one for one in best if _speaks_of(claim, one)]
    faults = [_conflict(claim, one) for one in alike]
    if faults and all(faults):
        return Finding("contradicted", True, str(faults[0]))
    return None


def _conflict(claim: Claim, said: Said) -> str | None:
    """What a sentence denies, or the one of its clauses that says the same."""
    whole = conflict(claim.text, said.text)
    if whole is not None or len(said.clauses) == 1:
        return whole
    asked = content_stems(claim.text)
    near = max(said.clauses, key=lambda clause: len(asked & content_stems(clause)))
    enough = len(asked & content_stems(near)) >= _ALIKE * len(asked)
    return conflict(claim.text, near) if enough else None


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


def _speaks_of(claim: Claim, said: Said) -> bool:
    """Whether a sentence has most of the claim's words."""
    stems = content_stems(claim.text)
    stems -= {one for one in stems if any(map(str.isdigit, one))}
    rest = stems - set(map(stem, name_words(names_in(claim.text))))
    own = frozenset(map(stem, words(said.text)))
    return len(stems & said.stems) >= _ALIKE * len(stems) and len(rest & own) * 2 >= len(rest)


def _digits_of(figure: Figure) -> set[str]:
    return digit_runs(str(figure.value))
