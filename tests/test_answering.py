"""Whether what still runs can change the answer: a rule that must never be wrong."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from making import lookup

from planner import Done, Failed, Outcome, Plan, Skipped, Step
from planner.answering import answer_value, dead_steps, prospect, sure_value
from search import Passage, Source

QUESTION = "When was the director of Up born?"
CHAIN = Plan((lookup("a", "Who directed Up?"), lookup("b", "When was {a} born?")))
ASIDE = Plan((*CHAIN.steps, lookup("c", "Where is Up set?")))


def test_a_sure_value_of_the_answering_step_settles_it() -> None:
    found: dict[str, Outcome] = {"a": Done("Pete Docter"), "b": Done("9 October 1968")}
    assert prospect(CHAIN, {}, {}, QUESTION) == "open"
    assert prospect(CHAIN, {"a": Done("Pete Docter")}, {}, QUESTION) == "open"
    assert prospect(CHAIN, found, {}, QUESTION) == "settled"


def test_what_is_asked_of_an_earlier_answer_is_no_question_of_yes_or_no() -> None:
    """ "{a} was directed by whom?" does not begin with "was"."""
    for question, first, then, value in (
        ("Ed Ox plays in a film directed by which director?", "Ed Ox plays in which film?",
         "{a} was directed by which director?", "Ann Lee"),
        ("Bo Lim sang for a band based in what state?", "Bo Lim sang for which band?",
         "{a} is based in what state?", "Ohio"),
    ):  # fmt: skip
        plan = Plan((lookup("a", first), lookup("b", then)))
        found: dict[str, Outcome] = {"a": Done("Tide"), "b": Done(value)}
        assert prospect(plan, found, {}, question) == "settled"


def test_a_chain_that_found_nothing_is_hopeless_whatever_runs_beside_it() -> None:
    for outcome in (Done(None), Failed("HTTP 500"), Skipped("stopped")):
        assert dead_steps(ASIDE, {"a": outcome}) == {"b"}
        assert prospect(ASIDE, {"a": outcome}, {}, "When was the director born?") == "hopeless"


def test_a_doubted_value_is_hopeless_and_the_value_of_a_newer_plan_is_waited_for() -> None:
    doubted: dict[str, Outcome] = {"a": Done("Pete Docter"), "b": Done("a clown")}
    assert prospect(CHAIN, doubted, {}, QUESTION) == "hopeless"
    newer = Plan((*CHAIN.steps, lookup("b_2", "When was the director of Up born?")))
    found: dict[str, Outcome] = {"a": Done("Pete Docter"), "b": Done("9 October 1968")}
    assert prospect(newer, found, {"a": 1, "b": 1, "b_2": 2}, QUESTION) == "open"


def test_an_optional_step_that_fails_kills_nothing() -> None:
    plan = Plan((lookup("a", "Who directed Up?", optional=True), lookup("b", "When was {a} born?")))
    assert dead_steps(plan, {"a": Failed("HTTP 500")}) == frozenset()


def test_of_two_ways_the_one_that_was_taken_answers() -> None:
    """Whichever of them stands last."""
    born = "When was Pete Docter born?"
    ways = lookup("b", born, when="a"), lookup("c", born, when="not a")
    for order in (ways, ways[::-1]):
        plan = Plan((lookup("a", "Who directed Up?"), *order, lookup("d", "Is {c} so?")))
        found: dict[str, Outcome] = {"a": Done("Pete Docter")}
        assert prospect(plan, found, {}, QUESTION) == "open"
        found |= {"b": Done("9 October 1968")}
        assert prospect(plan, found, {}, QUESTION) == "settled"
        found |= {"c": Skipped("'not a' is not so"), "d": Skipped("needs c")}
        assert sure_value(plan, found, {}, QUESTION) == "9 October 1968"


def test_where_something_is_compared_the_comparison_answers() -> None:
    """Though a look-up beside it says more of the question."""
    question = "Who was born first, the author of the novel Solaris or the author of Dune?"
    facts = ["{c}", "{d}"]
    plan = Plan(
        (
            lookup("a", "Who is the author of the novel Solaris, born first?"),
            lookup("c", "When was Lem born?"),
            lookup("d", "When was Herbert born?"),
            Step(
                "e", "compare", {"question": "Who was born first, Lem or Herbert?", "facts": facts}
            ),
        )
    )
    found: dict[str, Outcome] = {
        "a": Done("Polish"),
        "c": Done("12 September 1921"),
        "d": Done("8 October 1920"),
        "e": Done("Herbert"),
    }
    assert sure_value(plan, found, {}, question) == "Herbert"


def test_a_comparison_looked_up_whole_needs_a_passage_on_both_sides() -> None:
    question = "Which town had more inhabitants in 2020, the birth town of Ann Berg or Tarn?"
    plan = Plan((lookup("whole", question),))

    def found_in(title: str, text: str) -> dict[str, Outcome]:
        passage = Passage(Source("/a", title, "text/plain", "0"), 0, len(text), text)
        return {"whole": Done("Tarn", (passage,))}

    one = found_in("Towns in 2020", "Osterhavn: 18,420 inhabitants. Tarn: 7,905.")
    both = found_in("Ann Berg", "Born in Vik, which had 300 inhabitants in 2020, and Tarn 7,905.")
    assert answer_value(plan, one, {}, question) is None
    assert prospect(plan, one, {}, question) == "hopeless"
    assert answer_value(plan, both, {}, question) == "Tarn"
    asked = "Which town has 7,905 inhabitants?"
    assert answer_value(Plan((lookup("whole", asked),)), one, {}, asked) == "Tarn"


OUTCOMES = st.sampled_from(
    [Done("1968"), Done("9 October 1968"), Done("Pete Docter"), Done(None), Failed("no")]
)


@st.composite
def plans(draw: st.DrawFn) -> list[Step]:
    """Look-ups, some on a condition, and comparisons of two that build on each other."""
    steps: list[Step] = []
    for number in range(draw(st.integers(1, 6))):
        earlier = [step.id for step in steps]
        optional = draw(st.booleans())
        if len(earlier) > 1 and draw(st.booleans()):
            facts = [f"{{{name}}}" for name in draw(st.permutations(earlier))[:2]]
            said = {"question": "When was it born?", "facts": facts}
            steps.append(Step(f"s{number}", "compare", said, optional=optional))
        else:
            named = draw(st.sampled_from([*earlier, None]))
            text = f"When was {{{named}}} born?" if named else "When was the director of Up born?"
            asked = draw(st.sampled_from(["{}", "not {}", "{} failed", None])) if earlier else None
            when = asked and asked.format(draw(st.sampled_from(earlier)))
            steps.append(lookup(f"s{number}", text, optional=optional, when=when))
    return steps


@given(plans(), st.data())
def test_what_is_settled_stays_and_what_is_hopeless_stays_so(
    steps: Sequence[Step], data: st.DataObject
) -> None:
    plan = Plan(tuple(steps))
    rounds = {step.id: data.draw(st.integers(1, 2)) for step in steps}
    outcomes: dict[str, Outcome] = {}
    seen: list[tuple[str, object]] = []
    while len(outcomes) < len(steps):
        seen.append(
            (
                prospect(plan, outcomes, rounds, QUESTION),
                sure_value(plan, outcomes, rounds, QUESTION),
            )
        )
        ready = [s for s in steps if s.id not in outcomes and set(s.inputs) <= set(outcomes)]
        step = data.draw(st.sampled_from(ready))
        dead = step.id in dead_steps(plan, outcomes)
        outcomes[step.id] = Skipped("no input") if dead else data.draw(OUTCOMES)
    value = sure_value(plan, outcomes, rounds, QUESTION)
    for prospects, early in seen:
        assert prospects != "settled" or early == value
        assert prospects != "hopeless" or value is None
    assert prospect(plan, outcomes, rounds, QUESTION) == ("settled" if value else "hopeless")
