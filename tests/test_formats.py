"""Each format, read back by a reader of it: in five languages, in each style of citing."""

import io
import json
import re
import unicodedata
from zipfile import ZipFile

import docx
import pypdfium2
import pytest
from lxml import etree, html
from markdown_it import MarkdownIt
from pdf_links import addresses
from publications import TEXTS, answer_of, report_in

from planner import Answer, Sentence
from search import Passage
from service.formats import (
    STYLES,
    CitationStyle,
    Publication,
    as_bibtex,
    as_docx,
    as_html,
    as_json,
    as_markdown,
    as_pdf,
    as_text,
)
from service.formats.pdf import why_no_pdf

with_pdf = pytest.mark.skipif(why_no_pdf() != "", reason=why_no_pdf())
every_style = pytest.mark.parametrize("style", STYLES)
every_language = pytest.mark.parametrize("language", TEXTS)
MARKS = {
    "numbers": "[1]",
    "author-date": "(Ann Author 2020)",
    "footnotes": "1",
}
ENGLISH = ("(supported in part)", "(not supported)", "(contradicted)")
REMARKS = {
    "en": ENGLISH,
    "emoji": ENGLISH,
    "de": ("(teilweise belegt)", "(nicht belegt)", "(widersprochen)"),
    "el": ("(τεκμηριώνεται εν μέρει)", "(δεν τεκμηριώνεται)", "(διαψεύδεται)"),
    "ar": ("(مدعوم جزئيًا)", "(غير مدعوم)", "(متناقض)"),
    "ja": ("(一部のみ裏付けあり)", "(裏付けなし)", "(矛盾あり)"),
    "zh": ("(部分有据)", "(无依据)", "(有矛盾)"),
}


def squeezed(text: str) -> str:
    """Without spaces, which readers of PDFs guess, and composed."""
    return re.sub(r"\s", "", unicodedata.normalize("NFC", text))


@every_style
@every_language
def test_html_has_everything_and_needs_nothing(language: str, style: CitationStyle) -> None:
    publication = report_in(language)
    page = html.fromstring(as_html(publication, style))
    shown = page.text_content()
    sentence, title, heading = TEXTS[language]
    assert [h.text_content() for h in page.iter("h1")] == [heading]
    assert [h.text_content() for h in page.iter("h2")][:2] == [heading, title]
    assert sentence in shown
    assert all(
        shown.count(remark) == 2 for remark in REMARKS[language]
    )  # at the sentence, and explained
    assert not page.xpath("//script|//img|//link|//iframe|//@src|//@onclick")
    links = {a.get("href") for a in page.iter("a")}
    assert links == {"#source-1", "#source-2", "https://example.org/1?a=1&b=2"}
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    for mark in page.xpath("//button"):
        (tip,) = page.xpath(f"//*[@id='{mark.get('aria-describedby')}']")
        assert sentence in tip.text_content()
    text = page.xpath("string(//p[contains(@class, 'around')][1]/button | //button[1])")
    assert text.strip("()") in MARKS[style]


@every_language
def test_the_page_is_read_in_its_direction(language: str) -> None:
    page = html.fromstring(as_html(report_in(language)))
    ways = {element.get("dir") for element in page.xpath("//h1|//h2[@dir]|//p[@dir]|//th|//td")}
    assert ways == {"rtl" if language == "ar" else "ltr"}
    spoken = "" if language == "emoji" else language
    assert page.xpath("/html/@lang|//main/@lang") == [spoken or "en", spoken]
    assert page.xpath("/html/@dir") == ["rtl" if language == "ar" else "ltr"]


def test_the_plan_is_drawn_with_values_and_edges() -> None:
    page = html.fromstring(as_html(report_in("en")))
    (svg,) = page.xpath("//*[name()='svg']")
    words = [text.text for text in svg.iter("text")]
    assert "1970" in words
    assert "failed: no such thing" in words
    assert len(svg.xpath(".//*[name()='rect']")) == 5
    assert len(svg.xpath(".//*[@class='edge']")) == 2 * 4  # a line and its point


