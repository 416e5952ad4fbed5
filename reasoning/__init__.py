"""Reasoning: published ways to spend parallel samples. Pure of search and tools.

An attempt takes a task and returns samples; a method takes an attempt and is an attempt, so
methods compose: `vote(sampled(model, 5), by=value)`.
"""

from reasoning.attempts import Attempt, Samples, Task, sampled
from reasoning.drafting import drafted
from reasoning.selection import best_of, ordered, vote
from reasoning.synthesis import Merge, synthesised

__all__ = [
    "Attempt",
    "Merge",
    "Samples",
    "Task",
    "best_of",
    "drafted",
    "ordered",
    "sampled",
    "synthesised",
    "vote",
]
