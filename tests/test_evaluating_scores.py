"""The scores of an evaluation, by values that were worked out by hand."""

from dataclasses import replace

import pytest

from planner import Answer, Section, Sentence, Table
from search import Passage, Source
from service.evaluating.bootstrap import Interval, Share, difference, interval
from service.evaluating.citations import Cited, counted, judged, telling_words
from service.evaluating.matching import exact_match, f1, normalised, right
from service.evaluating.measures import (
    Measured,
    by_system,
    cited_in_abstentions,
    differences,
    scores,
)
from service.evaluating.report import cell

NOLAN = Passage(
    Source("/1", "Christopher Nolan", "text/plain", "0"), 0, 9, "He was born on 30 July 1970."
)


def measured(**changes: object) -> Measured:
    made = Measured(
        run="r",
        system="planned",
        id="q",
        question="Who?",
        gold=("Ann",),
        value="Ann",
        answer="Ann [1]",
        reason=None,
        support=2,
        support_read=1,
        cited=2,
        supported=1,
        needing=4,
        satisfied=1,
        citations=1,
        seconds=2.0,
        model_calls=3,
        tokens_read=100,
        tokens_cached=50,
        tokens_written=7,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_matching_is_squads() -> None:
    assert normalised("The  Beatles' “A” Day!") == "beatles “ ” day"
    assert exact_match("the Beatles.", ["Beatles"])
    assert not exact_match(None, ["none"])
    assert f1("the old man and the sea", ["Old Man, the sea"]) == pytest.approx(2 * 3 / (4 + 3))
    assert f1("Ann", ["Bo", "Ann Lee"]) == pytest.approx(2 / 3)
    assert f1(None, ["Ann"]) == f1("Bo", ["Ann"]) == 0
    assert right("it was Ann", ["Ann"])
    assert right(None, [])
    assert not right("Anne", ["Ann"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Christopher Nolan directed it in 2010.", ["Christopher", "Nolan", "2010"]),
        ("The film is long.", []),
        ("It took 1,200 men.", ["1,200"]),
        ("yes", []),
        ("Paris", ["Paris"]),
    ],
)
def test_what_needs_a_citation_says_a_name_or_a_number(text: str, told: list[str]) -> None:
    assert telling_words(text) == told


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Christopher Nolan was born in 1970.", "supported"),
        ("Christopher Nolan was born in 1971.", "unsupported"),
        ("Inception was made by him.", "supported"),
        ("born on", "supported"),
        ("never born", "unsupported"),
    ],
)
def test_a_sentence_that_nobody_verified_is_checked_word_by_word(text: str, verdict: str) -> None:
    given = Answer("x", (Sentence(text, (1,)),), (NOLAN,))
    assert judged(given, "Who made Inception?").sentences[0].verdict == verdict


def test_a_verdict_that_is_there_stays() -> None:
    given = Answer("x", (Sentence("In 1970.", (1,), "contradicted"), Sentence("Ann.")), (NOLAN,))
    assert judged(given, "When?") == given


def test_citations_are_counted_in_sections_and_tables_too() -> None:
    good, bad = Sentence("In 1970.", (1,), "supported"), Sentence("In 1971.", (1,), "partly")
    bare, plain = Sentence("Ann was there."), Sentence("so it was", (1,), "supported")
    answer = Answer(
        "1970", (good, bare), (NOLAN,), sections=(Section("h", (bad,), Table(("a",), ((plain,),))),)
    )
    assert counted(answer) == Cited(cited=3, supported=2, needing=3, satisfied=1)
    assert counted(replace(answer, value=None)) == Cited(0, 0, 0, 0)


def test_an_interval_of_one_value_is_that_value() -> None:
    assert interval({"a": Share(3), "b": Share(3)}) == Interval(3, 3, 3)
    assert interval({}) is interval({"a": Share(0, 0)}) is None


def test_a_share_is_of_all_that_there_is() -> None:
    found = interval({"a": Share(1, 4), "b": Share(2, 2), "c": Share(0, 0)})
    assert found is not None
    assert found.mean == 0.5
    assert (found.low, found.high) == (0.25, 1)


def test_the_bootstrap_is_the_same_for_a_seed_and_near_the_binomial() -> None:
    shares = {str(n): Share(n % 2) for n in range(100)}
    found = interval(shares, seed=3)
    assert found == interval(dict(reversed(shares.items())), seed=3)
    assert found is not None
    assert found.mean == 0.5
    # 1.96 standard errors of 0.05 each.
    assert found.low == pytest.approx(0.402, abs=0.02)
    assert found.high == pytest.approx(0.598, abs=0.02)


def test_differences_are_paired() -> None:
    one = {str(n): Share(n % 2 + 0.25) for n in range(20)}
    other = {str(n): Share(n % 2) for n in range(20)} | {"more": Share(100)}
    assert difference(one, {"more": Share(1)}) is None
    found = difference(one, other)
    assert found is not None
    assert (found.mean, found.low, found.high) == pytest.approx((0.25, 0.25, 0.25))
    assert found.is_sure


def test_what_a_question_adds() -> None:
    one = measured()
    shares = {
        "exact": Share(1),
        "f1": Share(1),
        "judged": Share(0, 0),
        "evidence_recall": Share(0.5),
        "citation_precision": Share(1, 2),
        "citation_recall": Share(1, 4),
        "abstained": Share(0),
        "tokens_read": Share(100),
    }
    assert {name: one.share(name) for name in shares} == shares
    assert measured(judge=0.5).share("judged") == Share(1)
    assert measured(judge=0.4).share("judged") == Share(0)
    assert measured(support=0).share("evidence_recall").whole == 0
    assert Measured.of("r", one.data) == one


def test_without_an_answer_to_abstain_is_right() -> None:
    rightly, wrongly = measured(gold=(), value=None), measured(gold=())
    assert (rightly.exact, rightly.f1, rightly.share("abstained")) == (True, 1, Share(1))
    assert (wrongly.exact, wrongly.f1, wrongly.share("abstained")) == (False, 0, Share(0))
    assert not measured(value=None).exact
    assert cited_in_abstentions({"a": rightly, "b": wrongly}) == 1


def test_systems_are_scored_and_compared_by_the_questions_that_both_were_asked() -> None:
    given = [
        measured(id="a"),
        measured(id="b", value=None),
        measured(id="a", system="react", value="Bo", seconds=5.0),
    ]
    results = by_system(given, ["planned", "react"])
    found = scores(results["planned"], 0)
    assert found["exact"] is not None
    assert found["exact"].mean == found["abstained"].mean == 0.5  # type: ignore[union-attr]
    assert found["judged"] is None
    against = differences(results["planned"], results["react"], 0)
    assert against["exact"] == Interval(1, 1, 1)
    assert against["seconds"] == Interval(-3, -3, -3)


def test_cells_are_short() -> None:
    assert cell(Interval(0.333, 0.1, 0.5), "exact") == "0.33 (0.10 to 0.50)"
    assert cell(Interval(-3, -4, -2.04), "seconds", signed=True) == "-3.0* (-4.0 to -2.0)"
    assert cell(Interval(1203.4, 1000, 2000), "tokens_read") == "1203 (1000 to 2000)"
    assert cell(None, "judged") == "-"
