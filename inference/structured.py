"""Answers of a form: a JSON schema, a type, a regular expression or a grammar.

Engines that we know hold the model to the form; others may take it and not care, or refuse it, and
our own drops without a word what it cannot read.
So what comes is validated here in any case, and asked for again with a line that says what is
wrong. What comes back is valid, or an error says why there is nothing.
"""

from dataclasses import dataclass, replace
from typing import Generic, NoReturn, TypeVar

from pydantic import JsonValue

from inference.endpoint import EndpointModel
from inference.errors import AnswerCut, AnswerEmpty, AnswerInvalid, ModelRefused
from inference.forms import Form, GrammarForm, JsonForm, RegexForm, TypedForm, Unfit
from inference.model import Completion, Message, Model, Request, Sample, Usage, complete

T = TypeVar("T")

_REPEATED = 600
"""So many characters of a wrong answer are shown to the model again."""
_SHOWN = 200
"""So many characters of it stand in an error."""


@dataclass(frozen=True, slots=True)
class Structured(Generic[T]):
    """A value of the form that was asked for."""

    value: T
    sample: Sample
    """What it was read from."""
    usage: Usage
    """Of all attempts."""
    attempts: int


async def structured(model: Model, request: Request, *, attempts: int = 3) -> Structured[JsonValue]:
    """Ask for what the request's schema, regex or grammar says; the first valid sample counts.

    A schema goes to the engine as `tight` makes it, and the value is valid for the schema as it was
    given. With a regex or a grammar the value is the text. A grammar only the engine can check:
    where it cannot, the text comes back unchecked.

    Raises AnswerCut when the text was cut, with twice the tokens, too; AnswerInvalid when no
    attempt was valid; AnswerEmpty when the last one brought nothing at all; another ModelError when
    the model cannot be asked; ValueError for a request without a form, or with a schema that no
    engine can be held to.
    """
    form: Form[JsonValue]
    if request.schema is not None:
        form = JsonForm(request.schema)
    elif request.regex is not None:
        form = RegexForm(request.regex)
    elif request.grammar is not None:
        form = GrammarForm(request.grammar)
    else:
        raise ValueError("the request says no form: give it a schema, a regex or a grammar")
    return await _Asking(model, request, form, attempts).result()


async def structured_as(
    model: Model, request: Request, kind: type[T], *, attempts: int = 3
) -> Structured[T]:
    """Ask for a value of a type: a pydantic model, a dataclass, `list[int]` and so on.

    Raises what `structured` raises; ValueError for a request that has a form already.
    """
    if request.constraint is not None:
        raise ValueError(f"the request has a {request.constraint} beside the type")
    return await _Asking(model, request, TypedForm(kind), attempts).result()


