"""What the formats say themselves is said in the answer's language, and each text runs its way."""

import io
import re
from dataclasses import replace
from zipfile import ZipFile

import docx
import pypdfium2
import pytest
from lxml import etree, html
from pdf_links import spoken
from publications import TEXTS, answer_of, made_document, report_in, source

from planner import Answer, Section, Sentence, Table
from search import Passage
from service.formats import (
    CitationStyle,
    Publication,
    as_docx,
    as_html,
    as_markdown,
    as_pdf,
    as_text,
)
from service.formats.pdf import why_no_pdf
from service.formats.picture import plan_picture
from service.formats.plain import direction, slopes, turned
from service.formats.publication import language_in
from service.formats.wording import _WORDINGS, ENGLISH, wording

with_pdf = pytest.mark.skipif(why_no_pdf() != "", reason=why_no_pdf())
SPACE = {"w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main"}
SAID = {
    "en": ("Sources", "page 3", "characters 0-40", "accessed 2026-11-26"),
    "de": ("Quellen", "Seite 3", "Zeichen 0-40", "abgerufen am 2026-11-26"),
    "el": ("Πηγές", "σελίδα 3", "χαρακτήρες 0-40", "ανάκτηση 2026-11-26"),
    "ar": ("المصادر", "صفحة 3", "الأحرف 0-40", "تاريخ الاطلاع \u200e2026-11-26"),
    "ja": ("出典", "3 ページ", "文字 0-40", "2026-11-26 閲覧"),
    "zh": ("来源", "第 3 页", "字符 0-40", "访问日期 2026-11-26"),
}
every_language = pytest.mark.parametrize("language", SAID)


def word_of(publication: Publication, part: str = "word/document.xml") -> etree._Element:
    style: CitationStyle = "footnotes" if "notes" in part else "numbers"
    archive = ZipFile(io.BytesIO(as_docx(publication, style)))
    return etree.fromstring(archive.read(part))


@every_language
def test_all_that_is_said_is_in_the_language_of_the_answer(language: str) -> None:
    publication = report_in(language)
    page = html.fromstring(as_html(publication)).text_content()
    word = docx.Document(io.BytesIO(as_docx(publication)))
    written = "\n".join(paragraph.text for paragraph in word.paragraphs)
    marked = re.sub(r"\\(.)", r"\1", as_markdown(publication))
    for said in SAID[language]:
        for shown in (page, written, marked, as_text(publication)):
            assert said in shown
    english = SAID["en"] if language != "en" else ()
    for said in english:
        assert said not in page
        assert said not in written


def test_no_language_lacks_a_word() -> None:
    for code, words in _WORDINGS.items():
        assert "{}" in words.accessed, code
        assert all("{}" in each for each in (words.as_note, words.more_steps, *words.places)), code
        assert len({words.partly, words.unsupported, words.contradicted}) == 3
    assert wording("sv") is ENGLISH


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (TEXTS["de"][0], "de"),
        ("El río nace en los Alpes y desemboca en el mar del Norte, muy lejos de allí.", "es"),
        ("Река берёт начало в Альпах и впадает в Северное море.", "ru"),
        ("این رود از کوه‌های آلپ سرچشمه می‌گیرد و به دریای شمال می‌ریزد.", "fa"),
        ("1970", ""),
        ("", ""),
    ],
)
def test_the_language_of_a_text(text: str, language: str) -> None:
    assert language_in(text) == language


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("Lobith هي مدينة في هولندا", "rtl"),
        ("نهر الراين (Rhine) طوله 1230 كم", "rtl"),
        ("The word نهر is Arabic for a river.", "ltr"),
        ("نهر is Arabic, and it is the word for a river.", "ltr"),
        ("288", "rtl"),
    ],
)
def test_a_text_runs_as_most_of_its_letters_do(text: str, way: str) -> None:
    assert direction(text, "rtl") == way


def test_a_number_in_an_arabic_table_runs_as_the_table_does() -> None:
    cells = (Sentence("آره"), Sentence("288", (1,), "supported"))
    publication = report_in("ar")
    section = Section("جدول", (), Table(("النهر", "الطول"), (cells,)))
    publication = replace(publication, answer=replace(publication.answer, sections=(section,)))
    page = html.fromstring(as_html(publication))
    assert page.xpath("//td/@dir") == ["rtl", "rtl"]
    turned_cells = word_of(publication).xpath("count(//w:tbl//w:p[w:pPr/w:bidi])", namespaces=SPACE)
    assert turned_cells == 4


