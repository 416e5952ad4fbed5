"""Titles, texts and addresses that are made to break or to script a format do neither."""

import io
import json
import re
from dataclasses import replace
from zipfile import ZipFile

import docx
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html
from markdown_it import MarkdownIt
from pdf_links import addresses, does_something
from publications import answer_of, made_document

from planner import Answer, Section, Sentence, Table
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

HOSTILE = {
    "html": "</style></title><script>alert(1)</script><img src=x onerror=alert(1)>",
    "attribute": '" onmouseover="alert(1)" x=\' autofocus onfocus=\'alert(1)',
    "entity": "&lt;b&gt; &#x202e; &amp; <![CDATA[x]]> <!-- x -->",
    "markdown": "# h\n- l\n1. o\n> q\n```\ncode\n``` [l](http://evil.example) ![i](x) **b** | c |",
    "reference": "[1]: http://evil.example\n[^1]: gone <http://evil.example> http://evil.example",
    "latex": r"\input{/etc/passwd} \write18{id} $x_1^2$ 100% #1 & ~ { unbalanced } } {",
    "controls": "a\x00b\x07c\x1b[31md\x1b]0;t\x07e\x7ff\x0bg\x0ch\x85i\ufeffj\uffff\ud800k",
    "bidi": "safe \u202egnp.exe\u202c \u2066\u2067x\u2069 \u200fy",
    "long": "x" * 2000,
    "wide": "漢" * 1500,
    "words": "word " * 600,
    "template": "{{7*7}} ${7*7} <%= 7 %> {0} %s",
    "field": "{ HYPERLINK \"http://evil.example\" } { DDEAUTO c:\\cmd.exe } =cmd|' /C calc'!A0",
    "entities of xml": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>&x;',
    "style": "} body{display:none} @import url(http://evil.example); </style>",
    "nothing": "",
    "space": " \n\t ",
}
PLACES = ["https://example.org/", "javascript:alert(1)", 'https://e.example/"><script>x</script>']
every_text = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
each_place = pytest.mark.parametrize(
    ("style", "location"), [*zip(STYLES, PLACES, strict=True), ("numbers", PLACES[2])]
)
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\uffff]")


def publication_of(text: str, location: str) -> Publication:
    """The text wherever one can stand."""
    plain = answer_of(
        text, title=text, passage=text, author=text, published=text, location=location
    )
    cell = Sentence(text, (1,), "partly")
    answer: Answer = plain.answer
    sections = (Section(text, (cell,), Table((text, "b"), ((cell, cell),))),)
    whole = Answer(text, (cell,), answer.citations, text, sections)
    document = made_document(
        [("a", text, [], "done", text), (f"b{text[:9]}", text, ["a"], "failed", "")]
    )
    return Publication("0k3f", text, "incomplete", whole, text, day="2026-11-26", document=document)


@every_text
@each_place
def test_pages_cannot_be_scripted(text: str, style: CitationStyle, location: str) -> None:
    written = as_html(publication_of(text, location), style)
    assert not FORBIDDEN.search(written)
    page = html.fromstring(written)
    tags = {element.tag for element in page.iter() if isinstance(element.tag, str)}
    assert not tags & {
        "script",
        "img",
        "iframe",
        "object",
        "embed",
        "base",
        "form",
        "input",
        "link",
    }
    assert len(page.xpath("//style")) == 1
    assert not [name for e in page.iter() for name in e.attrib if name.startswith("on")]
    for address in page.xpath("//@href"):
        assert re.match(r"#source-1$|https://[\w.]+/[^\s<>\"]*$", address), address


@every_text
@pytest.mark.parametrize(
    ("style", "location"), list(zip(STYLES, PLACES[::-1], strict=True)), ids=STYLES
)
def test_markdown_cannot_be_broken(text: str, style: CitationStyle, location: str) -> None:
    written = as_markdown(publication_of(text, location), style)
    assert not FORBIDDEN.search(written)
    page = html.fromstring(
        f"<div>{MarkdownIt('gfm-like', {'linkify': False}).render(written)}</div>"
    )
    tags = {element.tag for element in page.iter()}
    allowed = {"div", "h1", "h2", "p", "em", "strong", "blockquote", "a", "br", "table", "thead",
               "tbody", "tr", "th", "td", "pre", "code"}  # fmt: skip
    assert tags <= allowed if style == "footnotes" else tags <= allowed - {"pre", "code"}
    for address in page.xpath("//@href"):
        assert re.match(r"https://[\w.]+/[^\s<>\"]*$", address), address
    assert len(page.xpath("//table")) == 1
    assert {len(row.xpath("./*")) for row in page.xpath("//tr")} == {2}


@every_text
@pytest.mark.parametrize("style", STYLES)
def test_word_documents_stay_whole(text: str, style: CitationStyle) -> None:
    data = as_docx(publication_of(text, PLACES[2]), style)
    assert docx.Document(io.BytesIO(data)).tables
    archive = ZipFile(io.BytesIO(data))
    for name in archive.namelist():
        if name.endswith((".xml", ".rels")):
            etree.fromstring(archive.read(name))
            assert b"<!ENTITY" not in archive.read(name)
    codes = re.findall(r"<w:instrText[^>]*>([^<]*)", archive.read("word/document.xml").decode())
    assert codes == []
    linked = re.findall(
        r'Target="([^"]*)" TargetMode="External"',
        archive.read("word/_rels/document.xml.rels").decode(),
    )
    assert all(address.startswith("https://e.example/") for address in linked)


@pytest.mark.skipif(why_no_pdf() != "", reason=why_no_pdf())
@pytest.mark.parametrize("names", [["long", "words"], ["wide", "html"], [*HOSTILE][:8]], ids=str)
def test_pdfs_can_be_opened_and_do_nothing(names: list[str]) -> None:
    first = publication_of(HOSTILE[names[0]], PLACES[2])
    others = [publication_of(HOSTILE[name], PLACES[2]).answer for name in names[1:]]
    sections = tuple(section for answer in others for section in answer.sections)
    data, _ = as_pdf(replace(first, answer=replace(first.answer, sections=sections)))
    document = pypdfium2.PdfDocument(data)
    assert len(document) >= 1
    assert not does_something(document)
    assert all(not one or one.startswith("https://e.example/") for one in addresses(document))
    width = document[0].get_width()
    for page in document:
        for found in page.get_objects():
            left, _, right, _ = found.get_bounds()
            assert -5 <= left <= right <= width + 5


@every_text
def test_bibtex_and_json_and_text_stay_whole(text: str) -> None:
    publication = publication_of(text, PLACES[1])
    entries = as_bibtex(publication)
    assert entries.count("{") == entries.count("}")
    assert entries.count("@misc{") == 1 + entries.count(r"@misc\textbraceleft")
    assert not re.search(r"\\(?:input|write)", entries)
    assert json.loads(as_json(publication))["question"] == text
    assert not FORBIDDEN.search(as_text(publication))


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=200), st.text(max_size=60))
def test_no_text_breaks_page_or_markdown(text: str, location: str) -> None:
    publication = publication_of(text, location)
    page = html.fromstring(as_html(publication))
    assert len(page.xpath("//button")) == 4
    assert as_markdown(publication).count("\n| ") in (2, 3)
    as_html(publication).encode()
    docx.Document(io.BytesIO(as_docx(publication)))
