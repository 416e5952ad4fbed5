"""Speculative decoding, under the user's control: how drafts are made, and which engine can.

A draft is a guess of the next tokens that the model then checks all at once. In exact arithmetic
the text stays what it would have been (Leviathan et al. 2022, arXiv:2211.17192; Chen et al. 2023,
arXiv:2302.01318). Engines round otherwise when they check several tokens together, so greedy texts
can part where two tokens are nearly as likely. Guesses by n-gram are copied from the prompt and the
text so far (prompt lookup).
"""

from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from inference.errors import ModelSetupError
from inference.vllm_install import InstalledVllm

Kind = Literal["off", "ngram", "suffix", "draft", "eagle"]
_WITH_MODEL = frozenset({"draft", "eagle"})
EMBEDDED: frozenset[Kind] = frozenset({"off", "ngram", "draft"})
"""What llama.cpp offers; suffix trees and EAGLE heads are vLLM's."""
_GUESSES = 4
"""Tokens guessed at a time by n-grams or a model: of more, the last are mostly wrong."""
_SUFFIX_GUESSES = 16
"""At most so many by suffix trees, which guess the more the longer the match is."""


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

    def for_vllm(self, installed: InstalledVllm) -> dict[str, Any] | None:
        """In the words of vLLM's --speculative-config; None: off.

        Raises ModelSetupError where the installed vLLM cannot.
        """
        match self.kind:
            case "off":
                return None
            case "ngram":
                window = {"prompt_lookup_min": 2, "prompt_lookup_max": 4}
                return {"method": "ngram", "num_speculative_tokens": _GUESSES, **window}
            case "suffix":
                if not installed.suffix:
                    raise ModelSetupError(
                        f"--speculate suffix: vLLM {installed.version} needs the package"
                        f" arctic-inference for it, which {installed.python} does not have"
                    )
                return {"method": "suffix", "num_speculative_tokens": _SUFFIX_GUESSES}
            case "draft":
                return self._by_model("draft_model")
            case "eagle":
                return self._by_model("eagle3" if "eagle3" in str(self.model).lower() else "eagle")

    def _by_model(self, method: str) -> dict[str, Any]:
        """A model of its own, or a head on the large one."""
        return {"method": method, "model": self.model, "num_speculative_tokens": _GUESSES}
