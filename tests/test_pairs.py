"""Questions about two named things, of which nothing is measured, are taken apart by rule."""

import pytest

from planner import Vocabulary
from planner.contests import choosing, contest_plan, sides_of
from planner.pairs import pair_of, with_options_last
from planner.singular import singular_claim, singular_noun

VOCABULARY = Vocabulary(
    {
        "lookup": ("question",),
        "compare": ("question", "facts"),
        "which": ("question", "of", "claims"),
    },
    default="lookup",
)


def asked(question: str) -> list[str]:
    """What a plan asks of each side, or what may be true of each."""
    pair = pair_of(question)
    return [] if pair is None else list(pair.asked or pair.claims or pair.sides)


@pytest.mark.parametrize(
    ("question", "of_each"),
    [
        ("Are Ann Lee and Bob Ray both painters?", "Is {} a painter?"),
        ("Are both Ann Lee and Bob Ray painters?", "Is {} a painter?"),
        ("Were Ann Lee and Bob Ray Danish painters?", "Was {} a Danish painter?"),
        ("Are Ann Lee and Bob Ray both US film stars?", "Is {} a US film star?"),
        ("Were Ann Lee and Bob Ray NBA players?", "Was {} an NBA player?"),
        ("Are Ann Lee and Bob Ray both actors and directors?", "Is {} an actor and director?"),
        ("Are Ann Lee and Bob Ray both women?", "Is {} a woman?"),
        ("Are Ann Lee and Bob Ray both members of Oddfold?", "Is {} a member of Oddfold?"),
        ("Are Ann Lee and Bob Ray both genera of plants?", "Is {} a genus of plants?"),
        ("Are Ann Lee and Bob Ray in South America?", "Is {} in South America?"),
        ("Are the lakes Ann Lee and Bob Ray both located in Maine?", "Is {} located in Maine?"),
        ("Are both Ann Lee and Bob Ray used for fuel?", "Is {} used for fuel?"),
        ("Are Ann Lee and Bob Ray both from the United States?", "Is {} from the United States?"),
        ("Is Ann Lee and Bob Ray both directors?", "Is {} a director?"),
        ("Do Ann Lee and Bob Ray both play the harp?", "Does {} play the harp?"),
        ("Have Ann Lee and Bob Ray both won an Oscar?", "Has {} won an Oscar?"),
        ("Have both Ann Lee and Bob Ray lived in Rome?", "Has {} lived in Rome?"),
        ("Did Ann Lee and Bob Ray both come out in 1979?", "Did {} come out in 1979?"),
        ("Did the films Ann Lee and Bob Ray both win prizes?", "Did {} win prizes?"),
    ],
)  # fmt: skip
def test_what_is_said_of_both_is_asked_of_each(question: str, of_each: str) -> None:
    assert asked(question) == [of_each.format("Ann Lee"), of_each.format("Bob Ray")]


@pytest.mark.parametrize(
    ("question", "of_each"),
    [
        ("Are Ann Lee and Bob Ray from the same country?", "What is the nationality of {}?"),
        ("Were Ann Lee and Bob Ray of the same nationality?", "What is the nationality of {}?"),
        ("Are Ann Lee and Bob Ray both the same nationality?", "What is the nationality of {}?"),
        ("Are Ann Lee and Bob Ray of different nationalities?", "What is the nationality of {}?"),
        ("Do Ann Lee and Bob Ray share the same nationality?", "What is the nationality of {}?"),
        ("Do Ann Lee and Bob Ray have the same profession?", "What is the profession of {}?"),
        ("Are Ann Lee and Bob Ray in the same state?", "In which state is {}?"),
        ("Are Ann Lee and Bob Ray based in the same city?", "In which city is {} based?"),
        ("Are Ann Lee and Bob Ray on the same continent?", "On which continent is {}?"),
        ("Were Ann Lee and Bob Ray born in the same year?", "In which year was {} born?"),
        ("Were Ann Lee and Bob Ray built in the same year?", "In which year was {} built?"),
        ("Were Ann Lee and Bob Ray directed by the same person?", "Who was {} directed by?"),
        ("Were Ann Lee and Bob Ray made by the same company?", "Which company was {} made by?"),
        ("Are Ann Lee and Bob Ray members of the same band?", "Which band is {} a member of?"),
        ("Are Ann Lee and Bob Ray part of the same chain?", "Which chain is {} part of?"),
        ("Are Ann Lee and Bob Ray the same kind of tree?", "What kind of tree is {}?"),
        ("Did Ann Lee and Bob Ray attend the same school?", "Which school did {} attend?"),
        ("Do Ann Lee and Bob Ray play for the same team?", "Which team does {} play for?"),
        ("Do Ann Lee and Bob Ray have the same number of legs?", "How many legs does {} have?"),
    ],
)  # fmt: skip
def test_what_may_be_the_same_is_asked_of_each(question: str, of_each: str) -> None:
    assert asked(question) == [of_each.format("Ann Lee"), of_each.format("Bob Ray")]


