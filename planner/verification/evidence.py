"""What the cited passages say, sentence by sentence, and of what each sentence speaks."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from planner.verification.claims import claims_of, stands_before_verb, verb_at
from planner.verification.figures import days_in, figures_of
from planner.verification.naming import Name, Vocabulary, key, match, names_in, spelled
from planner.verification.polarity import NEGATORS, stem
from search import Passage
from search import sentences as sentence_spans
from tools import Quantity, content_words, find_quantities, is_function_word, words

_FOREIGN = frozenset(
    words(
        "und ist wurde das ein eine war mit im nicht est une les des et dans sur etait fut el los"
        " las en una es fue por con su nel che il gli het een werd och ar ett jest na sie nie w z"
        " ve bir os uma foi em dos som med til og"
    )
)
"""Function words of other languages that no English text has so often as its own."""
_GERMAN = frozenset(words("der die das und ist wurde ein eine im mit den dem von zu hat"))
_MANY = 8
_SEPARATED = re.compile(r"(?<=\d)[.,\u00a0\u202f ](?=\d{3}(?!\d))")
_TITLE_END = re.compile(r"\s*\([^()]*\)$")
_PRONOUN = re.compile(r"(?:he|she|it|they|this|these)\b", re.IGNORECASE)
_PRONOUN_INSIDE = re.compile(r"\b(?:it|him|her|his|its|they|them|their|he|she)\b", re.IGNORECASE)
_BY = re.compile(r"(\w+)\s+by\s+(?:the\s+)?\Z")
_CHUNK = re.compile(r"[,;:(]\s*|\s(?:and|but|while|whereas)\s")


Keys = frozenset[frozenset[str]]
"""Names, see `naming.key`."""


@dataclass(frozen=True)
class Said:
    """A sentence of a passage."""

    text: str
    about: Keys
    """The names that it may speak of: its own, the title's, and those before a pronoun."""
    own: Keys
    """The same without the title's, where another name stands before its verb."""
    heads: Keys
    """The names before its verbs; where there is none, those that it goes on about."""
    agents: tuple[tuple[str, frozenset[str]], ...]
    """Of what is done by somebody: the stem of the verb, and who."""
    at: tuple[int, int]
    """Which passage, and which sentence of it."""

    @cached_property
    def words(self) -> frozenset[str]:
        """Stems of its own words."""
        return frozenset(map(stem, words(self.text)))

    @cached_property
    def stems(self) -> frozenset[str]:
        """Of its words and of what it is about."""
        return self.words | frozenset(stem(word) for name in self.about for word in name)

    @cached_property
    def figures(self) -> tuple[Quantity, ...]:
        """Its numbers and dates."""
        return tuple(find_quantities(self.text))

    @cached_property
    def chunks(self) -> tuple[tuple[Keys, tuple[Quantity, ...]], ...]:
        """Names and figures between commas and conjunctions."""
        pieces = _CHUNK.split(self.text)
        return tuple((keys(names_in(one)), tuple(find_quantities(one))) for one in pieces)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Its own words."""
        return Vocabulary(self.text)

    @cached_property
    def clauses(self) -> tuple[str, ...]:
        """What it says, one thing at a time."""
        return tuple(claim.text for claim in claims_of(self.text))


def names_it(subject: Keys, names: Keys) -> bool:
    """Whether one of the names may be of the subject."""
    return any(match(one, other) for one in subject for other in names)


def keys(names: Iterable[Name]) -> Keys:
    """Of some names."""
    return frozenset(key(name) for name in names)


class Evidence:
    """The passages that a claim cites."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        """In the order in which they are cited."""
        self.passages = tuple(passages)
        self.said = tuple(one for at, p in enumerate(passages) for one in _said(p, at))
        self.text = "\n".join(f"{p.source.title}\n{p.part}\n{p.text}" for p in passages)
        self.vocabulary = Vocabulary(self.text)

    @cached_property
    def days(self) -> frozenset[tuple[int, int]]:
        """Months and days."""
        return frozenset(day for one in self.said for day in days_in(one.text))

    @cached_property
    def digits(self) -> frozenset[str]:
        """Every run of digits."""
        joined = _SEPARATED.sub("", self.text)  # 1.233 is 1233 in German
        return frozenset(re.findall(r"\d+", " ".join((*words(self.text), *words(joined)))))

    @cached_property
    def names(self) -> Keys:
        """All names, and the titles."""
        return frozenset(name for one in self.said for name in one.about)

    @cached_property
    def is_english(self) -> bool:
        """Whether its words can be compared with those of an English claim."""
        return is_english(self.text)

    @cached_property
    def _folded(self) -> str:
        return f" {' '.join(words(self.text))} "

    def has_copy(self, text: str) -> bool:
        """Whether a text stands there word for word."""
        folded = " ".join(words(text))
        return bool(folded) and f" {folded} " in self._folded

    def ranked(self, claim: str, *extra: str) -> list[Said]:
        """Best first: those that have most of the claim's words and numbers."""
        asked = content_stems(f"{claim} {' '.join(extra)}")
        figures = figures_of(claim)

        def score(one: Said) -> tuple[float, int, int]:
            told = sum(any(map(figure.same_as, one.figures)) for figure in figures)
            return (-len(asked & one.stems) - 0.5 * len(asked & one.words) - told, *one.at)

        return sorted(self.said, key=score)

    def excerpt(self, claim: str, most: int = 3) -> str:
        """The best sentences in their order, with the titles of their documents."""
        best = sorted(self.ranked(claim)[:most], key=lambda one: one.at)
        lines: list[str] = []
        for passage in dict.fromkeys(one.at[0] for one in best):
            told = [one.text for one in best if one.at[0] == passage]
            lines.append(f"{self.passages[passage].source.title}: {' '.join(told)}")
        return "\n".join(" ".join(line.split()) for line in lines)


