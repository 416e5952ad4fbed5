"""What a text answers, and which answers are the same."""

import re
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

FORM = 'Think step by step. Then end with a line "Answer: " and the answer alone.'
_MARKED = re.compile(
    r"^[\W_]*(?:the\s+)?(?:final\s+)?answer\b(?:\s+is)?[*_]*\s*[:=][*_]*\s*(\S.*)$"
    r"|^#+[ *_]*(?:the\s+)?(?:final\s+)?answer[*_]*\n\s*(\S.*)$"
    r"|^#{3,}\s*(?!\d+[.):]\s)([-+−$€£]*\.?\d.*|[a-z0-9][.*]*)$",
    re.IGNORECASE | re.MULTILINE,
)
"""Behind "Answer:", below a heading that says so, or, as GSM8K has it, a number behind ####."""
_SAID = re.compile(r"\banswer\s+is:?\s+(\S.*?)(?:\.\s|\.?$)", re.IGNORECASE | re.MULTILINE)
_BOXED = re.compile(r"\\(?:boxed|fbox)\s*\{")
_NUMBER = re.compile(r"[-−]?\$?(?:\d[\d,]*(?:\.\d+)?|(?<![\w.])\.\d+)(?:/\d+)?%?")
_AROUND = " \t\r\n.,;:!*_`\"'“”‘’"
_BEFORE = re.compile(rf"^(?:(?!(?<!\.)\.\d)[{re.escape(_AROUND)}])+")
"""What stands before an answer; the point of `.5` is of it."""
_DROPPED = re.compile(
    r"\\(?:left|right|displaystyle|mathrm|mbox|!|,|;|:| |quad)\b|\\[!,;: \[\]()]|\\\$|[$€£¥]"
)
_TEXT = re.compile(r"\\(?:text|mathrm|mbox|textbf|operatorname)\s*\{([^{}]*)\}")
_FRACTION = re.compile(r"(\d)?\s*\\[dt]?frac\s*(?:\{([^{}]+)\}\s*\{([^{}]+)\}|(\d)\s*(\d))")
_ONE_TERM = re.compile(r"[-+]?(?:[\d.]+|\\?[a-z]+)")
_VULGAR = re.compile(r"(?<=\d)(?=[¼-¾⅐-⅞])")
_MIXED = re.compile(r"^([-+]?)(\d+) (\d+)/(\d+)(?![\d.])")
_AMOUNT = re.compile(r"([-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:/\d+)?)\s*(%?)\s*(.*)", re.DOTALL)
_THOUSANDS = re.compile(r"(?<=\d)(?:,|\{,\}|\s)(?=\d{3}(?!\d))")
_LETTER = re.compile(r"\(?([a-z])\)?")
_CHOICE = re.compile(r"\(?([a-z])[).:]\s.+", re.DOTALL)
_UNIT = re.compile(
    r"%.*|\^?\{?(?:\\circ|°)\}? ?[cf]?|\\degrees?|[mgshlvwj\u0400-\uffff]"
    r"|(?!(?:pi|sin|cos|tan|log|ln|exp|sqrt|(?:hundred|thousand|[mbtr]+illion|dozen)s?)\b)"
    r"[^\W\d_]{2}[^\d\\+=<>*]*(?:\^?\{?[23]\}?)?"
)
"""What may be left out behind a number: words, not the rest of a term or of a larger number."""

Reading = Callable[[str], str | None]
"""The answer in a text; None where it has none."""
Same = Callable[[str, str], Awaitable[bool]]
"""Whether two answers say the same."""


def last_answer(text: str) -> str | None:
    r"""The answer that a text ends with: in \boxed{}, or behind "Answer:" or ####.

    The last of them counts; without any, what stands behind the last "the answer is". None where
    the text names none.
    """
    marked, boxed = list(_MARKED.finditer(text)), _last_boxed(text)
    if boxed is not None and (not marked or boxed[0] >= marked[-1].start()):
        return _bare(boxed[1])
    if found := marked or list(_SAID.finditer(text)):
        return _bare(next(part for part in found[-1].groups() if part))
    return None


def last_number(text: str) -> str | None:
    """The answer as `last_answer` finds it, else the last number of the text (GSM8K's custom)."""
    marked = last_answer(text)
    if marked is not None:
        return marked
    numbers = _NUMBER.findall(text)
    return _bare(numbers[-1]) if numbers else None


def _last_boxed(text: str) -> tuple[int, str] | None:
    """Where the last box is, and what stands in it; None without one whose braces match."""
    for begins in reversed(list(_BOXED.finditer(text))):
        depth = 1
        for place in range(begins.end(), len(text)):
            depth += (text[place] == "{") - (text[place] == "}")
            if depth == 0:
                return begins.start(), text[begins.end() : place]
    return None


def _bare(answer: str) -> str | None:
    """Without what stands around it; None where nothing is left."""
    return _trimmed(_trimmed(answer).removeprefix("\\(").removesuffix("\\)")) or None


def _trimmed(text: str) -> str:
    return _BEFORE.sub("", text.rstrip(_AROUND))


