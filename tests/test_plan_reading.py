"""Plans that somebody else wrote: every form is read, and an error names line and field."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import VOCABULARY

from planner import Plan, PlanError, Research, Step, in_order, question_of, read_plan, written
from tools import Calculate, Compare, Lookup

TOOLS = {tool.name: tool.arguments for tool in (Lookup, Compare, Calculate, Research)}
LINES = '{"id":"a","lookup":"Who directed Up?"}\n{"id":"b","lookup":"When was {a} born?"}\n'


def read(text: str) -> list[tuple[str, Any]]:
    return [(step.id, step.arguments) for step in read_plan(text, TOOLS).steps]


def call(id_: str | None, arguments: Any, name: str = "lookup") -> dict[str, Any]:
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}


def test_a_plan_that_takes_a_part_of_a_value_says_what_it_asks() -> None:
    lines = '{"id":"a","lookup":"Who?"}\n{"id":"b","calculate":"{a.items.0} * 2"}'
    assert question_of(read_plan(lines, TOOLS)) == "(Who?) * 2"


@pytest.mark.parametrize(
    "text",
    [
        LINES,
        "\ufeff" + LINES.replace("\n", "\r\n\r\n"),
        "[" + ",\n".join(LINES.splitlines()) + "]",
        '[{"id":"a","tool":"lookup","arguments":{"question":"Who directed Up?"}},'
        '{"id":"b","lookup":"When was {a} born?"}]',
        json.dumps([json.loads(line) for line in reversed(LINES.splitlines())], indent=2),
        "\n".join(reversed(LINES.splitlines())),
    ],
)
def test_every_form_of_a_plan_is_read(text: str) -> None:
    question = {"question": "Who directed Up?"}
    assert read(text) == [("a", question), ("b", {"question": "When was {a} born?"})]


def test_parallel_tool_calls_keep_their_ids_and_have_no_edges() -> None:
    calls = [call("call_1", '{"question":"Who directed Up?"}'), call("x", {"question": "Why {b}?"})]
    message = {"role": "assistant", "content": None, "tool_calls": calls}
    expected = [("call_1", {"question": "Who directed Up?"}), ("x", {"question": "Why (b)?"})]
    assert read(json.dumps(message)) == expected
    assert read(json.dumps([{"role": "user", "content": "?"}, message])) == expected
    assert read(json.dumps({"choices": [{"message": message}]})) == expected


def test_an_id_in_the_arguments_of_a_tool_call_is_an_edge() -> None:
    long = "chatcmpl-tool-0123456789abcdef0123456789abcdef"
    calls = [
        call("b", {"question": f"When was {{{long}}} born?"}),
        call(long, '{"question":"Who?"}'),
    ]
    first, second = read_plan(json.dumps({"tool_calls": calls}), TOOLS).steps
    assert second.inputs == (first.id,)
    assert long.replace("-", "_").endswith(first.id)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "the plan is empty"),
        ("[]", "the plan is empty"),
        ('{"role":"assistant","tool_calls":[]}', "this message of an assistant calls no tool"),
        ('{"role":"assistant","content":"I cannot"}', "calls no tool"),
        (LINES + "{", "line 3: this is no JSON: Expecting property name"),
        ('[\n{"id":"a","lookup":"x"},\n}]', "line 3: this is no JSON"),
        ('"Who?"', "line 1: a step must be a JSON object"),
        (LINES + '{"id":"c","look":"x"}', "line 3: tool: there is no 'look'; there are: calculate"),
        ('{"id":"a","tool":"web"}', "line 1: tool: there is no 'web'; there are: calculate"),
        ('{"id":"a","lookup":7}', "line 1: question: Input should be a valid string"),
        ('{"id":"a","tool":"lookup","arguments":{"q":"x"}}', "line 1: question: Field required"),
        (LINES + '{"id":"c","lookup":"x","depth":2}', "line 3: depth: Extra inputs are not"),
        ('{"id":"a","compare":"x","facts":["1"]}', "line 1: facts: Tuple should have at least 2"),
        (LINES + "\n" + '{"id":"b","lookup":"x"}', "line 4: step id 'b' is already used"),
        (LINES + "\n" + '{"id":"c","lookup":"{d}"}', "line 4: step 'c' names 'd', which is no"),
        ('{"id":"a","lookup":"{b}"}\n\n{"id":"b","lookup":"{a}"}', "line 1: these steps wait"),
        ('[\n\n{"id":"a","lookup":"x"},\n{"id":"b","needs":1,"lookup":"x"}]', "line 4: needs: "),
        (json.dumps({"tool_calls": [call("a", "{")]}), "line 1: arguments: this is no JSON"),
        (json.dumps({"tool_calls": [{"id": "a"}]}), "line 1: function: missing"),
        (json.dumps({"tool_calls": [call("a", {}, "web")]}), "line 1: tool: there is no 'web'"),
        ('{"id":"check_a","lookup":"x"}', "line 1: the id 'check_a' is taken; choose another"),
        (LINES + '{"id":"whole","lookup":"x"}', "line 3: the id 'whole' is taken"),
        ('{"id":"a_relinked","lookup":"x"}', "line 1: the id 'a_relinked' is taken"),
        (
            '{"id":"a","research":"x","tools":["web"]}',
            "line 1: tools: there is no 'web'; there are",
        ),
        ('{"id":"a","research":"x","tools":"lookup"}', "line 1: tools: Input should be a valid"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
    ],
)
def test_an_error_names_the_line_and_the_field(text: str, error: str) -> None:
    with pytest.raises(PlanError) as raised:
        read_plan(text, TOOLS)
    assert error in str(raised.value)


def test_what_a_name_will_stand_for_is_not_checked_before() -> None:
    text = LINES + '{"id":"c","compare":"Who is older?","facts":"{b}"}'
    assert len(read_plan(text, TOOLS).steps) == 3


@pytest.mark.parametrize(
    ("text", "question"),
    [
        (LINES, "When was (Who directed Up?) born?"),
        ('{"calculate":"12% of 340"}', "12% of 340"),
        (LINES + '{"id":"c","lookup":"Where is {item}?","for_each":"b"}',
         "Where is (When was (Who directed Up?) born?)?"),
    ],
)  # fmt: skip
def test_a_plan_asks_what_its_last_step_asks(text: str, question: str) -> None:
    assert question_of(read_plan(text, TOOLS)) == question


@given(st.permutations(range(12)), st.data())
def test_a_plan_in_any_order_is_put_in_order(places: list[int], data: st.DataObject) -> None:
    steps = []
    for number in range(12):
        needs = data.draw(st.sets(st.integers(0, number - 1), max_size=3)) if number else set()
        named = tuple(f"s{need}" for need in sorted(needs))
        steps.append(Step(f"s{number}", "lookup", {"question": f"{number}?"}, named))
    shuffled = Plan(tuple(steps[place] for place in places))
    done: set[str] = set()
    for step in in_order(shuffled).steps:
        assert done.issuperset(step.inputs)
        done.add(step.id)
    assert len(done) == 12
    lines = "\n".join(written(step, VOCABULARY) for step in shuffled.steps)
    assert sorted(read_plan(lines, TOOLS).steps, key=lambda step: int(step.id[1:])) == steps
