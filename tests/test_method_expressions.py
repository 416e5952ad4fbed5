"""Methods as they are written."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference import Message, Request, ScriptedModel
from reasoning import ALIASES, METHODS, Crew, MethodError, Task, checked, method_of, parsed


@pytest.mark.parametrize(
    ("text", "name", "given"),
    [
        ("vote", "self-consistency", {}),
        ("self_consistency(5)", "self-consistency", {"n": 5}),
        (" vote ( n = 5 , once ) ", "self-consistency", {"n": 5, "attempt": parsed("once")}),
        ("best-of(4, vote(3))", "best-of-n", {"n": 4, "attempt": parsed("vote(3)")}),
        ("adaptive-consistency(threshold=0.9)", "adaptive-consistency", {"threshold": 0.9}),
        ("adaptive-consistency(10, 0.9)", "adaptive-consistency", {"most": 10, "threshold": 0.9}),
        ("soft-self-consistency(score=mean)", "soft-self-consistency", {"score": "mean"}),
        ("best-of-n(weighted=true)", "best-of-n", {"weighted": True}),
    ],
)
def test_what_is_written_is_read(text: str, name: str, given: dict[str, object]) -> None:
    written = parsed(text)
    assert (written.name, written.given) == (name, given)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("vot", "there is no method 'vot' (did you mean vote"),
        ("vote(", "'vote(', character 6: a ) is missing"),
        ("vote(3 4)", "'vote(3 4)', character 8: a comma or ) is missing"),
        ("vote(n=3, n=4)", "self-consistency is given 'n' twice"),
        ("best-of-n(n=two)", "best-of-n: n is a whole number, and not 'two'"),
        ("best-of-n(n=vote)", "best-of-n: n is a whole number, and not 'self-consistency'"),
        ("best-of-n(weighted=yes)", "best-of-n: weighted is true or false, and not 'yes'"),
        ("moa(models=a)", "models is models by name, as [a, b], and not 'a'"),
        ("vote(3.5)", "does not take 3.5; it takes n (a whole number), attempt (a method)"),
        ("vote(x=3)", "does not take 'x'; it takes n (a whole number), attempt (a method)"),
        ("vote(1234567890)", "character 6: a number has 9 digits at most"),
        ("vote(0)", "self-consistency: n must be at least 1"),
        ("vote(3)x", "'vote(3)x', character 8: nothing may stand here"),
        ("x;y", "character 2: ';' cannot stand here"),
        ("", "'', character 1: a name is missing"),
        ("vote(once(3))", "once does not take 3; it takes nothing"),
        ("vote(" * 9, "too deep"),
        ("vote " * 200, "in 500 characters at most"),
        ("vote(n=2.5)", "self-consistency: n is a whole number"),
        ("best-of(weighted=yes)", "best-of-n: weighted is true or false"),
        ("debate(1000000000)", "character 8: a number has 9 digits at most"),
        (f"adaptive-consistency(threshold={'9' * 400})", "a number has 9 digits at most"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, error: str) -> None:
    with pytest.raises(MethodError) as raised:
        method_of(text, Crew(ScriptedModel([])))
    assert error in str(raised.value)


def test_what_is_endless_is_refused_where_it_is_checked() -> None:
    assert checked("best-of(100, vote(100))").cost[0] == 10_100
    with pytest.raises(MethodError, match="self-consistency would take 1,000,000 calls; 100,000"):
        checked("vote(1000000)")


@given(st.text(max_size=30))
def test_nothing_that_is_written_breaks_the_reading(text: str) -> None:
    with suppress(MethodError):
        parsed(text)


def test_costs_are_those_of_what_stands_inside() -> None:
    assert parsed("once").cost == (1, 1)
    assert parsed("vote(8)").cost == (8, 1)
    assert parsed("best-of(4, vote(3))").cost == (16, 2)
    assert parsed("knockout(5)").cost == (13, 4)


def test_aliases_are_of_methods_that_exist() -> None:
    assert set(ALIASES.values()) <= set(METHODS)


@pytest.mark.parametrize("name", METHODS)
async def test_every_method_answers_and_keeps_to_its_cost(name: str) -> None:
    """With a model that agrees with everything; judgements are one call each where it tells
    log-probabilities, so only what is written is counted here."""
    model = ScriptedModel(lambda request: ["Answer: 1"] * request.n)
    task = Task(Request((Message("user", "How many?"),), max_tokens=64, seed=1))
    made = await method_of(name, Crew(model))(task)
    assert made.best.text
    assert made.usage.total_tokens > 0
    calls, rounds = METHODS[name].cost()
    written = sum(request.n for request in model.requests if request.purpose != "judge")
    assert 1 <= written <= calls
    assert 1 <= rounds <= calls
    (chosen,) = {one.id for one in task.trail.candidates if one.state == "chosen"} & {
        made.ids[made.chosen]
    }
    assert chosen
