"""What the cited passages say, sentence by sentence, and of what each sentence speaks."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from planner.verification.claims import stands_before_verb, verb_at
from planner.verification.figures import days_in
from planner.verification.naming import Name, Vocabulary, names_in, spelled
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
_MANY = 8
_CHUNK = re.compile(r"[,;:(]\s*|\s(?:and|but|while|whereas)\s")


@dataclass(frozen=True)
class Said:
    """A sentence of a passage."""

    text: str
    about: frozenset[str]
    """Words of the names that it may speak of: its own, the title's, and those before a pronoun."""
    own: frozenset[str]
    """The same without the title's, where it begins with another name."""
    heads: frozenset[str]
    """Words of the names before its verb; where there is none, of those that it goes on about."""
    at: tuple[int, int]
    """Which passage, and which sentence of it."""

    @cached_property
    def words(self) -> frozenset[str]:
        """Stems of its own words."""
        return frozenset(map(stem, words(self.text)))

    @cached_property
    def stems(self) -> frozenset[str]:
        """Of its words and of what it is about."""
        return self.words | frozenset(map(stem, self.about))

    @cached_property
    def figures(self) -> tuple[Quantity, ...]:
        """Its numbers and dates."""
        return tuple(find_quantities(self.text))

    @cached_property
    def chunks(self) -> tuple[tuple[frozenset[str], tuple[Quantity, ...]], ...]:
        """Names and figures between commas and conjunctions."""
        pieces = _CHUNK.split(self.text)
        return tuple((name_words(names_in(one)), tuple(find_quantities(one))) for one in pieces)


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
        return frozenset(re.findall(r"\d+", " ".join(words(self.text))))

    @cached_property
    def is_english(self) -> bool:
        """Whether its words can be compared with those of an English claim."""
        return is_english(self.text)

    def ranked(self, claim: str, *extra: str) -> list[Said]:
        """Best first: those that have most of the claim's words."""
        asked = content_stems(f"{claim} {' '.join(extra)}")

        def score(one: Said) -> tuple[float, int, int]:
            return (-len(asked & one.stems) - 0.5 * len(asked & one.words), *one.at)

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


def _said(passage: Passage, at: int) -> list[Said]:
    """Its sentences. One that does not begin with a name speaks of what came before, too."""
    title = frozenset(spelled(passage.source.title))
    found: list[Said] = []
    carried, before = frozenset[str](), title
    for number, (start, end) in enumerate(sentence_spans(passage.text)):
        text = passage.text[start:end]
        names = names_in(text)
        opens = bool(names) and names[0].start == 0 and names[0].sure
        carried = name_words(names) if opens else name_words(names) | carried
        own = carried if opens else carried | title
        heads = _heads(text, names)
        before = heads or before
        found.append(Said(text, carried | title, own, heads or before | title, (at, number)))
    return found


def _heads(text: str, names: Sequence[Name]) -> frozenset[str]:
    """Words of the names before its verb, and before the verbs of further clauses."""
    verb = verb_at(text)
    if verb is None:
        return name_words(name for name in names[:1] if name.start == 0)
    heads = [name for name in names if name.start < verb]
    heads += [name for name in names if stands_before_verb(text, name.end)]
    return name_words(heads)
