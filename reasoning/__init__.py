"""Reasoning: published ways to spend parallel samples. Pure of search and tools.

An attempt takes a task and returns samples; a method takes an attempt and is an attempt, so
methods compose: `vote(sampled(model, 5), by=value)`.

attempts     the shape: a task, its samples, an attempt
answers      what a text answers, which answers are the same, votes; equality by mathematics
trail        what a method made on its way, and who saw whom
workspace    what a method asks, reads and keeps; judging, once: its parts
beside       what is waited for together, and what fails of it
registry     the methods by name, with what they cost; expressions: how they are written
history      what methods have cost and brought before, for those that choose
chunks       samples that are written chunk by chunk; agents: several who read one another
methods      one file for each kind of them
selection, drafting, synthesis   what the planner uses with scorers of its own
"""

import reasoning.methods as _methods  # noqa: F401 - registers them
from reasoning.answers import (
    Answers,
    Group,
    Tally,
    last_answer,
    last_number,
    plain,
    plainly_same,
    tallied,
)
from reasoning.attempts import Attempt, Samples, Task, sampled
from reasoning.drafting import drafted
from reasoning.equality import MathEquality
from reasoning.expressions import MethodError, Written, checked, method_of, parsed
from reasoning.history import DIFFICULTIES, Difficulty, History, Observed, Record, learnt
from reasoning.once import once
from reasoning.registry import ALIASES, METHODS, Crew, Method, Parameter
from reasoning.selection import best_of, ordered, vote
from reasoning.synthesis import Merge, synthesised
from reasoning.texts import parted, without_data
from reasoning.trail import Candidate, Trail
from reasoning.workspace import Ask, Workspace

__all__ = [
    "ALIASES",
    "DIFFICULTIES",
    "METHODS",
    "Answers",
    "Ask",
    "Attempt",
    "Candidate",
    "Crew",
    "Difficulty",
    "Group",
    "History",
    "MathEquality",
    "Merge",
    "Method",
    "MethodError",
    "Observed",
    "Parameter",
    "Record",
    "Samples",
    "Tally",
    "Task",
    "Trail",
    "Workspace",
    "Written",
    "best_of",
    "checked",
    "drafted",
    "last_answer",
    "last_number",
    "learnt",
    "method_of",
    "once",
    "ordered",
    "parsed",
    "parted",
    "plain",
    "plainly_same",
    "sampled",
    "synthesised",
    "tallied",
    "vote",
    "without_data",
]
