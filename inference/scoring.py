"""Scores without writing: how likely a text is, how sure a yes, what is near, what is relevant.

Each is had from the engine where it has it. Where it has not, there is a fallback, and the score
says by which method it was made: scores of different methods are not to be compared.
"""

import math
import re
from asyncio import create_task, gather
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import pairwise
from typing import Literal

from inference.control import as_data
from inference.errors import ModelNonsense, Unsupported
from inference.model import Message, Model, Request, Sample, complete
from inference.spelling import spelling

_SAMPLES = 8
_FEW = 2
"""So many are enough where they say what the likeliest answer is, too."""
_ROOM = 4
"""Tokens of each."""
_THOUGHTS, _THOUGHT = 4, 1024
"""Samples of a model that thinks, and tokens of each."""
_STEPS = 1000
_TOP = 20
_DIMENSIONS = 512
_ANSWERS = ("yes", "no")
_SIDES = {"yes": (0.5, 1.0), "no": (0.0, 0.5), "": (0.0, 1.0)}
"""Where the probability of a yes lies, by the likeliest answer."""
_RELEVANT = "Does the data answer the question? Say yes or no."


@dataclass(frozen=True, slots=True)
class Likelihood:
    """How likely a text is behind a prompt."""

    logprob: float
    """Natural logarithm, of the whole text."""
    tokens: int
    """Over which it is summed; 1 where it was sampled."""
    method: Literal["engine", "sampled"]
    """`sampled`: the share of samples that begin with the text (with Laplace's correction)."""

    @property
    def per_token(self) -> float:
        """For texts of different lengths."""
        return self.logprob / self.tokens


@dataclass(frozen=True, slots=True)
class Probability:
    """Of a yes; 0.5 where the model said neither."""

    value: float
    method: Literal["logprobs", "likeliest", "sampled"]
    """`likeliest`: by the side of one half on which it lies, and nothing else: 0.75 or 0.25;
    `sampled`: by how often it was said besides. Both are the mean of what can be, where before
    every probability could (Laplace)."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """A vector of length 1 for each text."""

    vectors: tuple[tuple[float, ...], ...]
    method: Literal["engine", "hashed"]
    """`hashed`: signed feature hashing of words and pairs of words (Weinberger et al. 2009,
    arXiv:0902.2206): near is what says the same in the same words."""


@dataclass(frozen=True, slots=True)
class Relevances:
    """How well each text answers a query: higher is better, on the method's own scale."""

    values: tuple[float, ...]
    method: Literal["engine", "judged"]
    """`judged`: the model's probability of a yes, text by text."""


class Unscoring:
    """What a model inherits whose engine neither embeds nor reranks."""

    name: str

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """See `Model.embed`."""
        raise Unsupported(f"{self.name} makes no embeddings")

    async def rerank(self, query: str, texts: Sequence[str]) -> list[float]:
        """See `Model.rerank`."""
        raise Unsupported(f"{self.name} does not rerank")


async def log_likelihood(model: Model, messages: Sequence[Message], text: str) -> Likelihood:
    """How likely the model would go on with a text.

    llama.cpp writes the text under a grammar that allows nothing else, and has log-probabilities
    from before the grammar. It takes the likeliest token at each place, which may be others than
    its tokenizer's, so an odd text can come out less likely than it is. vLLM has those of prompts.
    """
    request = Request(tuple(messages), continuation=text, temperature=0.0, purpose="score")
    request = replace(request, max_tokens=len(text.encode("utf-8", "surrogatepass")) + 1)
    try:
        (sample,) = (await complete(model, request)).samples
    except Unsupported:
        return await _sampled_likelihood(model, messages, text)
    if sample.text != text:
        raise ModelNonsense(f"{model.name!r} was to weigh {text!r} and weighed {sample.text!r}")
    weighed = spelling(sample.logprobs, text)
    if not weighed:  # a server that guesses has none of the tokens that it guessed
        return await _sampled_likelihood(model, messages, text)
    return Likelihood(sum(token.logprob for token in weighed), len(weighed), "engine")


async def _sampled_likelihood(model: Model, messages: Sequence[Message], text: str) -> Likelihood:
    """By how often the model says it."""
    length = max(1, len(text.encode("utf-8", "surrogatepass")))
    request = Request(
        tuple(messages), n=_SAMPLES, temperature=1.0, max_tokens=length, seed=0, purpose="score"
    )
    samples = (await complete(model, request)).samples
    hits = sum(sample.text.strip().startswith(text.strip()) for sample in samples)
    return Likelihood(math.log((hits + 1) / (len(samples) + 2)), 1, "sampled")


async def p_yes(
    model: Model, messages: Sequence[Message], *, at: float | None = None
) -> Probability:
    """How sure the model is of a yes, against a no: by the likeliest first tokens.

    An engine without log-probabilities has told its likeliest answer then. Samples say more: two
    where they agree with it, else 8 in all; from a model that thinks, 4.

    `at`: what the value is going to be compared with (is it at least that?). Then the samples end
    where nothing that the rest could say would change that.
    """
    request = Request(tuple(messages), max_tokens=1, top_logprobs=_TOP, purpose="judge")
    try:
        (sample,) = (await complete(model, request)).samples
    except Unsupported:
        request = replace(request, top_logprobs=0)
        (sample,) = (await complete(model, request)).samples
    if _thinks(sample):
        return await _thought_yes(model, request, at)
    if not sample.logprobs:
        return await _worded_yes(model, request, _answer(sample.text), at)
    first = sample.logprobs[0]
    tokens = dict(first.top) | {first.token: first.logprob}
    yes, no = (_mass(tokens, answer) for answer in _ANSWERS)
    return Probability(yes / (yes + no) if yes + no else 0.5, "logprobs")


