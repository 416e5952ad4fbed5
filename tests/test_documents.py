"""Office files, books, mails and tables become text, told apart by their bytes."""

import datetime
import io
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest
from document_makers import (
    core_properties,
    make_docx,
    make_epub,
    make_pdf,
    make_pptx,
    make_xlsx,
    paragraph,
    rewritten,
    word_table,
)
from search_folder import read

from search import ReadError, read_file, split
from search.tables import LEFT_OUT, MOST_CELLS, row_lines

# --- Word ---

LIST = '<w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>'
BODY = (
    paragraph("Scores of the Sixties", "Heading1")
    + paragraph("Bernard Herrmann scored Psycho.")
    + "<w:p><w:ins><w:r><w:t>This was put in.</w:t></w:r></w:ins>"
    "<w:del><w:r><w:delText>This was taken out.</w:delText></w:r></w:del></w:p>"
    + "<w:sdt><w:sdtContent>" + paragraph("Under control.") + "</w:sdtContent></w:sdt>"
    + paragraph("Money", "Heading2")
    + word_table([["Film", "Year", "Budget"], ["Psycho", "1960", "$806,947"]])
)  # fmt: skip


def test_a_word_file_keeps_headings_tables_and_what_was_put_in() -> None:
    core = core_properties("Film Scores", "Ann Author", "2021-03-04T10:00:00Z")
    document = read(make_docx(BODY, core))
    assert document.text.split("\n\n") == [
        "# Scores of the Sixties",
        "Bernard Herrmann scored Psycho.",
        "This was put in.",
        "Under control.",
        "## Money",
        "| Film: Psycho | Year: 1960 | Budget: $806,947 |",
    ]
    source = document.source
    assert (source.title, source.author, source.published) == (
        "Film Scores",
        "Ann Author",
        "2021-03-04",
    )


def test_a_word_file_without_title_is_called_by_its_heading() -> None:
    assert read(make_docx(BODY)).source.title == "Scores of the Sixties"


@pytest.mark.parametrize("name", ["report", "report.txt", "report.pdf", "report.zip"])
def test_a_word_file_is_known_by_its_bytes_whatever_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(make_docx(BODY))
    assert "Herrmann" in read_file(tmp_path / name).text


# --- slides and sheets ---


def test_slides_are_read_with_their_titles_tables_and_notes() -> None:
    rows = [["Film", "Year"], ["Psycho", "1960"], ["Vertigo", "1958"]]
    deck = make_pptx([("Opening", "Hello to all.", ""), ("Films", "Two.", "Speak slowly.")], rows)
    document = read(deck)
    assert document.source.author == "Ann Author"
    assert document.text == (
        "## Opening\n\nHello to all.\n\n## Films\n\nTwo.\n\n"
        "| Film: Psycho | Year: 1960 |\n| Film: Vertigo | Year: 1958 |\n\nSpeak slowly."
    )
    parts = dict.fromkeys(passage.part for passage in split(document, words=5))
    assert list(parts) == ["slide 1", "slide 2"]


def test_rows_of_a_sheet_carry_the_names_of_their_columns() -> None:
    rows = [
        ["Films that won"],
        [],
        ["Film", "Released", "Share", "Gross"],
        ["Psycho", datetime.date(1960, 9, 8), None, 50_000_000.0],
        ["Vertigo", datetime.datetime(1958, 5, 9, 20, 30), 0.5, 7.3],
    ]
    document = read(make_xlsx({"Films": rows, "Empty": [], ".Secret": [["Hidden", 1]]}, "Winners"))
    assert document.source.title == "Winners"
    assert document.text == (
        "## Films\n\nFilms that won\n"
        "| Film: Psycho | Released: 1960-09-08 | Gross: 50000000 |\n"
        "| Film: Vertigo | Released: 1958-05-09 20:30:00 | Share: 0.5 | Gross: 7.3 |"
    )
    assert {passage.part for passage in split(document)} == {"sheet Films"}


def test_a_workbook_without_title_is_called_by_its_name() -> None:
    source = read(make_xlsx({"P&L": [["a", "b", "c"], [1, 2, 3]]}), "/docs/our-figures").source
    assert (source.title, source.author) == ("Our figures", "")


def test_two_cells_in_far_corners_are_read_at_once() -> None:
    data = make_xlsx({"A": [["first"]]})
    corner = b'<c r="XFD1048576" t="inlineStr"><is><t>last</t></is></c></row></sheetData>'
    sheet = "xl/worksheets/sheet1.xml"
    bomb = rewritten(data, sheet, lambda xml: xml.replace(b"</row></sheetData>", corner))
    assert read(bomb).text.startswith("## A\n\nfirst")


