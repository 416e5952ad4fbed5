"""Comparisons in wordings that were thought of after the code was written, decided by code."""

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
    VAGUE,
    ask,
    compared,
    of_works,
)

from tools.facts import Fact

SUN = (
    Fact(value="27 January 1995", question="When was Before Sunrise released?"),
    Fact(value="2018-08-31", question="When was First Man released?"),
)
GAMES = ask("When was {} released?", The_Last_of_Us="June 14, 2013", Younger="31 March 2015")
BANDS = ask("When was {} formed?", The_Beatles="1960", The_Rolling_Stones="1962")
MAYORS = of_works(
    "When was {} born?",
    "Who is the mayor of {}?",
    ("Paris", "Anne Hidalgo", "19 June 1959"),
    ("London", "Sadiq Khan", "8 October 1970"),
)
DEEP = (
    Fact(
        value="1943",
        question="When was Joe Doe born?",
        names=("Joe Doe",),
        chain=("When was Joe Doe born?", "Who is the father of Sam Doe?", "Who directed Alpha?"),
    ),
    Fact(
        value="1950",
        question="When was Al Roe born?",
        names=("Al Roe",),
        chain=("When was Al Roe born?", "Who is the father of Tim Roe?", "Who directed Beta?"),
    ),
)
RUN = ask("What is the 100 m time of {}?", Bolt="9.58 s", Blake="9.69 seconds")
CARS = ask("What is the top speed of {}?", Veyron="431 km/h", Huayra="238 mph")
ANC = ask("When did {} live?", Homer="8th century BC", Virgil="70 BC – 19 BC")
SAMEY = ask("When was {} founded?", Fiat="1899", Opel="1899")
TEMP = ask("What is the average temperature in {}?", Oslo="-5 °C", Rome="8 °C")
DIR2 = ask("Who directed {}?", Alien="Ridley Scott", Jaws="Steven Spielberg")
US = ask("Which country is {} from?", Ann="USA", Bob="the United States")
YESNO = ask("Is {} a magazine?", Local_H="yes", Foo="no")
CITY3 = ask("What is the population of {}?", Lyon="520,000", Paris="2.1 million", Nice="340,000")
HT = ask("How tall is {}?", Ann="5 ft 11 in", Bob="1.83 m")
NW = ask("What is the net worth of {}?", Ann="$1.2 billion", Bob="$950m")
POP = ask("How many people live in {}?", Fife="373,000", Angus="about 115 thousand")
ALBUM = (
    Fact(value="1991", question="In what year did Nirvana release Nevermind?"),
    Fact(value="October 1993", question="In what year did Pearl Jam release Vs.?"),
)
BOOK = ask("When was {} published?", Emma="December 1815", Persuasion="1817")
EV = ask("When did the {} begin?", Boer_War="11 October 1899", Crimean_War="October 1853")
HP = (
    Fact(
        value="3 November 2002",
        question="When was Harry Potter and the Chamber of Secrets released?",
    ),
    Fact(
        value="23 May 2004", question="When was Harry Potter and the Prisoner of Azkaban released?"
    ),
)
LANG = ask("What language is spoken in {}?", Lima="Spanish", Rio="Portuguese")
CAP = ask(
    "How many seats does {} have?", Arena_A="18,000 seats", Arena_B="between 15,000 and 17,000"
)
PCT = ask("What is the unemployment rate in {}?", Ohio="4.1%", Utah="2.8 percent")
OSC = ask("How many Oscars did {} win?", Titanic="11", Avatar="3 Oscars")
RIV = ask("What is the length of the {}?", Nile="6,650 km", Amazon="6400 km", Yangtze="3,917 miles")
CENT = ask("When was {} built?", Hall="the 19th century", Tower="1705")
NONE3 = ask("How high is {}?", A_Hill="300 m", B_Hill=None, C_Hill="200 m")