@every_style
@every_language
def test_markdown_says_the_same_to_its_reader(language: str, style: CitationStyle) -> None:
    written = as_markdown(report_in(language), style)
    sentence, title, heading = TEXTS[language]
    page = html.fromstring(
        f"<div>{MarkdownIt('gfm-like', {'linkify': False}).render(written)}</div>"
    )
    shown = page.text_content()
    assert page.xpath("string(//h1)") == heading
    assert len(page.xpath("//table//tr")) == 3
    assert sentence in shown
    assert all(shown.count(remark) == 2 for remark in REMARKS[language])
    if style == "footnotes":
        assert set(re.findall(r"\[\^(\d)\](?!:)", written)) == {"1", "2"}
        assert set(re.findall(r"^\[\^(\d)\]: ", written, re.MULTILINE)) == {"1", "2"}
    else:
        assert MARKS[style] in shown
        assert page.xpath("//a/@href") == ["https://example.org/1?a=1&b=2"]
        assert title in page.xpath("string(//a)")


@every_style
@every_language
def test_text_for_a_terminal_has_the_same(language: str, style: CitationStyle) -> None:
    shown = as_text(report_in(language), style)
    sentence, _, heading = TEXTS[language]
    mark = "[1]" if style == "footnotes" else MARKS[style]
    assert shown.startswith(f"{heading}\n\n{sentence} {mark}")
    assert all(shown.count(remark) == 2 for remark in REMARKS[language])


@with_pdf
@every_language
def test_a_pdf_can_be_read_back(language: str) -> None:
    data, missing = as_pdf(report_in(language))
    assert missing == ""
    document = pypdfium2.PdfDocument(data)
    shown = squeezed("".join(page.get_textpage().get_text_range() for page in document))
    sentence, title, heading = TEXTS[language]
    assert document.get_metadata_value("Title") == heading
    for text in (title, heading) if language == "ar" else (sentence, title, heading):
        assert all(squeezed(word) in shown for word in text.split()), text
    remarks = ("مدعوم", "غير", "متناقض") if language == "ar" else REMARKS[language]
    assert all(squeezed(remark) in shown for remark in remarks)
    assert "example.org/1?a=1&b=2" in shown


@with_pdf
@every_style
def test_a_pdf_has_links_and_the_style(style: CitationStyle) -> None:
    data, _ = as_pdf(report_in("en"), style)
    document = pypdfium2.PdfDocument(data)
    shown = "\n".join(page.get_textpage().get_text_range() for page in document)
    assert MARKS[style] in shown
    assert set(addresses(document)) == {"https://example.org/1?a=1&b=2", ""}


@with_pdf
def test_letters_that_no_font_has_are_told_with_their_script() -> None:
    _, missing = as_pdf(answer_of("An unassigned script: \U00016a40\U00016a41, and \U00012000."))
    assert missing.startswith("Cuneiform (\U00012000)")
    assert "Mro (" in missing


@every_style
@every_language
def test_a_word_document_can_be_read_back(language: str, style: CitationStyle) -> None:
    data = as_docx(report_in(language), style)
    document = docx.Document(io.BytesIO(data))
    sentence, title, heading = TEXTS[language]
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert texts[0] == document.core_properties.title == heading
    assert sentence in texts[2]
    assert all(sum(remark in text for text in texts) == 2 for remark in REMARKS[language])
    (table,) = document.tables
    assert [cell.text for cell in table.rows[0].cells] == [heading, title]
    assert sentence in table.rows[1].cells[1].text
    notes = "word/footnotes.xml" in ZipFile(io.BytesIO(data)).namelist()
    assert notes == (style == "footnotes")
    if style != "footnotes":
        assert MARKS[style] in texts[2]


def test_a_word_document_says_when_and_by_what_it_was_made() -> None:
    said = docx.Document(io.BytesIO(as_docx(report_in("en")))).core_properties
    assert said.created == said.modified
    assert said.created is not None
    assert said.created.year > 2025
    assert said.last_modified_by == said.author


