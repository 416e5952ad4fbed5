"""What a text answers, and which answers are the same."""

import re
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

FORM = 'Think step by step. Then end with a line "Answer: " and the answer alone.'
_MARKED = re.compile(
    r"^[\W_]*(?:the\s+)?(?:final\s+)?answer\b(?:\s+is)?[*_]*\s*[:=][*_]*\s*(\S.*)$|^#{3,}\s*(\S.*)$",
    re.IGNORECASE | re.MULTILINE,
)
_SAID = re.compile(r"\banswer\s+is:?\s+(\S.*?)(?:\.\s|\.?$)", re.IGNORECASE | re.MULTILINE)
_BOXED = re.compile(r"\\(?:boxed|fbox)\s*\{")
_NUMBER = re.compile(r"[-−]?\$?\d[\d,]*(?:\.\d+)?(?:/\d+)?%?")
_AROUND = " \t\r\n.,;:!*_`\"'“”‘’"
_DROPPED = re.compile(
    r"\\(?:left|right|displaystyle|mathrm|mbox|!|,|;|:| |quad)\b|\\[!,;: ]|\\\$|[$€£¥]"
)
_TEXT = re.compile(r"\\(?:text|mathrm|mbox|textbf|operatorname)\s*\{([^{}]*)\}")
_FRACTION = re.compile(r"\\[dt]?frac\s*(?:\{([^{}]+)\}\s*\{([^{}]+)\}|(\d)\s*(\d))")
_AMOUNT = re.compile(r"([-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:/\d+)?)\s*(%?)\s*(.*)", re.DOTALL)
_THOUSANDS = re.compile(r"(?<=\d)(?:,|\{,\}|\s)(?=\d{3}(?!\d))")

Same = Callable[[str, str], Awaitable[bool]]
"""Whether two answers say the same."""


def last_answer(text: str) -> str | None:
    r"""The answer that a text ends with: in \boxed{}, behind "Answer:" or ####, or "the answer is".

    The last of them counts. None where the text names none.
    """
    boxed = _last_boxed(text)
    if boxed is not None:
        return _bare(boxed)
    for pattern in (_MARKED, _SAID):
        if found := list(pattern.finditer(text)):
            return _bare(next(part for part in found[-1].groups() if part))
    return None


def last_number(text: str) -> str | None:
    """The answer as `last_answer` finds it, else the last number of the text (GSM8K's custom)."""
    marked = last_answer(text)
    if marked is not None:
        return marked
    numbers = _NUMBER.findall(text)
    return _bare(numbers[-1]) if numbers else None


def _last_boxed(text: str) -> str | None:
    """What stands in the last box, its braces matched; None without one that is closed."""
    for begins in reversed(list(_BOXED.finditer(text))):
        depth = 1
        for place in range(begins.end(), len(text)):
            depth += (text[place] == "{") - (text[place] == "}")
            if depth == 0:
                return text[begins.end() : place]
    return None


def _bare(answer: str) -> str | None:
    """Without what stands around it; None where nothing is left."""
    return answer.strip(_AROUND).removeprefix("\\(").removesuffix("\\)").strip(_AROUND) or None


def plain(answer: str) -> str:
    r"""One way of writing for many: `70{,}000.00` is `70000`, `\frac{1}{2}` and `0.5` are `1/2`."""
    text = unicodedata.normalize("NFKC", answer).casefold().replace("−", "-")
    text = _TEXT.sub(r"\1", text)
    text = _FRACTION.sub(lambda f: f"{f[1] or f[3]}/{f[2] or f[4]}", text)
    text = _DROPPED.sub("", text).replace("\\%", "%").replace("{,}", ",")
    text = _THOUSANDS.sub("", text).strip(_AROUND)
    amount = _AMOUNT.fullmatch(text)
    if amount is None:
        return " ".join(text.split())
    try:
        number = str(Fraction(amount[1]))
    except (ValueError, ZeroDivisionError):
        return " ".join(text.split())
    return f"{number}{amount[2]} {' '.join(amount[3].split())}".strip()


async def plainly_same(one: str, other: str) -> bool:
    """Whether they are the same but for how they are written; a unit may be missing in one."""
    first, second = plain(one), plain(other)
    if first == second:
        return True
    (number, _, unit), (its_number, _, its_unit) = first.partition(" "), second.partition(" ")
    if not (number[-1:].isdigit() or number.endswith("%")) or (unit and its_unit):
        return False
    return number.rstrip("%") == its_number.rstrip("%") and not re.search(r"\d", unit + its_unit)


@dataclass(frozen=True, slots=True)
class Answers:
    """How the texts of a task are read."""

    form: str = FORM
    """Tells the model how to answer; "": it is told nothing."""
    of: Callable[[str], str | None] = last_answer
    same: Same = plainly_same


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
