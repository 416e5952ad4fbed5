"""What the planner model is told: one rule, then worked examples as turns.

The turns stand in one of two orders, those of the question's own kind last, so the engine keeps
them in its cache and only the question is read anew. They show one, two and three hops,
comparisons, descriptions inside descriptions, and a question that needs no splitting at all. None
of their names is likely to be asked about.
"""

import json
from collections.abc import Sequence
from typing import Any

from inference import Message, as_data
from planner.language import has_short_form
from tools import Tool, asks_to_compare

SYSTEM = (
    "Split the question into look-ups, one JSON object a line. Each look-up asks for one fact that"
    " one page can answer; {a} stands for the answer of look-up a. Use only names from the"
    " question."
)

_EXAMPLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "Who is the spouse of the author of Jane Eyre?",
        (
            '{"id":"a","lookup":"Who is the author of Jane Eyre?"}',
            '{"id":"b","lookup":"Who is the spouse of {a}?"}',
        ),
    ),
    (
        "What kind of school is the one where the inventor of the telephone taught?",
        (
            '{"id":"a","lookup":"Who invented the telephone?"}',
            '{"id":"b","lookup":"At which school did {a} teach?"}',
            '{"id":"c","lookup":"What kind of school is {b}?"}',
        ),
    ),
    (
        "How many years after the Eiffel Tower was the Atomium built?",
        (
            '{"id":"a","lookup":"In what year was the Eiffel Tower built?"}',
            '{"id":"b","lookup":"In what year was the Atomium built?"}',
            '{"id":"c","compare":"How many years after the Eiffel Tower was the Atomium built?",'
            '"facts":["{a}","{b}"]}',
        ),
    ),
    (
        "Which river is longer, the Rhine or the Elbe?",
        (
            '{"id":"a","lookup":"How long is the Rhine?"}',
            '{"id":"b","lookup":"How long is the Elbe?"}',
            '{"id":"c","compare":"Which river is longer, the Rhine or the Elbe?",'
            '"facts":["{a}","{b}"]}',
        ),
    ),
    (
        "In what year did the company that Orient Airlines is part of close?",
        (
            '{"id":"a","lookup":"Which company is Orient Airlines part of?"}',
            '{"id":"b","lookup":"In what year did {a} close?"}',
        ),
    ),
    (
        "What lake is near the place where the Battle of Morgarten was fought?",
        (
            '{"id":"a","lookup":"Where was the Battle of Morgarten fought?"}',
            '{"id":"b","lookup":"What lake is near {a}?"}',
        ),
    ),
    (
        "Were the composer of Tosca and the composer of Carmen born in the same country?",
        (
            '{"id":"a","lookup":"Who composed Tosca?"}',
            '{"id":"b","lookup":"Who composed Carmen?"}',
            '{"id":"c","lookup":"In which country was {a} born?"}',
            '{"id":"d","lookup":"In which country was {b} born?"}',
            '{"id":"e","compare":"Were {a} and {b} born in the same country?",'
            '"facts":["{c}","{d}"]}',
        ),
    ),
    (
        "What award did Katherine Johnson receive in 2015?",
        ('{"id":"a","lookup":"What award did Katherine Johnson receive in 2015?"}',),
    ),
    (
        "Who is older, the inventor of dynamite or the inventor of the diesel engine?",
        (
            '{"id":"a","lookup":"Who invented dynamite?"}',
            '{"id":"b","lookup":"Who invented the diesel engine?"}',
            '{"id":"c","lookup":"When was {a} born?"}',
            '{"id":"d","lookup":"When was {b} born?"}',
            '{"id":"e","compare":"Who is older, the inventor of dynamite or the inventor of the'
            ' diesel engine?","facts":["{c}","{d}"]}',
        ),
    ),
    (
        "What was the average rainfall in the city where the performer of Clocks was formed?",
        (
            '{"id":"a","lookup":"Who performed Clocks?"}',
            '{"id":"b","lookup":"In which city was {a} formed?"}',
            '{"id":"c","lookup":"What was the average rainfall in {b}?"}',
        ),
    ),
    (
        "The writer of Dracula managed a theatre that was founded by whom?",
        (
            '{"id":"a","lookup":"Who wrote Dracula?"}',
            '{"id":"b","lookup":"Which theatre did {a} manage?"}',
            '{"id":"c","lookup":"Who founded {b}?"}',
        ),
    ),
)


_KNOWN = frozenset({"lookup", "compare", "calculate"})
"""Tools of which the planner is told by examples, or by rules."""
_LONGEST = 200
"""Characters of a description: prompts are read slowly."""


def plan_prompt(
    question: str,
    known: Sequence[tuple[str, str]] = (),
    tools: Sequence[Tool[Any]] = (),
) -> tuple[Message, ...]:
    """The question behind the examples, those of its own kind nearest to it.

    `known`: pairs of question and answer already found. `tools`: what a plan may use; of those that
    the examples do not show, the form and the description are told.
    """
    others = [_told(tool) for tool in tools if tool.name not in _KNOWN]
    told = "\n".join([SYSTEM + " Where one of these lines fits better, use it:", *others])
    messages = [Message("system", told if others else SYSTEM)]
    comparing = asks_to_compare(question)
    for asked, lines in sorted(_EXAMPLES, key=lambda pair: asks_to_compare(pair[0]) == comparing):
        messages += [Message("user", asked), Message("assistant", "\n".join(lines))]
    facts = "\n".join(f"{asked} {answer}" for asked, answer in known)
    return (*messages, Message("user", f"{as_data(facts)}\n{question}" if facts else question))


def _told(tool: Tool[Any]) -> str:
    """How a line that calls it looks, and what it does."""
    schema = tool.arguments.model_json_schema()
    names = tool.arguments.field_names()
    taken = {name: f"<{name}>" for name in names if name in (names[0], *schema.get("required", ()))}
    line: dict[str, object] = {"id": "a"}
    if has_short_form(names):
        line |= {tool.name: taken.pop(names[0]), **taken}
    else:
        line |= {"tool": tool.name, "arguments": taken} if taken else {"tool": tool.name}
    description = " ".join(tool.description.split())[:_LONGEST]
    return f"{json.dumps(line, ensure_ascii=False, separators=(',', ':'))} {description}"
