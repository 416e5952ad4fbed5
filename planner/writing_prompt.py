"""What the model that words an answer is told, and what it may write."""

from collections.abc import Sequence

from inference import Message, as_data
from planner.grounds import Ground, Grounds
from planner.style import Style

MOST_SENTENCES = 3

_SYSTEM = (
    "Answer the question in one or two sentences from the facts in the data. Put the number of the"
    " fact in brackets behind what it proves."
)
_MERGING = (
    "Write one answer of one or two sentences from the drafts in the data. Take what is best in"
    " each, and keep the numbers of the facts in brackets."
)
_EXAMPLES = (
    (
        "[1] Who composed Tosca? Giacomo Puccini\n[2] When was Giacomo Puccini born?"
        " 22 December 1858\nResult: 22 December 1858",
        "When was the composer of Tosca born?",
        "Giacomo Puccini, the composer of Tosca [1], was born on 22 December 1858 [2].",
    ),
    (
        "[1] How long is the Rhine? 1,233 km\n[2] How long is the Elbe? 1,094 km\n"
        "Result: the Rhine",
        "Which river is longer, the Rhine or the Elbe?",
        "The Rhine is longer: it is 1,233 km long [1], and the Elbe 1,094 km [2].",
    ),
)


def answer_prompt(
    question: str, grounds: Grounds, kept: Sequence[Ground], style: Style
) -> tuple[Message, ...]:
    """The facts that are kept, under their citation numbers, then the value, then the question."""
    messages = [Message("system", _SYSTEM + style.wishes)]
    for facts, asked, text in _EXAMPLES:
        messages += [Message("user", _turn(facts, asked)), Message("assistant", text)]
    asked = _turn(_facts(grounds, kept), question) + style.reminder
    return (*messages, Message("user", asked))


def merging_prompt(
    question: str, grounds: Grounds, kept: Sequence[Ground], drafts: Sequence[str], style: Style
) -> tuple[Message, ...]:
    """Drafts of an answer with the facts that they are written from, to be made one."""
    shown = "\n".join(f"Draft {number}: {text}" for number, text in enumerate(drafts, 1))
    asked = f"{as_data(_facts(grounds, kept))}\n{as_data(shown)}\nQuestion: {question}"
    asked += style.reminder
    return (Message("system", _MERGING + style.wishes), Message("user", asked))


def news_prompt(grounds: Grounds, new: Sequence[Ground]) -> str:
    """Facts that came while the answer was written; it stands behind what is written."""
    facts = "\n".join(_line(ground, grounds) for ground in new)
    return f"{as_data(facts)}\nGo on with a sentence on what is new."


def answer_grammar(citations: Sequence[int], *, sentences: int = MOST_SENTENCES) -> str:
    """One sentence or more; in brackets only numbers of the facts that are shown."""
    numbers = " | ".join(f'"{number}"' for number in citations)
    return (
        f'root ::= sentence (" " sentence){{0,{sentences - 1}}}\n'
        'sentence ::= piece mark (piece mark){0,5} tail? "."\n'
        "piece ::= [^\\[\\]\\n.] [^\\[\\]\\n]{2,200}\n"
        'mark ::= ("[" number "]"){1,4}\n'
        "tail ::= [^\\[\\]\\n.]{1,80}\n"
        f"number ::= {numbers}\n"
    )


def _facts(grounds: Grounds, kept: Sequence[Ground]) -> str:
    """Those that are kept, and the value."""
    lines = [_line(ground, grounds) for ground in grounds.proven if ground in kept]
    return "\n".join([*lines, f"Result: {grounds.value}"])


def _turn(facts: str, question: str) -> str:
    """What was read is data, the value too."""
    return f"{as_data(facts)}\nQuestion: {question}"


def _line(ground: Ground, grounds: Grounds) -> str:
    """A fact under its number."""
    return f"[{grounds.number(ground)}] {ground.question} {ground.value}"
