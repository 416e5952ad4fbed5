"""The tool `compare`: who is older, which came first, are they the same, by how much.

A small model gets such questions wrong, so a table of cue words and the values decide. What they
cannot decide goes to a chooser, if there is one; nothing is guessed here.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from fractions import Fraction
from functools import cached_property
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, JsonValue

from tools.facts import Fact, labels, normalised
from tools.quantities import (
    MONTHS,
    Amount,
    Moment,
    Quantity,
    as_amount,
    as_moment,
    compare_quantities,
    convert,
    find_quantities,
    unit_named,
    years_apart,
)
from tools.tool import Arguments, ToolError, ToolResult

Chooser = Callable[[str, Sequence[tuple[str, str]]], Awaitable[str | None]]
"""Given the question and (label, value) pairs: the label that answers it, yes or no, or None."""


MAX_LENGTH = 500
"""Characters of a question, and of a value that are searched for quantities."""


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


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that ask for one end of an order."""

    words: re.Pattern[str]
    moment: int
    """Which date wins: 1 the latest, -1 the earliest, 0 dates are not compared so."""
    amount: int
    """Which amount wins: 1 the largest, -1 the smallest, 0 amounts are not compared so."""
    duration: int = 0
    """Which wins among amounts of time, where that is another one (the fastest takes least)."""


def _cue(words: str, moment: int, amount: int, duration: int = 0) -> Cue:
    return Cue(re.compile(rf"\b(?:{words})\b"), moment, amount, duration)