class _Asking(Generic[T]):
    """The attempts at one request."""

    def __init__(self, model: Model, request: Request, form: Form[T], attempts: int) -> None:
        if attempts < 1:
            raise ValueError("there must be at least one attempt")
        self._model = model
        self._form = form
        self._attempts = attempts
        self._original = form.asked(request)
        self._told = not model.constrains(self._original)
        self._usage = Usage()
        self._cut: Sample | None = None
        """The first answer that was cut."""

    async def result(self) -> Structured[T]:
        """Attempt after attempt, each as the one before suggests."""
        request = self._next(0, ())
        for attempt in range(1, self._attempts + 1):
            made = await self._complete(request)
            self._usage += made.usage
            match self._outcome(made):
                case _Fit(value, sample):
                    return Structured(value, sample, self._usage, attempt)
                case _Cut(sample):
                    if self._cut is not None or attempt == self._attempts:
                        self._fail_cut(sample)
                    self._cut = sample
                    request = self._next(attempt, ())
                case _Wrong(sample, fault):
                    if attempt == self._attempts:
                        self._fail_wrong(sample, fault)
                    request = self._next(attempt, self._correction(sample, fault))
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _complete(self, request: Request) -> Completion | AnswerEmpty:
        """One attempt. A server that has no room for twice the tokens is no reason of its own."""
        try:
            return await complete(self._model, request)
        except AnswerEmpty as error:
            return error
        except ModelRefused as error:
            if self._cut is None:
                raise
            self._fail_cut(self._cut, error)

    def _outcome(self, completion: Completion | AnswerEmpty) -> "_Fit[T] | _Cut | _Wrong":
        """The first valid sample; else what is wrong with a whole one; else that all are cut."""
        if isinstance(completion, AnswerEmpty):
            return _Wrong(Sample(""), completion)
        wrong: _Wrong | None = None
        for sample in completion.samples:
            if not sample.whole:
                continue
            try:
                return _Fit(self._form.read(sample.text), sample)
            except Unfit as fault:
                wrong = wrong or _Wrong(sample, fault)
        return wrong or _Cut(completion.samples[0])

    def _next(self, made: int, more: tuple[Message, ...]) -> Request:
        """The request after so many attempts, with other seeds, and more room after a cut."""
        asked = self._original
        messages = asked.messages
        if self._told:
            messages = _with_line(messages, self._form.described)
        return replace(
            asked,
            messages=messages + more,
            seed=None if asked.seed is None else asked.seed + made * asked.n,
            max_tokens=asked.max_tokens * (1 if self._cut is None else 2),
        )

    def _correction(self, sample: Sample, fault: Unfit | AnswerEmpty) -> tuple[Message, ...]:
        """What was said, and what is wrong with it. Turns alternate: some templates insist."""
        said = sample.text.strip()[:_REPEATED] or "..."
        told = "it is empty" if isinstance(fault, AnswerEmpty) else fault
        self._told = True
        return (
            Message("assistant", said),
            Message("user", f"That is not valid ({told}). Answer again, with nothing else."),
        )

    def _fail_cut(self, sample: Sample, cause: ModelRefused | None = None) -> NoReturn:
        reason = {"length": "max_tokens", "content_filter": "the server's filter"}
        ended = reason.get(sample.finish_reason, "its reader")
        tokens = self._original.max_tokens
        again = f", also with {2 * tokens}" if self._cut is not None and cause is None else ""
        raise AnswerCut(
            f"{_where(self._model)}: {ended} cut the answer (max_tokens is {tokens}{again}):"
            f" {_shown(sample)}",
            answer=sample.text,
            usage=self._usage,
        ) from cause

    def _fail_wrong(self, sample: Sample, fault: Unfit | AnswerEmpty) -> NoReturn:
        if isinstance(fault, AnswerEmpty):
            raise AnswerEmpty(str(fault), answer="", usage=self._usage) from fault
        raise AnswerInvalid(
            f"{_where(self._model)}: no valid answer in {self._attempts} attempts; the last one:"
            f" {fault}; it was: {_shown(sample)}",
            answer=sample.text,
            usage=self._usage,
        ) from fault


@dataclass(frozen=True, slots=True)
class _Fit(Generic[T]):
    """A valid sample."""

    value: T
    sample: Sample


@dataclass(frozen=True, slots=True)
class _Cut:
    """No sample came to its end."""

    sample: Sample


@dataclass(frozen=True, slots=True)
class _Wrong:
    """A whole sample of another form."""

    sample: Sample
    fault: Unfit | AnswerEmpty


def _with_line(messages: tuple[Message, ...], line: str) -> tuple[Message, ...]:
    """The messages with a line at the end of the last one, which is the user's."""
    *earlier, last = messages
    if last.role != "user":
        return (*messages, Message("user", line))
    return (*earlier, Message("user", f"{last.content}\n\n{line}"))


def _where(model: Model) -> str:
    """How an error names the model."""
    if isinstance(model, EndpointModel):
        return f"{model.base_url} (model {model.name!r})"
    return f"model {model.name!r}"


def _shown(sample: Sample) -> str:
    """How a text ended, in one line: there it shows what went wrong."""
    text = sample.text
    return repr(text if len(text) <= _SHOWN else f"...{text[-_SHOWN:]}")
