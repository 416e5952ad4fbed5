"""What a model was seen to be able to do: see `inference.probe`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What was seen. None: it could not be tried."""

    grammar: bool
    """A GBNF grammar binds the text."""
    schema: bool
    """A JSON schema binds the text."""
    samples: bool
    """One request gives several samples."""
    top_logprobs: int
    """So many likeliest tokens come with each token; at most 20 are asked for."""
    streaming: bool | None
    """The text comes in pieces."""
    counting: bool
    """The engine counts the tokens of a prompt before it is sent."""
    weighing: bool
    """The engine says how likely a given text is."""
    embedding: bool
    reranking: bool
    tools: bool | None
    """Offered a tool that the question needs, the model calls it; None: not tried."""
    first_token_seconds: float | None
    """From a short request to its first token."""
    tokens_per_second: float | None
    """Of one stream."""
    tokens_per_second_8: float | None
    """Of eight streams together."""
