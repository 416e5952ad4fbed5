"""What a resumed run takes over from its earlier attempts."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

from planner import History, Step
from planner.desk import Desk


def step(id_: str) -> Step:
    return Step(id_, "lookup", {"question": id_})


def desk(*ids: str, planned: dict[int, tuple[str, ...]] | None = None) -> Desk:
    steps = tuple(step(id_) for id_ in ids)
    history = History(steps=steps, step_rounds=dict.fromkeys(ids, 1), planned=planned or {})
    nothing = cast("Any", None)
    made = Desk("Who?", *([nothing] * 13))
    return replace(made, history=history, executor=cast("Any", SimpleNamespace(rounds={})))


def test_each_attempt_at_a_plan_has_ids_of_its_own() -> None:
    assert desk().suffix(1) == ""
    assert desk().suffix(2) == "_2"
    assert desk("start", "a").suffix(1) == "_r1"
    assert desk("start", "a", "a_r1").suffix(1) == "_r2"
    assert desk("start", "a").suffix(2) == "_2"
    assert desk("start", "a", "whole", "a_2").suffix(2) == "_2_r1"


def test_ids_that_end_in_numbers_are_told_from_those_of_other_attempts() -> None:
    assert desk("start", "step_1", "step_2").suffix(1) == "_r1"
    assert desk("start", "call_1", "call_2").suffix(2) == "_2_r1"


def test_only_the_attempt_that_was_planned_to_its_end_is_replayed() -> None:
    planned = {1: ("start", "a_r1", "b_r1")}
    taken = desk("start", "a", "a_r1", "b_r1", "check_a", planned=planned).replayed(1)
    assert [one.id for one in taken] == ["start", "a_r1", "b_r1"]
    taken = desk("call_1", "call_2", planned={1: ("call_1", "call_2")}).replayed(1)
    assert [one.id for one in taken] == ["call_1", "call_2"]