# The first row that matches counts: what is said exactly stands above what is said in passing
# ("whose first album was released later" asks for the later one).
_CUES = (
    _cue("(?:least|less) recent(?:ly)?", -1, 0),
    _cue("(?:more|most) recent(?:ly)?", 1, 0),
    _cue("older|oldest|elder|eldest|senior|more ancient|most ancient", -1, 1),
    _cue("younger|youngest|newer|newest|junior|more modern|most modern", 1, -1),
    _cue(r"born (?:\w+ )?(?:first|earlier|earliest|before|sooner)", -1, 1),
    _cue(r"born (?:\w+ )?(?:last|later|latest|after)", 1, -1),
    _cue(
        r"(?:been|existed|around|history)\b.*\b(?:longer|longest)|(?:longer|longest) history", -1, 1
    ),
    _cue("faster|fastest|quicker|quickest", 0, 1, -1),
    _cue("slower|slowest", 0, -1, 1),
    _cue(
        "less|least|fewer|fewest|smaller|smallest|lower|lowest|shorter|shortest|lighter|lightest|"
        "cheaper|cheapest|poorer|poorest|narrower|narrowest|colder|coldest|cooler|coolest|closer|"
        "closest|nearer|nearest|thinner|thinnest|shallower|shallowest|weaker|weakest",
        0,
        -1,
    ),
    _cue(
        "more|most|larger|largest|bigger|biggest|greater|greatest|higher|highest|taller|tallest|"
        "longer|longest|heavier|heaviest|wealthier|wealthiest|richer|richest|wider|widest|deeper|"
        "deepest|farther|farthest|further|furthest|hotter|hottest|warmer|warmest|stronger|"
        "strongest|thicker|thickest|denser|densest|costlier|costliest|exceeds?|exceeded|"
        "surpass(?:es|ed)?|beats?|outnumber(?:s|ed)?|outsold|outsells?|outgross(?:es|ed)?",
        0,
        1,
    ),
    _cue("earlier|earliest|sooner|soonest|preced(?:es?|ed)|predat(?:es?|ed)", -1, 0),
    _cue("later|latest|postdat(?:es?|ed)|outliv(?:es?|ed)|succeed(?:s|ed)", 1, 0),
    _cue("before|prior", -1, 0),
    _cue("after", 1, 0),
    _cue("first", -1, 0),
    _cue("last", 1, 0),
)
_YES_OR_NO = re.compile(
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would)\b", re.IGNORECASE
)
_NEGATED = re.compile(r"\b(?:not|neither|nor|never|except)\b|n't\b", re.IGNORECASE)
_SAME = re.compile(r"\b(?:same|equal(?:ly)?|identical|shares?|shared|in common)\b")
_DIFFERENT = re.compile(r"\b(?:different|differ|differs)\b")
_BOTH = re.compile(r"\b(?:both|also|all|each|and)\b")
_HOW = re.compile(r"\bhow (?:many|much|long|far|old)\b|\bdifference\b|\bgap\b", re.IGNORECASE)
_APART = re.compile(
    r"\b(?:by how|difference|gap|between|apart|separat\w+|passed|elapsed|when|than)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(?:years?|months?|weeks?|days?|decades?|age|old|older|younger|born|died|released|founded|"
    r"long|earlier|later|before|after|time)\b"
)
_FILLERS = (
    "both also all each and is are was were do does did has have had located situated based found "
    "from in of by at on born the a an made directed written published produced films people "
    "companies bands cities considered currently living come originally to"
)
_FIT_FILLERS = frozenset(_FILLERS.split())
_ALIASES = {
    "usa": "united states",
    "us": "united states",
    "u.s": "united states",
    "u.s.a": "united states",
    "united states of america": "united states",
    "uk": "united kingdom",
    "u.k": "united kingdom",
    "great britain": "united kingdom",
}
_YES = {"yes": True, "true": True, "no": False, "false": False}
_DEMONYM = re.compile(
    r"(?:.*(?:an|ish|ese|ian|ic|i)|french|dutch|greek|swiss|czech|thai|welsh|british)$"
)


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
        if _NEGATED.search(self.head):
            return None
        if _HOW.search(self.head) and (self.cue or _APART.search(self.head)):
            return self._difference()
        if not _YES_OR_NO.match(self.question) or self._offers_a_choice():
            return self._selected()
        if self.cue and not _SAME.search(self.head):
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
        return short if _cue_in(short) else bare

    @cached_property
    def cue(self) -> Cue | None:
        """Which end of which order is asked for."""
        return _cue_in(self.head)

    def pairs(self) -> list[tuple[str, str]]:
        """What the chooser chooses from."""
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
        ranked = self.cue and _ranked([self.texts[index] for index in indices], self.cue)
        if not ranked:
            return None
        quantities, sign = ranked
        best = _best(quantities, sign)
        if len(best) > 1:
            names = "neither" if len(best) == 2 == len(indices) else ""
            names = names or " and ".join(self.name(indices[i]) for i in best)
            return f"{names}: {'both' if len(best) == 2 else 'all'} {self.texts[indices[best[0]]]}"
        return self.name(indices[best[0]]) if best else None

    def _comparison_holds(self) -> str | None:
        """ "Is A older than B?" """
        self._present(range(len(self.texts)))
        ranked = self.cue and _ranked(self.texts, self.cue)
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
        is_different = bool(_DIFFERENT.search(self.head))
        if is_different or _SAME.search(self.head):
            same = all_same(self.texts, self.head)
            return None if same is None else _yes(same != is_different)
        if self.cue or not _BOTH.search(self.head):
            return None
        answers = [_YES.get(normalised(text)) for text in self.texts]
        if None not in answers:
            return _yes(all(answers))
        return self._all_fit()

    def _all_fit(self) -> str | None:
        """Whether every value is what the question ends with: "... both located in Z?" """
        asked = normalised(self.head.rpartition("_")[2] or self.head)
        fitting = [_fits(text, asked) for text in self.texts]
        if all(fitting):
            return "yes"
        if any(fitting):
            example = self.texts[fitting.index(True)]
            misfits = [text for text, fits in zip(self.texts, fitting, strict=True) if not fits]
            # A horror film may be a thriller as well; what is in Spain is not in France.
            if any(_is_name(text) and same_text(text, example) is False for text in misfits):
                return "no"
        return None

    def _difference(self) -> str | None:
        """By how much two values differ: dates in whole years unless another unit is named."""
        if len(self.texts) != 2:
            return None
        self._present((0, 1))
        found = re.search(r"how (?:many|much) (?:more )?([a-z]+)|in ([a-z]+)\W*$", self.head, re.I)
        unit = unit_named(found[1] or found[2]) if found else None
        readers = [as_moment, as_amount] if _TIME.search(self.head) else [as_amount, as_moment]
        for reader in readers:
            first, second = (_quantity_of(text, reader) for text in self.texts)
            if isinstance(first, Moment) and isinstance(second, Moment):
                return moments_apart(first, second, unit or "year")
            if isinstance(first, Amount) and isinstance(second, Amount):
                return _amounts_apart(first, second, unit)
        return None


