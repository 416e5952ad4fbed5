"""Comparisons are decided by cues and values; what is unclear is not guessed."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tools.compare import Compare, CompareArguments
from tools.cues import asks_to_compare
from tools.facts import Fact, labels
from tools.tool import Tool, ToolError


def ask(template: str, **values: object) -> tuple[Fact, ...]:
    """Facts of one question each: `_` in a name is a space."""
    names = {name: name.replace("_", " ") for name in values}
    return tuple(
        Fact.model_validate(
            {"value": value, "question": template.format(names[name]), "names": (names[name],)}
        )
        for name, value in values.items()
    )


def of_works(question: str, link: str, *rows: tuple[str, str, object]) -> tuple[Fact, ...]:
    """Facts of people who were found through works: (work, person, value)."""
    return tuple(
        Fact.model_validate(
            {
                "value": value,
                "question": question.format(person),
                "names": (person,),
                "chain": (question.format(person), link.format(work)),
            }
        )
        for work, person, value in rows
    )


BORN = ask("When was {} born?", Ann_Lee="14 September 1969", Bob_Ray="30 July 1970")
DIED = ask("When did {} die?", Ann_Lee="1990", Bob_Ray="3 May 2001")
AGES = ask("How old is {}?", Ann_Lee="45", Bob_Ray="47 years old")
AGED = ask("How old is {}?", Ann_Lee="45 years", Bob_Ray="47 years old")
DIRECTORS = of_works(
    "When was {} born?",
    "Who directed {}?",
    ("Inception", "Christopher Nolan", "30 July 1970"),
    ("Parasite", "Bong Joon-ho", "14 September 1969"),
)
STARTED = (
    Fact(
        value="1844", question="When was Arthur's Magazine started?", names=("Arthur's Magazine",)
    ),
    Fact(value="1989", question="When was First for Women started?", names=("First for Women",)),
)
RELEASED = (
    Fact(value="16 July 2010", question="When was Inception released?"),
    Fact(value="30 May 2019", question="When was Parasite released?"),
)
LENGTHS = (
    Fact(value="2 h 28 min", question="How long is Inception?"),
    Fact(value="132 minutes", question="How long is Parasite?"),
)
GROSSES = (
    Fact(value="$825 million", question="How much did Inception gross?"),
    Fact(value="$262.1 million", question="How much did Parasite gross?"),
)
MEMBERS = (
    Fact(value="four", question="How many members does Blur have?", names=("Blur",)),
    Fact(value="5 members", question="How many members does Pulp have?", names=("Pulp",)),
)
CITIES = ask("What is the population of {}?", Lyon="about 520,000", Paris="2.1 million people")
PEAKS = ask("How high is {}?", K2="8,611 m", Mount_Everest="8.849 km")
NATIONS = ask("What is the nationality of {}?", Scott_Derrickson="American", Ed_Wood="American.")
TWO_NATIONS = ask("What is the nationality of {}?", Ann_Lee="American", Bob_Ray="British")
PLACES = ask("In which city is {}?", Louvre="Paris, France", Panthéon="paris")
COUNTRIES = ask("In which country is {}?", Louvre="France", Prado="Spain")
IN_FRANCE = ask("In which country is {}?", Louvre="France", Panthéon="the France")
COMPOSERS = ask("What was {}'s occupation?", Verdi="opera composer", Thomas="Opera composers")
FOUNDED = ask("When was {} founded?", Yale="1701", Harvard="28 October 1636", Brown="1764")
STUDENTS = ask("How many students does {} have?", Yale="1400", Brown="1650")

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
VAGUE = ask("When was {} born?", Ann_Lee="1969", Bob_Ray="14 September 1969")
TEMP = ask("What is the average temperature in {}?", Oslo="-5 °C", Rome="8 °C")
DIRS = ask(
    "Who directed {}?",
    Alien="Ridley Scott",
    Gladiator="Sir Ridley Scott",
)
DIR2 = ask("Who directed {}?", Alien="Ridley Scott", Jaws="Steven Spielberg")
GEN = ask("What genre is {}?", Alien="science fiction horror", Jaws="thriller")
JAP = ask("What nationality is {}?", Ann="Japan", Bob="Japanese")
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
SAMEV = ask("Where was {} born?", Ann="Springfield, Illinois", Bob="Springfield, Ohio")
RIV = ask("What is the length of the {}?", Nile="6,650 km", Amazon="6400 km", Yangtze="3,917 miles")
CENT = ask("When was {} built?", Hall="the 19th century", Tower="1705")
DEC = ask("When was {} formed?", Abba="early 1970s", Queen="1970")
NONE3 = ask("How high is {}?", A_Hill="300 m", B_Hill=None, C_Hill="200 m")

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
    # Thought of after the code was written.
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


async def compared(question: str, facts: Sequence[object], tool: Compare | None = None) -> object:
    arguments = CompareArguments.model_validate({"question": question, "facts": facts})
    return (await (tool or Compare()).call(arguments)).value


UNCLEAR: Sequence[tuple[str, Sequence[Fact]]] = [
    ("Who is older, Ann Lee or Bob Ray?", VAGUE),
    ("Do Alien and Gladiator have the same director?", DIRS),
    ("Are Alien and Jaws both thrillers?", GEN),
    ("Do Ann and Bob have the same nationality?", JAP),
    ("Who is not older?", BORN),
    ("Were Ann and Bob born in the same town?", SAMEV),
    ("Which group was formed first, Abba or Queen?", DEC),
    ("How many of them are American?", NATIONS),
]


@pytest.mark.parametrize(("question", "facts"), UNCLEAR)
async def test_what_is_unclear_is_left_to_the_chooser(question: str, facts: Sequence[Fact]) -> None:
    async def choose(asked: str, pairs: Sequence[tuple[str, str]]) -> str | None:
        assert asked == question
        return pairs[0][0]

    with pytest.raises(ToolError, match="cannot"):
        await compared(question, facts)
    assert await compared(question, facts, Compare(choose)) == labels(facts)[0][0]


async def test_a_chooser_without_an_answer_is_an_error() -> None:
    async def choose(_: str, __: Sequence[tuple[str, str]]) -> None:
        return None

    with pytest.raises(ToolError, match="cannot decide"):
        await compared("Which is nicer?", ["red", "blue"], Compare(choose))


async def test_the_error_says_which_value_cannot_be_read() -> None:
    facts = ask("When was {} born?", Ann_Lee="1969", Bob_Ray="in Wales")
    with pytest.raises(ToolError, match="Bob Ray has no number: 'in Wales'"):
        await compared("Who is older?", facts)


@pytest.mark.parametrize("question", ["Who is older?", "Is Ann Lee older than Bob Ray?"])
async def test_a_missing_value_is_named(question: str) -> None:
    facts = ask("When was {} born?", Ann_Lee="1969", Bob_Ray=None)
    with pytest.raises(ToolError, match="no value for Bob Ray"):
        await compared(question, facts)


async def test_plain_values_take_the_options_in_their_order() -> None:
    assert await compared("Who is older, Ann or Bob?", ["1969", 1970]) == "Ann"
    assert await compared("Which is more?", [3, "4.5"]) == "4.5"
    assert await compared("Are they the same?", [True, "yes"]) == "yes"


async def test_the_equal_ones_are_all_named() -> None:
    facts = ask("When was {} founded?", Fiat="1899", Opel="1899", Ford="1903")
    assert await compared("Which is the oldest?", facts) == "Fiat and Opel: both 1899"


def test_fewer_than_two_facts_and_unknown_fields_are_refused() -> None:
    for facts in (["1969"], [{"value": 1, "colour": "red"}, 2], ["1"] * 51):
        with pytest.raises(ValidationError):
            CompareArguments.model_validate({"question": "Who is older?", "facts": facts})


def test_a_tool_that_may_ask_a_model_gets_more_time() -> None:
    async def choose(_: str, __: Sequence[tuple[str, str]]) -> None:
        return None

    tools: Sequence[Tool[CompareArguments]] = [Compare(), Compare(choose)]
    assert [tool.seconds for tool in tools] == [5, 60]


@pytest.mark.parametrize(
    ("questions", "names"),
    [
        (
            ("When was Inception released?", "When was Parasite released?"),
            ("Inception", "Parasite"),
        ),
        (
            ("Who made Dark Knight?", "Who made Dark Knight Rises?"),
            ("Dark Knight", "Dark Knight Rises"),
        ),
        (
            ("When was Oxford University founded?", "When was Yale University founded?"),
            ("Oxford University", "Yale University"),
        ),
        (
            ("When was Inception released?", "What year is Parasite from?"),
            ("Inception", "Parasite"),
        ),
        (("when was inception made?", "when was parasite made?"), ("inception", "parasite")),
    ],
)
def test_a_fact_is_named_by_what_sets_its_question_apart(
    questions: tuple[str, str], names: tuple[str, str]
) -> None:
    facts = [Fact(value=1, question=question) for question in questions]
    assert labels(facts) == [(name,) for name in names]


def test_names_are_nearest_first_and_shared_ones_are_left_out() -> None:
    assert labels(DIRECTORS) == [("Christopher Nolan", "Inception"), ("Bong Joon-ho", "Parasite")]
    one_director = of_works("When was {} born?", "Who directed {}?", ("A", "X", 1), ("B", "X", 1))
    assert labels(one_director) == [("A",), ("B",)]


@given(st.text(max_size=60), st.lists(st.text(max_size=20) | st.integers() | st.none(), min_size=2))
async def test_no_question_and_no_value_breaks_it(question: str, values: list[object]) -> None:
    try:
        answer = await compared(question, values[:50])
    except ToolError:
        return
    assert isinstance(answer, str)


@given(st.dates(), st.dates())
async def test_the_order_of_the_facts_does_not_change_the_answer(a: object, b: object) -> None:
    facts = ask("When was {} born?", Ann=str(a), Bob=str(b))
    answers = {await compared("Who is older?", row) for row in (facts, facts[::-1])}
    assert len(answers) == 1


@pytest.mark.parametrize(
    ("question", "compares"),
    [
        ("Who is older, Ann or Bob?", True),
        ("Which river is longer, the Rhine or the Elbe?", True),
        ("Were Ann and Bob born in the same country?", True),
        ("Is Ann older than Bob?", True),
        ("How many years after Up was Cars released?", True),
        ("How many years later than Up was Cars released?", True),
        ("How many days passed between the two landings?", True),
        ("How long after Up was Cars released?", True),
        ("How many years did Ann teach in Bonn?", False),
        ("How long is the Rhine?", False),
        ("Who directed Up?", False),
        ("Was Ann born in Bonn?", False),
    ],
)
def test_which_questions_are_for_a_comparison(question: str, compares: bool) -> None:
    assert asks_to_compare(question) is compares