def plain(answer: str) -> str:
    r"""One way of writing for many: `70{,}000.00` is `70000`, `\frac{1}{2}` and `0.5` are `1/2`."""
    text = unicodedata.normalize("NFKC", _VULGAR.sub(" ", answer)).casefold()
    text = text.replace("−", "-").replace("⁄", "/").replace("~", " ")
    text = _FRACTION.sub(_in_a_line, _TEXT.sub(r"\1", text))
    text = _DROPPED.sub("", text).replace("\\%", "%").replace("\\{", "{").replace("\\}", "}")
    text = _trimmed(text)
    if text[:1] not in {"(", "[", "{"}:  # its commas are between members
        text = _THOUSANDS.sub("", text)
    if letter := _LETTER.fullmatch(text):
        return letter[1]
    amount = _AMOUNT.fullmatch(_MIXED.sub(_improper, text))
    if amount is None:
        return re.sub(r"\s*,\s*", ", ", " ".join(text.split()))
    try:
        number = str(Fraction(amount[1]))
    except (ValueError, ZeroDivisionError):
        return " ".join(text.split())
    return f"{number}{amount[2]} {' '.join(amount[3].split())}".strip()


def _in_a_line(found: re.Match[str]) -> str:
    """A fraction as it is written in a line; behind a digit, `1 1/2` is a number."""
    whole, top, below = found[1] or "", found[2] or found[4], found[3] or found[5]
    terms = (one if _ONE_TERM.fullmatch(one.strip()) else f"({one})" for one in (top, below))
    fraction = "/".join(terms)
    return f"{whole} {fraction}" if whole and fraction[0].isdigit() else f"{whole}{fraction}"


def _improper(found: re.Match[str]) -> str:
    """`3/2` for `1 1/2`."""
    sign, whole, top, below = found.groups()
    return f"{sign}{int(whole) * int(below) + int(top)}/{below}"


async def plainly_same(one: str, other: str) -> bool:
    """Whether they are the same but for how they are written; in one, the unit may be missing, or
    what stands behind the letter of a choice."""
    first, second = plain(one), plain(other)
    if first == second or not (first and second):
        return first == second
    return _alone(first) == second or first == _alone(second)


def other_unit(one: str, other: str) -> bool:
    """Whether both have a unit, and not the same: `5 km` and `5 m`; `h` is short for `hours`."""
    units = [_amount(plain(text))[1] for text in (one, other)]
    short, long = sorted(units, key=len)
    is_short = len(long) > 3 and re.match(".*".join(map(re.escape, short)), long) is not None
    return bool(short) and short != long and not is_short


def _alone(text: str) -> str:
    """The number without its unit, or the letter of a choice; "" where there is neither."""
    choice = _CHOICE.fullmatch(text)
    return choice[1] if choice else _amount(text)[0]


def _amount(text: str) -> tuple[str, str]:
    """A number and its unit; nothing where there is none."""
    amount = _AMOUNT.fullmatch(text)
    unit = f"{amount[2]}{amount[3]}" if amount else ""
    return (amount[1], unit) if amount and _UNIT.fullmatch(unit) else ("", "")


@dataclass(frozen=True, slots=True)
class Answers:
    """How the texts of a task are read."""

    form: str = FORM
    """Tells the model how to answer; "": it is told nothing."""
    given: Reading = last_answer
    """The answer that a text names: a step that names one is the last of its solution."""
    same: Same = plainly_same
    guessed: Reading | None = None
    """Of a text that names none, what may stand for it, as its last number; never of a step."""

    def of(self, text: str) -> str | None:
        """The answer of a whole text, named or guessed."""
        answer = self.given(text)
        return self.guessed(text) if answer is None and self.guessed is not None else answer


@dataclass
class Group:
    """An answer and all that say the same."""

    answer: str
    """As it was written first."""
    weight: float = 0.0
    members: list[int] = field(default_factory=list)


class Tally:
    """Votes for answers as they come. Of two with as many, the one that came first leads."""

    def __init__(self, answers: Answers) -> None:
        """`answers` says which are the same."""
        self._answers = answers
        self.groups: list[Group] = []
        self.votes = 0
        """Those that were cast, be it for nothing."""
        self.weight = 0.0
        """Of all."""

    async def add(self, answer: str | None, member: int, weight: float = 1.0) -> Group | None:
        """A vote; None votes for nothing, and counts."""
        self.votes += 1
        self.weight += weight
        if answer is None:
            return None
        for group in self.groups:
            if await self._answers.same(group.answer, answer):
                break
        else:
            group = Group(answer)
            self.groups.append(group)
        group.weight += weight
        group.members.append(member)
        return group

    @property
    def ranked(self) -> Sequence[Group]:
        """The heaviest first."""
        return sorted(self.groups, key=lambda group: -group.weight)

    @property
    def share(self) -> float:
        """Of the weight that stands behind the leading answer, 0 to 1."""
        return self.ranked[0].weight / self.weight if self.groups and self.weight > 0 else 0.0


async def tallied(answers: Answers, said: Sequence[str | None]) -> Tally:
    """The votes of all, by their places."""
    tally = Tally(answers)
    for member, answer in enumerate(said):
        await tally.add(answer, member)
    return tally