def test_a_date_behind_an_arabic_name_and_a_path_keep_their_order() -> None:
    assert turned("المجرى", "ltr") == "\u200fالمجرى\u200f\u200e"
    assert turned("المجرى", "rtl") == "المجرى\u200f"
    assert turned("/notes/ü.txt", "rtl") == "\u200e/notes/ü.txt\u200e\u200f"
    assert turned("2005-01-06", "rtl") == "\u200e2005-01-06\u200e\u200f"
    assert turned("2005-01-06", "ltr") == "2005-01-06"
    named = answer_of("It was so.", author="المجرى", published="2005-01-06", question="Was it so?")
    assert "المجرى\u200f\u200e, 2005" in as_markdown(named)
    shown = docx.Document(io.BytesIO(as_docx(named))).paragraphs[-2].text
    assert "المجرى\u200f\u200e, 2005-01-06" in shown


def test_each_part_of_a_source_is_told_its_way() -> None:
    page = html.fromstring(as_html(report_in("ar")))
    assert set(page.xpath("//ol/li/@dir")) == {"rtl"}
    ways = {bdi.text_content(): bdi.get("dir") for bdi in page.xpath("//li//bdi")}
    assert ways["Ann Author"] == "ltr"
    assert ways["/notes/ü.txt"] == "ltr"
    assert ways[TEXTS["ar"][1]] == "rtl"


def test_the_picture_turns_its_words_and_reads_lists() -> None:
    document = made_document([("a", TEXTS["ar"][0], [], "done", ["Rhein", "Elbe"])])
    svg = etree.fromstring(plan_picture(document, wording("ar")))
    assert svg.get("aria-label") == wording("ar").caption
    texts = {text.text: text.get("direction") for text in svg.iter("{*}text")}
    assert texts["Rhein; Elbe"] is None
    assert {way for shown, way in texts.items() if direction(shown or "") == "rtl"} == {"rtl"}


def test_a_word_that_is_too_long_for_its_box_is_hyphenated() -> None:
    document = made_document(
        [
            (
                "a",
                "Wasserstandsvorhersagezentrale",
                [],
                "done",
                "観測所は水位を報告し「9.50m」を超えると禁止される",
            )
        ]
    )
    svg = etree.fromstring(plan_picture(document))
    asked = [text.text or "" for text in svg.xpath("//*[@class='asked']")]
    assert asked[0].endswith("-")
    assert "".join(asked).replace("-", "") == "Wasserstandsvorhersagezentrale"
    value = [text.text or "" for text in svg.xpath("//*[@class='value']")]
    assert not any(each.endswith("「") or each.startswith(("」", "。")) for each in value)


@with_pdf
@every_language
def test_a_pdf_says_its_language_and_has_bookmarks_and_running_heads(language: str) -> None:
    publication = report_in(language)
    long = replace(publication.answer, sections=publication.answer.sections * 5)
    data, _ = as_pdf(replace(publication, answer=long))
    document = pypdfium2.PdfDocument(data)
    assert spoken(document) == language
    titles = [one.get_title() for one in document.get_toc()]
    assert titles[0] == TEXTS[language][2]
    assert titles[-1] == SAID[language][0]
    assert document.get_metadata_value("Author").startswith("Breadth ")
    first, second = (document[place].get_textpage().get_text_range() for place in (0, 1))
    assert "1 / " in first
    if language != "ar":  # whose letters are read back in other forms
        assert TEXTS[language][2] in second.splitlines()[0]
        assert "2 / " in second


@with_pdf
def test_german_words_are_broken_where_german_breaks_them() -> None:
    text = "Die Wasserstandsvorhersagezentrale der Wasserstraßenverwaltung meldet Pegelstände. " * 6
    data, _ = as_pdf(answer_of(text, question="Was meldet die Zentrale?"))
    shown = pypdfium2.PdfDocument(data)[0].get_textpage().get_text_range()
    assert re.search(r"\w[-\u00ad\u2010\ufffe]\r?\n\w", shown)


