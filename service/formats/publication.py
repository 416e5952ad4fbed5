"""What is published of a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from planner import Answer, Verdict


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


VERDICTS: Mapping[Verdict, tuple[str, str]] = {
    "partly": ("supported in part", "the cited passages carry a part of it only"),
    "unsupported": ("not supported", "the cited passages do not carry it"),
    "contradicted": ("contradicted", "a cited passage says otherwise"),
}
"""What is said of a sentence that its passages do not carry, and what that means."""


def legend(answer: Answer) -> list[str]:
    """A line for each mark that the answer has; none where every sentence is carried."""
    used = {sentence.verdict for sentence in answer.every_sentence}
    return [f"({word}): {means}." for verdict, (word, means) in VERDICTS.items() if verdict in used]


def remark_on(verdict: Verdict) -> str:
    """What stands behind a sentence; nothing behind one that is carried."""
    return f"({VERDICTS[verdict][0]})" if verdict in VERDICTS else ""
