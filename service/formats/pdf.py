"""An answer as a PDF: the page of `page`, set by WeasyPrint (extra `reports`), with its links.

Pango, which WeasyPrint sets letters with, knows every script and both directions. It is no Python
package: systems have it, or install it.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from lxml.html import document_fromstring

from service.formats.citing import CitationStyle
from service.formats.fonts import font_rules, told_of
from service.formats.page import as_paged_html
from service.formats.publication import Publication

_MISSING = re.compile(r"unsupported by fonts: .*?\bU\+([0-9A-Fa-f]{4,6})")


def why_no_pdf() -> str:
    """What is missing to make one; nothing where it can be made."""
    if find_spec("weasyprint") is None:
        return "WeasyPrint is not installed: pip install 'breadth[reports]'"
    try:
        import_module("weasyprint")
    except OSError:
        return (
            "WeasyPrint does not find Pango, which sets its letters: install it"
            " (Debian, Ubuntu: libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0; macOS: brew"
            " install pango)"
        )
    return ""


def as_pdf(publication: Publication, style: CitationStyle = "numbers") -> tuple[bytes, str]:
    """The file, and what is to be told of letters that no font had."""
    weasyprint = import_module("weasyprint")
    shown = document_fromstring(as_paged_html(publication, style, "")).xpath("string(//body)")
    page = as_paged_html(publication, style, font_rules(str(shown)))
    fetcher = import_module("weasyprint.urls").URLFetcher(allowed_protocols=("data",))
    with _complaints() as records:
        made: bytes = weasyprint.HTML(string=page, url_fetcher=fetcher).write_pdf(pdf_tags=True)
    missing = (int(found[1], 16) for text in records for found in _MISSING.finditer(text))
    return made, told_of(missing)


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """What WeasyPrint logs meanwhile, which nobody else is told."""
    told: list[str] = []
    logger, handler = logging.getLogger("weasyprint"), _Listing(told)
    before = logger.propagate, logger.level
    logger.propagate = False
    logger.setLevel(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield told
    finally:
        logger.removeHandler(handler)
        logger.propagate, level = before
        logger.setLevel(level)


class _Listing(logging.Handler):
    """Keeps the messages."""

    def __init__(self, told: list[str]) -> None:
        """In this list."""
        super().__init__()
        self._told = told

    def emit(self, record: Any) -> None:
        """One message."""
        self._told.append(record.getMessage())
