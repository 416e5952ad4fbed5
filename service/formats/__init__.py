"""Formats: what a reader gets of a run that has ended.

publication   what is published: question, answer, and what the plan is drawn from
citing        the three ways in which sentences point at their sources
plain         text of others, made fit for any of the formats
text          for a terminal
markdown      Markdown
page          HTML, with style (its looks) and picture (the plan; layers puts it in rows)
pdf           PDF, of the same page, with fonts
word          Word, with word_parts and word_notes (its footnotes)
data          JSON
bibtex        the sources for BibTeX
files         from a name's ending to a file
"""

from service.formats.bibtex import as_bibtex
from service.formats.citing import STYLES, CitationStyle, source_line
from service.formats.data import as_json
from service.formats.files import ENDINGS, made_of, require_writable, why_not, write_files
from service.formats.markdown import as_markdown
from service.formats.page import as_html
from service.formats.pdf import as_pdf
from service.formats.plain import page_line
from service.formats.publication import Publication
from service.formats.style import PAGE_LOOKS
from service.formats.text import as_text
from service.formats.word import as_docx

__all__ = [
    "ENDINGS",
    "PAGE_LOOKS",
    "STYLES",
    "CitationStyle",
    "Publication",
    "as_bibtex",
    "as_docx",
    "as_html",
    "as_json",
    "as_markdown",
    "as_pdf",
    "as_text",
    "made_of",
    "page_line",
    "require_writable",
    "source_line",
    "why_not",
    "write_files",
]
