"""The tool `think`, and the commands `breadth think` and `breadth methods`."""

import json
from io import StringIO

import pytest
from endpoint_server import models, piece, serving, stream
from method_tasks import answering
from rich.console import Console
from test_command_line import User, user  # noqa: F401 - a fixture

from inference import Completion, Message, ModelUnavailable, Request, Sample, ScriptedModel
from planner import (
    Budget,
    Caller,
    Failed,
    Limits,
    MemoryTrace,
    ModelCalled,
    Reasoned,
    Step,
    StepAdded,
)
from search import DocumentIndex
from service.terminal import Terminal
from tools import Think, ToolError
from tools.think import ThinkArguments


@pytest.fixture
def index() -> DocumentIndex:
    return DocumentIndex.open(None)


async def test_the_answer_is_proved_by_the_reasoning_that_led_to_it(index: DocumentIndex) -> None:
    model = ScriptedModel([["Two and two.\nAnswer: 4", "Hm.\nAnswer: 5", "Well.\nAnswer: 4.0"]])
    think = Think(index, model)
    result = await think.call(ThinkArguments(question="What is 2 + 2?", method="vote(3)"))
    assert result.value == "4"
    (proof,) = result.evidence
    assert proof.text == "Two and two.\nAnswer: 4"
    assert proof.source.title == "Reasoning by vote(3), confidence 0.67"
    assert [(one.answer, one.state) for one in result.trail] == [
        ("4", "chosen"), ("5", ""), ("4.0", ""),
    ]  # fmt: skip
    index.close()


async def test_a_method_that_chooses_says_which_it_took(index: DocumentIndex) -> None:
    think = Think(index, answering(lambda asked: "Answer: 4"))
    result = await think.call(ThinkArguments(question="What is 2 + 2?", method="auto"))
    (proof,) = result.evidence
    assert proof.source.title == "Reasoning by auto, as self-consistency(8)"
    index.close()


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Answer: 42\n</data>", "Answer: 42"),
        ("Answer: <data>42</data>", "Answer: <data>42</data>"),
    ],
)
async def test_a_mark_of_data_that_the_model_goes_on_to_is_no_part_of_its_reasoning(
    index: DocumentIndex, said: str, kept: str
) -> None:
    think = Think(index, ScriptedModel([said]))
    result = await think.call(ThinkArguments(question="What is it?", method="once"))
    assert result.evidence[0].text == kept
    index.close()


async def test_a_text_without_an_answer_is_the_answer(index: DocumentIndex) -> None:
    think = Think(index, answering(lambda asked: "It depends."))
    result = await think.call(ThinkArguments(question="Is it so?", method="once"))
    assert result.value == "It depends."
    index.close()


async def test_a_method_that_is_none_is_a_mistake_of_the_plan() -> None:
    with pytest.raises(ValueError, match="there is no method 'vot'"):
        ThinkArguments(question="Why?", method="vot")


async def test_a_model_that_fails_fails_the_step(index: DocumentIndex) -> None:
    think = Think(index, ScriptedModel([ModelUnavailable("gone")]))
    with pytest.raises(ToolError, match="the model could not think: gone"):
        await think.call(ThinkArguments(question="Why?"))
    index.close()


async def test_what_a_method_made_before_it_failed_is_in_the_trace(index: DocumentIndex) -> None:
    gone = ModelUnavailable("gone")
    think, trace = Think(index, ScriptedModel(["Follow up: Why not?", gone, gone])), MemoryTrace()
    caller = Caller({"think": think}, budget=Budget(Limits()), trace=trace)
    outcome, _ = await caller.call("a", "think", {"question": "Why?", "method": "self-ask(1)"})
    assert outcome == Failed("the model could not think: gone")
    (reasoned,) = [event for event in trace.events if isinstance(event, Reasoned)]
    assert [(one.by, one.text) for one in reasoned.candidates] == [
        ("follow-up", "Follow up: Why not?")
    ]
    index.close()


async def test_breadth_think_answers_without_documents(user: User) -> None:  # noqa: F811
    said = stream(piece("So.\nAnswer: 42", 0), piece("So.\nAnswer: 41", 1), piece("Answer: 42", 2))
    async with serving(said, models=models("m")) as played:
        asked = ("think", "What is six times seven?", "--method", "vote(3)")
        where = ("--model", "openai:m", "--base-url", played.url)
        ended = await user.types(*asked, *where, "--json")
        assert ended.code == 0, ended.err
        document = json.loads(ended.out)
        assert document["value"] == "42"
        (source,) = document["sources"]
        assert source["title"] == "Reasoning by vote(3), confidence 0.67"
        assert played.bodies[0]["n"] == 3
        drawn = await user.types("trace", document["run"])
    assert "[1] Reasoning by vote(3), confidence 0.67" in drawn.out
    assert "✓ chosen" in drawn.out
    assert "think:" not in drawn.out
    assert "✓ 1" in " ".join(drawn.out.split())


async def test_a_method_that_is_none_is_told_before_anything_is_loaded(user: User) -> None:  # noqa: F811
    ended = await user.types("think", "Why?", "--method", "vote(0")
    assert (ended.code, ended.out) == (2, "")
    assert "--method: 'vote(0', character 7: a comma or ) is missing" in ended.err


@pytest.mark.parametrize(
    ("method", "why"),
    [
        ("rsa(n=0)", "rsa: n and t must be at least 1"),
        ("best-of(2, knockout(0))", "knockout: n must be at least 1"),
        ("debate(models=[a])", "debate: there is no model 'a' (named are: drafter, judge,"),
    ],
)
async def test_what_no_method_can_be_made_of_is_told_before_anything_is_loaded(
    user: User,  # noqa: F811
    method: str,
    why: str,
) -> None:
    for typed in (("think", "Why?", "--method", method), ("methods", method)):
        ended = await user.types(*typed)
        assert (ended.code, ended.out) == (2, "")
        assert why in " ".join(ended.err.split())


async def test_a_method_under_way_tells_its_calls_whenever_they_have_doubled() -> None:
    out = StringIO()
    steps = (Step("a", "think", {"question": "Why?"}), Step("b", "lookup", {"question": "Who?"}))
    request, said = Request((Message("user", "?"),)), Completion((Sample("Answer: 1", "stop"),))
    with Terminal(Console(file=out, width=120)) as display:
        for step in steps:
            await display.record(StepAdded(step, 1, "given"))
        for _ in range(5):
            for id_ in ("a", "b", None):
                await display.record(ModelCalled(id_, "m", request, said, 1.0, None))
    told = [line.partition(" s  ")[2].strip() for line in out.getvalue().splitlines()]
    assert told[2:] == ["a 1 call so far", "a 2 calls so far", "a 4 calls so far"]


async def test_the_methods_are_listed_and_told(user: User) -> None:  # noqa: F811
    listed = json.loads((await user.types("methods", "--json")).out)
    assert {"self-consistency", "best-of-n", "knockout"} <= {one["name"] for one in listed}
    told = json.loads((await user.types("methods", "best-of(4, vote(3))", "--json")).out)
    assert (told["name"], told["calls"], told["rounds"]) == ("best-of-n", 16, 2)
    once = json.loads((await user.types("methods", "once", "--json")).out)
    assert (once.keys(), once["calls"]) == (told.keys(), 1)
    assert "calls    1 at most" in (await user.types("methods", "once")).out
    nested = (await user.types("methods", "best-of(4, vote(3))")).out
    assert "written  best-of(4, vote(3))" in nested
    wrong = await user.types("methods", "foo")
    assert wrong.code == 2
    assert "there is no method 'foo'" in wrong.err
