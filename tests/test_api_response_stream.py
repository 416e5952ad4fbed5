"""A response's events are a fold over its run's: the same whenever, and in whatever pieces."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from asked_front import ANSWER
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from service.api.places import GrowingVeil
from service.api.progress import Progress
from service.api.response_items import Items
from service.api.response_stream import Stream
from service.settings import Settings
from storage import Logged, ResponseRecord, RunRecord, Spent

AT = datetime(2026, 1, 2, tzinfo=UTC)
SETTINGS = Settings(database="runs.db")
OPTIONS: dict[str, Any] = {
    "servers": [{"label": "shop"}, {"label": "shop_old"}],
    "functions": [{"name": "price"}],
    "outputs": [{"name": "price", "arguments": {"of": "tea"}, "call_id": "c", "output": "2"}],
}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "lookup": {"question": "Who directed Roma?"},
    "search": {"query": "Roma"},
    "read": {"location": "https://example.org/roma"},
    "python": {"code": "1 + 1"},
    "calculate": {"expression": "1 + 1"},
    "shop_find": {"name": "tea"},
    "shop_old_find": {"name": "tea"},
    "price": {"of": "coffee"},
}
STREAM_EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
End = Literal["completed", "incomplete", "failed", "cancelled"]


def record(**request: Any) -> ResponseRecord:
    body = {"model": "breadth", "input": "Who?", **request}
    return ResponseRecord("resp_r1", "r1", "", "response", body, None, None, AT)


def run(status: Any = "queued", **changes: Any) -> RunRecord:
    blank = RunRecord(
        id="r1",
        question="Who?",
        status=status,
        reason=None,
        options=OPTIONS,
        created_at=AT,
        started_at=None,
        ended_at=None,
        seconds=0.0,
        answer=None,
    )
    return replace(blank, **changes)


def ended(status: End = "completed") -> RunRecord:
    return run(status, ended_at=AT, answer=ANSWER, reason="it is so", started_at=AT)


def log(*told: tuple[str, dict[str, Any]]) -> list[Logged]:
    return [Logged(number, AT, kind, data) for number, (kind, data) in enumerate(told, 1)]


def added(name: str, tool: str) -> tuple[str, dict[str, Any]]:
    return "step_added", {"id": name, "tool": tool, "arguments": ARGUMENTS[tool], "round": 1}


def started(name: str, tool: str) -> tuple[str, dict[str, Any]]:
    return "step_started", {"id": name, "tool": tool, "arguments": ARGUMENTS[tool], "attempt": 1}


def done(name: str, tool: str, outcome: str = "done") -> tuple[str, dict[str, Any]]:
    sources = [{"location": "https://example.org/roma", "title": "Roma"}]
    came = {"value": "a value", "error": None} if outcome == "done" else {"error": "a fault"}
    return "step_ended", {"id": name, "tool": tool, "outcome": outcome, "sources": sources, **came}


def fold(
    events: Sequence[Logged],
    response: ResponseRecord | None = None,
    at: RunRecord | None = None,
    end: RunRecord | None = None,
) -> list[dict[str, Any]]:
    """`at`: how the run stood when the stream was begun; `end`: how it stood at last."""
    response, at = response or record(), at or run()
    items = Items.of(response, at, SETTINGS)
    stream = Stream(response, items, Progress(GrowingVeil(at, SETTINGS)))
    told = stream.begin(at)
    for logged in events:
        told += stream.take(logged, at)
    return told + (stream.end(end, Spent(1, 30, 20, 5)) if end else [])


@st.composite
def runs(draw: st.DrawFn) -> tuple[list[tuple[str, dict[str, Any]]], int]:
    """The events of a run whose steps overlap in any way, without its end; and where it may have
    been cut off."""
    tools = draw(st.lists(st.sampled_from(sorted(ARGUMENTS)), min_size=1, max_size=6))
    steps = [(f"s{place}", tool) for place, tool in enumerate(tools)]
    plan = [("run_started", {"resumed": False}), *(added(*step) for step in steps)]
    plan.append(("plan_ended", {"round": 1, "steps": [name for name, _ in steps]}))
    turns = draw(st.permutations([step for step in steps for _ in (1, 2)]))
    seen: set[str] = set()
    for name, tool in turns[: draw(st.integers(0, len(turns)))]:
        outcome = draw(st.sampled_from(["done", "failed", "skipped"]))
        plan.append(done(name, tool, outcome) if name in seen else started(name, tool))
        seen.add(name)
    return plan, draw(st.integers(0, len(plan)))


ENDS = st.sampled_from(["completed", "incomplete", "failed", "cancelled"])


@given(runs(), ENDS)
def test_what_was_told_stays_told(
    made: tuple[list[tuple[str, dict[str, Any]]], int], status: End
) -> None:
    events, cut = made
    whole = log(*events, ("run_ended", {"status": status}))
    told = fold(whole, end=ended(status))
    assert [event["sequence_number"] for event in told] == list(range(len(told)))
    before = fold(whole[:cut])
    assert told[: len(before)] == before
    assert fold(whole, at=ended(status), end=ended(status)) == told


@given(runs())
def test_a_run_that_is_taken_up_again_tells_nothing_twice(
    made: tuple[list[tuple[str, dict[str, Any]]], int],
) -> None:
    events, cut = made
    begun = [one for one in events[:cut] if one[0] in ("step_added", "step_started", "plan_ended")]
    again = [*events[:cut], ("run_started", {"resumed": True}), *begun, *events[cut:]]
    assert cut == 0 or without_places(fold(log(*again))) == without_places(fold(log(*events)))


def without_places(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Our own events say where in the log they stand."""
    return [{name: value for name, value in event.items() if name != "seq"} for event in told]


