"""The benchmark of methods: what it keeps, what it asks again, and how it counts."""

import asyncio
import json
from pathlib import Path

import pytest

from benchmarks.method_live import Kept, equal, live
from benchmarks.method_pool import Problem, RecordedSamples, recorded
from benchmarks.method_scores import Run, marks, pass_at, scored, wilson
from inference import ModelUnavailable, Request, ScriptedModel
from reasoning import Answers, last_number, parsed
from reasoning.answers import FORM

ASKED = [Problem("How many legs has a cat?", "4"), Problem("How many has a bird?", "2")]


def said(model: ScriptedModel, path: Path | None, methods: list[str]) -> dict[str, list[Run]]:
    """What is asked of the model, and what the file has already."""
    kept, answers = Kept(path, "scripted"), Answers(FORM, guessed=last_number)
    return asyncio.run(
        live(methods, ASKED, model, answers, kept, print, beside=1, minutes=1)
    )  # fmt: skip


def test_what_was_asked_is_kept_and_not_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "asked.jsonl"
    first = ScriptedModel([["Answer: 4"], ["Answer: 3"]])
    runs = said(first, path, ["once"])
    assert [run.right for run in runs["once"]] == [True, False]
    assert len(path.read_text().splitlines()) == 2

    again = ScriptedModel([["Answer: 4", "Answer: 4"], ["Answer: 2", "Answer: 2"]])
    runs = said(again, path, ["once", "vote(2)"])
    assert [run.right for run in runs["once"]] == [True, False]
    assert [run.right for run in runs["vote(2)"]] == [True, True]
    assert [run.calls for run in runs["vote(2)"]] == [2, 2]


def test_runs_of_another_model_are_not_taken_for_this_ones(tmp_path: Path) -> None:
    path = tmp_path / "asked.jsonl"
    said(ScriptedModel([["Answer: 4"], ["Answer: 2"]]), path, ["once"])
    assert ("once", ASKED[0].text) in Kept(path, "scripted")
    assert ("once", ASKED[0].text) not in Kept(path, "another")


def test_only_questions_that_all_methods_were_asked_are_compared(tmp_path: Path) -> None:
    path = tmp_path / "asked.jsonl"
    run = {"right": True, "tokens": 1, "calls": 1, "seconds": 0.1, "error": ""}
    lines = [("once", ASKED[0]), ("once", ASKED[1]), ("vote(2)", ASKED[1])]
    path.write_text(
        "".join(
            json.dumps({"model": "m", "method": method, "question": one.text, **run}) + "\n"
            for method, one in lines
        )
    )
    shared = Kept(path, "m").shared(["once", "vote(2)"], ASKED)
    assert [run.question for run in shared["once"]] == [ASKED[1].text]
    assert [run.question for run in shared["vote(2)"]] == [ASKED[1].text]


def test_a_model_that_fails_a_method_has_answered_wrong() -> None:
    def away(request: Request) -> list[str]:
        raise ModelUnavailable("nothing answers")

    runs = said(ScriptedModel(away), None, ["once"])
    assert [(run.right, bool(run.error)) for run in runs["once"]] == [(False, True)] * 2
    row = scored("once", runs["once"], {}, {})
    assert (row.failed, row.accuracy, row.gain) == (2, 0.0, None)


def test_a_gain_is_of_the_same_questions() -> None:
    def run(question: str, right: bool) -> Run:
        return Run(question, right, 10, 1, 0.5)

    once = marks([run("a", True), run("a", False), run("b", False), run("c", True)])
    vote = marks([run("a", True), run("b", True)])
    row = scored("vote(2)", [run("a", True), run("b", False)], once, vote)
    assert (row.n, row.accuracy) == (2, 0.5)
    assert row.gain is not None
    assert row.gain.mean == pytest.approx(0.25)
    assert row.beyond is not None
    assert row.beyond.mean == pytest.approx(-0.5)


def test_bounds() -> None:
    assert pass_at(1, 16, 4) == 0.25
    assert pass_at(2, 4, 1) == 0.5
    assert pass_at(2, 4, 3) == 1.0
    low, high = wilson(5, 10)
    assert (round(low, 4), round(high, 4)) == (0.2366, 0.7634)


@pytest.mark.parametrize("n", [1, 2, 4, 16])
def test_every_method_can_be_written_for_every_budget(n: int) -> None:
    names = [parsed(method).cost and method.partition("(")[0] for method in equal(n)]
    assert len(set(names)) == len(names)


def test_samples_of_another_model_are_recorded_and_replayed_apart(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    for name, says in (("one", "Answer: 4"), ("other", "Answer: 3"), ("one", "not asked")):
        model = ScriptedModel(lambda request, says=says: [says] * request.n)
        wanted = ASKED[:1]
        asyncio.run(recorded(model, wanted, 2, path, form=FORM, say=print, name=name))
    held = {name: RecordedSamples(path, name).recordings for name in ("one", "other", "third")}
    said = {
        name: [one["text"] for one in of[ASKED[0].text].samples] for name, of in held.items() if of
    }
    assert said == {"one": ["Answer: 4"] * 2, "other": ["Answer: 3"] * 2}