def test_footnotes_of_a_word_document_are_notes_of_word() -> None:
    archive = ZipFile(io.BytesIO(as_docx(report_in("ar"), "footnotes")))
    space = {"w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main"}
    text = etree.fromstring(archive.read("word/document.xml"))
    notes = etree.fromstring(archive.read("word/footnotes.xml"))
    pointed = text.xpath("//w:footnoteReference/@w:id", namespaces=space)
    there = notes.xpath("//w:footnote[not(@w:type)]/@w:id", namespaces=space)
    assert pointed == there == [str(number) for number in range(1, len(there) + 1)]
    assert TEXTS["ar"][0] in notes.xpath("string(//w:footnote[@w:id='1'])", namespaces=space)
    assert "انظر الحاشية 1." in notes.xpath("string(//w:footnote[@w:id='2'])", namespaces=space)
    linked = archive.read("word/_rels/footnotes.xml.rels").decode()
    assert "https://example.org/1?a=1&amp;b=2" in linked
    assert text.xpath("count(//w:bidi)", namespaces=space) >= 5
    assert text.xpath("count(//w:rtl)", namespaces=space) >= 5


@every_language
def test_json_says_where_each_mark_stands(language: str) -> None:
    publication = report_in(language)
    given = json.loads(as_json(publication))
    assert given["answer"] == publication.answer.text
    assert len(given["citations"]) == 7
    for citation in given["citations"]:
        mark = given["answer"][citation["start_index"] : citation["end_index"]]
        assert mark == f"[{citation['number']}]"
    assert given["sections"][1]["table"]["rows"][0][1]["citations"] == [2]
    assert {source["accessed"] for source in given["sources"]} == {"2026-11-26"}


def test_a_plain_answer_has_neither_legend_nor_sections() -> None:
    publication = answer_of("It was so.", question="How was it?")
    page = html.fromstring(as_html(publication))
    assert page.xpath("string(//h1)") == "How was it?"
    assert not page.xpath("//aside|//figure|//h2[text() != 'Sources']")
    assert as_text(publication).startswith("It was so. [1]\n\nSources\n[1] Title (")
    assert as_markdown(publication).startswith("# How was it?\n\nIt was so. **[1]**\n\n## Sources")


def test_an_answer_without_sources_is_written_too() -> None:
    answer = Answer(None, (Sentence("The documents do not say."),))
    publication = Publication("r", "Who?", "incomplete", answer, "max-seconds: 1 of 1")
    for style in STYLES:
        assert "Sources" not in as_markdown(publication, style)
        assert "incomplete: max-seconds: 1 of 1" in as_html(publication, style)
        assert docx.Document(io.BytesIO(as_docx(publication, style))).paragraphs[0].text == "Who?"


def test_numbers_that_are_not_there_are_left_out() -> None:
    passage: Passage = answer_of("x").answer.citations[0]
    answer = Answer("x", (Sentence("x", (0, 1, 1, 9), "supported"),), (passage,))
    publication = Publication("r", "x", "completed", answer)
    assert as_text(publication).startswith("x [1]\n")


@every_style
def test_reasoning_is_told_by_its_title_and_has_no_address(style: CitationStyle) -> None:
    publication = answer_of(
        "Eight.", title="Reasoning by vote(3)", location="think:vote(3) How many legs?"
    )
    word = io.BytesIO(as_docx(publication, style))
    written = [
        as_text(publication, style),
        as_markdown(publication, style),
        html.fromstring(as_html(publication, style)).text_content(),
        "".join(texts_of(word)),
        as_bibtex(publication),
    ]
    for text in written:
        assert "Reasoning by vote" in text
        assert "think:" not in text
        assert "(, " not in text
        assert ". ," not in text


def texts_of(word: io.BytesIO) -> list[str]:
    """Of all parts, footnotes among them."""
    with ZipFile(word) as parts:
        names = [name for name in parts.namelist() if name.endswith(".xml")]
        return ["".join(etree.fromstring(parts.read(name)).itertext()) for name in names]