_OR = r"['\"”]?\s*(?:,|,?\s*(?:or|and|vs\.?|versus)\b)\s*(?:the\s+|an?\s+)?(?:[a-z]+\s+)?['\"“]?"


def _spelled(core: str) -> str:
    return re.escape(core).replace(r"\ ", r"\s+").replace("'", "['’]")


def _cue_in(words: str) -> Cue | None:
    """In small letters first: "First" inside of a question is a part of a name."""
    for text in (words, words.lower()):
        if found := next((cue for cue in _CUES if cue.words.search(text)), None):
            return found
    return None


def _of_something(before: str) -> bool:
    """Whether the text ends with "the director of": then what follows is no option by itself."""
    found = re.search(
        r"\b(?:the|an?)\s+((?:[a-z]+\s+){1,3})(?:of|for|by|in)\s+(?:the\s+)?$", before
    )
    return bool(found) and _cue_in(found[1]) is None if found else False


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


Reading = Callable[[Quantity], Quantity | None]


def _quantity_of(text: str, reader: Reading) -> Quantity | None:
    """The first quantity that is of that kind as it stands, else the first that can be."""
    found = list(find_quantities(text[:MAX_LENGTH]))
    for quantity in found:
        if reader(quantity) is quantity:
            return quantity
    return next((read for quantity in found if (read := reader(quantity))), None)


def _is_moment(quantity: Quantity) -> Quantity | None:
    return quantity if isinstance(quantity, Moment) else None


def _ranked(texts: Sequence[str], cue: Cue) -> tuple[Sequence[Quantity], int] | None:
    """The values as quantities of one kind that the cue can compare, and which end wins."""
    # A bare year stays a date as long as dates are asked for; "450" is one only beside a date.
    readers: list[tuple[Reading, int]] = [
        (_is_moment, cue.moment),
        (as_amount, cue.amount),
        (as_moment, cue.moment),
    ]
    for reader, sign in readers:
        read = (
            [quantity for text in texts if (quantity := _quantity_of(text, reader))] if sign else []
        )
        if not read or len(read) < len(texts):
            continue
        times = [isinstance(q, Amount) and convert(q, "second") is not None for q in read]
        return read, cue.duration if cue.duration and all(times) else sign
    return None


def _best(quantities: Sequence[Quantity], sign: int) -> Sequence[int]:
    """Who is at that end: several if they are equal, none if that cannot be told."""
    best = []
    for index, quantity in enumerate(quantities):
        orders = [compare_quantities(quantity, other) for other in quantities]
        if any(order is not None and order * sign < 0 for order in orders):
            continue
        if None in orders:
            return []
        best.append(index)
    return best


def _amounts_apart(a: Amount, b: Amount, unit: str | None) -> str | None:
    other = convert(b, a.unit)
    if other is None:
        return None
    gap = Amount(abs(a.magnitude - other.magnitude), a.unit)
    return str((convert(gap, unit) if unit else None) or gap)


