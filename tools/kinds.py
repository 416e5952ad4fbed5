"""What kind of value a question asks for, read off its words, and whether a value is of that kind.

Small models answer "no" to "who" and a name to "when"; a value of the wrong kind is a reason to
doubt it, so the check is cautious: it says no only where the question's own words are plain.
"""

import re
from typing import Literal

from tools.quantities import find_quantities
from tools.values import Amount

Kind = Literal["date", "number", "yes-no", "name", "any"]

_YES_NO = re.compile(
    r"^(is|are|was|were|do|does|did|has|have|had|can|could|will|would)\b", re.IGNORECASE
)
_CHOICE = re.compile(r"\bor\b", re.IGNORECASE)
_DATE = re.compile(
    r"^(when|since when|until when)\b|\b(what|which) (year|date|day|month|decade|century)\b"
    r"|^(what|which) (is|was) .*(\b(date|year|day) of (birth|death)|\bbirthday)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\bhow (many|much|long|old|tall|high|far|large|big|wide|deep|heavy|fast)\b"
    r"|\bwhat (percentage|number|share|proportion)\b"
    r"|^(what|which) (is|was) .*\b(population|running time|length) of\b",
    re.IGNORECASE,
)
_MEASURE = re.compile(
    r"\bhow (long|old|tall|high|far|wide|deep|heavy|fast)\b|\b(running time|length) of\b",
    re.IGNORECASE,
)
_NAMED_THINGS = re.compile(r"^\W*[\w.,]+\s+(?:[^\W\d_]+\s+)*[A-Z][a-z]+")
"""A number, and behind it words with a capital."""
_NAME = re.compile(r"^(who|whom|whose|where)\b|\b(which|what)\b", re.IGNORECASE)
_WHO = re.compile(r"(who|whom|whose|where)\b", re.IGNORECASE)
_PERSON_ASKED = re.compile(r"(?:(?:by|of|to|with|from) )?(who|whom|whose)\b", re.IGNORECASE)
_AUXILIARY = (
    "is|are|was|were|do|does|did|has|have|had|can|could|will|would|of|in|by|from|for|that|which"
)
_THING_ASKED = re.compile(
    rf"\b(?:what|which)((?:\s+(?!(?:{_AUXILIARY})\b)[\w'’-]+){{1,4}})", re.IGNORECASE
)
"""What it is that is asked for, and a few words behind it."""
_PERSONS = re.compile(
    r"\b(person|people|man|men|woman|women|boy|girl|king|queen|president|child|son|wife|husband"
    r"|prince|chief|saint|pope|\w+(er|or|ist|ian|ess)s?)\b",
    re.IGNORECASE,
)
"""Also many words that are no persons: then nothing is doubted."""
_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_DIGIT = re.compile(r"\d")
_NUMBER_WORD = re.compile(
    r"\b(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand"
    r"|million|billion|half|quarter|century|once|twice|none|zero"
    r"|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)\b",
    re.IGNORECASE,
)
_DAY = re.compile(rf"\b({_MONTHS})\b.*\b\d{{4}}\b", re.IGNORECASE)
"""A date, which is no number; May and March are also other words, so a year has to follow."""
_MEASURED = re.compile(rf"(?:\d[\d.,]*|(?i:{_NUMBER_WORD.pattern})) [a-z]+")
"""Six months, which nobody is; Seven Samurai are not asked for by who."""
_BARE_DATE = re.compile(
    rf"(?=.*\d)\W*(?:\d{{1,2}} )?(?:{_MONTHS})?\b(?: \d{{1,2}})?,?(?: ?\d{{3,4}})?\W*",
    re.IGNORECASE,
)
_TRUTH = re.compile(r"^(yes|no|true|false)\b", re.IGNORECASE)
_TIME = re.compile(rf"\b({_MONTHS}|spring|summer|autumn|winter|today|present)\b", re.IGNORECASE)


def kind_of(question: str) -> Kind:
    """The kind of value that a question asks for; `any` where its words do not say."""
    question = question.strip()
    if _YES_NO.search(question) and not _CHOICE.search(question):
        return "yes-no"
    if _DATE.search(question):
        return "date"
    if _NUMBER.search(question):
        return "number"
    return "name" if _NAME.search(question) else "any"


def asks_for_name(question: str) -> bool:
    """Whether the answer can only be a person or a place."""
    return kind_of(question) == "name" and bool(_WHO.match(question.strip()))


def fits(value: str, kind: Kind) -> bool:
    """Whether a value can be of a kind."""
    match kind:
        case "yes-no":
            return bool(_TRUTH.match(value))
        case "date":
            return bool(_DIGIT.search(value) or _TIME.search(value) or _NUMBER_WORD.search(value))
        case "number":
            counts = _DIGIT.search(value) or _NUMBER_WORD.search(value)
            return bool(counts) and not _DAY.search(value)
        case "name":
            return not _TRUTH.match(value)
        case "any":
            return True


def fits_asked(value: str, question: str) -> bool:
    """Whether a value can be what a question asks for.

    A question for a measure is not answered by a number of named things ("four Academy Awards"),
    nor one for a person or a place by a date, nor one for a person by a measure.
    """
    kind = kind_of(question)
    if not fits(value, kind):
        return False
    if asks_for_name(question) and _BARE_DATE.fullmatch(value.strip()):
        return False
    if _PERSON_ASKED.match(question.strip()) and _MEASURED.fullmatch(value.strip()):
        return False
    if kind != "number" or not _MEASURE.search(question):
        return True
    amounts = [one for one in find_quantities(value) if isinstance(one, Amount)]
    counts_only = bool(amounts) and not any(one.unit for one in amounts)
    return not (counts_only and _NAMED_THINGS.search(value))


def out_of_a_date(value: str, text: str) -> bool:
    """Whether a number stands in a text only as the day of a date: it says how many of nothing."""
    number = value.strip()
    if not number.isdecimal():
        return False
    days = rf"\b{number}(?:st|nd|rd|th)?\s+(?:of\s+)?(?:{_MONTHS})\b|\b(?:{_MONTHS})\s+{number}\b"
    without = re.sub(days, " ", text, flags=re.IGNORECASE)
    return without != text and not re.search(rf"\b{number}\b", without)


def may_answer(asked: str, question: str) -> bool:
    """Whether the answer to one question can be the answer to another, by what they ask for.

    Who led a team is not which team was led. Cautious: it says no only where both are plain.
    """
    thing = _THING_ASKED.search(question)
    if thing is None or kind_of(question) != "name" or re.search(r"\bwho", question, re.IGNORECASE):
        return True
    if kind_of(asked) in {"date", "number", "yes-no"}:
        return False
    return not _PERSON_ASKED.match(asked.strip()) or bool(_PERSONS.search(thing[1]))
