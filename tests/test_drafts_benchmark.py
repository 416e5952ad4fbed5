"""How the benchmark of drafts counts."""

from benchmarks.citation_audit import Cited, cited_of
from benchmarks.drafts import Row, averages, row, ways
from planner import Answer, Sentence
from search import Passage, Source
from service.evaluating.watching import Watch


def passage(text: str) -> Passage:
    return Passage(Source("/p", "Page", "text/plain", "0"), 0, len(text), text)


def test_what_an_answer_tells_is_what_its_passages_have_and_the_question_has_not() -> None:
    told = "In 1931 Ada Lenz built the bridge of Aldern for Brandt."
    one = Cited("", "Who built the bridge of Aldern?", told, "supported", ("Page: 1931, Ada Lenz",))
    assert one.told == {"1931", "ada", "lenz"}
    assert one.missing == ["Brandt"]


def test_figures_of_a_run() -> None:
    answer = Answer(
        None,
        (
            Sentence("It was built in 1931.", (1,), verdict="supported"),
            Sentence("It was built in 1932.", (1,), verdict="partly"),
            Sentence("Nothing else is known."),
        ),
        (passage("Built in 1931."),),
    )
    found = row("When?", answer, Watch(), 2.0)
    assert (found.sentences, found.told, found.precision, found.supported) == (3, 1, 0.5, 0.5)
    assert len(cited_of("", "When?", answer)) == 2


def test_averages_leave_out_what_there_was_nothing_of() -> None:
    rows = [Row(2, 4, 0.5, 1.0, 3.0, 10, 20), Row(0, 0, None, None, 1.0, 0, 0)]
    assert averages(rows) == {
        "sentences": 1, "told": 2, "precision": 0.5, "supported": 1.0,
        "seconds": 2.0, "read": 5, "written": 10,
    }  # fmt: skip
    assert [way.name for way in ways(quick=True)] == ["1", "3_best", "3_vote", "3_synthesis"]
