"""Comparisons in many wordings, decided by code."""

from collections.abc import Sequence

import pytest
from compare_facts import (
    AGED,
    BORN,
    CITIES,
    COUNTRIES,
    DIED,
    DIRECTORS,
    FOUNDED,
    GROSSES,
    LENGTHS,
    MEMBERS,
    NATIONS,
    PEAKS,
    RELEASED,
    STARTED,
    ask,
    compared,
)

from tools.facts import Fact

CALLINGS = ask("What is the profession of {}?", Ann="actor and film director", Bob="director")
OTHERS = ask("What is the profession of {}?", Ann="painter", Bob="footballer")
SO = ask("Is {} a painter?", Ann="yes", Bob="yes")
NOT_SO = ask("Is {} a painter?", Ann="yes", Bob="no")
LANDS = ask("What is the nationality of {}?", Ann="Danish", Bob="Denmark")
TWO_NATIONS = ask("What is the nationality of {}?", Ann_Lee="American", Bob_Ray="British")
PLACES = ask("In which city is {}?", Louvre="Paris, France", Panthéon="paris")
IN_FRANCE = ask("In which country is {}?", Louvre="France", Panthéon="the France")
COMPOSERS = ask("What was {}'s occupation?", Verdi="opera composer", Thomas="Opera composers")
STUDENTS = ask("How many students does {} have?", Yale="1400", Brown="1650")

