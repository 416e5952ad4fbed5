"""What a judge gives no hope, or thinks a double, is dropped on its way."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from method_tasks import scripted, task

from inference import ModelUnavailable, Request, ScriptedModel
from reasoning import METHODS, Crew, Trail, method_of


def writer(hope: dict[str, bool] | None = None, *, length: int = 30) -> ScriptedModel:
    """Writes texts of as many tokens, of a letter each, whose answer is the letter's place; hopes
    of letters behind the middle of those that it sees as given, or of the others."""

    def say(request: Request) -> list[str]:
        asked = request.messages[-1].content
        if "yes or no" in asked:
            letters = re.findall(r"<data>\n(?:Answer: )?(\w)", asked)
            if "same answer" in asked:
                return ["yes" if letters[0].lower() == letters[1].lower() else "no"] * request.n
            wanted = hope is None or hope.get(letters[0], False)
            return ["yes" if wanted else "no"] * request.n
        if request.begun:
            letter = request.begun[0]
            rest = letter * (4 * length - len(request.begun))
            return [f"{rest}\nAnswer: {ord(letter.lower()) - 96}"]
        return [chr(97 + place) * 4 * length for place in range(request.n)]

    return scripted(say)


async def test_half_is_dropped_again_and_again_and_one_is_written_to_its_end() -> None:
    trail = Trail()
    model = writer({"c": True, "d": True, "g": True})
    made = await method_of("speculative-rejection(8, chunk=2)", Crew(model))(task(trail=trail))
    written = [one for one in model.requests if one.purpose != "judge"]
    assert [one.n for one in written] == [8, 1, 1, 1, 1, 1, 1, 1]
    assert [one.begun[:1] for one in written[1:]] == [*"acdg", *"cd", "c"]
    assert [one.max_tokens for one in written[-3:]] == [2, 2, 58]
    assert made.best.text.endswith("Answer: 3")
    states = [one.state for one in trail.candidates]
    assert (states.count("dropped"), states.count("chosen")) == (7, 1)
    assert all(one.score is not None for one in trail.candidates)


@settings(max_examples=15)
@given(st.integers(1, 17), st.sampled_from([0.5, 0.6, 0.8]))
async def test_rejection_keeps_to_its_cost(n: int, alpha: float) -> None:
    model = writer()
    method = f"speculative-rejection({n}, alpha={alpha}, chunk=2)"
    await method_of(method, Crew(model))(task())
    judged = {one.messages[-1].content for one in model.requests if one.purpose == "judge"}
    written = sum(one.n for one in model.requests if one.purpose != "judge")
    calls, _ = METHODS["speculative-rejection"].cost(n=n, alpha=alpha)
    assert written + len(judged) <= calls


async def test_samples_that_have_ended_are_judged_whole() -> None:
    model = scripted(
        lambda request: (
            ["yes" if "Answer: 2" in request.messages[-1].content else "no"] * request.n
            if request.purpose == "judge"
            else [f"Answer: {place}" for place in range(request.n)]
        )
    )
    made = await method_of("speculative-rejection(4)", Crew(model))(task())
    assert (made.best.text, len(made.samples)) == ("Answer: 2", 4)


async def test_one_of_each_kind_of_beginning_goes_on_and_votes_for_its_kind() -> None:
    model = scripted([])
    beginnings = ["aaaa", "BBBB", "AAAA", "bbbb", "aAAa", "cccc"]
    inner = writer()

    def say(request: Request) -> list[str]:
        if request.purpose != "judge" and not request.begun:
            return [text * 30 for text in beginnings]
        said = inner._reply(request)
        assert isinstance(said, list)
        return said

    model = scripted(say)
    trail = Trail()
    made = await method_of("deepprune(6, chunk=1)", Crew(model))(task(trail=trail))
    written = [one for one in model.requests if one.purpose != "judge"]
    assert [one.begun for one in written] == ["", "aaaa", "BBBB", "cccc"]
    assert made.best.text.endswith("Answer: 1")
    assert made.confidence == 3 / 6
    assert [one.state for one in trail.candidates].count("dropped") == 3


async def test_by_embeddings_what_is_near_is_a_double() -> None:
    first = "two cats have four legs each so "
    texts = [first, first, "I count the paws of one cat and of the other: "]

    def say(request: Request) -> list[str]:
        return ["Answer: 8"] if request.begun else texts

    model = scripted(say)
    made = await method_of("deepprune(3, chunk=6, cosine=0.9)", Crew(model))(task())
    assert [one.purpose for one in model.requests] == ["think"] * 3
    assert len(made.samples) == 2


async def test_beginnings_that_cannot_be_judged_all_go_on() -> None:
    def say(request: Request) -> list[str] | Exception:
        if request.purpose == "judge":
            return ModelUnavailable("gone")
        return ["\nAnswer: 8"] if request.begun else ["a" * 40] * request.n

    model = scripted(say)
    made = await method_of("deepprune(3, chunk=1)", Crew(model))(task())
    assert (len(made.samples), made.confidence) == (3, 1.0)


async def test_the_judge_takes_the_place_of_vectors_that_fail() -> None:
    class Blind(ScriptedModel):
        async def embed(self, texts: Sequence[str]) -> list[list[float]]:
            raise ModelUnavailable("gone")

    model = Blind(lambda request: "yes" if request.purpose == "judge" else ["a" * 40] * request.n)
    made = await method_of("deepprune(3, chunk=2, cosine=0.9)", Crew(model))(task())
    assert {one.purpose for one in model.requests} == {"think", "judge"}
    assert len(made.samples) == 1


@pytest.mark.parametrize(
    "method",
    ["deepprune(threshold=0)", "deepprune(cosine=2)", "speculative-rejection(alpha=0.2)"],
)
def test_what_cannot_prune_is_refused(method: str) -> None:
    with pytest.raises(ValueError, match=r"threshold|cosine|alpha"):
        method_of(method, Crew(ScriptedModel([])))
