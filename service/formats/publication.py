"""What is published of a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from planner import Answer, language_code
from service.formats.plain import direction, language, line
from service.formats.wording import Wording, wording


@dataclass(frozen=True, slots=True)
class Publication:
    """A run that has ended, with its answer."""

    run: str
    question: str
    status: str
    answer: Answer
    reason: str | None = None
    """Why it is not completed."""
    parent: str | None = None
    """The run that it replays."""
    day: str = ""
    """When its sources were read, YYYY-MM-DD in UTC; nothing where that is not known."""
    document: Mapping[str, Any] | None = None
    """All of the run (`TraceStore.document`): what its plan is drawn from."""

    @property
    def title(self) -> str:
        """Of the report, else the question."""
        return self.answer.title or self.question

    @property
    def remark(self) -> str:
        """How it ended, where that is not well."""
        return f"{self.status}: {self.reason}" if self.reason else ""

    @property
    def language(self) -> str:
        """Of the answer, as ISO 639-1 says; nothing where that is not plain."""
        answer = self.answer
        written = [answer.title, *(sentence.text for sentence in answer.every_sentence)]
        text = " ".join(written)
        return language_in(text if len(text) >= _ENOUGH else f"{text} {self.question}")

    @property
    def direction(self) -> str:
        """rtl or ltr."""
        text = " ".join([self.title, *(each.text for each in self.answer.sentences)])
        return direction(line(text))

    @property
    def words(self) -> Wording:
        """What is said besides the answer, in its language."""
        return wording(self.language)


_ENOUGH = 60
"""Characters that tell a language; of fewer the question is asked, too."""
_LOOKED_AT = 3000
"""Characters."""
_SURE = 0.8
_IN_ARABIC_LETTERS = ("ar", "fa", "ur")


def language_in(text: str) -> str:
    """By the script where that tells, else by the words."""
    looked_at = line(text)[:_LOOKED_AT]
    by_script = language([looked_at])
    if by_script not in ("", "ar") or not any(map(str.isalpha, looked_at)):
        return by_script
    code = language_code(looked_at, sure=_SURE)
    return code if by_script == "" or code in _IN_ARABIC_LETTERS else by_script
