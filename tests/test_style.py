"""What length and language an answer gets, by the question's own words."""

import pytest

from planner import style_of


@pytest.mark.parametrize(
    "question",
    [
        "Describe the life of Bong Joon-ho.",
        "Explain how photosynthesis works",
        "Please summarise the contract",
        "Can you give me a short overview of the VGIK?",
        "Why did the Roman Republic fall?",
        "How does a lock work?",
        "How was Rome built?",
        "What are the main differences between Roma and Up?",
        "What happened in 1986?",
        "The history of tea",
        "Beschreibe das Leben von Tarkowski",
        "Pourquoi le ciel est-il bleu ?",
        "¿Por qué es azul el cielo?",
        "为什么天空是蓝色的？",
    ],
)
def test_what_no_single_value_answers_gets_a_paragraph(question: str) -> None:
    style = style_of(question)
    assert (style.size, style.open_ended) == ("answer", True)


@pytest.mark.parametrize(
    "question",
    [
        "Who directed Roma?",
        "When was the director of Roma born?",
        "How many people live in Daegu?",
        "How old is Nolan?",
        "How tall is it?",
        "Is Up longer than Roma?",
        "The director of Roma was born in which year?",
        "Which film is longer, Up or Roma?",
        "What is the capital of Peru?",
        "Name the director of Roma",
        "12% of 340",
        "Wer hat Roma gedreht?",
        "谁导演了罗马？",
        "Roma",
    ],
)
def test_what_one_value_answers_is_short(question: str) -> None:
    style = style_of(question)
    assert (style.size, style.open_ended) == ("short", False)


def test_a_wish_for_a_size_is_heard() -> None:
    assert style_of("Who directed Roma?", "report").size == "report"
    assert not style_of("Who directed Roma?", "report").open_ended
    short = style_of("Describe Roma.", "short")
    assert (short.size, short.open_ended) == ("short", False)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Who directed Roma?", "English"),
        ("Are King Vidor and Géza von Cziffra both American directors?", "English"),
        ("Solaris 1972 vs 2002", "English"),
        ("Parasite director", "English"),
        ("Beschreibe das Leben von Tarkowski", "German"),
        ("Où est né Nolan ?", "French"),
        ("¿Dónde nació Nolan?", "Spanish"),
        ("Кто снял Рому?", "Russian"),
        ("罗马是谁导演的？", "Chinese"),
        ("誰がローマを監督しましたか", "Japanese"),
        ("من أخرج فيلم روما؟", "Arabic"),
        ("Ποιος σκηνοθέτησε το Ρόμα;", "Greek"),
    ],
)
def test_the_language_is_that_of_the_question(question: str, language: str) -> None:
    assert style_of(question).language == language


def test_a_language_can_be_named_by_code_or_in_words() -> None:
    assert style_of("Who directed Roma?", language="de").language == "German"
    assert style_of("Who directed Roma?", language="Low German").language == "Low German"
    assert style_of("Who directed Roma?", language="de").wishes == " Write in German."
    assert style_of("Who?", audience="a child").wishes == " Write for a child."
    assert style_of("Who?").wishes == ""


@pytest.mark.parametrize(
    ("instructions", "language"),
    [
        ("Answer in French", "French"),
        ("Answer in french.", "French"),
        ("You write for lawyers. Always reply in formal German, and be brief.", "German"),
        ("Reply in plain Spanish please", "Spanish"),
        ("Answer in fr.", "French"),
        ("language: de", "German"),
        ("lang=it", "Italian"),
        ("Do not answer in French. Answer in Dutch.", "Dutch"),
        ("Never answer in French", "English"),
        ("You are an expert in French history.", "English"),
        ("You are an expert in English-language novels.", "English"),
        ("Answer in no more than two sentences.", "English"),
        ("Answer in two sentences for children", "English"),
        ("", "English"),
    ],
)
def test_instructions_may_name_the_language(instructions: str, language: str) -> None:
    assert style_of("Who directed Roma?", instructions=instructions).language == language
    assert style_of("Who?", language="pl", instructions=instructions).language == "Polish"


def test_instructions_reach_the_writer_and_say_nothing_else() -> None:
    told = style_of("Who directed Roma?", instructions="You write\n for lawyers.")
    assert told.wishes == " Wording: You write for lawyers."
    assert (told.size, told.open_ended) == ("short", False)
    long = style_of("Who?", instructions="word " * 1000).instructions
    assert len(long) <= 300
    assert long.endswith("word")