async def _worded_yes(
    model: Model, request: Request, likeliest: str, at: float | None
) -> Probability:
    """By the likeliest answer, and samples where it does not do."""
    least, most = _SIDES[likeliest]
    if likeliest and at is not None and not least < at < most:
        return Probability(_mean([], likeliest), "likeliest")
    said: list[str] = []
    for n in (_FEW, _SAMPLES - _FEW) if likeliest else (_SAMPLES,):
        samples = await _sampled(model, request, n=n, room=_ROOM, seed=len(said))
        if all(map(_thinks, samples)):
            return await _thought_yes(model, request, at)
        said += [_answer(sample.text) for sample in samples]
        agreed = set(said) == {likeliest}
        if agreed if at is None else _decided(said, likeliest, at, _SAMPLES):
            break
    return Probability(_mean(said, likeliest), "sampled")


async def _thought_yes(model: Model, request: Request, at: float | None) -> Probability:
    """By samples that have room for thoughts; by half of them where they settle it."""
    said: list[str] = []
    for n in (_THOUGHTS,) if at is None else (_THOUGHTS // 2, _THOUGHTS // 2):
        samples = await _sampled(model, request, n=n, room=_THOUGHT, seed=len(said))
        said += [_answer(sample.text) for sample in samples]
        if at is not None and _decided(said, "", at, _THOUGHTS):
            break
    return Probability(_mean(said, ""), "sampled")


async def _sampled(
    model: Model, request: Request, *, n: int, room: int, seed: int
) -> tuple[Sample, ...]:
    """What else the model says."""
    again = replace(request, n=n, temperature=1.0, top_logprobs=0, max_tokens=room, seed=seed)
    return (await complete(model, again)).samples


def _decided(said: Sequence[str], likeliest: str, at: float, most: int) -> bool:
    """Whether the value is on its side of what it is compared with, whatever the rest will say."""
    worst, best = ([*said, *[answer] * (most - len(said))] for answer in ("no", "yes"))
    return _mean(worst, likeliest) >= at or _mean(best, likeliest) < at


def _mean(said: Sequence[str], likeliest: str) -> float:
    """The mean of a probability of which this was said, on its side of one half.

    Where most of it is not the likeliest answer, that was none: some servers sample at any
    temperature.
    """
    yes, no = (said.count(answer) for answer in _ANSWERS)
    least, most = _SIDES[likeliest if 2 * said.count(likeliest) >= len(said) else ""]
    places = [least + (most - least) * (step + 0.5) / _STEPS for step in range(_STEPS)]
    weights = [p**yes * (1 - p) ** no for p in places]
    return sum(p * weight for p, weight in zip(places, weights, strict=True)) / sum(weights)


def _thinks(sample: Sample) -> bool:
    """Whether it does not begin with the answer, or with nothing that is seen."""
    first = sample.logprobs[0].token if sample.logprobs else ""
    unseen = sample.finish_reason == "length" and not (sample.text.strip() or first)
    return bool(sample.reasoning) or "<think" in first or unseen


def _mass(tokens: dict[str, float], answer: str) -> float:
    """The probability of all tokens that say the answer, or begin to."""
    return sum(
        math.exp(logprob)
        for token, logprob in tokens.items()
        if (word := _word(token)) and answer.startswith(word)
    )


def _answer(text: str) -> str:
    """Which of the answers a text is, or begins to be; "": neither."""
    word = _word(text)
    return next((answer for answer in _ANSWERS if word and answer.startswith(word)), "")


def _word(text: str) -> str:
    """The first word, in small letters."""
    found = re.match(r"\W*([^\W\d_]+)", text.casefold())
    return found[1] if found else ""


async def embeddings(model: Model, texts: Sequence[str]) -> Vectors:
    """Vectors whose products say how near texts are."""
    try:
        made = await model.embed(texts)
        return Vectors(tuple(_normed(vector) for vector in made), "engine")
    except Unsupported:
        return Vectors(tuple(_normed(_hashed(text)) for text in texts), "hashed")


def _hashed(text: str) -> list[float]:
    """Words and pairs of words, each added to or taken from one dimension."""
    vector = [0.0] * _DIMENSIONS
    words = re.findall(r"\w+", text.casefold())
    for feature in (*words, *map(" ".join, pairwise(words))):
        digest = int.from_bytes(blake2b(feature.encode(), digest_size=8).digest())
        vector[digest // 2 % _DIMENSIONS] += 1.0 if digest % 2 else -1.0
    return vector


def _normed(vector: Sequence[float]) -> tuple[float, ...]:
    """Of length 1; nothing stays nothing."""
    length = math.hypot(*vector) or 1.0
    return tuple(value / length for value in vector)


async def relevances(model: Model, query: str, texts: Sequence[str]) -> Relevances:
    """How well each text answers the query."""
    with suppress(Unsupported):
        return Relevances(tuple(await model.rerank(query, texts)), "engine")
    judging = [create_task(p_yes(model, _relevance_prompt(query, text))) for text in texts]
    try:
        judged = await gather(*judging)
    finally:
        for task in judging:  # after an error the others would go on
            task.cancel()
    return Relevances(tuple(one.value for one in judged), "judged")


def _relevance_prompt(query: str, text: str) -> tuple[Message, ...]:
    """The query first: it is the same for all texts."""
    asked = f"Question: {query}\n{as_data(' '.join(text.split()))}"
    return (Message("system", _RELEVANT), Message("user", asked))