@pytest.mark.parametrize(
    ("question", "of_each"),
    [
        ("Which magazine is about birds, Ann Lee or Bob Ray?", "{} is about birds"),
        ("Which band is from Korea: Ann Lee or Bob Ray?", "{} is from Korea"),
        ("Who is a Swedish painter, Ann Lee or Bob Ray?", "{} is a Swedish painter"),
        ("Who was born in Rome, Ann Lee, or Bob Ray?", "{} was born in Rome"),
        ("Who wrote about tea, Ann Lee or Bob Ray?", "{} wrote about tea"),
        ("Which company makes tea, Ann Lee or Bob Ray?", "{} makes tea"),
        ("Which one of the two has won an Oscar, Ann Lee or Bob Ray?", "{} has won an Oscar"),
        ("What is a district in Rome, Ann Lee or Bob Ray?", "{} is a district in Rome"),
        ("Which dog was bred in Maine, the Ann Lee or the Bob Ray?", "{} was bred in Maine"),
        ("Between Ann Lee and Bob Ray, who is a member of Oddfold?", "{} is a member of Oddfold"),
        ("Out of Ann Lee and Bob Ray, which is a river?", "{} is a river"),
        ("Is Ann Lee or Bob Ray a Danish band?", "{} is a Danish band"),
        ("Was Ann Lee or Bob Ray born in Rome?", "{} was born in Rome"),
        ("Who is more popular, Ann Lee or Bob Ray?", "{}"),
        ("Between Ann Lee and Bob Ray, who has had a more diverse career?", "{}"),
        ("Which city did Ed Ox live in, Ann Lee or Bob Ray?", "{}"),
    ],
)
def test_a_choice_has_a_claim_about_each(question: str, of_each: str) -> None:
    sides = [side.removeprefix("the ") for side in asked(question)]
    assert sides == [of_each.format("Ann Lee"), of_each.format("Bob Ray")]


@pytest.mark.parametrize(
    "question",
    [
        "",
        "Who directed Up?",
        "Are Ann Lee and Bob Ray related?",
        "Are Ann Lee and Bob Ray married to each other?",
        "Are Ann Lee, Bob Ray and Kim Ox all painters?",
        "Are Up and Cars and Coco films?",
        "Are Ann Lee and Bob Ray older than Kim Ox?",
        "Are he and Bob Ray both painters?",
        "Are cats and dogs both mammals?",
        "Are Ann Lee and her brother both painters?",
        "Is Ann Lee a painter?",
        "Is Ann Lee and Bob Ray a film?",
        "Is Ann Lee a painter or a poet?",
        "Did Ann Lee and Bob Ray play the same way?",
        "Are Ann Lee and Bob Ray not painters?",
        "Do Ann Lee and Bob Ray have anything in common?",
        "Which is older, Ann Lee or Bob Ray?",
        "Which was released on a later date, Up or Cars?",
        "Which magazine's office is further north, Time or Life?",
        "Which is red, Up, Cars or Coco?",
        "Where do Ann Lee and Bob Ray live?",
        "What do Ann Lee and Bob Ray have in common?",
        "Ann Lee and Bob Ray are both what?",
    ],
)
def test_what_is_not_as_plain_is_left_to_the_planner(question: str) -> None:
    assert asked(question) == []


