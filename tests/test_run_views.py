"""The views of runs, drawn from documents that a real store gave."""

import io
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, RenderableType

from inference import Completion, Message, Request, Sample, Usage
from planner import (
    Answer,
    AnswerWritten,
    Decided,
    Done,
    Event,
    Failed,
    ModelCalled,
    PhaseStarted,
    RunEnded,
    RunStarted,
    Sentence,
    Skipped,
    Speculated,
    SpeculationStarted,
    Step,
    StepAdded,
    StepCancelled,
    StepEnded,
    StepReplaced,
    StepStarted,
)
from search import Passage, Source
from service.legible import legible, legible_duration
from service.run_views import runs_table, trace_tree
from storage import TraceStore

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SOURCE = Source("/films/people/nolan.md", "Christopher Nolan", "text/markdown", "0" * 64)
BORN = Passage(SOURCE, 10, 40, "Nolan was born on 30 July 1970.")


class Recorder:
    """Records events at given seconds of one run."""

    def __init__(self, store: TraceStore, question: str) -> None:
        self.store = store
        self._question = question
        self._run = ""

    async def at(self, seconds: float, *events: Event) -> None:
        CLOCK.append(START + timedelta(seconds=seconds))
        self._run = self._run or await self.store.create_run(self._question, {})
        for event in events:
            await self.store.trace(self._run).record(event)

    async def document(self) -> Mapping[str, Any]:
        return await self.store.document(self._run)


CLOCK = [START]


@pytest.fixture
async def recorder(tmp_path: Path) -> AsyncIterator[Recorder]:
    CLOCK[:] = [START]
    async with await TraceStore.open(tmp_path / "runs.db", now=lambda: CLOCK[-1]) as store:
        yield Recorder(store, "Who is older, the director of Inception or of Parasite?")


def drawn(view: RenderableType, width: int = 80, *, colour: bool = False) -> list[str]:
    """Lines, as they come out of a pipe or on a terminal."""
    console = Console(file=io.StringIO(), width=width, force_terminal=colour, legacy_windows=False)
    console.print(view)
    output = console.file
    assert isinstance(output, io.StringIO)
    return [line.rstrip() for line in output.getvalue().splitlines()]


