"""Speculative decoding, under the user's control: how drafts are made, and which engine can.

A draft is a guess of the next tokens that the model then checks all at once. In exact arithmetic
the text stays what it would have been (Leviathan et al. 2022, arXiv:2211.17192; Chen et al. 2023,
arXiv:2302.01318). Engines round otherwise when they check several tokens together, so greedy texts
can part where two tokens are nearly as likely. Guesses by n-gram are copied from the prompt and the
text so far (prompt lookup).
"""

from dataclasses import dataclass
from typing import Literal, cast, get_args

from inference.errors import ModelSetupError

Kind = Literal["off", "ngram", "suffix", "draft", "eagle"]
_WITH_MODEL = frozenset({"draft", "eagle"})
EMBEDDED: frozenset[Kind] = frozenset({"off", "ngram", "draft"})
"""What llama.cpp offers; suffix trees and EAGLE heads are vLLM's."""


@dataclass(frozen=True, slots=True)
class Speculation:
    """How drafts are made."""

    kind: Kind = "off"
    model: str | None = None
    """Of `draft` and `eagle`: the model that guesses."""

    @classmethod
    def parse(cls, text: str) -> "Speculation":
        """From `off`, `ngram`, `suffix`, `draft:MODEL` or `eagle:MODEL`; else ModelSetupError."""
        kind, _, model = text.strip().partition(":")
        if kind in get_args(Kind) and (kind in _WITH_MODEL) == bool(model):
            return cls(cast("Kind", kind), model or None)
        raise ModelSetupError(
            f"--speculate {text!r}: write off, ngram, suffix, draft:MODEL or eagle:MODEL"
        )

    def for_embedded(self) -> "Speculation":
        """Itself, where the embedded engine can; else ModelSetupError."""
        if self.kind not in EMBEDDED:
            raise ModelSetupError(
                f"the embedded engine has no --speculate {self.kind}: it has off, ngram and"
                " draft:MODEL; suffix and eagle:MODEL are for vLLM"
            )
        return self
