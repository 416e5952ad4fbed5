"""Facts of many kinds, and the tool `compare` to ask about them."""

from collections.abc import Sequence

from tools.compare import Compare, CompareArguments
from tools.facts import Fact


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
COUNTRIES = ask("In which country is {}?", Louvre="France", Prado="Spain")
FOUNDED = ask("When was {} founded?", Yale="1701", Harvard="28 October 1636", Brown="1764")
VAGUE = ask("When was {} born?", Ann_Lee="1969", Bob_Ray="14 September 1969")


async def compared(question: str, facts: Sequence[object], tool: Compare | None = None) -> object:
    arguments = CompareArguments.model_validate({"question": question, "facts": facts})
    return (await (tool or Compare()).call(arguments)).value
