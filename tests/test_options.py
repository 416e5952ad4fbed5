"""What a question offers is moved to its end, where the rules for contests look for it."""

import pytest

from planner import Vocabulary
from planner.contests import contest_plan
from planner.options import with_options_last
from planner.pairs import pair_of

VOCABULARY = Vocabulary(
    {
        "lookup": ("question",),
        "compare": ("question", "facts"),
        "which": ("question", "of", "claims"),
    },
    default="lookup",
)


@pytest.mark.parametrize(
    ("question", "moved"),
    [
        ("Between Up and Cars, which film is older?", "Which film is older, Up or Cars?"),
        ("Out of Up and Cars, which came out first?", "Which came out first, Up or Cars?"),
        ("Which film, Up or Cars, was made first?", "Which film was made first, Up or Cars?"),
        ("Which of the two, Up or Cars, is a comedy?", "Which is a comedy, Up or Cars?"),
        ("Which of the two operas, Nacht or Il Vento, has more acts?",
         "Which opera has more acts, Nacht or Il Vento?"),
        ("Which one of these bands, Blur or Odd Pair, is Danish?",
         "Which band is Danish, Blur or Odd Pair?"),
        ("Who, Ann Lee or Bob Ray, was born first?", "Who was born first, Ann Lee or Bob Ray?"),
        ("Which magazine, Time Out or Bloom, published more issues?",
         "Which magazine published more issues, Time Out or Bloom?"),
        ("Who was born first out of Ann and Bob?", "Who was born first, Ann or Bob?"),
        ("Who is the older of Ann Lee and Bob Ray?", "Who is the older, Ann Lee or Bob Ray?"),
        ("Which has more members between Blur and Odd Pair?",
         "Which has more members, Blur or Odd Pair?"),
        ("Was Up or Cars released first?", "Which was released first, Up or Cars?"),
        ("Did Up or Cars come out first?", "Which came out first, Up or Cars?"),
        ("Does Up or Cars have more songs?", "Which has more songs, Up or Cars?"),
        ("Do the Ants or Odd Pair have more members?",
         "Which has more members, the Ants or Odd Pair?"),
        ("Did Ann Lee or Bob Ray win more titles?", "Which won more titles, Ann Lee or Bob Ray?"),
    ],
)  # fmt: skip
def test_options_are_moved_to_the_end(question: str, moved: str) -> None:
    assert with_options_last(question) == moved
    assert contest_plan(question, VOCABULARY) != []


@pytest.mark.parametrize(
    "question",
    [
        "Which is older, Up or Cars?",
        "Which of these is a river, Rhine or Eiger?",
        "Which is the longest river between Elmland and Ashland?",
        "Which country lies between Elmland and Ashland?",
        "What was the first battle of Elm and Ash?",
        "Which song, released in 1990 or later, was sung by Ann Lee?",
        "Which city, founded in 1830, is home to Ann Lee or Bob Ray?",
        "Who wrote Up, a film about Ed or Al, that won prizes?",
        "Which actor, Ann Lee or her brother, starred in Up?",
        "Did Ann Lee or Bob Ray direct Up?",
    ],
)
def test_any_other_question_stays_as_it_is(question: str) -> None:
    assert with_options_last(question) == question


@pytest.mark.parametrize(
    "question",
    [
        "Were Ann Lee and Bob Ray married?",
        "Are Ann Lee and Bob Ray brother and sister?",
        "Are Ann Lee and Bob Ray siblings?",
        "Were Ann Lee and Bob Ray friends in Rome?",
        "Do Elm Street and Ash Street intersect?",
        "Did Ann Lee and Bob Ray meet in Rome?",
        "Are Elmland and Ashland neighbouring countries?",
    ],
)
def test_what_two_are_to_each_other_is_not_asked_of_each(question: str) -> None:
    assert pair_of(question) is None


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("Are the directors of Up and Cars from the same country?",
         ["Who directed Up?", "What is the nationality of {a1}?",
          "Who directed Cars?", "What is the nationality of {b1}?"]),
        ("Are both directors of films Up and Cars from the same country?",
         ["Who directed Up?", "What is the nationality of {a1}?",
          "Who directed Cars?", "What is the nationality of {b1}?"]),
        ("Do Up and Cars have the same director?",
         ["Who is the director of Up?", "Who is the director of Cars?"]),
        ("Which university is older, Ruby College or Elm School?",
         ["When was Ruby College founded?", "When was Elm School founded?"]),
        ("Which tower, Ruby Hall or Elm House, is older?",
         ["When was Ruby Hall built?", "When was Elm House built?"]),
    ],
)  # fmt: skip
def test_each_side_is_asked_for_its_own(question: str, asked: list[str]) -> None:
    plan = contest_plan(question, VOCABULARY)
    assert [step.arguments["question"] for step in plan if step.tool == "lookup"] == asked


@pytest.mark.parametrize(
    ("question", "claims"),
    [
        ("Which dog breed originated in Elmland, the Ox or the Ash?",
         "the Ox originated in Elmland"),
        ("Are both Elm Records and Ash Records labels owned by Sony?",
         "Is Elm Records a label owned by Sony?"),
        ("Are both Lärche and Über novels?", "Is Lärche a novel?"),
    ],
)  # fmt: skip
def test_what_is_said_is_told_from_the_noun(question: str, claims: str) -> None:
    pair = pair_of(question)
    assert pair is not None
    assert (pair.claims or pair.asked or ("",))[0] == claims


def test_what_is_denied_is_read_side_by_side() -> None:
    pair = pair_of("Who was not American, Ann Lee or Bob Ray?")
    assert pair is not None
    assert (pair.claims, pair.asked) == (None, None)
