"""PDF to text, through PDFium."""

import re
from threading import Lock

from pypdfium2 import PdfDocument, PdfiumError  # type: ignore[import-untyped]
from pypdfium2.raw import FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY  # type: ignore[import-untyped]

from search.charset import normalise
from search.errors import ReadError
from search.extracts import Extract, day_of, joined

PAGE_BREAK = "\n\f"
"""A form feed rather than a blank line, as sentences and paragraphs go on across pages."""

_HYPHENATED = re.compile(r"[\x02\ufffe]\s*")
"""Where PDFium joins a word that was broken at the end of a line."""

# PDFium is not thread-safe.
_pdfium = Lock()


def pdf_text(data: bytes, location: str) -> Extract:
    """The text of the pages, and the title, author and day that the document gives itself."""
    try:
        with _pdfium, PdfDocument(data) as document:
            title, author, made, changed = (
                " ".join(document.get_metadata_value(key).split())
                for key in ("Title", "Author", "CreationDate", "ModDate")
            )
            pages = [(str(n + 1), _page(document, n)) for n in range(len(document))]
    except PdfiumError as error:
        if error.err_code in (FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY):
            raise ReadError(f"{location} is an encrypted PDF; save it unlocked.") from error
        raise ReadError(f"{location} is a broken PDF ({error}); replace the file.") from error
    text, parts = joined("page", pages, PAGE_BREAK)
    if not text:
        raise ReadError(f"{location} is a PDF without text; if it is a scan, run OCR on it first.")
    return Extract(text, normalise(title), normalise(author), day_of(made or changed), parts)


def _page(document: PdfDocument, number: int) -> str:
    page = document[number]
    lines = page.get_textpage()
    text = _HYPHENATED.sub("", lines.get_text_range())
    lines.close()
    page.close()
    return normalise(text).strip()