WORDINGS: Sequence[tuple[str, Sequence[Fact], str]] = [
    ("Who is older?", BORN, "Ann Lee"),
    ("Who is older, Ann Lee or Bob Ray?", BORN, "Ann Lee"),
    ("Who is younger, Ann Lee or Bob Ray?", BORN, "Bob Ray"),
    ("Who was born first, Ann Lee or Bob Ray?", BORN, "Ann Lee"),
    ("Who was born earlier, Bob Ray or Ann Lee?", BORN, "Ann Lee"),
    ("Who was born later, Ann Lee or Bob Ray?", BORN, "Bob Ray"),
    ("Between Ann Lee and Bob Ray, who is the elder?", BORN, "Ann Lee"),
    ("Of Ann Lee and Bob Ray, which one is the youngest?", BORN, "Bob Ray"),
    ("Was Ann Lee or Bob Ray born first?", BORN, "Ann Lee"),
    ("Who died first, Ann Lee or Bob Ray?", DIED, "Ann Lee"),
    ("Who died last, Ann Lee or Bob Ray?", DIED, "Bob Ray"),
    ("Who died more recently, Ann Lee or Bob Ray?", DIED, "Bob Ray"),
    ("Who is older, Ann Lee or Bob Ray?", AGED, "Bob Ray"),
    ("Who was born first, Ann Lee or Bob Ray?", AGED, "Bob Ray"),
    (
        "Who is older, the director of Inception or the director of Parasite?",
        DIRECTORS,
        "Bong Joon-ho",
    ),
    ("Which film has the older director, Inception or Parasite?", DIRECTORS, "Parasite"),
    ("Which film's director is younger, Parasite or Inception?", DIRECTORS, "Inception"),
    ("Who is older, the director of Inception or Parasite?", DIRECTORS, "Bong Joon-ho"),
    ("Is the director of Inception older than the director of Parasite?", DIRECTORS, "no"),
    ("Is the director of Parasite older than the director of Inception?", DIRECTORS, "yes"),
    (
        "Which magazine was started first Arthur's Magazine or First for Women?",
        STARTED,
        "Arthur's Magazine",
    ),
    (
        "Which magazine was started last, First for Women or Arthur’s Magazine?",
        STARTED,
        "First for Women",
    ),
    ("Was First for Women started before Arthur's Magazine?", STARTED, "no"),
    ("Which film was released first, Inception or Parasite?", RELEASED, "Inception"),
    ("Which film came out earlier, Parasite or Inception?", RELEASED, "Inception"),
    ("Which film is newer, Inception or Parasite?", RELEASED, "Parasite"),
    ("Which is the most recent film: Inception or Parasite?", RELEASED, "Parasite"),
    ("Which film was released after the other, Inception or Parasite?", RELEASED, "Parasite"),
    ("Was Inception released before Parasite?", RELEASED, "yes"),
    ("Was Inception released after Parasite?", RELEASED, "no"),
    ("Did Inception come out earlier than Parasite?", RELEASED, "yes"),
    ("Which film is longer, Inception or Parasite?", LENGTHS, "Inception"),
    ("Which film is shorter, Inception or Parasite?", LENGTHS, "Parasite"),
    ("Is Parasite longer than Inception?", LENGTHS, "no"),
    ("Which film grossed more, Inception or Parasite?", GROSSES, "Inception"),
    ("Which film made less money, Inception or Parasite?", GROSSES, "Parasite"),
    ("Did Parasite gross more than Inception?", GROSSES, "no"),
    ("Which band has more members, Blur or Pulp?", MEMBERS, "Pulp"),
    ("Which band has fewer members?", MEMBERS, "Blur"),
    ("Does Blur have more members than Pulp?", MEMBERS, "no"),
    ("Which city has the larger population, Paris or Lyon?", CITIES, "Paris"),
    ("Which city is smaller?", CITIES, "Lyon"),
    ("Which mountain is taller, K2 or Mount Everest?", PEAKS, "Mount Everest"),
    ("Which is higher: Mount Everest or K2?", PEAKS, "Mount Everest"),
    ("Which has the lowest summit, K2 or Mount Everest?", PEAKS, "K2"),
    ("Which school has more students, Yale or Brown?", STUDENTS, "Brown"),
    ("Which of these universities is the oldest?", FOUNDED, "Harvard"),
    ("Which university was founded last, Yale, Harvard or Brown?", FOUNDED, "Brown"),
    ("Were Scott Derrickson and Ed Wood of the same nationality?", NATIONS, "yes"),
    ("Are Scott Derrickson and Ed Wood both American?", NATIONS, "yes"),
    ("Did Scott Derrickson and Ed Wood share a nationality?", NATIONS, "yes"),
    ("Are Ann Lee and Bob Ray of the same nationality?", TWO_NATIONS, "no"),
    ("Do Ann and Bob have the same profession?", CALLINGS, "yes"),
    ("Do Ann and Bob have the same profession?", OTHERS, "no"),
    ("Are Ann and Bob both painters?", SO, "yes"),
    ("Are Ann and Bob painters?", NOT_SO, "no"),
    ("Were both Ann and Bob first shown in 1960?", SO, "yes"),
    ("Did both Ann and Bob live longer than 80 years?", NOT_SO, "no"),
    ("Are Ann and Bob from the same country?", LANDS, "yes"),
    ("Do Ann Lee and Bob Ray have different nationalities?", TWO_NATIONS, "yes"),
    ("Are the Louvre and the Panthéon in the same city?", PLACES, "yes"),
    ("Are the Louvre and the Panthéon both located in Paris?", PLACES, "yes"),
    ("Are both the Louvre and the Prado located in France?", COUNTRIES, "no"),
    ("Are the Louvre and the Prado located in the same country?", COUNTRIES, "no"),
    ("Are the Louvre and the Panthéon both from France?", IN_FRANCE, "yes"),
    ("Are Verdi and Thomas both opera composers?", COMPOSERS, "yes"),
    ("Were Ann Lee and Bob Ray born in the same year?", BORN, "no"),
    ("Were Ann Lee and Bob Ray born in the same decade?", BORN, "no"),
    ("Were Yale and Brown founded in the same century?", (FOUNDED[0], FOUNDED[2]), "yes"),
    ("How many years older is Ann Lee than Bob Ray?", BORN, "less than a year (319 days)"),
    ("How many days older is Ann Lee than Bob Ray?", BORN, "319 days"),
    ("How many months apart were Ann Lee and Bob Ray born?", BORN, "10 months"),
    (
        "What is the difference in years between the deaths of Ann Lee and Bob Ray?",
        DIED,
        "11 years",
    ),
    ("How much longer is Inception than Parasite?", LENGTHS, "16 minutes"),
    ("What is the difference in length between Inception and Parasite?", LENGTHS, "16 minutes"),
    ("How many years after Inception was Parasite released?", RELEASED, "8 years"),
    ("How much more did Inception gross than Parasite?", GROSSES, "$562.9 million"),
    ("How many more students does Brown have than Yale?", STUDENTS, "250"),
]


@pytest.mark.parametrize(("question", "facts", "answer"), WORDINGS)
async def test_code_answers_the_wording(question: str, facts: Sequence[Fact], answer: str) -> None:
    assert await compared(question, facts) == answer
