"""What the model that writes a paragraph is told, and what it may write."""

from collections.abc import Mapping, Sequence

from inference import Message, as_data
from planner.essay_checks import Job
from planner.notes import Note
from planner.style import Style

_SYSTEM = (
    "Write {sentences} sentences that answer the question from the notes in the data. Put the"
    " number of the note that proves a sentence in brackets behind it. Say only what the notes say."
)
_NOTES = (
    "[1] (Tosca) Tosca is an opera in three acts by Giacomo Puccini.\n"
    "[2] (Tosca) It was first performed in Rome on 14 January 1900.\n"
    "[3] (Giacomo Puccini) Puccini wrote it for the publisher Ricordi.\n"
    "[4] (Rome) Rome is the capital of Italy."
)
_ASKED = "Describe the opera Tosca."
_WRITTEN = (
    "Tosca is an opera in three acts by Giacomo Puccini [1], who wrote it for the publisher Ricordi"
    " [3]. It was first performed in Rome on 14 January 1900 [2]."
)
_MERGING = (
    "Below are {count} drafts of an answer, with the notes that they are written from. Write one"
    " answer of {sentences} sentences: take what is best in each draft, say nothing twice, and keep"
    " the numbers of the notes in brackets."
)


def essay_prompt(
    job: Job, notes: Mapping[int, Note], style: Style, *, sentences: str
) -> tuple[Message, ...]:
    """The notes under their numbers, and the question."""
    told = _SYSTEM.format(sentences=sentences) + style.wishes
    return (
        Message("system", told),
        Message("user", f"{as_data(_NOTES)}\nQuestion: {_ASKED}"),
        Message("assistant", _WRITTEN),
        Message("user", f"{_data(notes)}\n{_asked(job)}"),
    )


def merging_prompt(
    job: Job,
    notes: Mapping[int, Note],
    style: Style,
    drafts: Sequence[str],
    *,
    sentences: str,
) -> tuple[Message, ...]:
    """The same, with drafts to be made one."""
    told = _MERGING.format(count=len(drafts), sentences=sentences) + style.wishes
    shown = "\n".join(f"Draft {number}: {text}" for number, text in enumerate(drafts, 1))
    asked = f"{_data(notes)}\n{as_data(shown)}\n{_asked(job)}"
    return (Message("system", told), Message("user", asked))


def essay_grammar(numbers: Sequence[int], most: int) -> str:
    """One sentence or more; each ends with numbers of notes that are shown."""
    shown = " | ".join(f'"{number}"' for number in numbers)
    return (
        f'root ::= sentence (" " sentence){{0,{most - 1}}}\n'
        "sentence ::= piece mark (piece mark){0,3} tail? stop\n"
        "piece ::= [^\\[\\]\\n.。！？] [^\\[\\]\\n]{2,240}\n"
        'mark ::= ("[" number "]"){1,3}\n'
        "tail ::= [^\\[\\]\\n.。！？]{1,80}\n"
        'stop ::= "." | "。"\n'
        f"number ::= {shown}\n"
    )


def _asked(job: Job) -> str:
    """The question; of a section what its heading names, for the whole is answered elsewhere."""
    asked = f"What do the notes say on {job.part}?" if job.part else job.question
    return f"Question: {asked}"


def _data(notes: Mapping[int, Note]) -> str:
    """What was read is data."""
    return as_data("\n".join(f"[{number}] {note.line}" for number, note in notes.items()))
