"""Counts that an engine is not told."""

import re

import pytest

from inference.loosening import loosened_grammar, loosened_regex
from planner.essay_prompt import essay_grammar
from planner.grammar import plan_grammar
from planner.writing_prompt import answer_grammar
from tools import Calculate, Compare


@pytest.mark.parametrize(
    ("regex", "loosened"),
    [
        (r"Follow up: [^\n?]{4,200}\?|So", r"Follow up: [^\n?]{4,}\?|So"),
        (r"(?:[0-9]\. [^\n\[]{4,200} \[x\]\n){1,9}", r"(?:[0-9]\. [^\n\[]{4,} \[x\]\n){1,9}"),
        (r"[^\]]{2,80}", r"[^\]]{2,}"),
        (r"[^\n]{1,16}", None),
        (r"[^\n]{100}", None),
        (r"[A-Z][A-Za-z -]{2,300}", None),
        (r"[a^b]{2,300}", None),
        (r"\[^\n]{2,300}", None),
        (r"(?:ab){2,300}", None),
    ],
)
def test_of_an_expression(regex: str, loosened: str | None) -> None:
    assert loosened_regex(regex) == (loosened or regex)


@pytest.mark.parametrize(
    ("grammar", "loosened"),
    [
        (r'root ::= "\"" [^"\\\x00-\x1F]{2,240} "\""', r'root ::= "\"" [^"\\\x00-\x1F]{2,} "\""'),
        (r'root ::= "[^a]{2,240}" [^a]{0,4}', None),
        (r'root ::= "\"[^a]{2,240}"', None),
        (r'root ::= ["\]] "[^a]{2,240}"', None),
        ('root ::= "a" # say "hi\npart ::= "x[^a]{2,240}y"', None),
        ("root ::= part{2,240}\npart ::= [a-z0-9_]{1,240}", None),
    ],
)
def test_of_a_grammar(grammar: str, loosened: str | None) -> None:
    assert loosened_grammar(grammar) == (loosened or grammar)


@pytest.mark.parametrize(
    "grammar",
    [
        plan_grammar([Calculate(), Compare()], edges=True),
        answer_grammar([1, 2, 3]),
        essay_grammar([1, 2, 3], 12),
    ],
)
def test_no_long_run_is_left_in_what_is_asked_most(grammar: str) -> None:
    counts = re.findall(r"\]\{\d+,(\d+)\}", grammar)
    assert max(map(int, counts)) > 16
    left = re.findall(r"\[\^[^\]]*\]\{\d+,(\d+)\}", loosened_grammar(grammar))
    assert max(map(int, left), default=0) <= 16