def called(step: str | None, purpose: str, prompt: int, completion: int) -> ModelCalled:
    request = Request((Message("user", "?"),), purpose=purpose)
    answer = Completion((Sample("!"),), Usage(prompt, completion, prompt // 2))
    return ModelCalled(step, "small", request, answer, 0.5, 0.1)


async def record_diamond(recorder: Recorder) -> None:
    """A diamond, a for_each, a failed and a skipped step, an answer."""
    lines = (
        Step("a", "lookup", {"question": "Who directed Inception?"}),
        Step("b", "lookup", {"question": "When was {a} born?"}),
        Step("c", "lookup", {"question": "Where was {a} born?"}),
        Step("d", "compare", {"question": "Who?", "facts": ["{b}", "{c}"]}),
        Step("e", "lookup", {"question": "Films of {a}?"}),
        Step("f", "lookup", {"question": "When was {item} made?"}, for_each="e", optional=True),
        Step("g", "calculate", {"expression": "{c} / 0"}),
        Step("h", "lookup", {"question": "What is {g}?"}),
    )
    await recorder.at(0, RunStarted("?"), PhaseStarted("plan", 1), called(None, "plan", 100, 20))
    await recorder.at(1, *(StepAdded(step, 1, "planner") for step in lines))
    await recorder.at(1, PhaseStarted("gather", 1), StepStarted("a", {"question": "Inception?"}))
    await recorder.at(2, called("a", "read", 300, 5), StepEnded("a", Done("Nolan", (BORN,))))
    starts = (StepStarted(name, {"question": f"{name}: Nolan?"}) for name in "bce")
    await recorder.at(2, *starts)
    await recorder.at(3, StepEnded("b", Done("30 July 1970", (BORN,))))
    await recorder.at(3.5, StepEnded("e", Done(["Inception", "Tenet"])))
    await recorder.at(3.5, *(StepStarted(f"f[{n}]", {"question": str(n)}) for n in range(2)))
    await recorder.at(4, StepEnded("c", Done("London")), StepStarted("d", {"question": "Who?"}))
    await recorder.at(4.5, StepEnded("g", Failed("'London' is no number")))
    await recorder.at(4.5, StepEnded("h", Skipped("needs g: 'London' is no number")))
    await recorder.at(5, called("f[0]", "read", 400, 5), StepEnded("f[0]", Done("2010")))
    await recorder.at(6, called("f[1]", "read", 200, 5), StepEnded("f[1]", Failed("no page")))
    await recorder.at(6, StepEnded("f", Done(["2010", None])), StepEnded("d", Done("Nolan")))
    await recorder.at(7, PhaseStarted("write", 1), Decided("write", "nothing is missing"))
    sentences = (
        Sentence("Nolan was born in 1970.", (1,), "supported"),
        Sentence("He is older.", (1,), "unsupported"),
    )
    await recorder.at(8, AnswerWritten(Answer("Nolan", sentences, (BORN,))))
    await recorder.at(8, RunEnded("completed"))


def section(lines: list[str], title: str) -> list[str]:
    """The lines under a title."""
    after = lines[lines.index(title) + 1 :]
    return after[: after.index("")] if "" in after else after


async def test_each_step_stands_below_the_input_that_it_waited_for(recorder: Recorder) -> None:
    await record_diamond(recorder)
    plan = section(drawn(trace_tree(await recorder.document())), "Plan")
    assert plan == [
        "a lookup Inception?",
        "✓ done (305 tokens): Nolan",
        "├── b lookup b: Nolan?",
        "│   ✓ done: 30 July 1970",
        "├── c lookup c: Nolan?",
        "│   ✓ done: London",
        "│   ├── d compare (needs b, c) Who?",
        "│   │   ✓ done: Nolan",
        "│   └── g calculate {c} / 0",
        "│       ✗ failed: 'London' is no number",
        "│       └── h lookup What is {g}?",
        "│           – skipped: needs g: 'London' is no number",
        "└── e lookup e: Nolan?",
        '    ✓ done: ["Inception", "Tenet"]',
        "    └── f lookup (for each of e; optional) When was {item} made?",
        '        ✓ done (610 tokens): ["2010", null]',
        "        ├── f[0] lookup 0",
        "        │   ✓ done (405 tokens): 2010",
        "        └── f[1] lookup 1",
        "            ✗ failed (205 tokens): no page",
    ]


async def test_the_timeline_has_a_bar_for_each_phase_and_call(recorder: Recorder) -> None:
    await record_diamond(recorder)
    rows = section(drawn(trace_tree(await recorder.document())), "Time")
    assert [row.split("  ")[0] for row in rows] == [
        *("plan 1", "gather 1", "write 1"),
        *("✓ a", "✓ b", "✓ e", "✓ c", "✓ f[0]", "✗ f[1]", "✓ d"),
    ]
    bar = {row.split("  ")[0]: row for row in rows}
    assert bar["✓ d"].endswith("4.00 – 6.00 s waited for c")
    assert bar["✓ a"].endswith("1.00 – 2.00 s")
    assert bar["✓ b"].index("█") == bar["✓ c"].index("█") > bar["✓ a"].index("█")
    assert bar["✓ c"].count("█") - 2 * bar["✓ b"].count("█") in (0, 1)


async def test_the_summary_counts_what_models_did(recorder: Recorder) -> None:
    await record_diamond(recorder)
    lines = drawn(trace_tree(await recorder.document()))
    assert [row.split() for row in section(lines, "Models")[1:]] == [
        ["plan", "1", "100", "50", "20", "0.5"],
        ["read", "3", "900", "450", "15", "1.5"],
        ["all", "4", "1,000", "500", "35", "2.0"],
    ]
    assert section(lines, "Decisions") == ["7.00 s write: nothing is missing"]


async def test_the_answer_shows_what_supports_it(recorder: Recorder) -> None:
    await record_diamond(recorder)
    lines = drawn(trace_tree(await recorder.document()))
    assert section(lines, "Answer") == [
        "Nolan",
        "Nolan was born in 1970. [1] He is older. [1] (not supported)",
    ]
    assert section(lines, "Sources") == [
        "[1] Christopher Nolan",
        "    /films/people/nolan.md, characters 10–40",
        "    “Nolan was born on 30 July 1970.”",
    ]


@pytest.mark.parametrize("width", [40, 80, 200])
async def test_no_line_is_wider_than_the_page(recorder: Recorder, width: int) -> None:
    await record_diamond(recorder)
    document = await recorder.document()
    plain, coloured = (drawn(trace_tree(document), width, colour=c) for c in (False, True))
    assert max(map(len, plain)) <= width
    assert "\x1b" not in "".join(plain)
    assert "\x1b[" in "".join(coloured)


async def test_a_long_chain_and_a_wide_plan_stay_readable(recorder: Recorder) -> None:
    chain = [Step("s0", "lookup", {"question": "first"})]
    chain += [Step(f"s{n}", "lookup", {"question": f"after {{s{n - 1}}}"}) for n in range(1, 100)]
    wide = [Step(f"w{n}", "lookup", {"question": f"wide {n}"}) for n in range(100)]
    await recorder.at(0, RunStarted("?"), *(StepAdded(step, 1, "p") for step in [*chain, *wide]))
    await recorder.at(1, *(StepEnded(step.id, Done(f"value {step.id}")) for step in chain))
    plan = section(drawn(trace_tree(await recorder.document())), "Plan")
    assert len(plan) == 400
    assert sum("✓ done: value s" in line for line in plan) == 100
    assert sum("· waiting" in line for line in plan) == 100
    assert any("s99 lookup (needs s98) after {s98}" in line for line in plan)


async def test_edits_conditions_and_guesses_are_told(recorder: Recorder) -> None:
    was = Step("b", "lookup", {"question": "{a}"})
    await recorder.at(0, RunStarted("?"), StepAdded(Step("a", "lookup", {}), 1, "planner"))
    await recorder.at(1, StepAdded(was, 1, "planner"))
    step = Step("b", "lookup", {"question": "x"}, when="not a")
    await recorder.at(2, StepReplaced(was, step, "a leads nowhere"), StepCancelled("a", "enough"))
    await recorder.at(3, SpeculationStarted("b", {"question": "x"}, {"a": "y"}))
    await recorder.at(4, Speculated("b", True, 1.5), Speculated("b", False, 0.25))
    lines = drawn(trace_tree(await recorder.document()))
    assert "└── b lookup (when not a) x" in "\n".join(section(lines, "Plan"))
    assert section(lines, "Started early") == [
        "1 of 2 calls on draft values were kept: 1.50 s gained, 0.25 s lost"
    ]
    assert section(lines, "Decisions") == [
        "2.00 s b replaced: a leads nowhere",
        "2.00 s a cancelled: enough",
    ]


async def test_the_time_between_crash_and_resumption_is_not_drawn(recorder: Recorder) -> None:
    await recorder.at(0, RunStarted("?"), StepAdded(Step("a", "lookup", {}), 1, "planner"))
    await recorder.at(1, StepStarted("a", {}))
    await recorder.at(2, Decided("go on", ""))
    await recorder.at(9000, RunStarted("?", resumed=True))
    await recorder.at(9001, StepStarted("a", {}))
    await recorder.at(9003, StepEnded("a", Done("x")), RunEnded("completed"))
    lines = drawn(trace_tree(await recorder.document()))
    assert lines[0].endswith("completed after 5.0 s")
    assert section(lines, "Time")[-1].endswith("3.00 – 5.00 s")


async def test_what_has_not_ended_says_so(recorder: Recorder) -> None:
    steps = [Step("a", "lookup", {}), Step("b", "lookup", {"question": "{a}"})]
    await recorder.at(0, RunStarted("?"), *(StepAdded(step, 1, "planner") for step in steps))
    await recorder.at(1, StepStarted("a", {"question": "Who?"}))
    await recorder.at(2, Decided("wait", ""))
    running = drawn(trace_tree(await recorder.document()))
    assert section(running, "Plan")[1::2] == ["… running", "    · waiting"]
    assert section(running, "Time")[-1].endswith("1.00 – 2.00 s")
    await recorder.at(3, RunEnded("cancelled", "you asked for it"))
    ended = drawn(trace_tree(await recorder.document()))
    assert ended[0].endswith("cancelled after 3.0 s, you asked for it")
    assert ended[-2:] == ["Answer", "There is none."]
    assert section(ended, "Plan")[1::2] == ["? not ended", "    · not run"]


async def test_a_queued_run_is_drawn(recorder: Recorder) -> None:
    await recorder.at(0)
    lines = drawn(trace_tree(await recorder.document()))
    assert lines[0].endswith("queued after 0.0 s")
    assert len(lines) == 2


async def test_what_others_wrote_cannot_draw(recorder: Recorder) -> None:
    evil = "[red]x[/red]\x1b[2J\x1b]8;;http://evil\x07\r\n\u202egnp\x9b31m\ud800 [/"
    source = Source(f"/films/{'x' * 100}", evil, "text/plain", "0" * 64)
    passage = Passage(source, 0, 9, evil)
    step = Step("a", evil, {evil: evil})
    await recorder.at(0, RunStarted("?"), PhaseStarted(evil, 1), StepAdded(step, 1, evil))
    await recorder.at(1, StepStarted("a", {evil: evil, "n": [evil]}), called("a", evil, 1, 1))
    await recorder.at(2, StepEnded("a", Done(evil, (passage,))), StepEnded("b", Failed(evil)))
    answer = Answer(evil, (Sentence(evil, (1,)),), (passage,))
    await recorder.at(3, Decided(evil, evil), AnswerWritten(answer), RunEnded("failed", evil))
    output = "\n".join(drawn(trace_tree(await recorder.document())))
    assert "[red]x[/red]" in output
    assert all(character.isprintable() or character == "\n" for character in output)
    output.encode()


async def test_runs_are_a_line_each(recorder: Recorder) -> None:
    await recorder.at(0, RunStarted("?"))
    await recorder.at(75, RunEnded("incomplete", "the budget is spent"))
    [record] = await recorder.store.runs()
    lines = drawn(runs_table([record]))
    assert lines[0].split() == ["run", "status", "created", "(UTC)", "took", "question"]
    assert lines[1].startswith(f"{record.id}  incomplete  02 Jan 03:04   1 min 15 s  Who is older")
    assert lines[1].endswith("…")
    assert len(lines) == 2
    assert drawn(runs_table([])) == ["There are no runs yet."]


def test_legible_text_is_one_line_and_cut() -> None:
    assert legible("a\n\tb\x00c  d") == "a b c d"
    assert legible("abcdef", 4) == "abc…"
    assert legible("naïve 日本語 🎬") == "naïve 日本語 🎬"


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0, "0.0 s"), (59.94, "59.9 s"), (59.96, "1 min 00 s"), (3599.9, "1 h 00 min")],
)
def test_durations(seconds: float, written: str) -> None:
    assert legible_duration(seconds) == written


