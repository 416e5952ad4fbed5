"""What a long prompt is made of: blocks of data, a text, and the question about it."""

import re

from inference import estimated_tokens
from reasoning.workspace import cut

_DATA = re.compile(r"<data>\n(.*?)\n</data>", re.DOTALL)
_QUESTION = 200
"""Tokens of a paragraph that may be the question about a text."""


def without_data(asked: str) -> str:
    """What stands beside the blocks of data."""
    return _DATA.sub("", asked).strip()


def parted(asked: str) -> tuple[str, str]:
    """A long text, and the question about it, of what stands in one message.

    The text is what stands in blocks of data, and beside them all but the last or first paragraph.
    """
    blocks, beside = _DATA.findall(asked), without_data(asked)
    if not blocks or not beside:
        return _parted(asked)
    if estimated_tokens(beside) <= _QUESTION:
        return "\n\n".join(blocks), beside
    text, question = _parted(beside)
    return "\n\n".join([*blocks, text]), question


def _parted(asked: str) -> tuple[str, str]:
    """By its paragraphs."""
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", asked) if part.strip()]
    if len(paragraphs) < 2:
        return asked, cut(asked, _QUESTION * 3)
    ends = [paragraphs[-1], paragraphs[0]]
    short = [one for one in ends if estimated_tokens(one) <= _QUESTION] or ends[:1]
    question = next((one for one in short if "?" in one), short[0])
    rest = paragraphs[:-1] if question is paragraphs[-1] else paragraphs[1:]
    return "\n\n".join(rest), cut(question, _QUESTION * 6)