@every_language
def test_a_word_document_says_its_language_and_its_tables_have_heads(language: str) -> None:
    data = as_docx(report_in(language))
    archive = ZipFile(io.BytesIO(data))
    document = docx.Document(io.BytesIO(data))
    assert document.core_properties.language == language
    kind = {"ar": "bidi", "ja": "eastAsia", "zh": "eastAsia"}.get(language, "val")
    styles = etree.fromstring(archive.read("word/styles.xml"))
    found = styles.xpath(f"string(//w:rPrDefault//w:lang/@w:{kind})", namespaces=SPACE)
    assert found.startswith(f"{language}-")
    assert [p.style.name for p in document.paragraphs if p.style.name.startswith(("T", "H"))][
        :2
    ] == [
        "Title",
        "Heading 1",
    ]
    written = etree.fromstring(archive.read("word/document.xml"))
    rows = written.xpath("//w:tr", namespaces=SPACE)
    assert [bool(row.xpath("w:trPr/w:tblHeader", namespaces=SPACE)) for row in rows] == [
        True, False, False
    ]  # fmt: skip
    assert all(row.xpath("w:trPr/w:cantSplit", namespaces=SPACE) for row in rows)
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert section.header.paragraphs[0].text == TEXTS[language][2]
    assert section.first_page_header.paragraphs[0].text == ""
    for footer in (section.footer, section.first_page_footer):
        assert "NUMPAGES" in etree.tostring(footer._element).decode()


def test_arabic_notes_of_word_run_from_right_to_left() -> None:
    notes = word_of(report_in("ar"), "word/footnotes.xml")
    for note in notes.xpath("//w:footnote[not(@w:type)]", namespaces=SPACE):
        assert note.xpath("w:p/w:pPr/w:bidi", namespaces=SPACE)
    archive = ZipFile(io.BytesIO(as_docx(report_in("ar"), "footnotes")))
    text = etree.fromstring(archive.read("word/document.xml"))
    for run in text.xpath("//w:r[w:footnoteReference]", namespaces=SPACE):
        assert run.xpath("string(w:t)", namespaces=SPACE) == "\u200f"


@pytest.mark.parametrize("language", ["ar", "ja"])
def test_what_has_no_slope_is_not_sloped(language: str) -> None:
    assert not slopes(TEXTS[language][0])
    assert slopes(TEXTS["el"][0])
    runs = word_of(report_in(language)).xpath("//w:r[w:rPr/w:i[not(@w:val='0')]]", namespaces=SPACE)
    assert not [run for run in runs if not slopes(run.xpath("string(.)"))]


def test_the_year_of_a_source_is_a_year() -> None:
    dated = [source(1, author="A B", published="March 2020"), source(2, author="C D")]
    passages = tuple(Passage(one, 0, 5, "Text.") for one in dated)
    answer = Answer(
        "x", (Sentence("Es war wohl so, wie es hier geschrieben steht.", (1, 2)),), passages
    )
    shown = as_text(Publication("r", "Wie war es?", "completed", answer), "author-date")
    assert "(A B 2020; C D o. J.)" in shown


def test_a_mark_stays_with_its_sentence_and_marks_of_notes_are_raised_together() -> None:
    publication, marked = report_in("en"), f"{TEXTS['en'][0]}\u00a0[1]"
    word = docx.Document(io.BytesIO(as_docx(publication)))
    assert marked in html.fromstring(as_html(publication)).text_content()
    assert marked in word.paragraphs[2].text
    noted = html.fromstring(as_html(publication, "footnotes"))
    between = noted.xpath("//span[@class='notes']/span[@class='raised']")
    assert {mark.text for mark in between} == {","}


@with_pdf
def test_a_long_address_in_an_arabic_text_is_set_in_its_order() -> None:
    address = "https://example.org/" + "abcdefghij" * 3 + "/klmnopqrst/" + "0123456789" * 9
    named = answer_of("كان الأمر كذلك في عام 1970 في لندن.", title="نهر الراين", location=address)
    shown = as_pdf(named)[0]
    pages = pypdfium2.PdfDocument(shown)
    read = "".join(page.get_textpage().get_text_range() for page in pages)
    assert address[:70] in read
    assert address[80:] in read
    assert "1 / 1" in read


@with_pdf
def test_no_page_has_the_name_of_the_run_alone() -> None:
    for count in range(8, 22):
        publication = report_in("en")
        cited = publication.answer.citations[:1] * count
        answer = replace(publication.answer, citations=cited, sections=())
        made = pypdfium2.PdfDocument(as_pdf(replace(publication, answer=answer, document=None))[0])
        last = made[len(made) - 1].get_textpage().get_text_range()
        assert "Breadth, run" in last
        assert TEXTS["en"][0] in " ".join(last.split())
