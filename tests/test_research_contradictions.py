"""Two passages that disagree: both are kept, a third decides, and what stays open is told."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from research_films import Fixed, outcomes, run, toolbox

from inference import Request, ScriptedModel
from planner import (
    Decided,
    History,
    MemoryTrace,
    Plan,
    ResearchSettings,
    Step,
    StepAdded,
    research,
)
from planner.plan import LONGEST_ID
from search import Hit, Passage, Source
from storage import TraceStore

QUESTION = "When was Bong Joon-ho born?"
YEARS = re.compile(r"\d+ September \d{4}")


def pages(*texts: str) -> list[Hit]:
    """Found in this order."""
    return [
        Hit(
            Passage(
                Source(f"/{number}", f"Bong Joon-ho {number}", "text/plain", f"{number:064}"),
                0,
                len(text),
                text,
            ),
            float(-number),
        )
        for number, text in enumerate(texts)
    ]


def born(*years: int) -> Fixed:
    return Fixed(pages(*(f"Bong Joon-ho was born on 14 September {year}." for year in years)))


def reader(request: Request) -> str:
    """Reads the date in a passage; the writer fails, so that the facts are written out."""
    found = YEARS.findall(request.messages[-1].content)
    return found[0] if request.purpose == "read" and found else "none"


async def asked(
    engine: Fixed, *, second_look: bool = True, plan: Sequence[str] = (), question: str = QUESTION
) -> tuple[str, MemoryTrace, ScriptedModel]:
    trace = MemoryTrace()
    lines = "\n".join(plan) or f'{{"id":"a","lookup":"{question}"}}'
    model = ScriptedModel(lambda r: lines if r.purpose == "plan" else reader(r))
    result = await run(engine, model, trace, question=question, second_look=second_look, rounds=1)
    return result.answer.text, trace, model


def decided(trace: MemoryTrace) -> list[str]:
    return [event.what for event in trace.events if isinstance(event, Decided)]


async def test_what_stays_open_is_told_with_both_values_and_their_passages() -> None:
    text, trace, _ = await asked(born(1969, 1970))
    assert text.endswith(
        "The documents disagree: When was Bong Joon-ho born? 14 September 1969. [1]"
        " Or 14 September 1970. [2]"
    )
    assert [one for one in decided(trace) if "contradiction" in one] == [
        "contradiction",
        "contradiction open",
    ]
    assert set(outcomes(trace)) == {"start", "a", "again_a", "check_a"}


@pytest.mark.parametrize("third", [1969, 1970])
async def test_a_third_passage_decides(third: int) -> None:
    text, trace, _ = await asked(born(1969, 1970, third))
    assert text.startswith(f"14 September {third}.")
    assert "disagree" not in text
    assert str(1969 + 1970 - third) not in text
    assert "contradiction resolved" in decided(trace)


async def test_the_same_in_other_words_is_no_contradiction() -> None:
    engine = Fixed(
        pages("Bong Joon-ho: born 14 September 1969.", "Bong Joon-ho, born on 14 September 1969")
    )
    text, trace, _ = await asked(engine)
    assert "disagree" not in text
    assert set(outcomes(trace)) == {"start", "a", "again_a"}


async def test_a_resumed_run_checks_nothing_again() -> None:
    _, trace, _ = await asked(born(1969, 1970, 1970))
    past = History(
        steps=tuple(event.step for event in added(trace)),
        step_rounds=dict.fromkeys(outcomes(trace), 1),
        outcomes=outcomes(trace),
        planned={1: ("start", "a")},
    )
    model, again = ScriptedModel(reader), MemoryTrace()
    result = await run(
        born(1969), model, again, question=QUESTION, second_look=True, rounds=1, history=past
    )
    assert result.answer.value == "14 September 1970"
    assert {request.purpose for request in model.requests} == {"write", "judge"}
    assert outcomes(again).keys() <= outcomes(trace).keys()


async def test_without_a_second_look_one_passage_is_read() -> None:
    text, trace, model = await asked(born(1969, 1970), second_look=False)
    assert "disagree" not in text
    assert [request.purpose for request in model.requests].count("read") == 1
    assert not any(event.step.tool == "crosscheck" for event in added(trace))


def added(trace: MemoryTrace) -> list[StepAdded]:
    return [event for event in trace.events if isinstance(event, StepAdded)]


@pytest.mark.parametrize("long", ["", "x" * (LONGEST_ID - 1)])
async def test_what_was_built_on_a_refuted_value_runs_again_on_the_right_one(long: str) -> None:
    """Two wordings of a question bring two names; a further passage confirms the second.

    `long`: servers give long ids to tool calls, and all that is added finds room behind them.
    """
    hits = pages(
        "Bong Joon-ho made Parasite; it was produced by Kwak Sin-ae.",
        "Parasite was directed by Bong Joon-ho, not by Kwak Sin-ae.",
        "Bong Joon-ho was born on 14 September 1969. Kwak Sin-ae was born on 3 September 1968.",
    )
    plan = (
        f'{{"id":"{long}a","lookup":"Who directed Parasite?"}}\n'
        f'{{"id":"{long}b","lookup":"Who is the director of Parasite?"}}\n'
        f'{{"id":"{long}c","lookup":"When was {{{long}a}} born?"}}'
    )

    def reply(request: Request) -> str:
        said = request.messages[-1].content
        if request.purpose == "plan":
            return plan
        if request.purpose != "read":
            return "none"
        if "Who" in said:
            first = "made Parasite" in said and said.endswith("Who directed Parasite?")
            return "Kwak Sin-ae" if first else "Bong Joon-ho"
        dates = YEARS.findall(said)
        return (dates[0] if "When was Bong" in said else dates[-1]) if dates else "none"

    trace = MemoryTrace()
    question = "We saw it. When was the director of Parasite born?"
    result = await run(Fixed(hits), ScriptedModel(reply), trace, question=question, rounds=1)
    assert result.answer.value == "14 September 1969"
    assert "1968" not in result.answer.text
    ended = outcomes(trace)
    assert ended[f"{long}c_relinked"].value == "14 September 1969"
    assert decided(trace).count("contradiction") == 1
    assert decided(trace).count("contradiction resolved") == 1


async def test_what_stays_open_in_a_sub_run_is_told_in_the_answer(store: TraceStore) -> None:
    """And again where the sub-run is only known from the past."""
    plan = Plan((Step("r", "research", {"objective": QUESTION}),))
    settings = ResearchSettings(rounds=1, one_step=True, second_look=True)
    id_ = await store.create_run(QUESTION, {})
    engine, texts = born(1969, 1970), []
    for past in (None, id_):
        history = None if past is None else replace(await store.history(past), answer=None)
        result = await research(
            QUESTION,
            model=ScriptedModel(reader),
            toolbox=toolbox(engine),
            trace=store.trace(id_),
            settings=settings,
            history=history,
            plan=plan,
        )
        texts.append(result.answer.text)
    assert texts[0].endswith(" Or 14 September 1970. [2]")
    assert texts[0].count("The documents disagree") == 1
    assert texts[0] == texts[1]
