"""Question sets: JSON Lines, one question a line, each with its answer and perhaps its passages.

    {"id": "q1", "question": "Who directed Up?", "answer": "Pete Docter", "aliases": ["P. Docter"],
     "passages": [{"title": "Up", "text": "Up is a film by ...", "supporting": true}]}

`answer` null says that the documents do not tell; a list or an object is what all its parts are.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr, ValidationError

from service.errors import UsageProblem

_MOST_CHARACTERS = 2000
"""Of a question, as `breadth ask` has it."""


@dataclass(frozen=True, slots=True)
class Given:
    """A passage that came with a question."""

    title: str
    text: str
    supporting: bool
    """The answer rests on it."""


@dataclass(frozen=True, slots=True)
class Question:
    """A line of a set."""

    id: str
    text: str
    gold: tuple[str, ...]
    """The answer and its other forms; none: the documents do not tell."""
    passages: tuple[Given, ...]
    line: int


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A whole file."""

    path: Path
    digest: str
    """SHA-256 of the file."""
    questions: tuple[Question, ...]

    @property
    def has_passages(self) -> bool:
        """Whether any question came with some."""
        return any(question.passages for question in self.questions)

    def chosen(self, skip: int, limit: int | None) -> tuple[Question, ...]:
        """Those behind the first `skip`, at most `limit`. Raises UsageProblem for none."""
        chosen = self.questions[skip : None if limit is None else skip + limit]
        if not chosen:
            raise UsageProblem(
                f"{self.path}: it has {len(self.questions)} questions, and --skip {skip} leaves"
                " none of them"
            )
        return chosen


class _Passage(BaseModel):
    """As it stands in the file; what it has besides is not ours."""

    model_config = ConfigDict(extra="ignore")

    title: StrictStr = ""
    text: StrictStr = Field(min_length=1)
    supporting: StrictBool = False


class _Line(BaseModel):
    """As it stands in the file; what it has besides is not ours."""

    model_config = ConfigDict(extra="ignore")

    id: StrictStr | int | None = None
    question: StrictStr
    answer: Any
    aliases: list[StrictStr] = Field(default_factory=list)
    passages: list[_Passage] = Field(default_factory=list)


def read_questions(path: Path) -> QuestionSet:
    """The questions of a file. Raises UsageProblem that names the line which is none."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageProblem(f"{path}: it cannot be read: {error.strerror}") from error
    questions: list[Question] = []
    lines: dict[str, int] = {}
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line.strip():
            continue
        question = _question(line, number, path)
        if question.id in lines:
            raise _Bad(path, number, f"line {lines[question.id]} has the id {question.id!r}, too")
        lines[question.id] = number
        questions.append(question)
    if not questions:
        raise UsageProblem(f"{path}: there is no question in it; write one JSON object a line")
    return QuestionSet(path, sha256(data).hexdigest(), tuple(questions))


class _Bad(UsageProblem):
    """A line that is no question."""

    def __init__(self, path: Path, line: int, why: str) -> None:
        super().__init__(f"{path}, line {line}: {why}")


def _question(data: bytes, number: int, path: Path) -> Question:
    """A line, checked."""
    try:
        line = _Line.model_validate(json.loads(data.decode()))
    except UnicodeDecodeError as error:
        raise _Bad(path, number, f"it is not in UTF-8 ({error.reason})") from error
    except json.JSONDecodeError as error:
        why = f"this is no JSON: {error.msg} at character {error.pos + 1}"
        raise _Bad(path, number, why) from error
    except (ValidationError, RecursionError) as error:
        raise _Bad(path, number, _told(error)) from error
    text = " ".join(line.question.split())
    if not text:
        raise _Bad(path, number, "question: it is empty")
    if len(text) > _MOST_CHARACTERS:
        why = f"question: it has {len(text)} characters; at most {_MOST_CHARACTERS} can be asked"
        raise _Bad(path, number, why)
    gold = () if line.answer is None else (_text(line.answer), *line.aliases)
    if not all(map(str.strip, gold)):
        raise _Bad(path, number, "answer: it is empty; null says that there is none")
    passages = tuple(Given(p.title, p.text, p.supporting) for p in line.passages)
    id_ = str(number) if line.id is None else str(line.id)
    return Question(id_, text, gold, passages, number)


def _text(answer: Any) -> str:
    """An answer in words: several are told with commas between."""
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    if isinstance(answer, dict):
        return ", ".join(f"{key}: {_text(value)}" for key, value in answer.items())
    if isinstance(answer, Sequence) and not isinstance(answer, str):
        return ", ".join(map(_text, answer))
    return str(answer).strip()


def _told(error: ValidationError | RecursionError) -> str:
    """What is wrong with the first thing that is."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    problem, *_ = error.errors(include_url=False)
    place = ".".join(map(str, problem["loc"])) or "it"
    place = place.removesuffix(".int").removesuffix(".constrained-str").removesuffix(".str")
    message = problem["msg"]
    if problem["type"] == "model_type":
        message = "it is no JSON object"
    return f"{place}: {message[0].lower()}{message[1:]}"
