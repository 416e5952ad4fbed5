"""The rivals of the planned run, with a scripted model over a real index."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from question_files import INCEPTION, NOLAN, PARASITE

from inference import ModelError, ModelRefused, ModelUnavailable, Request, ScriptedModel
from planner import Budget, Limits
from search import DocumentIndex
from service.evaluating.looking import Found, Looking
from service.evaluating.oneshot import oneshot, read_off
from service.evaluating.react import react, thinking
from service.evaluating.rival_prompts import LAST, react_head, turn_schema
from service.evaluating.systems import SYSTEMS, Bench, Reply
from service.evaluating.watching import Watch
from service.others import Others
from service.settings import Settings
from service.sources import Sources
from service.workplace import Workplace
from storage import TraceStore


@pytest.fixture
async def index() -> AsyncIterator[DocumentIndex]:
    opened = DocumentIndex.open(None)
    given = (INCEPTION, PARASITE, NOLAN)
    await opened.add_passages((p["title"], p["text"], f"/{n}") for n, p in enumerate(given))
    yield opened
    opened.close()


def search(query: str) -> str:
    return json.dumps({"thought": "I need it.", "action": "search", "input": query})


def lookup(words: str) -> str:
    return json.dumps({"thought": "I look.", "action": "lookup", "input": words})


def finish(answer: str, source: int) -> str:
    return json.dumps(
        {"thought": "I know.", "action": "finish", "answer": answer, "source": source}
    )


class Told(list[tuple[str, str]]):
    """What the loop told of its turns."""

    async def __call__(self, what: str, why: str) -> None:
        self.append((what, why))


async def asked(model: ScriptedModel, looking: Looking, turns: int = 5) -> tuple[Found, Told]:
    told = Told()
    found = await react("When was the director born?", thinking(model), looking, told, turns=turns)
    return found, told


async def test_react_searches_again_with_what_it_found(index: DocumentIndex) -> None:
    model = ScriptedModel(
        [search("Inception film"), search("Christopher Nolan born"), finish("30 July 1970.", 2)]
    )
    looking = Looking(index, Budget(Limits()))
    found, told = await asked(model, looking)
    assert found == Found("30 July 1970", (2,))
    assert [what for what, _ in told] == [
        "search Inception film",
        "search Christopher Nolan born",
        "finish 30 July 1970",
    ]
    prompts = [request.messages for request in model.requests]
    assert prompts[1][: len(prompts[0])] == prompts[0]
    assert prompts[2][: len(prompts[1])] == prompts[1]
    assert "[1] Inception: " in prompts[1][-1].content
    assert all(request.head == len(react_head()) for request in model.requests)


async def test_a_passage_is_shown_once_and_a_lookup_goes_on(index: DocumentIndex) -> None:
    model = ScriptedModel(
        [search("Parasite"), search("Parasite"), lookup("2019"), lookup("2019"), finish("none", 0)]
    )
    looking = Looking(index, Budget(Limits()))
    found, told = await asked(model, looking)
    assert found == Found(None)
    seen = [why.partition(" -> ")[2] for _, why in told]
    assert seen[0].startswith("[1] Parasite: Parasite is a film of 2019. Bong")
    assert seen[1] == "nothing was found"
    assert seen[2] == "[1] Parasite: Parasite is a film of 2019."
    assert seen[3] == "nothing was found"
    assert [passage.source.title for passage in looking.shown] == ["Parasite"]


async def test_the_last_turn_can_only_finish(index: DocumentIndex) -> None:
    model = ScriptedModel([search("Parasite"), finish("Bong Joon-ho", 1)])
    found, _ = await asked(model, Looking(index, Budget(Limits())), turns=2)
    assert found == Found("Bong Joon-ho", (1,))
    assert model.requests[-1].messages[-1].content.endswith(LAST)
    assert "anyOf" in (model.requests[0].schema or {})
    assert "anyOf" not in (model.requests[-1].schema or {})


async def test_a_turn_of_another_form_is_lost_and_the_loop_ends(index: DocumentIndex) -> None:
    model = ScriptedModel(lambda _: "I do not know.")
    found, told = await asked(model, Looking(index, Budget(Limits())), turns=3)
    assert (found, told) == (Found(None), [])
    assert len(model.requests) == 6


def test_a_source_is_one_that_was_shown() -> None:
    schema = turn_schema(2, last=True)
    assert schema["properties"]["source"]["enum"] == [0, 1, 2]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Christopher Nolan [1]", Found("Christopher Nolan", (1,))),
        ('"1970" [2][3].', Found("1970", (2, 3))),
        ("1970. [2], [2] [9]", Found("1970", (2,))),
        ("Ann", Found("Ann")),
        ("none", Found(None)),
        ("None. [1]", Found(None)),
        ("", Found(None)),
        ("[1]", Found(None)),
    ],
)
def test_one_shots_answer_is_read_off(text: str, found: Found) -> None:
    assert read_off(text, 3) == found


async def test_one_shot_reads_the_first_passages_at_once(index: DocumentIndex) -> None:
    model = ScriptedModel(["Christopher Nolan [1]"])
    looking = Looking(index, Budget(Limits()))
    found = await oneshot("Who directed the film Inception?", model, looking, passages=2)
    assert found == Found("Christopher Nolan", (1,))
    assert "[2] " in model.requests[0].messages[-1].content
    assert "[3] " not in model.requests[0].messages[-1].content
    assert await oneshot("??", model, looking) == Found(None)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[TraceStore]:
    async with await TraceStore.open(tmp_path / "runs.db") as opened:
        yield opened


def bench(model: ScriptedModel, index: DocumentIndex, store: TraceStore, **set_: Any) -> Bench:
    settings = Settings(search=None, plan_samples=1, **set_)
    sources = Sources(index, index)
    return Bench(Workplace(model, sources, settings, Watch(), Others(), looks=True), store)


async def replied(system: str, made: Bench, question: str) -> tuple[Reply, Watch, str]:
    watch = Watch()
    run = await made.store.create_run(question, {})
    return await SYSTEMS[system](made, question, run, watch), watch, run


async def test_a_rivals_run_is_recorded_like_any_other(
    index: DocumentIndex, store: TraceStore
) -> None:
    model = ScriptedModel([search("Inception"), finish("Christopher Nolan", 1)])
    reply, watch, run = await replied("react", bench(model, index, store), "Who directed it?")
    assert reply.answer.value == "Christopher Nolan"
    assert reply.answer.text == "Christopher Nolan [1]"
    assert reply.answer.sentences[0].verdict == "supported"
    assert "/0" in reply.read
    document = await store.document(run)
    assert document["run"]["status"] == "completed"
    assert [call["purpose"] for call in document["model_calls"]] == ["react", "react"]
    assert len(watch.usages) == 2
    assert "search Inception" in str(document["events"])


async def test_a_planned_run_is_asked_of_the_same_bench(
    index: DocumentIndex, store: TraceStore
) -> None:
    def reply_to(request: Request) -> str:
        if request.purpose == "read":
            return "Christopher Nolan"
        return "Christopher Nolan directed Inception [1]."

    made = bench(ScriptedModel(reply_to), index, store)
    reply, watch, _ = await replied("planned", made, "Who directed Inception?")
    assert reply.answer.value == "Christopher Nolan"
    assert reply.read == {"/0"}
    assert watch.usages


@pytest.mark.parametrize("system", ["oneshot", "react"])
@pytest.mark.parametrize(
    ("failure", "settings", "reason"),
    [
        (ModelRefused("too long"), {}, "too long"),
        (None, {"max_tokens": 5}, "stopped by the budget: max-tokens"),
    ],
)
async def test_what_is_the_questions_fault_is_its_result(
    index: DocumentIndex,
    store: TraceStore,
    system: str,
    failure: ModelError | None,
    settings: dict[str, int],
    reason: str,
) -> None:
    model = ScriptedModel(lambda _: failure or "never")
    made = bench(model, index, store, **settings)
    reply, _, run = await replied(system, made, "Who directed Inception?")
    assert reply.answer.value is None
    assert reason in (reply.reason or "")
    assert (await store.run(run)).status == "incomplete"


async def test_tool_calls_are_paid(index: DocumentIndex, store: TraceStore) -> None:
    model = ScriptedModel(lambda _: search("Inception"))
    made = bench(model, index, store, max_tool_calls=1)
    reply, _, _ = await replied("react", made, "Who directed Inception?")
    assert "max-tool-calls: 1 of 1" in (reply.reason or "")


@pytest.mark.parametrize("system", list(SYSTEMS))
async def test_a_server_that_is_gone_is_not_the_questions_fault(
    index: DocumentIndex, store: TraceStore, system: str
) -> None:
    made = bench(ScriptedModel(lambda _: ModelUnavailable("nobody is there")), index, store)
    run = await store.create_run("Who directed Inception?", {})
    with pytest.raises(ModelUnavailable, match="nobody is there"):
        await SYSTEMS[system](made, "Who directed Inception?", run, Watch())
    assert (await store.run(run)).status != "running"
