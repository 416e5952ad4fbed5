"""What a comparison cannot decide is not guessed."""

from collections.abc import Sequence

import pytest
from compare_facts import BORN, NATIONS, VAGUE, ask, compared
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tools.compare import Compare, CompareArguments
from tools.facts import Fact, labels
from tools.tool import Tool, ToolError

DIRS = ask(
    "Who directed {}?",
    Alien="Ridley Scott",
    Gladiator="Sir Ridley Scott",
)
GEN = ask("What genre is {}?", Alien="science fiction horror", Jaws="thriller")
KOR = ask("What nationality is {}?", Ann="Korean", Bob="South Korean")
SAMEV = ask("Where was {} born?", Ann="Springfield, Illinois", Bob="Springfield, Ohio")
DEC = ask("When was {} formed?", Abba="early 1970s", Queen="1970")

UNCLEAR: Sequence[tuple[str, Sequence[Fact]]] = [
    ("Who is older, Ann Lee or Bob Ray?", VAGUE),
    ("Do Alien and Gladiator have the same director?", DIRS),
    ("Are Alien and Jaws both thrillers?", GEN),
    ("Do Ann and Bob have the same nationality?", KOR),
    ("Who is not older?", BORN),
    ("Were Ann and Bob born in the same town?", SAMEV),
    ("Which group was formed first, Abba or Queen?", DEC),
    ("How many of them are American?", NATIONS),
]


@pytest.mark.parametrize(("question", "facts"), UNCLEAR)
async def test_what_is_unclear_is_left_to_the_chooser(question: str, facts: Sequence[Fact]) -> None:
    async def choose(asked: str, pairs: Sequence[tuple[str, str]]) -> str | None:
        assert asked == question
        return pairs[0][0]

    with pytest.raises(ToolError, match="cannot"):
        await compared(question, facts)
    assert await compared(question, facts, Compare(choose)) == labels(facts)[0][0]


async def test_a_chooser_without_an_answer_is_an_error() -> None:
    async def choose(_: str, __: Sequence[tuple[str, str]]) -> None:
        return None

    with pytest.raises(ToolError, match="cannot decide"):
        await compared("Which is nicer?", ["red", "blue"], Compare(choose))


async def test_the_error_says_which_value_cannot_be_read() -> None:
    facts = ask("When was {} born?", Ann_Lee="1969", Bob_Ray="in Wales")
    with pytest.raises(ToolError, match="Bob Ray has no number: 'in Wales'"):
        await compared("Who is older?", facts)


@pytest.mark.parametrize("question", ["Who is older?", "Is Ann Lee older than Bob Ray?"])
async def test_a_missing_value_is_named(question: str) -> None:
    facts = ask("When was {} born?", Ann_Lee="1969", Bob_Ray=None)
    with pytest.raises(ToolError, match="no value for Bob Ray"):
        await compared(question, facts)


async def test_plain_values_take_the_options_in_their_order() -> None:
    assert await compared("Who is older, Ann or Bob?", ["1969", 1970]) == "Ann"
    assert await compared("Which is more?", [3, "4.5"]) == "4.5"
    assert await compared("Are they the same?", [True, "yes"]) == "yes"


async def test_the_equal_ones_are_all_named() -> None:
    facts = ask("When was {} founded?", Fiat="1899", Opel="1899", Ford="1903")
    assert await compared("Which is the oldest?", facts) == "Fiat and Opel: both 1899"


def test_fewer_than_two_facts_and_unknown_fields_are_refused() -> None:
    for facts in (["1969"], [{"value": 1, "colour": "red"}, 2], ["1"] * 51):
        with pytest.raises(ValidationError):
            CompareArguments.model_validate({"question": "Who is older?", "facts": facts})


def test_a_tool_that_may_ask_a_model_gets_more_time() -> None:
    async def choose(_: str, __: Sequence[tuple[str, str]]) -> None:
        return None

    tools: Sequence[Tool[CompareArguments]] = [Compare(), Compare(choose)]
    assert [tool.seconds for tool in tools] == [5, 60]


@given(st.text(max_size=60), st.lists(st.text(max_size=20) | st.integers() | st.none(), min_size=2))
async def test_no_question_and_no_value_breaks_it(question: str, values: list[object]) -> None:
    try:
        answer = await compared(question, values[:50])
    except ToolError:
        return
    assert isinstance(answer, str)


@given(st.dates(), st.dates())
async def test_the_order_of_the_facts_does_not_change_the_answer(a: object, b: object) -> None:
    facts = ask("When was {} born?", Ann=str(a), Bob=str(b))
    answers = {await compared("Who is older?", row) for row in (facts, facts[::-1])}
    assert len(answers) == 1
