"""Agents that use tools: what they look up, work out and run, and what they do where that fails."""

from pathlib import Path

import pytest
from method_tasks import task

from inference import Request, ScriptedModel
from reasoning import Crew, Trail, method_of
from search import DocumentIndex
from tools import Python, ToolAgents

LEGS = "A cat has four legs, and two cats have eight."


@pytest.fixture
async def index(tmp_path: Path) -> DocumentIndex:
    (tmp_path / "legs.txt").write_text(LEGS)
    index = DocumentIndex.open(None)
    await index.refresh([tmp_path])
    return index


def replying(**said: str) -> ScriptedModel:
    """To what is asked for a query, a sum or a program; else the answer."""

    def reply(request: Request) -> list[str]:
        asked = request.messages[-1].content
        for kind, word in (("query", "look up"), ("sum", "Which sum"), ("program", "program that")):
            if word in asked:
                return [said[kind]] * request.n
        return ["Answer: 8"] * request.n

    return ScriptedModel(reply)


async def test_without_documents_and_leave_to_run_code_there_are_words_and_sums() -> None:
    assert [*ToolAgents(ScriptedModel([])).attempts()] == ["words", "sum"]


async def test_agents_with_all_tools(index: DocumentIndex) -> None:
    agents = ToolAgents(ScriptedModel([]), index, Python())
    assert [*agents.attempts()] == [
        "words", "search", "sum", "search and sum", "program", "search and program",
    ]  # fmt: skip
    index.close()


async def test_an_agent_answers_with_what_was_worked_out() -> None:
    model, trail = replying(sum="```\n`(2 * 4) + 0.5`\n```"), Trail()
    made = await ToolAgents(model).attempts()["sum"](task(trail=trail))
    assert made.best.text == "Answer: 8"
    last = model.requests[-1].messages[-1].content
    assert "Worked out exactly: (2 * 4) + 0.5 = 8.5" in last
    assert [(one.by, one.round, one.saw) for one in trail.candidates] == [
        ("sum", 1, ()), ("", 2, ("1",)),
    ]  # fmt: skip


async def test_an_agent_answers_with_what_was_found_as_data(index: DocumentIndex) -> None:
    model = replying(query='Query: "cats legs"')
    agents = ToolAgents(model, index)
    await agents.attempts()["search"](task())
    last = model.requests[-1].messages[-1].content
    assert f"A search found:\n<data>\nLegs: {LEGS}\n</data>" in last
    assert [passage.text for passage in agents.read] == [LEGS]
    index.close()


async def test_an_agent_answers_with_what_its_program_printed() -> None:
    model = replying(program="Here it is:\n```python\nprint(2 * 4)\n```\nDone.")
    await ToolAgents(model, python=Python()).attempts()["program"](task())
    assert "A program printed:\n<data>\n8\n</data>" in model.requests[-1].messages[-1].content


async def test_a_tool_that_fails_is_told_and_done_without() -> None:
    model = replying(sum="eight of them")
    made = await ToolAgents(model).attempts()["sum"](task())
    assert made.best.text == "Answer: 8"
    assert "The sum failed: " in model.requests[-1].messages[-1].content


async def test_there_is_a_most_for_all_of_them(index: DocumentIndex) -> None:
    model = replying(query="cats", sum="2 * 4")
    agents = ToolAgents(model, index, most=1)
    await agents.attempts()["search and sum"](task())
    last = model.requests[-1].messages[-1].content
    assert ("A search found" in last, "Worked out" in last) == (True, False)
    index.close()


async def test_agents_with_tools_take_the_seats_of_tumix() -> None:
    model, trail = replying(sum="2 * 4"), Trail()
    crew = Crew(model, agents=ToolAgents(model).attempts())
    made = await method_of("tumix(agents=3, rounds=1, least=1)", crew)(task(trail=trail))
    assert made.best.text == "Answer: 8"
    seats = [one.by for one in trail.candidates if "/" not in one.id]
    assert seats == ["words", "sum", "words step by step"]
