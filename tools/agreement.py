"""Whether two values for one question agree, contradict each other, or may be either."""

from difflib import SequenceMatcher
from fractions import Fraction

from tools.facts import normalised
from tools.quantities import find_quantities
from tools.sameness import all_same, is_name
from tools.values import Amount, Moment, Quantity, convert
from tools.words import words

_ROUNDED = Fraction(1, 50)
"""Two measures of a thing that differ by less are the same one, rounded or converted."""
_ALIKE = 0.6
_LONG = 200


def agree(a: str, b: str, question: str) -> bool | None:
    """True for the same in other words, False for a contradiction; None where that is unclear.

    Dates written in another way, numbers in other units and names with or without a middle name
    are the same. A year and a day of that year are no contradiction, nor are two spellings.
    """
    if normalised(a) == normalised(b) or _with_middle_name(a, b):
        return True
    one, other = (next(find_quantities(text), None) for text in (a, b))
    if one is not None and other is not None and not (is_name(a) or is_name(b)):
        near = _near(one, other)
        if near is not None:
            return near
    first, second = sorted((a, b))
    return False if _are_unlike_names(a, b) else all_same([first, second], question.lower())


def _with_middle_name(a: str, b: str) -> bool:
    """Whether one name is the other with something in its middle."""
    short, long = sorted((words(a), words(b)), key=len)
    ends = len(short) > 1 and (short[0], short[-1]) == (long[0], long[-1])
    return ends and is_name(a) and is_name(b) and set(short) <= set(long)


def _are_unlike_names(a: str, b: str) -> bool:
    """Whether two whole names have nothing in common, not even the sound."""
    if not (is_name(a) and is_name(b)) or set(words(a)) & set(words(b)):
        return False
    whole = min(len(words(a)), len(words(b))) > 1
    alike = max(SequenceMatcher(None, *pair).ratio() for pair in ((a, b), (b, a)))
    return whole and len(a + b) < _LONG and alike < _ALIKE


def _near(a: Quantity, b: Quantity) -> bool | None:
    """Whether two quantities are the same but for rounding; None where they do not compare so."""
    match a, b:
        case Amount(), Amount():
            other = convert(b, a.unit)
            if other is None:
                return None
            gap = abs(a.magnitude - other.magnitude)
            return gap <= _ROUNDED * max(abs(a.magnitude), abs(other.magnitude))
        case Moment(), Moment():
            overlap = a.first <= b.last and b.first <= a.last
            return a == b or (None if overlap else False)
    return None