async def test_the_summary_shows_guesses_waits_and_money_where_there_are_some(
    recorder: Recorder,
) -> None:
    plain = called("a", "read", 100, 20)
    usage = Usage(100, 50, 50, drafted_tokens=40, accepted_tokens=30, queued_seconds=0.3)
    costly = replace(plain, completion=Completion((Sample("!"),), usage), cost=0.0125)
    await recorder.at(0, RunStarted("?"), plain, costly)
    header, row = section(drawn(trace_tree(await recorder.document())), "Models")
    assert header.split()[-4:] == ["accepted", "queued", "seconds", "cost"]
    assert row.split()[-5:] == ["75%", "×2.5", "0.3", "1.0", "0.0125"]


async def test_samples_are_counted_apart_from_calls_where_a_call_had_several(
    recorder: Recorder,
) -> None:
    judged, tried = called("a", "judge", 100, 20), called("a", "attempt", 100, 20)
    several = replace(tried.completion, samples=(Sample("!"), Sample("?"), Sample(".")))
    none = replace(tried.completion, samples=())
    asked = [replace(tried, completion=each) for each in (several, none, none)]
    await recorder.at(0, RunStarted("?"), judged, *asked)
    header, *rows = section(drawn(trace_tree(await recorder.document())), "Models")
    assert header.split()[:3] == ["purpose", "calls", "samples"]
    counted = [row.split()[:3] for row in rows]
    assert counted == [["judge", "1", "1"], ["attempt", "3", "3"], ["all", "4", "4"]]


async def test_who_answered_is_said_where_there_was_a_choice(recorder: Recorder) -> None:
    calls = [
        replace(called("a", "read", 100, 20), completion=Completion((Sample("!"),), Usage(), by))
        for by in (("http://a/v1",), ("http://b/v1",), ("http://a/v1", "http://b/v1"))
    ]
    await recorder.at(0, RunStarted("?"), *calls[:1])
    assert "http://" not in str(section(drawn(trace_tree(await recorder.document())), "Models"))
    await recorder.at(1, *calls[1:])
    *_, first, second = section(drawn(trace_tree(await recorder.document())), "Models")
    assert (first, second) == ("http://a/v1: 2 of 3 calls", "http://b/v1: 2 of 3 calls")