def moments_apart(a: Moment, b: Moment, unit: str) -> str | None:
    """The time between two dates in whole units, or None if they are not precise enough."""
    days = _days_apart(a, b)
    if unit in ("day", "week"):
        per = 1 if unit == "day" else 7
        return None if days is None else str(Amount(Fraction(days // per), unit))
    if unit == "month":
        return _months_apart(a, b)
    years = years_apart(a, b)
    if not years and days:
        return f"less than a year ({Amount(Fraction(days), 'day')})"
    return str(Amount(Fraction(years), "year"))


def _days_apart(a: Moment, b: Moment) -> int | None:
    if not (a.day and b.day and min(a.year, b.year) > 0):
        return None
    return abs((date(*a.first) - date(*b.first)).days)


def _months_apart(a: Moment, b: Moment) -> str | None:
    if not (a.month and b.month):
        return None
    early, late = sorted((a, b), key=lambda moment: moment.first)
    months = 12 * (late.year - early.year) + late.first[1] - early.first[1]
    if early.day and late.day and late.day < early.day:
        months -= 1
    return str(Amount(Fraction(months), "month"))


def all_same(texts: Sequence[str], question: str) -> bool | None:
    """Whether all values are the same in what the question asks for; None if that is unclear."""
    verdicts = [_same_pair(texts[0], text, question) for text in texts[1:]]
    if False in verdicts:
        return False
    return True if None not in verdicts else None


def _same_pair(a: str, b: str, question: str) -> bool | None:
    grain = re.search(r"\b(?:year|decade|century|month|day|date)\b", question)
    first, second = (_quantity_of(text, _is_moment) for text in (a, b))
    if grain and isinstance(first, Moment) and isinstance(second, Moment):
        return _same_moment(first, second, grain[0])
    if normalised(a) != normalised(b) and not _is_name(a) and not _is_name(b):
        one, other = next(find_quantities(a), None), next(find_quantities(b), None)
        if one and other:
            order = compare_quantities(one, other)
            return None if order is None else order == 0
    return same_text(a, b)


def _same_moment(a: Moment, b: Moment, grain: str) -> bool | None:
    width = {"decade": 10, "century": 100}.get(grain, 1)
    # Centuries are counted from year 1, decades from year 0.
    shift = 1 if grain == "century" else 0
    spans = [((m.year - shift) // width, (m.last[0] - shift) // width) for m in (a, b)]
    if any(first != last for first, last in spans):
        return None if compare_quantities(a, b) in (None, 0) else False
    if grain in ("year", "decade", "century") or spans[0] != spans[1]:
        return spans[0] == spans[1]
    order = compare_quantities(a, b)
    if grain == "month":
        return a.month == b.month if a.month and b.month else None
    return None if order is None or not (a.day and b.day) else order == 0


def _is_name(text: str) -> bool:
    return any(word not in MONTHS for word in re.findall(r"\b[A-Z][a-z]{2,}", text))


def same_text(a: str, b: str) -> bool | None:
    """Whether two names mean the same; None where spelling cannot tell.

    "Paris, France" is "Paris". Unlike names of one kind differ, but "American" and "USA" or
    "Japan" and "Japanese" may mean the same, and so may two spellings of one name.
    """
    first, second = (_parts(text) for text in (a, b))
    if first == second or (
        first[0] == second[0] and (set(first) <= set(second) or set(second) <= set(first))
    ):
        return True
    if set(first) & set(second) or len(first) > 1 != len(second) > 1:
        return None
    one, other = first[0], second[0]
    words, more = set(one.split()), set(other.split())
    if words <= more or more <= words or (words & more and (a.islower() or b.islower())):
        return None
    are_near = (
        one[:4] == other[:4]
        or len(one + other) > 200
        or SequenceMatcher(None, one, other).ratio() > 0.8
    )
    is_kind_alike = bool(_DEMONYM.fullmatch(one)) == bool(_DEMONYM.fullmatch(other))
    return None if are_near or not is_kind_alike else False


def _parts(text: str) -> list[str]:
    """The pieces between commas, each as it is compared."""
    parts = [normalised(part) for part in text.split(",")]
    return [_ALIASES.get(part, part) for part in parts if part] or [""]


def _fits(text: str, asked: str) -> bool:
    """Whether the value is what is asked: it stands at the end, behind words that do not matter."""
    wanted = re.findall(r"\w+", asked)
    while wanted and wanted[0] in _FIT_FILLERS:
        wanted = wanted[1:]
    name = _ALIASES.get(" ".join(wanted), " ".join(wanted))
    return bool(name) and any(
        name.removesuffix("s") == part.removesuffix("s") for part in _parts(text)
    )