WORDINGS: Sequence[tuple[str, Sequence[Fact], str]] = [
    ("Which movie came out first, Before Sunrise or First Man?", SUN, "Before Sunrise"),
    ("Which came out last: First Man or Before Sunrise?", SUN, "First Man"),
    ("Is First Man more recent than Before Sunrise?", SUN, "yes"),
    ("Was First Man released earlier than Before Sunrise?", SUN, "no"),
    ("Which was released first, The Last of Us or Younger?", GAMES, "The Last of Us"),
    ("which was released later, the last of us or younger", GAMES, "younger"),
    ("Did The Last of Us come out before Younger?", GAMES, "yes"),
    ("Which group was formed earlier, the Beatles or the Rolling Stones?", BANDS, "The Beatles"),
    ("Have the Rolling Stones existed longer than the Beatles?", BANDS, "no"),
    (
        "Which band has been around for longer, The Beatles or The Rolling Stones?",
        BANDS,
        "The Beatles",
    ),
    ("Which city has the younger mayor, Paris or London?", MAYORS, "London"),
    ("Who is the older of the two mayors, Anne Hidalgo or Sadiq Khan?", MAYORS, "Anne Hidalgo"),
    ("Which mayor is older, the mayor of London or the mayor of Paris?", MAYORS, "Anne Hidalgo"),
    ("Is the mayor of Paris younger than the mayor of London?", MAYORS, "no"),
    ("Whose father was born first, Sam Doe or Tim Roe?", DEEP, "Sam Doe"),
    ("Which film's director has the older father, Beta or Alpha?", DEEP, "Alpha"),
    (
        "Who was born earlier, the father of Alpha's director or the father of Beta's?",
        DEEP,
        "Joe Doe",
    ),
    ("Who is faster, Bolt or Blake?", RUN, "Bolt"),
    ("Who ran the slower time, Bolt or Blake?", RUN, "Blake"),
    ("Which car is faster, the Veyron or the Huayra?", CARS, "Veyron"),
    ("Who lived earlier, Homer or Virgil?", ANC, "Homer"),
    ("Did Virgil live after Homer?", ANC, "yes"),
    ("Which company is older, Fiat or Opel?", SAMEY, "neither: both 1899"),
    ("Were Fiat and Opel founded in the same year?", SAMEY, "yes"),
    ("Is Fiat older than Opel?", SAMEY, "no"),
    ("Were Ann Lee and Bob Ray born in the same year?", VAGUE, "yes"),
    ("Which city is colder, Oslo or Rome?", TEMP, "Oslo"),
    ("How much warmer is Rome than Oslo?", TEMP, "13°C"),
    ("Were Alien and Jaws directed by the same person?", DIR2, "no"),
    ("Are Ann and Bob from the same country?", US, "yes"),
    ("Are Local H and Foo both magazines?", YESNO, "no"),
    ("Which city is the biggest?", CITY3, "Paris"),
    ("Among Lyon, Paris and Nice, which has the fewest inhabitants?", CITY3, "Nice"),
    ("Which of the three cities is most populous: Lyon, Paris or Nice?", CITY3, "Paris"),
    ("How old was Ann Lee when Bob Ray was born?", BORN, "less than a year (319 days)"),
    ("By how many days is Ann Lee older than Bob Ray?", BORN, "319 days"),
    ("How many years separate the releases of Inception and Parasite?", RELEASED, "8 years"),
    (
        "What is the age difference between Ann Lee and Bob Ray?",
        BORN,
        "less than a year (319 days)",
    ),
    ("How many minutes shorter is Parasite than Inception?", LENGTHS, "16 minutes"),
    ("How far apart in years did Ann Lee and Bob Ray die?", DIED, "11 years"),
    ("Who outlived whom, Ann Lee or Bob Ray?", DIED, "Bob Ray"),
    ("Did Ann Lee outlive Bob Ray?", DIED, "no"),
    ("Which film had a bigger box office, Parasite or Inception?", GROSSES, "Inception"),
    ("Which is the highest-grossing film, Inception or Parasite?", GROSSES, "Inception"),
    ("Tell me which one was founded first: Yale, Brown or Harvard.", FOUNDED, "Harvard"),
    ("Inception vs Parasite: which one is longer?", LENGTHS, "Inception"),
    ("Out of K2 and Mount Everest, which one is higher?", PEAKS, "Mount Everest"),
    ("Did Arthur's Magazine start before First for Women?", STARTED, "yes"),
    ("Which publication predates the other?", STARTED, "Arthur's Magazine"),
    ("Does Mount Everest exceed K2 in height?", PEAKS, "yes"),
    ("Has Paris got a larger population than Lyon?", CITIES, "yes"),
    ("Are the Louvre and the Prado in different countries?", COUNTRIES, "yes"),
    ("Was Ann Lee born in the same month as Bob Ray?", BORN, "no"),
    ("Is Blur's line-up smaller than Pulp's?", MEMBERS, "yes"),
    ("Are Scott Derrickson and Ed Wood American?", NATIONS, "yes"),
    ("Who was the first to be born, Bob Ray or Ann Lee?", BORN, "Ann Lee"),
    ("Who has lived for more years, Ann Lee or Bob Ray?", AGED, "Bob Ray"),
    ("Is it true that Ann Lee is older than Bob Ray?", BORN, "yes"),
    ("Which came first, Inception or Parasite?", RELEASED, "Inception"),
    (
        "Who is the youngest director, that of Inception or that of Parasite?",
        DIRECTORS,
        "Christopher Nolan",
    ),
    (
        "Which film has the director who was born later, Inception or Parasite?",
        DIRECTORS,
        "Inception",
    ),
    ("Which film whose director is older, Inception or Parasite?", DIRECTORS, "Parasite"),
    ("Which film has the director born first, Parasite or Inception?", DIRECTORS, "Parasite"),
    ("Do both films, Alien and Jaws, have the same director?", DIR2, "no"),
    (
        "Who was born first between the directors of Inception and Parasite?",
        DIRECTORS,
        "Bong Joon-ho",
    ),
    ("Who is taller, Ann or Bob?", HT, "Bob"),
    ("Is Ann taller than Bob?", HT, "no"),
    ("Who is richer, Ann or Bob?", NW, "Ann"),
    ("Who is the wealthiest?", NW, "Ann"),
    ("Which has more residents: Fife or Angus?", POP, "Fife"),
    ("Which album was released earlier, Nevermind or Vs.?", ALBUM, "Nevermind"),
    ("Which band released its album first, Nirvana or Pearl Jam?", ALBUM, "Nirvana"),
    ("Which novel was published first, Emma or Persuasion?", BOOK, "Emma"),
    ("Which novel appeared later, Persuasion or Emma?", BOOK, "Persuasion"),
    ("Which war started earlier, the Boer War or the Crimean War?", EV, "Crimean War"),
    ("Did the Boer War precede the Crimean War?", EV, "no"),
    ("How many years before the Boer War did the Crimean War begin?", EV, "46 years"),
    (
        "Which came out first, Harry Potter and the Chamber of Secrets or "
        "Harry Potter and the Prisoner of Azkaban?",
        HP,
        "Harry Potter and the Chamber of Secrets",
    ),
    ("Do people in Lima and Rio speak the same language?", LANG, "no"),
    ("Which arena holds more people, Arena A or Arena B?", CAP, "Arena A"),
    ("Which state has the higher unemployment rate, Ohio or Utah?", PCT, "Ohio"),
    ("How much higher is the rate in Ohio than in Utah?", PCT, "1.3%"),
    ("Which film won more Oscars, Avatar or Titanic?", OSC, "Titanic"),
    ("Did Avatar win fewer Oscars than Titanic?", OSC, "yes"),
    ("By how many Oscars did Titanic beat Avatar?", OSC, "8"),
    ("How many more Oscars did Titanic win than Avatar?", OSC, "8"),
    ("Which is the longest river of the three?", RIV, "Nile"),
    ("Which of the Nile, the Amazon and the Yangtze is the shortest?", RIV, "Yangtze"),
    ("Which building is older, Hall or Tower?", CENT, "Tower"),
    ("Which hill is higher?", NONE3, "A Hill"),
    ("Was Ann Lee alive longer than Bob Ray?", AGED, "no"),
    ("Does the director of Inception predate the director of Parasite?", DIRECTORS, "no"),
    (
        "Who among the directors of Inception and Parasite was born later?",
        DIRECTORS,
        "Christopher Nolan",
    ),
    ("Whose director is younger: Inception or Parasite?", DIRECTORS, "Inception"),
    ("Who's older, Ann Lee or Bob Ray?", BORN, "Ann Lee"),
    ("Who is the younger person, Ann Lee or Bob Ray", BORN, "Bob Ray"),
    ("ann lee or bob ray, who is older?", BORN, "ann lee"),
    ("Ann Lee or Bob Ray: who was born first?", BORN, "Ann Lee"),
    ("Is it Ann Lee or Bob Ray who is older?", BORN, "Ann Lee"),
    ("Was Bob Ray born after Ann Lee?", BORN, "yes"),
    ("Are Ann Lee and Bob Ray the same age?", AGED, "no"),
    ("Do Inception and Parasite have an equal running time?", LENGTHS, "no"),
    ("Which one has the longest running time?", LENGTHS, "Inception"),
    (
        "Which magazine has been in print the longest, Arthur's Magazine or First for Women?",
        STARTED,
        "Arthur's Magazine",
    ),
    (
        "Which magazine was established more recently, Arthur's Magazine or First for Women?",
        STARTED,
        "First for Women",
    ),
    ("Which has the greater number of members, Blur or Pulp?", MEMBERS, "Pulp"),
    ("Do Blur and Pulp have the same number of members?", MEMBERS, "no"),
    ("Do Blur and Pulp have the same amount of members?", MEMBERS, "no"),
    ("What is the gap in population between Paris and Lyon?", CITIES, "1580000"),
    ("How many people more live in Paris than in Lyon?", CITIES, "1580000"),
    ("Who died at a younger age, Ann Lee or Bob Ray?", AGED, "Ann Lee"),
    ("Who died at an older age?", AGED, "Bob Ray"),
]


@pytest.mark.parametrize(("question", "facts", "answer"), WORDINGS)
async def test_code_answers_the_wording(question: str, facts: Sequence[Fact], answer: str) -> None:
    assert await compared(question, facts) == answer
