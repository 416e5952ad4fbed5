"""How sure a passage makes a claim, or a yes to a question: by the model's probability of a yes.

Asked in words, a small model says yes or no as it begins, or copies something; how likely its yes
is against its no tells more. The worked examples stand as turns, and more of them are told no: what
a passage does not state it does not bear out.
"""

from collections.abc import Sequence

from inference import Message, Model, ModelError, as_data, p_yes
from search import Passage
from tools.tool import ToolError
from tools.words import stems

LIKELY = 0.5
"""From this probability on, it is so."""
_LONGEST = 1600
"""Characters of a passage."""
_SYSTEM = "Say yes if the data state the claim, no if they state something else or do not tell."
_EXAMPLES = (
    (
        "Marie Curie: Marie Curie was a Polish and naturalised-French physicist and chemist who"
        " did pioneering research on radioactivity.",
        "Was Marie Curie a chemist?",
        "yes",
    ),
    (
        "The Hague: The Hague is a city on the western coast of the Netherlands and the seat of"
        " its government.",
        "Is The Hague a German city?",
        "no",
    ),
    (
        "Lake Sils: Lake Sils is a lake in the Upper Engadine valley, the largest of the canton of"
        " Grisons.",
        "Lake Sils is in the Engadine",
        "yes",
    ),
    (
        "Wilhelm Busch: Wilhelm Busch was a German humorist, poet, illustrator and painter.",
        "Was Wilhelm Busch a composer?",
        "no",
    ),
    (
        "Ostara: Ostara is a rock band formed in London in 1999 by Richard Leviathan and Timothy"
        " Jenn.",
        "Ostara has won a Grammy",
        "no",
    ),
)


async def sure_of(model: Model, claim: str, passage: Passage) -> float:
    """The probability, from 0 to 1, that a passage bears a claim out. Raises ToolError."""
    text = f"{passage.source.title}: {' '.join(passage.text.split())[:_LONGEST]}"
    messages = claim_prompt(claim, text)
    try:
        return (await p_yes(model, messages, head=len(messages) - 1)).value
    except ModelError as error:
        raise ToolError(f"the model could not judge: {error}") from error


def claim_prompt(
    claim: str, text: str, examples: Sequence[tuple[str, str, str]] = _EXAMPLES
) -> tuple[Message, ...]:
    """A claim, or a question that is answered by yes or no, and what is to bear it out.

    `examples`: each a text, a claim, and yes or no; all of the prompt but its last message.
    """
    turns = [Message("system", _SYSTEM)]
    for shown, claimed, said in examples:
        turns += [Message("user", _turn(shown, claimed)), Message("assistant", said)]
    return (*turns, Message("user", _turn(text, claim)))


def _turn(text: str, claim: str) -> str:
    """The data first: the claim is fresh when the answer begins."""
    return f"{as_data(text)}\nClaim: {claim}"


def is_about(passage: Passage, text: str) -> bool:
    """Whether the passage's document is about something that a text names: all of its title, but
    for what stands in brackets ("Up (film)")."""
    title = stems(passage.source.title.partition(" (")[0])
    return bool(title) and title <= stems(text)


def about_first(passages: Sequence[Passage], text: str) -> list[Passage]:
    """Those about what a text names; where there are none, all."""
    return [passage for passage in passages if is_about(passage, text)] or list(passages)
