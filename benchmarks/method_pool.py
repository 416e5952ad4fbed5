"""Samples that were recorded once, and a model that says them again: for methods that only select.

A file of lines of JSON: a question with its answer, which model was asked, and its samples, each as
tokens with their log-probability and their confidence (the mean of minus the twenty likeliest
log-probabilities).
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Any

from inference import (
    ALL,
    Chunk,
    Completion,
    Halt,
    Message,
    Model,
    Request,
    Sample,
    TokenLogprob,
    Unsupported,
    Usage,
    complete,
)

_TOP = 20
_LEVELS = ("Level 1", "Level 2", "Level 3")


@dataclass(frozen=True)
class Problem:
    """A question with its answer."""

    text: str
    gold: str


def problems(folder: Path, most: int) -> list[Problem]:
    """The first of both sets, by turns: grade-school sums, and competition problems of the lower
    three levels."""
    sums = [Problem(one["question"], one["answer"]) for one in _lines(folder / "gsm8k.jsonl")]
    maths = [
        Problem(one["question"], one["answer"])
        for one in _lines(folder / "math.jsonl")
        if one["level"] in _LEVELS
    ]
    mixed = [one for pair in zip(sums, maths, strict=False) for one in pair]
    return mixed[:most]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def request_of(problem: Problem, form: str, *, seed: int = 0) -> Request:
    """What each sample is asked, as the tool `think` does."""
    turns = (Message("system", "Solve the task."), Message("user", f"{problem.text}\n\n{form}"))
    return Request(turns, max_tokens=512, temperature=0.7, seed=seed, purpose="think")


async def recorded(
    model: Model,
    wanted: Sequence[Problem],
    n: int,
    path: Path,
    *,
    form: str,
    say: Callable[[str], None],
    beside: int = 1,
    name: str,
) -> None:
    """Add to the file what it lacks of the model of this name: n samples of each problem, of so
    many problems at once."""
    there = {one["question"] for one in _of(path, name)}
    lacking = iter([one for one in wanted if one.text not in there])
    done = sum(one.text in there for one in wanted)

    async def work() -> None:
        nonlocal done
        for problem in lacking:
            request = replace(request_of(problem, form), n=n, top_logprobs=_TOP)
            made = await complete(model, request)
            _keep(path, name, problem, made)
            done += 1
            say(f"{done} of {len(wanted)} recorded")

    async with asyncio.TaskGroup() as group:
        for _ in range(beside):
            group.create_task(work())


def _keep(path: Path, name: str, problem: Problem, made: Completion) -> None:
    line = {
        "model": name,
        "question": problem.text,
        "gold": problem.gold,
        "prompt_tokens": made.usage.prompt_tokens,
        "samples": [_kept(sample) for sample in made.samples],
    }
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _of(path: Path, name: str) -> Iterator[dict[str, Any]]:
    """The lines that were recorded of a model."""
    return (one for one in (_lines(path) if path.exists() else ()) if one.get("model") == name)


def _kept(sample: Sample) -> dict[str, Any]:
    tokens = [
        [token.token, round(token.logprob, 4), _confidence(token)] for token in sample.logprobs
    ]
    return {"text": sample.text, "finish": sample.finish_reason, "tokens": tokens}


def _confidence(token: TokenLogprob) -> float:
    top = [logprob for _, logprob in token.top] or [token.logprob]
    return round(-sum(top) / len(top), 4)


@dataclass(frozen=True)
class Recording:
    """What was recorded of a problem."""

    gold: str
    prompt_tokens: int
    samples: Sequence[Mapping[str, Any]]


class RecordedSamples:
    """A Model that says the samples of a problem, one after another, token by token.

    A sample that is halted costs the tokens that were said of it. Anything else that it is asked,
    a judgement for instance, goes to `others`, or is Unsupported.
    """

    window: int | None = None

    def __init__(self, path: Path, name: str, others: Model | None = None) -> None:
        """From a file that `recorded` wrote, those of the model of this name."""
        self.name = "recorded"
        self.recordings = {
            one["question"]: Recording(one["gold"], one["prompt_tokens"], one["samples"])
            for one in _of(path, name)
        }
        self._others = others
        self._said: dict[str, int] = {}
        """Samples of each problem that were given out."""

    def begin(self, problem: Problem, *, first: int = 0) -> None:
        """Say the samples of a problem from this one on."""
        self._said[problem.text] = first

    def firsts(self, draws: int) -> range:
        """From which samples on to replay, so many times at most."""
        count = min(len(one.samples) for one in self.recordings.values())
        return range(0, count, ceil(count / draws))

    async def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
        """See `Model.stream`."""
        question = request.messages[-1].content.rpartition("\n\n")[0]
        recording = self.recordings.get(question)
        if recording is None or request.continuation is not None or request.begun:
            if self._others is None:
                raise Unsupported("it was not recorded")
            async for chunk in self._others.stream(request, halt):
                yield chunk
            return
        first = self._said.get(question, 0)
        self._said[question] = first + request.n
        count = len(recording.samples)
        samples = [recording.samples[(first + at) % count] for at in range(request.n)]
        spent = 0
        for index, token in _by_turns(samples, halt):
            spent += token is not None
            if token is None:
                stopped = halt is not None and index in halt
                finish = "halted" if stopped else samples[index]["finish"]
                yield Chunk(index, finish_reason=finish)
                continue
            text, logprob, confidence = token
            told = TokenLogprob(text, logprob, ((text, -confidence),))
            yield Chunk(index, text, logprobs=(told,) if request.top_logprobs else ())
            await asyncio.sleep(0)
        yield Chunk(ALL, usage=Usage(recording.prompt_tokens, spent))

    def constrains(self, request: Request) -> bool:
        """As the others do."""
        return self._others is not None and self._others.constrains(request)

    async def count(self, messages: Sequence[Message]) -> int:
        """Raises Unsupported."""
        raise Unsupported("it was not recorded")

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Raises Unsupported."""
        raise Unsupported("it was not recorded")

    async def rerank(self, query: str, texts: Sequence[str]) -> list[float]:
        """Raises Unsupported."""
        raise Unsupported("it was not recorded")


def _by_turns(
    samples: Sequence[Mapping[str, Any]], halt: Halt | None
) -> Iterator[tuple[int, list[Any] | None]]:
    """A token of each sample that goes on, turn by turn; None: that one has ended."""
    going = {index: iter(sample["tokens"]) for index, sample in enumerate(samples)}
    while going:
        for index in list(going):
            stopped = halt is not None and index in halt
            token = None if stopped else next(going[index], None)
            if token is None:
                del going[index]
            yield index, token
