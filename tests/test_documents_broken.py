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


def packed(data: bytes, method: int) -> bytes:
    """The same members, compressed otherwise."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w", method) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return made.getvalue()


@given(st.sampled_from(sorted(MADE)), st.floats(0, 1), st.binary(min_size=1, max_size=20))
@settings(max_examples=200, deadline=None)
def test_a_damaged_archive_is_read_or_refused(kind: str, place: float, put: bytes) -> None:
    data = MADE[kind]
    at = int(place * len(data))
    assert_read_or_refused(data[:at] + put + data[at + len(put) :])


FIRST = (b"[Content_Types].xml", b"META-INF/container.xml")
"""A member that is read of every Office file, and one of every EPUB."""


def damaged(kind: str, *parts: tuple[int, bytes]) -> bytes:
    """With each of the parts, so many bytes behind the beginning of the first member's name."""
    made = bytearray(MADE[kind])
    named = made.index(FIRST[kind == "epub"])
    for at, put in parts:
        made[named + at : named + at + len(put)] = put
    return bytes(made)


@pytest.mark.parametrize("kind", sorted(MADE))
def test_a_member_that_cannot_be_read_is_a_refusal(kind: str) -> None:
    behind = len(FIRST[kind == "epub"])
    for parts in (((-24, b"\x00\x08"), (0, b"\x90")), ((behind, b"\xff" * 12),)):
        with pytest.raises(ReadError, match="is a broken"):
            read(damaged(kind, *parts))


@pytest.mark.parametrize("kind", sorted(MADE))
def test_a_member_that_lies_further_than_any_file_goes_is_a_refusal(kind: str) -> None:
    made = io.BytesIO(MADE[kind])
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr("more.xml", "<a/>")
        for member in archive.filelist:
            member.header_offset = 2**63
    with pytest.raises(ReadError, match="is a broken"):
        read(made.getvalue())


@pytest.mark.parametrize("kind", sorted(MADE))
@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_unpacks_without_a_limit_is_not_unpacked(kind: str, method: int) -> None:
    with pytest.raises(ReadError, match="compressed as no such document is"):
        read(packed(MADE[kind], method))
