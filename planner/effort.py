"""How much work a question is worth: by the user's word, or by how hard it looks.

Breadth and depth follow the question (FlashResearch, arXiv:2510.05145): one that asks for a single
fact is one look-up, which no model has to plan; one with descriptions inside of descriptions gets
more plans to choose from.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal

from planner.descriptions import left_descriptions
from planner.unnesting import parts
from tools import asks_to_compare, content_words

Effort = Literal["low", "medium", "high", "auto"]
Difficulty = Literal["easy", "usual", "hard"]

_HARD = 3
"""Facts that have to be found one after another."""
_MOST_WORDS = 9
_MORE = re.compile(
    r"['’]s? |;|\b(?:same|another|other|also|both|each|every|all|some|list|and|or|if|than|while"
    r"|before|after|current|currently|most|least|top|last|recent|(?:are|were) the"
    r"|(?:by|in|for|from|with) an? |(?!west|east|rest|test|guest|forest|contest)\w{2,}est"
    r"|(?:the|of) (?:\d+|two|three|four|five|six|seven|eight|nine|ten))\b",
    re.IGNORECASE,
)
"""What may stand for a second thing to find out, or for several."""
_LINK = re.compile(r"\b(?:who|whom|whose|what|which|where|when|how|that)\b", re.IGNORECASE)
_BEGINS = re.compile(rf"(?:\w+ )?{_LINK.pattern}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Means:
    """What a run may use."""

    plan_samples: int = 4
    rounds: int = 3
    drafts: int = 1
    one_step: bool = False
    """The question itself is the first plan."""
    second_look: bool = False
    """What a look-up found is checked against further passages."""


_BY_EFFORT = {
    "low": Means(plan_samples=1, rounds=1),
    "medium": Means(),
    "high": Means(plan_samples=8, rounds=4, drafts=4, second_look=True),
}


def means_of(effort: Effort, question: str) -> Means:
    """What an effort means for a question; `auto` looks at how hard it is."""
    if effort != "auto":
        return _BY_EFFORT[effort]
    match difficulty(question):
        case "easy":
            return replace(_BY_EFFORT["medium"], plan_samples=1, one_step=True)
        case "usual":
            return _BY_EFFORT["medium"]
        case "hard":
            return replace(_BY_EFFORT["medium"], plan_samples=6)


def difficulty(question: str) -> Difficulty:
    """By the words alone. Cautious: easy is only what is short, plain and about one thing."""
    inner, compares = parts(question), asks_to_compare(question)
    if not compares and max(len(inner), 1 + left_descriptions(question)) >= _HARD:
        return "hard"
    plain = (
        len(inner) == 1
        and not left_descriptions(question)
        and not compares
        and not _MORE.search(question)
        and _BEGINS.match(question)
        and len(_LINK.findall(question)) == 1
        and len(content_words(question)) <= _MOST_WORDS
    )
    return "easy" if plain else "usual"
