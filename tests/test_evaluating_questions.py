"""Question sets: what is read of a file, and what is wrong with one, by its line."""

from pathlib import Path

import pytest
from question_files import INCEPTION, PARASITE, QUESTIONS, write_set

from service.errors import UsageProblem
from service.evaluating.evaluation import Assignment
from service.evaluating.pool import Pool
from service.evaluating.question_sets import read_questions
from service.settings import Settings

GOOD = b'{"question": "Who?", "answer": "Ann"}\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "set.jsonl"


def test_a_set_is_read(file: Path) -> None:
    made = read_questions(write_set(file))
    assert [question.id for question in made.questions] == ["q1", "q2", "q3"]
    assert made.questions[0].gold == ("Christopher Nolan", "Nolan")
    assert made.questions[0].passages[0].supporting
    assert [question.id for question in made.chosen(1, 1)] == ["q2"]
    with pytest.raises(UsageProblem, match=r"set\.jsonl: it has 3 questions, and --skip 3"):
        made.chosen(3, None)


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("42", ("42",)),
        ("4.5", ("4.5",)),
        ("true", ("yes",)),
        ("null", ()),
        ('["a", 2]', ("a, 2",)),
        ('{"x": ["a", "b"], "y": false}', ("x: a, b, y: no",)),
    ],
)
def test_answers_of_other_kinds_are_words(file: Path, answer: str, gold: tuple[str, ...]) -> None:
    file.write_text('\ufeff{"question": " Who\\n is? ", "answer": ' + answer + "}\r\n\r\n")
    (question,) = read_questions(file).questions
    assert (question.id, question.text, question.gold) == ("1", "Who is?", gold)


def test_a_line_separator_inside_of_a_text_ends_no_line(file: Path) -> None:
    file.write_text('{"question": "Who\u2028is?", "answer": "Ann\x85"}', encoding="utf-8")
    assert len(read_questions(file).questions) == 1


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "there is no question in it"),
        (b"\n \n", "there is no question in it"),
        (GOOD + b"{", "line 2: this is no JSON: "),
        (GOOD + b"\n[]", "line 3: it: it is no JSON object"),
        (GOOD + b"7", "line 2: it: it is no JSON object"),
        (b"[" * 100_000, "line 1: "),
        (GOOD + b'{"question": "Who?"}', "line 2: answer: field required"),
        (b'{"answer": "Ann"}', "line 1: question: field required"),
        (b'{"question": 7, "answer": "Ann"}', "line 1: question: input should be a valid string"),
        (b'{"question": " ", "answer": "Ann"}', "line 1: question: it is empty"),
        (b'{"question": "Who?", "answer": " "}', "line 1: answer: it is empty"),
        (b'{"question": "Who?", "answer": []}', "line 1: answer: it is empty"),
        (b'{"question": "Who?", "answer": "A", "aliases": "B"}', "line 1: aliases: "),
        (b'{"id": [], "question": "Who?", "answer": "A"}', "line 1: id: "),
        (b'{"question": "Who?", "answer": "A", "passages": [{}]}', "line 1: passages.0.text: "),
        (
            b'{"question": "Who?", "answer": 1, "passages": [{"text": "t", "supporting": 1}]}',
            "line 1: passages.0.supporting: ",
        ),
        (b'{"question": "Who?", "answer": "\xff"}', "line 1: it is not in UTF-8"),
        (b'{"question": "' + b"x" * 2001 + b'", "answer": "A"}', "has 2001 characters"),
        (
            b'{"id": 1, "question": "Who?", "answer": "A"}\n\n'
            b'{"id": "1", "question": "B", "answer": 2}',
            "line 3: line 1 has the id '1', too",
        ),
    ],
)
def test_a_bad_file_is_told_with_its_line(file: Path, data: bytes, message: str) -> None:
    file.write_bytes(data)
    with pytest.raises(UsageProblem) as told:
        read_questions(file)
    assert str(told.value).startswith(f"{file}")
    assert message in str(told.value)


def test_a_file_that_is_not_there_is_told(file: Path) -> None:
    with pytest.raises(UsageProblem, match=r"set\.jsonl: it cannot be read: No such file"):
        read_questions(file)


def test_the_pool_has_each_passage_once_and_knows_what_supports(file: Path) -> None:
    questions = read_questions(write_set(file)).questions
    pool = Pool.of(questions)
    assert [title for title, _, _ in pool.documents()] == ["Inception", "Parasite", "Nolan"]
    assert pool.support_of(questions[1]) == {"/1"}


def test_unanswerable_leaves_the_support_out_of_the_questions_that_are_asked(file: Path) -> None:
    again = {**QUESTIONS[1], "id": "q4", "passages": [{**INCEPTION, "title": "Nolan's film"}]}
    questions = read_questions(write_set(file, [*QUESTIONS, again])).questions
    pool = Pool.of(questions, without=questions[:1])
    assert [(title, at) for title, _, at in pool.documents()] == [
        ("Parasite", "/1"),
        ("Nolan", "/2"),
    ]
    assert pool.digest != Pool.of(questions).digest


def assignment(file: Path, **changes: object) -> Assignment:
    questions = read_questions(file)
    fields = {"roots": (), "settings": Settings(search=None), "systems": ("planned",)} | changes
    return Assignment(questions, questions.questions, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"systems": ("planned", "magic")}, "there is no system 'magic': use planned, oneshot"),
        ({"systems": ()}, "name each system once"),
        ({"systems": ("react", "react")}, "name each system once"),
        ({"unanswerable": True, "roots": (Path("docs"),)}, "searched only without --documents"),
    ],
)
def test_what_cannot_be_evaluated_is_refused(
    file: Path, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageProblem, match=message):
        assignment(write_set(file), **changes)


def test_what_is_missing_in_the_file_is_told_with_its_line(file: Path) -> None:
    bare = {"question": "Who?", "answer": "Ann"}
    write_set(file, [bare])
    with pytest.raises(UsageProblem, match="line 1: the questions come without passages"):
        assignment(file)
    assert not assignment(file, roots=(Path("docs"),)).is_pooled
    write_set(file, [QUESTIONS[0], {**bare, "passages": [PARASITE]}])
    with pytest.raises(UsageProblem, match="line 2: --unanswerable needs passages"):
        assignment(file, unanswerable=True)


def test_the_key_is_that_of_the_configuration_and_the_file(file: Path) -> None:
    one, again = assignment(write_set(file)), assignment(file)
    assert one.key == again.key
    others = [assignment(file, turns=3), assignment(file, judge=True), assignment(file, name="x")]
    others.append(assignment(file, settings=Settings(seed=7, search=None)))
    write_set(file, QUESTIONS[::-1])
    others.append(assignment(file))
    assert len({one.key, *(other.key for other in others)}) == 6