def test_a_huge_table_is_cut_and_says_so() -> None:
    rows = (["a"] * 1000 for _ in range(MOST_CELLS))
    lines = list(row_lines(rows, header=False))
    assert len(lines) == MOST_CELLS // 1000 + 1
    assert lines[-1] == LEFT_OUT


# --- tables as text ---


def test_delimited_values_are_a_table_whatever_parts_them() -> None:
    for delimiter in ",;\t|":
        text = "Film,Year,Music\nPsycho,1960,\nVertigo,1958,Herrmann\n".replace(",", delimiter)
        document = read(text.encode(), "/docs/the_films.txt")
        assert document.source.media_type == "text/csv"
        assert document.source.title == "The films"
        assert document.text == (
            "| Film: Psycho | Year: 1960 |\n| Film: Vertigo | Year: 1958 | Music: Herrmann |"
        )


def test_quoted_values_may_hold_anything() -> None:
    data = b'Name,Says,No\nAnn,"Hello, you\nall",1\nBob,"He said ""no""",2\n'
    assert read(data).text == (
        '| Name: Ann | Says: Hello, you all | No: 1 |\n| Name: Bob | Says: He said "no" | No: 2 |'
    )


@pytest.mark.parametrize(
    "text",
    [
        "Dear Ann, dear Bob,\nI came, I saw, I wrote.\n",
        "It rains, it pours.\nHe sleeps, he snores.\nHe went, to bed.\nHe bumped, his head.\n",
        "| Film | Year |\n|---|---|\n| Psycho | 1960 |\n",
        "a;\nb;\nc;\n",
        "one line, with commas, and more",
    ],
)
def test_prose_with_commas_is_text(text: str) -> None:
    assert read(text.encode()).source.media_type == "text/plain"


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        ([["Film", "Year", "By"], ["Psycho", "1960", "H."]], True),
        ([["Psycho", "1960", "Hitchcock"], ["Vertigo", "1958", "Hitchcock"]], False),
        ([["Born", "30 July 1970"], ["Died", "3 May 2001"]], False),
        ([["Born", "London"], ["Lives", "Los Angeles"]], False),
        ([["Country", "People"], ["France", "68 million"], ["Malta", "0.5 million"]], True),
        ([["", "2019", "2020"], ["Sales", "7", "9"]], True),
        ([["Item", "Q1", "Q2"], ["Sales", "25%", "7"]], True),
        ([["B-52", "bomber", "USA"], ["MiG-29", "fighter", "USSR"]], False),
        ([["Only", "Names", "Here"]], False),
    ],
)
def test_the_first_row_names_the_columns_if_it_looks_so(rows: list[list[str]], named: bool) -> None:
    assert (": " in "\n".join(row_lines(rows))) is named


# --- books ---


def test_a_book_is_read_in_the_order_of_its_spine() -> None:
    chapters = {
        "b.xhtml": "<h1>One</h1><p>It begins.</p><ol><li>first</li><li>second</li></ol>",
        "a.xhtml": "<h1>Two</h1><p>It ends.</p>",
    }
    document = read(make_epub(chapters, title="A Life", author="Ann Author", day="1999-12-31"))
    assert document.text == "# One\n\nIt begins.\n\n1. first\n2. second\n\n# Two\n\nIt ends."
    source = document.source
    assert (source.title, source.author, source.published) == ("A Life", "Ann Author", "1999-12-31")


@pytest.mark.parametrize(
    ("creators", "author"),
    [
        ("<dc:creator>Ann Author</dc:creator><dc:creator>Bob Writer</dc:creator>",
         "Ann Author; Bob Writer"),
        ('<dc:creator xmlns:o="http://www.idpf.org/2007/opf" o:role="trl">T R</dc:creator>'
         '<dc:creator xmlns:o="http://www.idpf.org/2007/opf" o:role="aut">Ann Author</dc:creator>',
         "Ann Author"),
        ('<dc:creator id="one">Ed Itor</dc:creator><dc:creator id="two">Ann Author</dc:creator>'
         '<meta refines="#one" property="role">edt</meta>',
         "Ann Author"),
        ('<dc:creator id="one">Ed Itor</dc:creator><meta refines="#one" property="role">edt</meta>',
         "Ed Itor"),
        ("<dc:creator> </dc:creator>", ""),
    ],
)  # fmt: skip
def test_the_authors_of_a_book_are_those_who_wrote_it(creators: str, author: str) -> None:
    book = make_epub({"a.xhtml": "<p>It begins.</p>"}, title="A Life", creators=creators)
    assert read(book).source.author == author


