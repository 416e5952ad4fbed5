"""A long text read by several in turn."""

import math
import re
from collections.abc import Sequence
from itertools import pairwise

from inference import Message, as_data, estimated_tokens
from reasoning.attempts import Attempt, Samples, Task, paragraphs
from reasoning.once import candidates
from reasoning.registry import Crew, method, require
from reasoning.texts import parted
from reasoning.workspace import Ask, Made, Workspace

_NOTE = 512
"""Tokens of what is passed on."""
_ENDS = re.compile(r"(?<=[.!?。！？])\s+|\n+")


@method(
    "chain-of-agents",
    "2406.02818",
    calls="max(most + 1, attempt)",
    rounds="max(most + 1, attempt)",
    when="questions about a text that is longer than a model reads well",
    alias="coa",
)
def chain_of_agents(
    crew: Crew, chunk: int = 8000, most: int = 32, attempt: Attempt | None = None
) -> Attempt:
    """Workers read a long text chunk by chunk and pass on a note, from which a manager answers

    The text is what the question has in blocks of data, or all but its last or first paragraph. A
    chunk has so many tokens, at most half of the model's window; or more, where there would be more
    than `most`. A text of one chunk is left to the attempt inside.
    """
    require(chunk >= 16, "chunk must be at least 16")
    require(most >= 1, "most must be at least 1")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        text, question = parted(task.question)
        window = crew.model.window
        chunks = chunked(text, min(chunk, window // 2) if window else chunk, most)
        if len(chunks) < 2:
            (made,) = await candidates(workspace, attempt, 1)
            return workspace.result(made, among=[made])
        note: Made | None = None
        for at_round, part in enumerate(chunks, 1):
            try:
                asks = [_reading(part, question, note)]
                (note,) = await workspace.ask(asks, at_round=at_round, temperature=0.0)
            except task.tolerated:  # who comes next has the note of who came before
                if note is None and at_round == len(chunks):
                    raise
        assert note is not None
        manager = _answering(task, question, note)
        try:
            (made,) = await workspace.ask([manager], at_round=len(chunks) + 1, purpose="merge")
        except task.tolerated:
            made = note
        return workspace.result(made, among=[made])

    return run


def _reading(part: str, question: str, note: Made | None) -> Ask:
    """A worker's turn."""
    before = f"Notes so far:\n{as_data(note.text)}\n\n" if note else ""
    told = (
        f"Somebody else will answer this question: {question}\n\n{before}"
        f"Part of the text:\n{as_data(part)}\n\n"
        f"What do {'the notes and ' if note else ''}the part say that they should know? Write "
        "short notes."
    )
    return Ask(
        (Message("user", told),),
        saw=(note.id,) if note else (),
        by="worker",
        alone=True,
        free=True,
        max_tokens=_NOTE,
    )


def _answering(task: Task, question: str, note: Made) -> Ask:
    """The manager's turn."""
    told = f"Notes on a long text:\n{as_data(note.text)}\n\nQuestion: {question}"
    asked = Message("user", paragraphs(told, task.answers.form))
    messages = (*task.request.messages[:-1], asked)
    return Ask(messages, saw=(note.id,), by="manager", alone=True)


def chunked(text: str, size: int, most: int) -> list[str]:
    """The text in order, in chunks of so many tokens, cut where sentences end; or in larger ones,
    where there would be more than `most`."""
    size = max(size, math.ceil(estimated_tokens(text) / most))
    pieces = [part for sentence in _sentences(text) for part in _short(sentence, size)]
    while len(chunks := _packed(pieces, size)) > most:
        size += math.ceil(size / 4)
    return chunks


def _sentences(text: str) -> list[str]:
    """With what stands between them."""
    ends = [0, *(found.end() for found in _ENDS.finditer(text)), len(text)]
    return [text[begin:end] for begin, end in pairwise(ends) if text[begin:end]]


def _short(sentence: str, size: int) -> list[str]:
    """A sentence that is no longer than a chunk, or parts of it."""
    if estimated_tokens(sentence) <= size:
        return [sentence]
    length = max(1, size * 3 // 4)  # characters of up to four bytes, three bytes a token
    return [sentence[at : at + length] for at in range(0, len(sentence), length)]


def _packed(pieces: Sequence[str], size: int) -> list[str]:
    """As many in a chunk as there is room for."""
    chunks = [""]
    for piece in pieces:
        if chunks[-1] and estimated_tokens(chunks[-1], piece) > size:
            chunks.append("")
        chunks[-1] += piece
    return chunks
