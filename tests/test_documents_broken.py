"""Documents that are too much, locked or damaged are read or refused; nothing else happens."""

import io
import zipfile

import pytest
from document_makers import make_docx, make_epub, make_pptx, make_xlsx, paragraph, rewritten
from hypothesis import given, settings
from hypothesis import strategies as st
from search_folder import read

from search import ReadError

OPENPYXL_WARNS = "ignore:.*invalid dependency definitions:UserWarning"
"""Before it fails."""
BODY = paragraph("Scores", "Heading1") + paragraph("Bernard Herrmann scored Psycho.")


def test_an_archive_that_unpacks_to_too_much_is_refused() -> None:
    zeros = b"0" * (65 * 2**20)
    bomb = make_docx(BODY, extra={"word/more.xml": zeros})
    assert len(bomb) < 100_000
    with pytest.raises(ReadError, match="unpacks to more than can be read"):
        read(bomb)


def test_xml_entities_are_refused() -> None:
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    bomb = make_docx(BODY, extra={"word/settings.xml": f"{laughs}<x>&b;</x>"})
    with pytest.raises(ReadError, match="defines XML entities"):
        read(bomb)


def test_an_encrypted_document_is_refused() -> None:
    data = bytearray(make_docx(BODY))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.find(mark)
        while start >= 0:
            data[start + at] |= 1
            start = data.find(mark, start + 4)
    with pytest.raises(ReadError, match="encrypted"):
        read(bytes(data))


MADE = {
    "docx": make_docx(BODY),
    "pptx": make_pptx([("Title", "Text.", "Notes.")], [["a", "b"], ["1", "2"]]),
    "xlsx": make_xlsx({"A": [["Film", "Year"], ["Psycho", 1960]]}),
    "epub": make_epub({"a.xhtml": "<p>Text.</p>"}, title="T"),
}


def assert_read_or_refused(data: bytes) -> None:
    refusal, text = "", ""
    try:
        text = read(data).text
    except ReadError as error:
        refusal = str(error)
    assert text.strip() or refusal.startswith("/docs/some-name.txt ")


@pytest.mark.filterwarnings(OPENPYXL_WARNS)
def test_a_workbook_that_does_not_say_where_its_sheets_are_is_refused() -> None:
    relations = "xl/_rels/workbook.xml.rels"
    broken = rewritten(MADE["xlsx"], relations, lambda xml: xml.replace(b"Target=", b"Aim="))
    with pytest.raises(ReadError, match="is a broken Excel file"):
        read(broken)


@pytest.mark.filterwarnings(OPENPYXL_WARNS)
@given(st.sampled_from(sorted(MADE)), st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_document_is_read_or_refused(kind: str, data: st.DataObject) -> None:
    with zipfile.ZipFile(io.BytesIO(MADE[kind])) as archive:
        names = [n for n in archive.namelist() if n.endswith((".xml", ".rels", ".opf", "html"))]
    name = data.draw(st.sampled_from(sorted(names)))
    start, length = data.draw(st.integers(0, 4000)), data.draw(st.integers(1, 200))
    put = data.draw(st.sampled_from([b"", b"<", b"</w:p>", b"<a>" * 2000, b"\x00", b"9" * 30]))
    broken = rewritten(MADE[kind], name, lambda xml: xml[:start] + put + xml[start + length :])
    assert_read_or_refused(broken)


@given(st.sampled_from(sorted(MADE)), st.integers(0, 3000), st.binary(min_size=1, max_size=20))
@settings(max_examples=100, deadline=None)
def test_a_damaged_archive_is_read_or_refused(kind: str, at: int, put: bytes) -> None:
    assert_read_or_refused(MADE[kind][:at] + put + MADE[kind][at + len(put) :])
