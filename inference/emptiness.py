"""When an answer without a word is one, and when nothing came.

A model that is asked says something. An answer in which no sample has a text, a thought, a
log-probability, a tool call or a refusal is no "there is nothing": its server is wrong about the
model (template, parser, filter), or lost what it wrote. It is an answer only where there is a
reason:

- another sample of the same request says something: one model in several tries may end at once;
- it was cut: its reason says so (`length`, `content_filter`), its reader halted it, or as many
  tokens were counted as were allowed: they were thoughts that the server keeps to itself;
- the request's regex matches the empty text;
- it has a stop text, or a grammar, and tokens were counted: the stop text came first, or the
  grammar admits the empty text. Engines tell neither apart from an end, so the count has to do.

A JSON schema is no reason: no JSON value is an empty text. Where no sample ends, either, and no
token was counted, the answer had not begun: the server is ModelUnavailable, and rests.
"""

import re

from inference.errors import AnswerEmpty, ModelUnavailable
from inference.model import Chunk, Request, Usage
from inference.wire import Event


class Wordless:
    """The beginning of an answer, held back until something is said: then it may be asked again."""

    def __init__(self, request: Request, where: str) -> None:
        """`where`: how errors name the endpoint."""
        self._request = request
        self._where = where
        self._held: list[Chunk] = []
        self._said = self._ended = False

    def hear(self, event: Event, chunk: Chunk) -> None:
        """A chunk as it came, of this event."""
        self._ended |= chunk.finish_reason is not None
        cut = chunk.finish_reason not in {None, "stop"}
        words = chunk.text or chunk.reasoning or chunk.logprobs
        self._said |= bool(words or cut or event.acts)

    def too_long(self) -> None:
        """More came than was allowed, at once: that is not nothing."""
        self._said = True

    def passed(self, chunk: Chunk) -> list[Chunk]:
        """What can go on now: nothing, or the chunk with all that was held back."""
        self._held.append(chunk)
        return self.let_go() if self._said else []

    def let_go(self) -> list[Chunk]:
        """What was held back, once."""
        held, self._held = self._held, []
        return held

    def judge(self, rest: Usage) -> None:
        """At the end, with the usage that was charged to no chunk.

        Raises AnswerEmpty, and ModelUnavailable where the answer had not begun.
        """
        if self._said:
            return
        usage = sum((chunk.usage for chunk in self._held if chunk.usage), rest)
        counted = usage.completion_tokens
        if not self._ended and not counted:
            raise ModelUnavailable(
                f"{self._where} ended its answer before it had begun: did the server stop?",
                retry_after=0.0,
            )
        if not self._may_be_empty(counted):
            raise AnswerEmpty(
                f"{self._where} answered with nothing, neither text nor thoughts (tokens counted:"
                f" {counted}): see its log, whether it has the model's chat template and parser,"
                " or name another model",
                answer="",
                usage=usage,
            )

    def _may_be_empty(self, counted: int) -> bool:
        """Whether there is a reason for an answer without a word."""
        request = self._request
        if request.regex is not None and re.fullmatch(request.regex, ""):
            return True
        spent = counted >= request.max_tokens * request.n
        return spent or bool(counted and (request.stop or request.grammar is not None))
