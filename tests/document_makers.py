"""Real documents of each format, made for the tests."""

import io
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import Any

from openpyxl import Workbook
from pptx import Presentation
from pptx.util import Inches

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OFFICE = "application/vnd.openxmlformats-officedocument."
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def make_pdf(*pages: str, title: str = "", encrypted: bool = False, made: str = "") -> bytes:
    """A real PDF with one compressed line of text a page."""
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(len(pages)))
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for i, text in enumerate(pages):
        lines = text.replace("\n", ") Tj 0 -14 Td (")
        stream = zlib.compress(f"BT /F1 12 Tf 72 720 Td ({lines}) Tj ET".encode())
        bodies += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * i} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode(),
            f"<< /Length {len(stream)} /Filter /FlateDecode >>\nstream\n".encode()
            + stream
            + b"\nendstream",
        ]
    bodies.append(f"<< /Title ({title}) /Author (Ann Author) /CreationDate ({made}) >>".encode())
    lock = f"/Encrypt << /Filter /Standard /V 1 /R 2 /O ({'o' * 32}) /U ({'u' * 32}) /P -4 >> "
    extra = f"/Info {len(bodies)} 0 R " + (lock if encrypted else "")
    return _with_table(bodies, extra + "/ID [<00> <00>]")


def _with_table(bodies: list[bytes], extra: str) -> bytes:
    data, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    rows = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    count = len(bodies) + 1
    table = f"xref\n0 {count}\n0000000000 65535 f \n{rows}"
    end = f"trailer\n<< /Size {count} /Root 1 0 R {extra} >>\nstartxref\n{len(data)}\n%%EOF\n"
    return data + table.encode() + end.encode()


def make_zip(members: dict[str, str | bytes]) -> bytes:
    """An archive of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def core_properties(title: str = "", author: str = "", changed: str = "") -> str:
    """The member docProps/core.xml of an Office file."""
    return (
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/'
        'core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:dcterms="http://purl.org/dc/terms/">'
        f"<dc:title>{title}</dc:title><dc:creator>{author}</dc:creator>"
        f"<dcterms:modified>{changed}</dcterms:modified></cp:coreProperties>"
    )


def paragraph(text: str, style: str = "") -> str:
    """A paragraph of Word."""
    styled = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{styled}<w:r><w:t>{text}</w:t></w:r></w:p>"


def word_table(rows: Sequence[Sequence[str]]) -> str:
    """A table of Word."""
    made = "".join(
        "<w:tr>" + "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) + "</w:tr>"
        for row in rows
    )
    return f"<w:tbl>{made}</w:tbl>"


def make_docx(body: str, core: str = "", extra: dict[str, str | bytes] | None = None) -> bytes:
    """A .docx with that body, headings styled Heading1 and Heading2."""
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="Heading{n}">'
        f'<w:name w:val="heading {n}"/></w:style>'
        for n in (1, 2)
    )
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/word/document.xml" '
        f'ContentType="{_OFFICE}wordprocessingml.document.main+xml"/></Types>'
    )
    return make_zip(
        {
            "[Content_Types].xml": types,
            "_rels/.rels": _relation("word/document.xml", "officeDocument"),
            "word/_rels/document.xml.rels": _relation("styles.xml", "styles"),
            "word/document.xml": _element("document", f"<w:body>{body}</w:body>"),
            "word/styles.xml": _element("styles", styles),
            **({"docProps/core.xml": core} if core else {}),
            **(extra or {}),
        }
    )


def _element(name: str, content: str) -> str:
    return f'<w:{name} xmlns:w="{_WORD}">{content}</w:{name}>'


def _relation(target: str, kind: str) -> str:
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/{kind}" Target="{target}"/></Relationships>'
    )


def make_pptx(slides: Sequence[tuple[str, str, str]], rows: Sequence[Sequence[str]] = ()) -> bytes:
    """Slides of (title, text, notes); the last one gets a table of the rows."""
    deck = Presentation()
    for title, text, notes in slides:
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = text
        if notes:
            slide.notes_slide.notes_text_frame.text = notes
    if rows:
        box = (Inches(1), Inches(3), Inches(5), Inches(2))
        table = slide.shapes.add_table(len(rows), len(rows[0]), *box).table
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                table.cell(r, c).text = cell
    deck.core_properties.author = "Ann Author"
    buffer = io.BytesIO()
    deck.save(buffer)
    return buffer.getvalue()


def make_xlsx(sheets: dict[str, Sequence[Sequence[Any]]], title: str = "") -> bytes:
    """A workbook of these sheets; one whose name begins with a dot is hidden."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        sheet.sheet_state = "hidden" if name.startswith(".") else "visible"
    book.properties.title = title
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def make_epub(
    chapters: dict[str, str], *, title: str, author: str = "", day: str = "", creators: str = ""
) -> bytes:
    """A book of chapters by file name, read in this order. `creators`: elements, as they stand."""
    creators = creators or f"<dc:creator>{author}</dc:creator>"
    items = "".join(
        f'<item id="c{i}" href="text/{name}" media-type="application/xhtml+xml"/>'
        for i, name in enumerate(chapters)
    )
    spine = "".join(f'<itemref idref="c{i}"/>' for i in range(len(chapters)))
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{title}</dc:title>{creators}<dc:date>{day}</dc:date>"
        f"</metadata><manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    )
    pages = {
        f"OEBPS/text/{name}": f'<html xmlns="http://www.w3.org/1999/xhtml"><body>{body}</body></html>'
        for name, body in reversed(chapters.items())
    }
    return make_zip(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": container,
            "OEBPS/book.opf": package,
            **pages,
        }
    )


def rewritten(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same archive with another text in one of its files."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    return make_zip({**members, name: change(members[name])})