@given(runs(), ENDS)
def test_every_event_is_of_the_clients_types_and_every_item_comes_to_an_end(
    made: tuple[list[tuple[str, dict[str, Any]]], int], status: End
) -> None:
    events, _ = made
    told = fold(log(*events, ("run_ended", {"status": status})), end=ended(status))
    for event in told:
        if not event["type"].startswith(("breadth:", "response.cancelled")):
            STREAM_EVENT.validate_python(with_known_reason(event))
    begun = [e["output_index"] for e in told if e["type"] == "response.output_item.added"]
    closed = [e for e in told if e["type"] == "response.output_item.done"]
    assert begun == list(range(len(begun)))
    assert sorted(e["output_index"] for e in closed) == begun
    last = told[-1]
    assert last["type"] == f"response.{status}"
    assert last["response"]["output"] == [
        e["item"] for e in sorted(closed, key=lambda e: e["output_index"])
    ]
    assert len({item["id"] for item in last["response"]["output"]}) == len(begun)


@given(runs(), st.integers(1, 3))
def test_no_call_is_told_past_the_cap(
    made: tuple[list[tuple[str, dict[str, Any]]], int], most: int
) -> None:
    told = fold(log(*made[0]), record(max_tool_calls=most))
    calls = [
        event["item"]["type"]
        for event in told
        if event["type"] == "response.output_item.added"
        and event["item"]["type"] not in ("reasoning", "function_call")
    ]
    assert len(calls) <= most


def with_known_reason(event: dict[str, Any]) -> dict[str, Any]:
    """Their types know one of our reasons alone."""
    response = event.get("response")
    if not response or not response["incomplete_details"]:
        return event
    return event | {"response": response | {"incomplete_details": None}}


def items_of(*told: tuple[str, dict[str, Any]], response: ResponseRecord | None = None) -> Any:
    whole = fold(log(*told, ("run_ended", {})), response, end=run("completed", ended_at=AT))
    made = whole[-1]["response"]
    Response.model_validate(made)
    return made["output"]


def test_each_tool_has_its_item() -> None:
    tools = ["lookup", "read", "python", "shop_find", "shop_old_find", "price"]
    events = [each for tool in tools for each in (started(tool, tool), done(tool, tool))]
    looked, opened, computed, found, old, called = items_of(*events)
    assert looked["type"] == "file_search_call"
    assert looked["queries"] == ["Who directed Roma?"]
    assert opened["action"] == {"type": "open_page", "url": "https://example.org/roma"}
    assert computed["code"] == "1 + 1"
    assert computed["outputs"] == [{"type": "logs", "logs": "a value"}]
    assert (found["server_label"], found["name"]) == ("shop", "find")
    assert (old["server_label"], old["name"]) == ("shop_old", "find")
    assert found["output"] == "a value"
    assert (called["name"], called["arguments"]) == ("price", '{"of": "coffee"}')
    assert called["status"] == "completed"


def test_a_call_whose_output_the_caller_has_sent_is_not_asked_for_again() -> None:
    kind, data = started("a", "price")
    assert items_of((kind, data | {"arguments": {"of": "tea"}})) == []
    assert items_of((kind, data))[0]["status"] == "completed"


def test_a_call_of_mcp_that_fails_says_why() -> None:
    (item,) = items_of(started("a", "shop_find"), done("a", "shop_find", "failed"))
    assert (item["status"], item["output"]) == ("failed", None)
    assert item["error"] == {"type": "mcp_tool_execution_error", "content": "a fault"}


def test_a_plan_is_told_as_a_reasoning_in_the_words_of_its_steps() -> None:
    plan = [added("a", "lookup"), added("b", "price")]
    (item,) = items_of(*plan, ("plan_ended", {"round": 1, "steps": ["a", "b"]}))
    assert item["summary"][0]["text"] == "a: lookup: Who directed Roma?\nb: price: coffee"


def test_documents_that_were_found_are_told_where_they_are_asked_for() -> None:
    asking = record(include=["file_search_call.results"])
    (item,) = items_of(started("a", "lookup"), done("a", "lookup"), response=asking)
    assert [each["filename"] for each in item["results"]] == ["https://example.org/roma"]


def test_a_run_that_was_taken_up_after_its_end_adds_nothing() -> None:
    first = log(("run_started", {}), ("run_ended", {}))
    more = log(("run_started", {"resumed": True}), started("a", "lookup"), ("run_ended", {}))
    assert fold([*first, *more]) == fold(first)


@pytest.mark.parametrize(("tokens", "said"), [(4, "Alfonso"), (14, "Alfonso Cuarón")])
def test_a_text_is_cut_behind_a_sentence_or_else_behind_a_word(tokens: int, said: str) -> None:
    response = record(max_output_tokens=tokens)
    message = fold([], response, end=ended())[-1]["response"]["output"][-1]
    text = message["content"][0]["text"]
    assert text.startswith(said)
    assert message["status"] == "incomplete"
    assert tokens == 4 or text == "Alfonso Cuarón 🎬 directed Roma. [1] [2]"


def test_a_response_has_every_field_of_the_neutral_specification() -> None:
    made = fold([], end=ended())[-1]["response"]
    numbers = ("temperature", "top_p", "presence_penalty", "frequency_penalty", "top_logprobs")
    assert [made[name] for name in numbers] == [1, 1, 0, 0, 0]
    texts = ("truncation", "service_tier", "tool_choice", "status", "model", "object")
    assert all(isinstance(made[name], str) for name in texts)
    assert all(isinstance(made[name], bool) for name in ("store", "background"))
    named = "max_output_tokens max_tool_calls safety_identifier prompt_cache_key instructions"
    assert {*named.split(), "previous_response_id", "reasoning", "text", "metadata"} <= set(made)