def test_a_locked_book_is_refused() -> None:
    book = make_epub({}, title="Secret")
    archive = io.BytesIO(book)
    with zipfile.ZipFile(archive, "a") as opened:
        opened.writestr("META-INF/encryption.xml", "<encryption/>")
    with pytest.raises(ReadError, match="is locked"):
        read(archive.getvalue())


# --- mails ---

MAIL = """From: =?utf-8?q?Ann_M=C3=BCller?= <ann@example.org>
To: Bob <bob@example.org>
Subject: The score
Date: Tue, 02 Mar 2021 09:30:00 +0100
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="x"

--x
Content-Type: multipart/alternative; boundary="y"

--y
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

The caf=E9 scene needs strings.
--y
Content-Type: text/html

<p>The <b>wrong</b> alternative.</p>
--y--
--x
Content-Type: application/pdf
Content-Disposition: attachment; filename="score.pdf"

JVBERi0=
--x
Content-Type: message/rfc822

From: Cy <cy@example.org>
Subject: Before
Content-Type: text/html; charset=utf-8

<p>What was said <i>before</i>.</p>
--x--
"""


def test_a_mail_shows_its_headers_its_text_and_what_hangs_on_it() -> None:
    document = read(MAIL.encode(), "/docs/letter")
    assert document.source.media_type == "message/rfc822"
    assert document.text == (
        "From: Ann Müller <ann@example.org>\nTo: Bob <bob@example.org>\n"
        "Date: Tue, 02 Mar 2021 09:30:00 +0100\nSubject: The score\n\n"
        "The café scene needs strings.\n\nAttached: score.pdf\n\n"
        "From: Cy <cy@example.org>\nSubject: Before\n\nWhat was said before."
    )
    source = document.source
    assert (source.title, source.author, source.published) == (
        "The score",
        "Ann Müller",
        "2021-03-02",
    )


def test_texts_that_hang_on_a_mail_are_read() -> None:
    mail = EmailMessage()
    mail["From"], mail["Date"] = "ann@example.org", "Tue, 02 Mar 2021 09:30:00 +0100"
    mail["Subject"] = "The feast"
    mail.set_content("The list is attached.")
    mail.add_attachment("Guest of honour: Bo Ek", filename="guests.txt")
    mail.add_attachment("<p>A <b>map</b></p>", subtype="html", filename="map.html")
    mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="bill.pdf")
    assert read(mail.as_bytes()).text.endswith(
        "The list is attached.\n\nAttached: guests.txt\n\nGuest of honour: Bo Ek\n\n"
        "Attached: map.html\n\nA map\n\nAttached: bill.pdf"
    )


def test_what_a_text_says_of_itself_before_it_begins() -> None:
    text = b"---\ntitle: The harbour\nAuthor: 'Ann Lee'\ndate: 2024-03-12T10:00\n---\nIt is deep."
    source = read(text).source
    assert (source.title, source.author, source.published) == (
        "The harbour",
        "Ann Lee",
        "2024-03-12",
    )
    assert read(b"Author: me\n\nNot before it begins.").source.author == ""


def test_the_last_change_of_a_template_is_not_that_of_the_file() -> None:
    core = core_properties("T", "Ann", "2013-12-23T00:00:00Z").replace(
        "</cp:coreProperties>",
        "<dcterms:created>2023-09-14T00:00:00Z</dcterms:created></cp:coreProperties>",
    )
    assert read(make_docx(BODY, core)).source.published == "2023-09-14"


def test_each_slide_is_a_passage_of_its_own() -> None:
    data = make_pptx([("Sales", "They rose.", ""), ("Staff", "It grew.", "Say thanks.")])
    assert [p.part for p in split(read(data))] == ["slide 1", "slide 2"]


def test_a_text_with_a_colon_is_no_mail() -> None:
    assert read(b"Subject: cats\n\nThey sleep.").source.media_type == "text/plain"
    assert read(b"Note: call Ann\nDate: today\n\nNow.").source.media_type == "text/plain"


# --- pages of a PDF ---


def test_a_passage_says_on_which_page_it_stands() -> None:
    data = make_pdf("The first page.", "", "On the third.", title="T", made="D:20200131120000Z")
    document = read(data)
    assert (document.source.author, document.source.published) == ("Ann Author", "2020-01-31")
    assert [(p.part, p.text) for p in split(document, words=3)] == [
        ("page 1", "The first page."),
        ("page 3", "On the third."),
    ]
    assert [p.part for p in split(document)] == ["page 1", "page 3"]
    (over,) = split(read(make_pdf("It begins here and", "ends on the next.")))
    assert over.place == "pages 1-2"
    (plain,) = split(read(b"No pages here."))
    assert plain.place == "characters 0-14"
