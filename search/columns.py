"""What both back ends of the index read of a passage, and what that becomes."""

from collections.abc import Sequence
from typing import Any

from search.passages import Passage, Source

PASSAGE = (
    "d.location, d.title, d.media_type, d.digest, d.author, d.published,"
    ' p.start, p."end", p.text, p.part'
)
"""Columns of a document d and its passage p."""
NARROWED = 1000
"""The nearest passages, of which those are kept that may be looked into."""


def passage_of(row: Sequence[Any]) -> Passage:
    """From the columns `PASSAGE`."""
    *described, start, end, text, part = row
    return Passage(Source(*map(str, described)), int(start), int(end), str(text), str(part))
