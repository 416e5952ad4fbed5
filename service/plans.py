"""Plans as their user writes them, over the tools that there are."""

import json
from collections.abc import Mapping

from planner import Plan, PlanError, Research, Vocabulary, question_of, read_plan, template, written
from service.errors import UsageProblem
from tools import Arguments, Calculate, Compare, Lookup, Python, Read, Search, Table, Think, Which

TOOLS: Mapping[str, type[Arguments]] = {
    tool.name: tool.arguments
    for tool in (Lookup, Compare, Which, Calculate, Table, Python, Search, Read, Think, Research)
}
"""What each tool takes."""
_READING = frozenset(tool.name for tool in (Lookup, Which, Search, Read, Research))
_VOCABULARY = Vocabulary({name: t.field_names() for name, t in TOOLS.items()}, Lookup.name)


def plan_of(text: str, name: str, others: Mapping[str, type[Arguments]] | None = None) -> Plan:
    """The plan in a text. Raises UsageProblem, which names the place.

    `others`: what tools of others take.
    """
    try:
        return read_plan(text, {**TOOLS, **(others or {})})
    except PlanError as error:
        raise UsageProblem(f"{name}: {error}") from error


def text_of(plan: Plan) -> str:
    """A line a step, in the short form; in the long one where the tool is another's."""
    return "\n".join(written(step, _VOCABULARY) for step in plan.steps)


def reads(plan: Plan) -> bool:
    """Whether the plan looks into documents or the web, so that there have to be some."""
    return any(step.tool in _READING or step.arguments.get("search") for step in plan.steps)


def think_plan(text: str, method: str, *, reads: bool, question: str = "") -> str:
    """The plan of one step that thinks about a text; `reads`: and about what is found for the
    question, which is the text where none is given."""
    arguments = {"question": template.literal(text.strip()), "method": method}
    if reads:
        arguments["search"] = template.literal(" ".join((question or text).split()))
    return json.dumps({"id": "a", "tool": Think.name, "arguments": arguments}, ensure_ascii=False)


def asked_by(plan: Plan) -> str:
    """The question that a plan answers. Raises UsageProblem where it does not say."""
    question = question_of(plan)
    if not question:
        raise UsageProblem("the plan does not say what it asks: add --question")
    return question
