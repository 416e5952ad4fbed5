"""Steps and plans: what exists can run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import lookup

from planner import Plan, PlanBuilder, PlanError, Step, template


def test_a_name_in_an_argument_is_an_edge() -> None:
    step = Step("e", "compare", {"question": "Who?", "facts": ["{c}", {"deep": "{d}"}]}, ("z",))
    assert step.inputs == ("c", "d", "z")


@pytest.mark.parametrize(
    ("steps", "line", "words"),
    [
        ([lookup("a", "x"), lookup("a", "y")], 2, "already used in line 1"),
        ([lookup("a", "x"), lookup("b", "{nobody}")], 2, "'nobody', which is no step"),
        (
            [lookup("a", "{c}"), lookup("b", "x"), lookup("c", "{a}")],
            1,
            "wait for each other: a -> c -> a",
        ),
    ],
)
def test_a_plan_that_cannot_run_is_refused_by_line(
    steps: list[Step], line: int, words: str
) -> None:
    with pytest.raises(PlanError, match=words) as caught:
        Plan(tuple(steps))
    assert caught.value.line == line
    assert str(caught.value).startswith(f"line {line}: ")


@pytest.mark.parametrize("id_", ["", "1", "a b", "item", "index", "ü", "a" * 81])
def test_an_id_is_a_word(id_: str) -> None:
    with pytest.raises(PlanError, match="step id"):
        lookup(id_, "x")


def test_a_step_cannot_name_itself() -> None:
    with pytest.raises(PlanError, match="line 1: step 'a' names itself"):
        Plan((lookup("a", "{a}"),))
    with pytest.raises(PlanError, match="line 1: step 'a' names itself"):
        PlanBuilder().add(lookup("a", "{a}"))


def test_item_needs_for_each() -> None:
    with pytest.raises(PlanError, match="without for_each"):
        lookup("a", "{item}")
    with pytest.raises(PlanError, match=r"uses \{index\} without for_each"):
        lookup("a", "{index}")
    assert lookup("b", "{item} {index}", for_each="a").inputs == ("a",)


def test_while_a_plan_is_written_edges_point_back_only() -> None:
    builder = PlanBuilder()
    builder.add(lookup("a", "x"))
    with pytest.raises(PlanError, match="line 2: step 'b' names 'c', which no earlier line"):
        builder.add(lookup("b", "{c}"))
    builder.add(lookup("c", "{a}"))
    assert [step.id for step in builder.plan.steps] == ["a", "c"]
    assert [step.id for step in builder.plan.final_steps] == ["c"]


def test_a_name_alone_keeps_its_type_and_inside_a_text_it_is_written_out() -> None:
    values = {"a": [1, "two"], "b": None, "c": 1.5, "d": "D"}
    filled = template.fill({"x": "{a}", "y": "n: {a}, {c}, {d}, {b}", "z": ["{c}"]}, values.get)
    assert filled == {"x": [1, "two"], "y": "n: 1, two, 1.5, D, unknown", "z": [1.5]}


@given(st.text())
def test_what_is_filled_in_names_nothing(text: str) -> None:
    filled = template.fill("<{a}>", {"a": text + "{b}"}.__getitem__)
    assert filled == f"<{text}{{b}}>"


@given(st.text(alphabet="ab{}._ 0"))
def test_a_literal_is_filled_as_it_was_and_names_nothing(text: str) -> None:
    made = template.literal(text)
    assert not list(template.names(made))
    assert template.fill(made, lambda _: "filled in") == text
    assert template.renamed(made, "_2") == made
    assert template.without_names(made) == text
    assert template.whole(made) is None


def test_a_literal_leaves_formulas_alone() -> None:
    step = Step("a", "think", {"question": template.literal(r"What is \frac{a}{b}?")})
    assert step.arguments["question"] == r"What is \frac{{}a}{{}b}?"
    assert step.inputs == ()


def test_a_renamed_step_keeps_its_edges() -> None:
    asked = {"q": ["{a.x.0}", "{item.y} {index} of {a}"]}
    step = Step("b", "x", asked, ("c",), "d", True, "e = 1").renamed("_2")
    renamed = {"q": ["{a_2.x.0}", "{item.y} {index} of {a_2}"]}
    assert step == Step("b_2", "x", renamed, ("c_2",), "d_2", True, "e_2 = 1")
