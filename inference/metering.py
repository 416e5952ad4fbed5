"""What a stream of events costs, told apart by sample where the engine does."""

from collections.abc import Sequence
from dataclasses import replace

from inference.model import Message, Usage
from inference.wire import Counted, Engine, Event, PromptDetails

_BYTES_PER_TOKEN = 3
"""On the safe side for most languages."""


def estimated_tokens(*texts: str) -> int:
    """So many tokens, or fewer, where no engine has counted them."""
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts) // _BYTES_PER_TOKEN


def estimated_prompt(messages: Sequence[Message]) -> int:
    """The same of a prompt."""
    return estimated_tokens(*(message.content for message in messages))


class Meter:
    """What the server counts.

    vLLM sends each sample's count so far with each of its pieces, and one sum at the end. llama.cpp
    sends a count for each sample at its end, prompt included, without choices beside it. Others
    send the sum so far with each event; it counts if nothing else comes.
    """

    def __init__(self, n: int, engine: Engine | None) -> None:
        """Nothing counted yet, of a request for n samples."""
        self._final = self._running = self._charged = Usage()
        self._written = [0] * n
        self._by_sample = engine == "vllm"

    def read(self, event: Event) -> Usage | None:
        """Take the event's count; what it adds to the one sample it is about, where known."""
        if event.usage is None:
            return None
        if not event.choices:
            self._final = _merged(self._final, event)
            return None
        self._running = _merged(Usage(), event)
        if not self._by_sample or len(event.choices) != 1:
            return None
        return self._added(event.choices[0].index)

    def _added(self, index: int) -> Usage | None:
        """What the sample wrote since; the prompt is charged once, where only one sample has it."""
        running, alone = self._running, len(self._written) == 1
        written, self._written[index] = self._written[index], running.completion_tokens
        prompt = running.prompt_tokens - self._charged.prompt_tokens if alone else 0
        added = Usage(prompt, running.completion_tokens - written)
        self._charged += added
        return added if added.total_tokens else None

    @property
    def rest(self) -> Usage:
        """The sum over all samples, without what was charged to single ones before."""
        whole = self._final
        if not whole.total_tokens:
            whole = self._running
            if self._by_sample:
                whole = replace(whole, completion_tokens=sum(self._written))
        charged = self._charged
        return replace(
            whole,
            prompt_tokens=max(0, whole.prompt_tokens - charged.prompt_tokens),
            completion_tokens=max(0, whole.completion_tokens - charged.completion_tokens),
        )


def _merged(usage: Usage, event: Event) -> Usage:
    """One more count: completion tokens add up, the prompt is the same one."""
    counted, (drafted, accepted) = event.usage or Counted(), event.guesses
    details = counted.prompt_tokens_details or PromptDetails()
    return Usage(
        prompt_tokens=max(usage.prompt_tokens, counted.prompt_tokens or 0),
        completion_tokens=usage.completion_tokens + (counted.completion_tokens or 0),
        cached_tokens=max(usage.cached_tokens, details.cached_tokens or 0),
        drafted_tokens=usage.drafted_tokens + drafted,
        accepted_tokens=usage.accepted_tokens + accepted,
    )