@pytest.mark.parametrize(
    ("question", "of_each", "sides"),
    [
        ('Are "War and Peas" and "Up" both novels?', "Is {} a novel?", ('"War and Peas"', '"Up"')),
        (
            "Are Salt and Sea and The Ants both bands?",
            "Is {} a band?",
            ("Salt and Sea", "The Ants"),
        ),
        ("Are Blur and Up and Off and Far both red?", "Is {} red?", ("Blur and Up", "Off and Far")),
        ("Are Up and Away and Far both bands?", "", ()),
        (
            "Are Salem, Ohio and Paris, Texas both red?",
            "Is {} red?",
            ("Salem, Ohio", "Paris, Texas"),
        ),
        ("Are Alice in Spain and Up films?", "Is {} a film?", ("Alice in Spain", "Up")),
        ('Which is a film, "Dead or Red" or "Up"?', "{} is a film", ('"Dead or Red"', '"Up"')),
        ('Which is a film, "Eat, Pray" or "Who?"?', "{} is a film", ('"Eat, Pray"', '"Who?"')),
    ],
)
def test_titles_have_words_of_their_own(
    question: str, of_each: str, sides: tuple[str, ...]
) -> None:
    assert asked(question) == [of_each.format(side) for side in sides]


def test_a_yes_or_no_is_put_together_by_a_comparison() -> None:
    question = "Are Ann Lee and the director of Up both from Bern?"
    *lookups, last = contest_plan(question, VOCABULARY)
    assert [step.arguments["question"] for step in lookups] == [
        "Is Ann Lee from Bern?", "Who directed Up?", "Is {b1} from Bern?",
    ]  # fmt: skip
    assert (last.tool, last.arguments) == (
        "compare",
        {"question": question, "facts": ["{a}", "{b}"]},
    )


def test_a_choice_is_one_step_that_reads_about_both() -> None:
    question = "Which is about birds, Ann or Bob?"
    (step,) = contest_plan(question, VOCABULARY)
    assert step == choosing(
        "a", question, ["Ann", "Bob"], ["Ann is about birds", "Bob is about birds"]
    )
    only = Vocabulary({"lookup": ("question",), "compare": ("question", "facts")}, default="lookup")
    assert contest_plan(question, only) == []
    assert contest_plan("Which is red, the director of Up or Bob?", VOCABULARY) == []


def test_braces_name_no_step() -> None:
    (step,) = contest_plan("Which is about birds, {X} or {Y}?", VOCABULARY)
    assert not step.inputs
    assert not any(
        step.inputs for step in contest_plan("Are {X} and {Y} both red?", VOCABULARY)[:2]
    )


@pytest.mark.parametrize(
    ("question", "sides"),
    [
        ("Which is older, Ann Lee or Bob Ray?", ("Ann Lee", "Bob Ray")),
        ("Are Ann Lee and Bob Ray both painters?", ("Ann Lee", "Bob Ray")),
        ("Between Ann Lee and Bob Ray, who is older?", ("Ann Lee", "Bob Ray")),
        ("Who is older, the director of Up or Bob Ray?", None),
        ("Who directed Up?", None),
    ],
)
def test_sides_of_any_comparison(question: str, sides: tuple[str, str] | None) -> None:
    assert sides_of(question) == sides


def test_between_two_is_a_choice() -> None:
    assert (
        with_options_last("Between Up and Cars, which is older?") == "Which is older, Up or Cars?"
    )
    assert with_options_last("Which is between Up and Cars?") == "Which is between Up and Cars?"


@pytest.mark.parametrize(
    ("said", "one"),
    [
        ("painters", "a painter"), ("actors from Rome", "an actor from Rome"),
        ("universities", "a university"), ("unusual churches", "an unusual church"),
        ("British businesswomen", "a British businesswoman"), ("US cities", "a US city"),
        ("FM stations", "an FM station"), ("hours", "an hour"), ("European sons", "a European son"),
        ("species of fish", "a species of fish"), ("boxes", "a box"), ("movies", "a movie"),
        ("also poets", "also a poet"), ("red", "red"), ("located in Wales", "located in Wales"),
        ("the sons of Up", "the sons of Up"), ("famous", "famous"), ("in series", "in series"),
    ],
)  # fmt: skip
def test_plurals_become_one(said: str, one: str) -> None:
    assert singular_claim(said) == one


def test_a_noun_that_is_one_stays() -> None:
    assert [singular_noun(word) for word in ("bus", "state", "glass", "people", "home towns")] == [
        "bus", "state", "glass", "person", "home town",
    ]  # fmt: skip
