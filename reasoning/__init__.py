"""Reasoning: published ways to spend parallel samples. Pure of search and tools.

An attempt takes a task and returns samples; a method takes an attempt and is an attempt, so
methods compose: `vote(sampled(model, 5), by=value)`.
"""

from reasoning.attempts import Attempt, Samples, Task, sampled
from reasoning.selection import best_of, vote

__all__ = ["Attempt", "Samples", "Task", "best_of", "sampled", "vote"]
