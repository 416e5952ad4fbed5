"""A question as atoms."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from method_tasks import QUESTION, SureModel, scripted, task

from inference import ModelUnavailable, Request
from reasoning import Crew, Trail, method_of
from reasoning.methods.atoms import _ATOMS, Atom, atoms

SPLIT = "1. Legs of one? [none]\n2. How many cats? [none]\n3. The product? [1, 2]\n"


def test_atoms_need_those_before_them() -> None:
    assert re.fullmatch(_ATOMS, SPLIT)
    assert atoms(SPLIT, 5) == [
        Atom("Legs of one?"),
        Atom("How many cats?"),
        Atom("The product?", (0, 1)),
    ]
    assert atoms("Here:\n1) A (in 2020)? [2]\n2) B? [2, 1, 9]", 5) == [
        Atom("A (in 2020)?"),
        Atom("B?", (0,)),
    ]
    assert len(atoms(SPLIT, 2)) == 2


@given(st.text(max_size=200))
def test_whatever_is_written_there_is_no_cycle(text: str) -> None:
    for place, atom in enumerate(atoms(text, 5)):
        assert all(0 <= one < place for one in atom.needs)


def apart(direct: int, by_parts: int, contracted: int) -> SureModel:
    """Answers so; the judge believes an answer by its size, in tenths."""

    def say(request: Request) -> list[str] | Exception:
        asked = request.messages[-1].content
        if asked == QUESTION:
            return [f"Answer: {direct}"]
        if "Split it" in asked:
            return [SPLIT]
        if "simpler question" in asked:
            return ["What is two times four?"]
        if found := re.search(r"Answer this alone, shortly: (.*)", asked):
            return [{"Legs of one?": "Four.", "How many cats?": "Two."}.get(found[1], "Eight.")]
        return [f"Answer: {contracted if asked.startswith('What is two') else by_parts}"]

    return SureModel(say, lambda asked: int(re.findall(r"Answer: (\d)", asked)[-1]) / 10)


@pytest.mark.parametrize(
    ("direct", "by_parts", "contracted", "levels"),
    [(5, 3, 4, 1), (3, 5, 4, 1), (3, 4, 5, 2), (5, 5, 5, 1)],
)
async def test_the_best_scored_stands_and_a_better_contraction_is_taken_apart_again(
    direct: int, by_parts: int, contracted: int, levels: int
) -> None:
    model = apart(direct, by_parts, contracted)
    made = await method_of("atom-of-thoughts", Crew(model))(task())
    assert (made.best.text, made.confidence) == ("Answer: 5", pytest.approx(0.5))
    splits = [one for one in model.requests if "Split it" in one.messages[-1].content]
    assert len(splits) == levels
    if levels == 2:
        assert splits[1].messages[0].content.startswith("Question: What is two times four?")


async def test_a_part_sees_what_it_needs_and_a_contraction_what_needs_nothing() -> None:
    trail = Trail()
    model = apart(1, 2, 3)
    await method_of("aot(depth=1)", Crew(model))(task(trail=trail))
    by = {one.by: one for one in trail.candidates if one.by}
    assert by["sub-question 1"].saw == ()
    assert by["sub-question 3"].saw == ("2", "3")
    assert {one.saw for one in trail.candidates if not one.by} == {(), ("2", "3", "4"), ("2", "3")}
    contracting = next(one for one in model.requests if "simpler" in one.messages[0].content)
    known = contracting.messages[0].content
    assert "Legs of one?\nFour.\nHow many cats?\nTwo.\n</data>" in known


async def test_what_cannot_be_taken_apart_or_fails_leaves_the_direct_answer() -> None:
    made = await method_of("aot", Crew(scripted(["Answer: 8", "yes", "yes", "No."])))(task())
    assert made.best.text == "Answer: 8"

    def say(request: Request) -> list[str] | Exception:
        if "Answer this alone" in request.messages[-1].content:
            return ModelUnavailable("gone")
        return [SPLIT if "Split" in request.messages[-1].content else "Answer: 8"]

    made = await method_of("aot", Crew(SureModel(say, lambda _: 0.5)))(task())
    assert made.best.text == "Answer: 8"
