"""The tool `compare`: who is older, which came first, are they the same, by how much.

A small model gets such questions wrong, so a table of cue words and the values decide. What they
cannot decide goes to a chooser, if there is one; nothing is guessed here.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, JsonValue

from tools.cues import APART, BOTH, DIFFERENT, HOW, NEGATED, SAME, TIME, YES_OR_NO, Cue, cue_in
from tools.differences import amounts_apart, moments_apart
from tools.facts import Fact, labels, normalised
from tools.quantities import find_quantities
from tools.ranking import MAX_LENGTH, best_of, quantity_of, ranked_by
from tools.sameness import all_same, fits_question, is_name, same_text
from tools.sharing import asks_what_is_shared, shared
from tools.tool import Arguments, ToolError, ToolResult
from tools.values import Amount, Moment, as_amount, as_moment, compare_quantities, unit_named

Chooser = Callable[[str, Sequence[tuple[str, str]]], Awaitable[str | None]]
"""Given the question and (label, value) pairs: the label that answers it, yes or no, or None."""


def _as_fact(given: object) -> object:
    return given if isinstance(given, Fact | dict) else {"value": given}


class CompareArguments(Arguments):
    """What `compare` takes. A plain value stands for a fact of which only the value is known."""

    fact_fields: ClassVar[frozenset[str]] = frozenset({"facts"})

    question: str = Field(max_length=MAX_LENGTH)
    facts: tuple[Annotated[Fact, BeforeValidator(_as_fact)], ...] = Field(
        min_length=2, max_length=50
    )


class Compare:
    """Decides in code where it can, and asks the chooser where it cannot."""

    name = "compare"
    description = (
        "Compares values found before: who is older, which came first, which has more, whether "
        "they are the same, how large the difference is."
    )
    arguments: type[Arguments] = CompareArguments
    resource = "cpu"

    def __init__(self, choose: Chooser | None = None) -> None:
        """`choose` decides what code cannot, which may take a model call."""
        self._choose = choose
        self.seconds = 5.0 if choose is None else 60.0

    async def call(self, arguments: CompareArguments) -> ToolResult:
        """Raises ToolError when a value is missing, or when nobody can decide."""
        case = Case.of(arguments.question, arguments.facts)
        answer = case.answer()
        if answer is None and self._choose is not None:
            answer = await self._choose(case.question, case.pairs())
        if answer is None:
            raise ToolError(case.obstacle())
        return ToolResult(value=answer)


_YES = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(frozen=True)
class Case:
    """One comparison: the question, and for each fact its names and its value as text."""

    question: str
    names: Sequence[tuple[str, ...]]
    """Nearest first."""
    texts: Sequence[str]
    """Blank where there is no value."""

    @classmethod
    def of(cls, question: str, facts: Sequence[Fact]) -> "Case":
        """Of the arguments as they came."""
        return cls(question.strip(), labels(facts), [_text(fact.value) for fact in facts])

    def answer(self) -> str | None:
        """The answer, or None if words and values do not decide. Raises ToolError."""
        if NEGATED.search(self.head):
            return None
        if HOW.search(self.head) and (self.cue or APART.search(self.head)):
            return self._difference()
        if not YES_OR_NO.match(self.question) or self._offers_a_choice():
            return self._shared() if self.asks_what_is_shared else self._selected()
        if (each := self._each_holds()) is not None:
            return _yes(each)
        if self.cue and not SAME.search(self.head):
            return self._comparison_holds()
        return self._sameness_holds()

    @cached_property
    def head(self) -> str:
        """What is asked, without the names: one of them may be "First for Women"."""
        bare = re.sub(r"[\"“][^\"”]*[\"”]", " _ ", self.question)
        cores = {normalised(name) for row in self.names for name in row}
        for core in sorted(cores, key=len, reverse=True):
            bare = re.sub(rf"(?<!\w){_spelled(core)}(?!\w)", " _ ", bare, flags=re.IGNORECASE)
        short = re.sub(r"[,:;–]\s[^,:;]*(?:,[^,:;]*)*\bor\b[^?]*\??\s*$", "", bare)
        return short if cue_in(short) else bare

    @cached_property
    def cue(self) -> Cue | None:
        """Which end of which order is asked for."""
        return cue_in(self.head)

    @cached_property
    def asks_what_is_shared(self) -> bool:
        """ "What occupation do A and B have?" """
        return not self.cue and not self._offers_a_choice() and asks_what_is_shared(self.head)

    def pairs(self) -> list[tuple[str, str]]:
        """What the chooser chooses from; the values themselves, where one is asked for."""
        if self.asks_what_is_shared:
            return [(text, self.name(index)) for index, text in enumerate(self.texts) if text]
        return [(self.name(index), text) for index, text in enumerate(self.texts)]

    def obstacle(self) -> str:
        """Why there is no answer."""
        for index, text in enumerate(self.texts):
            if self.cue and next(find_quantities(text), None) is None:
                return (
                    f"cannot compare: the value of {self.name(index)} has no number: {text[:80]!r}"
                )
        values = " and ".join(repr(text[:80]) for text in self.texts[:4])
        return f"cannot decide {self.question!r} from {values}"

    def name(self, index: int) -> str:
        """What to call a fact in an answer: the option that the question gives, or nearest."""
        for label in self.names[index]:
            if found := self._option(index, label):
                return found
        if self.names[index]:
            return self.names[index][0]
        options = _options(self.question)
        return (
            options[index]
            if len(options) == len(self.texts)
            else self.texts[index] or f"value {index + 1}"
        )

    def _option(self, index: int, label: str) -> str | None:
        """The label as the question writes it, if it stands beside another fact's label there.

        Side by side means that nothing else belongs to it: "the director of Inception or the
        director of Parasite" offers no film.
        """
        mine = _spelled(normalised(label))
        written = " ".join(self.question.replace("’", "'").casefold().split())
        if normalised(label) not in written:
            return None
        others = [name for other, row in enumerate(self.names) if other != index for name in row]
        for other in map(normalised, others):
            pair = rf"(?<!\w)(?:{mine}{_OR}{_spelled(other)}|{_spelled(other)}{_OR}{mine})(?!\w)"
            found = re.search(pair, self.question, re.IGNORECASE)
            if found and not _of_something(self.question[: found.start()]):
                spelled = re.search(rf"(?:\bThe )?(?i:(?<!\w){mine}(?!\w))", self.question)
                has_article = label.startswith(("The ", "A ", "An "))
                return spelled[0] if spelled and not has_article else label
        return None

    def _offers_a_choice(self) -> bool:
        return bool(re.search(r"\bor\b", self.head)) and not re.search(r"\bthan\b", self.head)

    def _shared(self) -> str | None:
        """What the values have in common."""
        self._present(range(len(self.texts)))
        return shared(self.texts, self.head)

    def _present(self, indices: Sequence[int]) -> Sequence[int]:
        for index in indices:
            if not self.texts[index]:
                raise ToolError(f"cannot compare: no value for {self.name(index)}")
        return indices

    def _selected(self) -> str | None:
        """The name of the one at the asked end; more than two may lack values."""
        indices = [index for index, text in enumerate(self.texts) if text]
        if len(indices) < 2 or len(self.texts) == 2:
            indices = list(self._present(range(len(self.texts))))
        ranked = self.cue and ranked_by([self.texts[index] for index in indices], self.cue)
        if not ranked:
            return None
        quantities, sign = ranked
        best = best_of(quantities, sign)
        if len(best) > 1:
            names = "neither" if len(best) == 2 == len(indices) else ""
            names = names or " and ".join(self.name(indices[i]) for i in best)
            return f"{names}: {'both' if len(best) == 2 else 'all'} {self.texts[indices[best[0]]]}"
        return self.name(indices[best[0]]) if best else None

    def _each_holds(self) -> bool | None:
        """ "Are both A and B painters?", of each of which that was asked; whatever cue the rest of
        it holds. None where something else was found."""
        answers = [_YES.get(normalised(text)) for text in self.texts]
        if None in answers or not BOTH.search(self.head) or DIFFERENT.search(self.head):
            return None
        return None if SAME.search(self.head) else all(answers)

    def _comparison_holds(self) -> str | None:
        """ "Is A older than B?" """
        self._present(range(len(self.texts)))
        ranked = self.cue and ranked_by(self.texts, self.cue)
        if not ranked or len(self.texts) != 2:
            return None
        quantities, sign = ranked
        subject = self._subject()
        order = compare_quantities(quantities[subject], quantities[1 - subject])
        return None if order is None else _yes(order * sign > 0)

    def _subject(self) -> int:
        """Whichever of two facts is named first in the question; the first if none is."""
        places = []
        for row in self.names:
            patterns = (rf"(?<!\w){_spelled(normalised(name))}(?!\w)" for name in row)
            found = [re.search(pattern, self.question, re.IGNORECASE) for pattern in patterns]
            places.append(min((match.start() for match in found if match), default=None))
        match places:
            case [None, int(place)]:
                return int(bool(re.search(r"\b(?:than|before|after)\b", self.question[place:])))
            case [int(place), None]:
                return int(not re.search(r"\b(?:than|before|after)\b", self.question[place:]))
            case [int(first), int(second)]:
                return int(second < first)
        return 0

    def _sameness_holds(self) -> str | None:
        """ "Were A and B of the same nationality?", "Are both A and B in Z?" """
        self._present(range(len(self.texts)))
        is_different = bool(DIFFERENT.search(self.head))
        if is_different or SAME.search(self.head):
            same = all_same(self.texts, self.head)
            return None if same is None else _yes(same != is_different)
        if self.cue or not BOTH.search(self.head):
            return None
        return self._all_fit()

    def _all_fit(self) -> str | None:
        """Whether every value is what the question ends with: "... both located in Z?" """
        asked = normalised(self.head.rpartition("_")[2] or self.head)
        fitting = [fits_question(text, asked) for text in self.texts]
        if all(fitting):
            return "yes"
        if any(fitting):
            example = self.texts[fitting.index(True)]
            misfits = [text for text, fits in zip(self.texts, fitting, strict=True) if not fits]
            # A horror film may be a thriller as well; what is in Spain is not in France.
            if any(is_name(text) and same_text(text, example) is False for text in misfits):
                return "no"
        return None

    def _difference(self) -> str | None:
        """By how much two values differ: dates in whole years unless another unit is named."""
        if len(self.texts) != 2:
            return None
        self._present((0, 1))
        found = re.search(r"how (?:many|much) (?:more )?([a-z]+)|in ([a-z]+)\W*$", self.head, re.I)
        unit = unit_named(found[1] or found[2]) if found else None
        readers = [as_moment, as_amount] if TIME.search(self.head) else [as_amount, as_moment]
        for reader in readers:
            first, second = (quantity_of(text, reader) for text in self.texts)
            if isinstance(first, Moment) and isinstance(second, Moment):
                return moments_apart(first, second, unit or "year")
            if isinstance(first, Amount) and isinstance(second, Amount):
                return amounts_apart(first, second, unit)
        return None


_OR = r"['\"”]?\s*(?:,|,?\s*(?:or|and|vs\.?|versus)\b)\s*(?:the\s+|an?\s+)?(?:[a-z]+\s+)?['\"“]?"


def _spelled(core: str) -> str:
    return re.escape(core).replace(r"\ ", r"\s+").replace("'", "['’]")


def _of_something(before: str) -> bool:
    """Whether the text ends with "the director of": then what follows is no option by itself."""
    found = re.search(
        r"\b(?:the|an?)\s+((?:[a-z]+\s+){1,3})(?:of|for|by|in)\s+(?:the\s+)?$", before
    )
    return bool(found) and cue_in(found[1]) is None if found else False


def _options(question: str) -> list[str]:
    """ "A" and "B" of a question that ends with ", A or B?" """
    found = re.search(r"[,:;–]\s+([^,:;]+(?:,[^,:;]+)*?),?\s+or\s+([^,:;?]+)\??\s*$", question)
    if not found:
        return []
    return [option.strip() for option in [*found[1].split(","), found[2]] if option.strip()]


def _text(value: JsonValue) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(filter(None, map(_text, value)))
        case dict():
            return ", ".join(filter(None, map(_text, value.values())))
    return str(value).strip()


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"