def content_stems(text: str) -> frozenset[str]:
    """Stems of the words that carry the meaning."""
    return frozenset(stem(word) for word in content_words(text) if word not in NEGATORS)


def name_words(names: Iterable[Name]) -> frozenset[str]:
    """All words of some names, folded."""
    return frozenset(one for name in names for word in name.words for one in spelled(word))


def is_english(text: str) -> bool:
    """By its function words; a short text without any may be."""
    every = words(text)
    ours, theirs = sum(map(is_function_word, every)), sum(word in _FOREIGN for word in every)
    plain = sum(word.isascii() for word in every)
    return plain * 2 > len(every) and ours >= theirs and (ours > 0 or len(every) < _MANY)


def in_other_words(claim: str, evidence: Evidence) -> bool:
    """Whether a claim is in another language than its passages, as far as one can see."""
    if is_english(claim) or evidence.is_english:
        return is_english(claim) != evidence.is_english
    small = [word for word in re.findall(r"\w+", claim) if word.islower()]
    return sum(word in evidence.vocabulary.words for word in small) * 3 < len(small)


def has_capital_nouns(text: str) -> bool:
    """Whether it is German, where a capital letter is no sign of a name."""
    return not is_english(text) and any(word in _GERMAN for word in words(text))


def _said(passage: Passage, at: int) -> list[Said]:
    """Its sentences. One that does not begin with a name speaks of what came before, too."""
    title = frozenset({frozenset(spelled(_TITLE_END.sub("", passage.source.title)))})
    found: list[Said] = []
    carried, before = Keys(), title
    for number, (start, end) in enumerate(sentence_spans(passage.text)):
        text = passage.text[start:end]
        names = names_in(text)
        verb = verb_at(text) or 1
        heads = keys(name for name in names if name.start < verb)
        opens = bool(heads) and _PRONOUN.match(text) is None
        goes_on = not opens or _PRONOUN_INSIDE.search(text) is not None
        carried = keys(names) | (carried if goes_on else Keys())
        own = keys(names) if opens else carried | title
        further = keys(name for name in names if stands_before_verb(text, name.end))
        speaks = (heads if opens else heads | before | title) | further
        found.append(Said(text, carried | title, own, speaks, _agents(text, names), (at, number)))
        before = heads or before
    return found


def _agents(text: str, names: Sequence[Name]) -> tuple[tuple[str, frozenset[str]], ...]:
    """Who stands behind a verb and "by"."""
    found = []
    for name in names:
        by = _BY.search(text[: name.start])
        if by is not None:
            found.append((stem(by[1].lower()), key(name)))
    return tuple(found)
