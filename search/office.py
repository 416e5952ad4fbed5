"""Word, PowerPoint and Excel files to text.

Mammoth rather than python-docx: it keeps inserted text, content controls, lists and footnotes.
openpyxl rather than calamine: thirty times slower, but two cells in far corners do not abort it.
"""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from xml.parsers.expat import ExpatError
from zipfile import ZipFile

import mammoth  # type: ignore[import-untyped]
from lxml import etree, html
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from pptx import Presentation
from pptx.exc import PythonPptxError

from search.archives import DAMAGED_ARCHIVE, member, open_archive, refuse_entities
from search.charset import normalise
from search.errors import ReadError
from search.extracts import Extract, day_of, joined
from search.markup import visible_text
from search.tables import row_lines

MOST_COLUMNS = 256

_BROKEN = (
    *(*DAMAGED_ARCHIVE, ArithmeticError, AssertionError, AttributeError, LookupError, SyntaxError),
    *(TypeError, etree.LxmlError, ExpatError, InvalidFileException, PythonPptxError),
)
"""What parsers raise that meet what their authors did not think of."""

_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => p:fresh"
_DUBLIN = "{http://purl.org/dc/elements/1.1/}"
_TERMS = "{http://purl.org/dc/terms/}"
_PROGRAMS = ("openpyxl", "python-docx")
"""Put themselves down as authors."""
_DEFAULT_TITLE = re.compile(
    r"\A(?:powerpoint[ -]\w+|pr.sentation\d*|word document)\Z", re.IGNORECASE
)


def word_text(data: bytes, location: str) -> Extract:
    """A .docx: headings, lists, tables and footnotes; what was deleted in it stays out."""
    with _understood(data, location, "Word") as archive:
        made = mammoth.convert_to_html(
            io.BytesIO(data), style_map=_STYLES, convert_image=mammoth.images.img_element(_no_image)
        )
        text = visible_text(html.fromstring(f"<html>{made.value}</html>")) if made.value else ""
        return _described(archive, location, text)


def slides_text(data: bytes, location: str) -> Extract:
    """A .pptx: each slide with its title as heading, its tables and the speaker's notes."""
    with _understood(data, location, "PowerPoint") as archive:
        slides = list(Presentation(io.BytesIO(data)).slides)
        texts = ((str(number), _slide(slide)) for number, slide in enumerate(slides, 1))
        return _described(archive, location, *joined("slide", texts))


def sheets_text(data: bytes, location: str) -> Extract:
    """A .xlsx: each sheet under its name, a row a line; of formulas the values that were kept."""
    with _understood(data, location, "Excel") as archive:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        texts = [(sheet.title, "\n".join(row_lines(_rows(sheet)))) for sheet in shown]
        headed = ((name, f"## {name}\n\n{text}" if text else "") for name, text in texts)
        return _described(archive, location, *joined("sheet", headed))


@contextmanager
def _understood(data: bytes, location: str, program: str) -> Iterator[ZipFile]:
    """The archive; what a parser of its parts raises becomes a ReadError."""
    archive = open_archive(data, location)
    refuse_entities(archive, location)
    try:
        yield archive
    except _BROKEN as error:
        reason = f"{type(error).__name__}: {error}"[:200]
        raise ReadError(
            f"{location} is a broken {program} file ({reason}); open it there and save it again."
        ) from error


def _described(archive: ZipFile, location: str, text: str, parts: Any = ()) -> Extract:
    """With the title, author and last change that the file's core properties say."""
    core = member(archive, "docProps/core.xml", location)
    said = etree.fromstring(core, etree.XMLParser(resolve_entities=False)) if core else None

    def of(name: str) -> str:
        found = said.findtext(name) if said is not None else None
        return normalise(" ".join((found or "").split()))

    title, author = of(f"{_DUBLIN}title"), of(f"{_DUBLIN}creator")
    return Extract(
        normalise(text),
        title="" if _DEFAULT_TITLE.match(title) else title,
        author="" if author in _PROGRAMS else author,
        # Programs that make files of a template leave its last change in them.
        published=max(day_of(of(f"{_TERMS}modified")), day_of(of(f"{_TERMS}created"))),
        parts=parts,
    )


def _no_image(image: Any) -> dict[str, str]:
    return {}


def _slide(slide: Any) -> str:
    title = slide.shapes.title
    lines = [f"## {' '.join(title.text_frame.text.split())}"] if title is not None else []
    for shape in slide.shapes:
        if title is None or shape.shape_id != title.shape_id:
            lines += _shape(shape)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        lines += _paragraphs(slide.notes_slide.notes_text_frame)
    return "\n\n".join(normalise(line) for line in lines if line.strip(" #"))


def _shape(shape: Any) -> list[str]:
    if getattr(shape, "has_table", False):
        rows = [[cell.text for cell in row.cells] for row in shape.table.rows]
        return ["\n".join(row_lines(rows))]
    if hasattr(shape, "shapes"):  # a group
        return [line for inner in shape.shapes for line in _shape(inner)]
    return _paragraphs(shape.text_frame) if shape.has_text_frame else []


def _paragraphs(frame: Any) -> list[str]:
    return [" ".join(paragraph.text.split()) for paragraph in frame.paragraphs]


def _rows(sheet: Any) -> Iterator[list[str]]:
    for row in sheet.iter_rows(max_col=MOST_COLUMNS):
        yield [_shown(cell) for cell in row]


def _shown(cell: Any) -> str:
    """A cell's value, much as the program shows it."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, datetime) and (value.hour, value.minute, value.second) == (0, 0, 0):
        return value.date().isoformat()
    if isinstance(value, datetime | date):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, float):
        percent = "%" in (cell.number_format or "")
        return f"{value * 100:.10g}%" if percent else f"{value:.15g}"
    return str(value)
