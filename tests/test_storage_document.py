"""The document of a run: plain JSON, and whole."""

import dataclasses
import json

from trace_store import OTHER, PASSAGE, START, Clock, model_called

from inference import Completion, Message, Request, Sample, TokenLogprob, Usage
from planner import (
    Answer,
    AnswerWritten,
    Decided,
    Done,
    RunEnded,
    RunStarted,
    Sentence,
    Spending,
    Step,
    StepAdded,
    StepEnded,
    StepStarted,
)
from storage import TraceStore
from storage.records import request_data


async def test_the_document_is_plain_json_and_whole(store: TraceStore, clock: Clock) -> None:
    run = await store.create_run("Who?", {"seed": 3})
    trace = store.trace(run)
    logprobs = (TokenLogprob("No", -0.1, (("No", -0.1), ("Yes", -2.0))),)
    completion = Completion(
        (Sample("No", "length", "Hm.", logprobs), Sample("Yes")), Usage(3, 2, 1)
    )
    for event_ in (
        RunStarted("Who?"),
        StepAdded(Step("a", "lookup", {"question": "Who?"}), 1, "planner"),
        StepAdded(Step("b", "compare", {"facts": ["{a}"]}), 1, "planner"),
        StepStarted("a", {"question": "Who?"}),
        model_called(completion=completion, error="stopped"),
        StepEnded("a", Done("Nolan", (PASSAGE,), (OTHER,))),
        Decided("write", "enough is known"),
        AnswerWritten(Answer("Nolan", (Sentence("Nolan.", (1,)),), (PASSAGE,))),
        RunEnded("completed"),
    ):
        await trace.record(event_)
    document = await store.document(run)
    assert json.loads(json.dumps(document)) == document
    assert [logged["seq"] for logged in document["events"]] == list(range(1, 10))
    assert document["events"][6] == {
        "seq": 7,
        "at": START.isoformat(),
        "kind": "decided",
        "what": "write",
        "why": "enough is known",
    }
    assert [step["inputs"] for step in document["steps"]] == [[], ["a"]]
    [call] = document["calls"]
    assert (call["outcome"], call["value"]) == ("done", "Nolan")
    assert (call["proof"], call["read"]) == ([PASSAGE.id], [OTHER.id])
    assert [passage["id"] for passage in document["passages"]] == [PASSAGE.id, OTHER.id]
    [source] = document["sources"]
    assert {passage["source"] for passage in document["passages"]} == {source["id"]}
    [asked] = document["model_calls"]
    assert asked["request"]["messages"][1] == {"role": "user", "content": "Who?"}
    assert asked["samples"] == [
        {
            "text": "No",
            "finish_reason": "length",
            "reasoning": "Hm.",
            "logprobs": [{"token": "No", "logprob": -0.1, "top": [["No", -0.1], ["Yes", -2.0]]}],
        },
        {"text": "Yes", "finish_reason": "stop"},
    ]
    assert (asked["error"], asked["cached_tokens"]) == ("stopped", 1)
    assert document["answer"]["text"] == "Nolan. [1]"
    assert document["answer"]["citations"][0]["passage"] == PASSAGE.id


async def test_a_model_call_keeps_what_it_cost(store: TraceStore) -> None:
    run = await store.create_run("Who?", {})
    usage = Usage(30, 5, 20, drafted_tokens=12, accepted_tokens=7, queued_seconds=0.25)
    completion = Completion((Sample("Nolan"),), usage, ("http://127.0.0.1:1/v1",))
    for event in (model_called(completion=completion, cost=0.5), model_called()):
        await store.trace(run).record(event)
    first, second = (await store.document(run))["model_calls"]
    names = ("drafted_tokens", "accepted_tokens", "queued_seconds", "cost", "endpoints")
    assert [first[name] for name in names] == [12, 7, 0.25, 0.5, ["http://127.0.0.1:1/v1"]]
    assert [second[name] for name in names] == [0, 0, 0.0, None, []]
    assert (await store.history(run)).spent == Spending(70, 0.5)


def test_all_that_a_model_was_asked_is_kept() -> None:
    ours = {"head", "session", "purpose"}  # how we ask; the purpose has a column of its own
    fields = {field.name for field in dataclasses.fields(Request)}
    assert set(request_data(Request((Message("user", "Who?"),)))) == fields - ours
