"""Which documents a search may look into."""

import re
from dataclasses import dataclass

from search.media import BOOK, CSV, HTML, MAIL, PDF, SHEETS, SLIDES, TEXT, WORD

KINDS = {
    "book": (BOOK,),
    "mail": (MAIL,),
    "page": (HTML,),
    "pdf": (PDF,),
    "slides": (SLIDES,),
    "table": (CSV, SHEETS),
    "text": (TEXT,),
    "word": (WORD,),
}
"""What a reader calls them, and the media types that are meant."""

_DAY = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?")


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What is asked of a document; what is empty is not. Raises ValueError for no day or kind.

    The day of a document is the one that it says, else the one when its file was written.
    """

    path: str = ""
    """A part of its location; * and ? as in a shell."""
    since: str = ""
    """YYYY, YYYY-MM or YYYY-MM-DD."""
    until: str = ""
    """As `since`; that day, month or year included."""
    kind: str = ""
    """One of KINDS."""

    def __post_init__(self) -> None:
        """Only what can be asked can be made."""
        for day in filter(None, (self.since, self.until)):
            if not _DAY.fullmatch(day):
                raise ValueError(f"{day!r} is no day: write YYYY, YYYY-MM or YYYY-MM-DD")
        if self.kind and self.kind not in KINDS:
            raise ValueError(f"{self.kind!r} is no kind of document: use {', '.join(KINDS)}")
