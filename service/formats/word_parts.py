"""What Word documents can do and python-docx has no words for: directions, links, marks, shades."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from service.formats.plain import direction

_LINK_COLOUR = "0B57A4"
_REGIONS = {
    "ar": "ar-SA", "de": "de-DE", "el": "el-GR", "en": "en-US", "es": "es-ES", "fa": "fa-IR",
    "fr": "fr-FR", "he": "he-IL", "hi": "hi-IN", "it": "it-IT", "ja": "ja-JP", "ko": "ko-KR",
    "nl": "nl-NL", "pt": "pt-PT", "ru": "ru-RU", "th": "th-TH", "ur": "ur-PK", "zh": "zh-CN",
}  # fmt: skip
"""Word knows most languages with a country only."""
_KINDS_OF_LANGUAGE = dict.fromkeys(("ja", "ko", "zh"), "w:eastAsia") | dict.fromkeys(
    ("ar", "fa", "he", "hi", "th", "ur"), "w:bidi"
)
"""Where the language of such letters is kept; of others it is `w:val`."""


class Parts:
    """Adds to the paragraphs of one document."""

    def __init__(self, document: Any) -> None:
        """Of python-docx."""
        self._document = document
        self._oxml = import_module("docx.oxml")
        self._named = import_module("docx.oxml.ns").qn
        self._kinds = import_module("docx.opc.constants").RELATIONSHIP_TYPE

    def add_text(self, paragraph: Any, text: str) -> list[Any]:
        """As runs of one direction each, since Word turns and sets letters by the run."""
        runs = []
        for part in of_one_direction(text):
            run = paragraph.add_run(part)
            if direction(part) == "rtl":
                run.font.rtl = True
            runs.append(run)
        return runs

    def turn(self, paragraph: Any, way: str) -> None:
        """Right to left, where it is read so."""
        if way == "rtl":
            paragraph._p.get_or_add_pPr().insert_element_before(
                self._element("w:bidi"), "w:adjustRightInd", "w:snapToGrid", "w:spacing", "w:ind",
                "w:contextualSpacing", "w:mirrorIndents", "w:suppressOverlap", "w:jc",
                "w:textDirection", "w:textAlignment", "w:textboxTightWrap", "w:outlineLvl",
                "w:divId", "w:cnfStyle", "w:rPr", "w:sectPr", "w:pPrChange",
            )  # fmt: skip

    def turn_table(self, table: Any, way: str) -> None:
        """The first column at the right, where it is read so."""
        if way == "rtl":
            table.table_direction = import_module("docx.enum.table").WD_TABLE_DIRECTION.RTL

    def shade(self, run: Any, colour: str) -> None:
        """What stands behind its letters."""
        element = self._element("w:shd", {"w:val": "clear", "w:color": "auto", "w:fill": colour})
        run._r.get_or_add_rPr().append(element)

    def add_link(self, paragraph: Any, text: str, address: str | None) -> None:
        """To a page of the web; plain text where there is none."""
        if address is None:
            self.add_text(paragraph, text)
            return
        relation = paragraph.part.relate_to(address, self._kinds.HYPERLINK, is_external=True)
        self._linked(paragraph, text, {"r:id": relation})

    def add_link_inside(self, paragraph: Any, text: str, bookmark: str) -> None:
        """To another place of the document."""
        self._linked(paragraph, text, {"w:anchor": bookmark, "w:history": "1"})

    def bookmark(self, paragraph: Any, name: str, number: int) -> None:
        """At the paragraph's beginning so far."""
        start = self._element("w:bookmarkStart", {"w:id": str(number), "w:name": name})
        end = self._element("w:bookmarkEnd", {"w:id": str(number)})
        paragraph._p.append(start)
        paragraph._p.append(end)

    def repeat(self, row: Any) -> None:
        """As the head of the table on each page."""
        row._tr.get_or_add_trPr().append(self._element("w:tblHeader"))

    def keep_with_next(self, paragraph: Any, *, kept: bool) -> None:
        """No page ends behind it."""
        paragraph.paragraph_format.keep_with_next = kept

    def keep_whole(self, row: Any) -> None:
        """No page ends inside of it."""
        row._tr.get_or_add_trPr().insert(0, self._element("w:cantSplit"))

    def colour(self, cell: Any, colour: str) -> None:
        """What stands behind all of a cell."""
        element = self._element("w:shd", {"w:val": "clear", "w:color": "auto", "w:fill": colour})
        cell._tc.get_or_add_tcPr().append(element)

    def set_language(self, language: str) -> None:
        """What it is spelt, broken and read aloud by; which forms Chinese characters have."""
        kind = _KINDS_OF_LANGUAGE.get(language, "w:val")
        properties = self._document.styles.element.find(f".//{self._named('w:rPrDefault')}")
        for found in properties.iter(self._named("w:lang")) if language else ():
            found.set(self._named(kind), _REGIONS.get(language, language))

    def break_words(self) -> None:
        """At the ends of lines, as the language does."""
        settings = self._document.settings.element
        settings.find(self._named("w:defaultTabStop")).addnext(
            self._element("w:autoHyphenation", {"w:val": "true"})
        )

    def set_paper(self) -> None:
        """A4, as the PDF is."""
        section, length = self._document.sections[0], import_module("docx.shared").Mm
        section.page_width, section.page_height = length(210), length(297)
        section.left_margin = section.right_margin = length(22)
        section.top_margin = section.bottom_margin = length(24)

    def head_pages(self, title: str, way: str) -> None:
        """With the title, but for the first page, where it stands already."""
        section = self._document.sections[0]
        section.different_first_page_header_footer = True
        paragraph = section.header.paragraphs[0]
        self.turn(paragraph, way)
        paragraph.alignment = import_module("docx.enum.text").WD_ALIGN_PARAGRAPH.CENTER
        for run in self.add_text(paragraph, title):
            self._pale(run)

    def number_pages(self) -> None:
        """At the foot of each, the first among them, and of how many."""
        section = self._document.sections[0]
        for footer in (section.footer, section.first_page_footer):
            paragraph = footer.paragraphs[0]
            paragraph.alignment = import_module("docx.enum.text").WD_ALIGN_PARAGRAPH.CENTER
            self._field(paragraph, "PAGE")
            self._pale(paragraph.add_run(" / "))
            self._field(paragraph, "NUMPAGES")

    def _field(self, paragraph: Any, code: str) -> None:
        """A number that Word works out; 1 until it has."""
        for kind in ("begin", code, "separate", "1", "end"):
            run = paragraph.add_run(kind if kind == "1" else "")
            self._pale(run)
            if kind == code:
                run._r.append(self._element("w:instrText"))
                run._r[-1].text = code
            elif kind != "1":
                run._r.append(self._element("w:fldChar", {"w:fldCharType": kind}))

    def _pale(self, run: Any) -> None:
        """As what stands at the head and the foot of a page."""
        shared = import_module("docx.shared")
        run.font.size, run.font.color.rgb = shared.Pt(9), shared.RGBColor.from_string("666666")

    def _linked(self, paragraph: Any, text: str, attributes: dict[str, str]) -> None:
        """Runs inside of a link."""
        link = self._element("w:hyperlink", attributes)
        for run in self.add_text(paragraph, text):
            run.font.color.rgb = import_module("docx.shared").RGBColor.from_string(_LINK_COLOUR)
            link.append(run._r)
        paragraph._p.append(link)

    def _element(self, name: str, attributes: dict[str, str] | None = None) -> Any:
        """Of WordprocessingML."""
        element = self._oxml.OxmlElement(name)
        for key, value in (attributes or {}).items():
            element.set(self._named(key), value)
        return element


def of_one_direction(text: str) -> Iterator[str]:
    """Parts; what has no direction of its own goes with what stands before it."""
    start, way = 0, direction(text)
    for place, letter in enumerate(text):
        own = direction(letter) if letter.isalpha() else way
        if own != way:
            yield text[start:place]
            start, way = place, own
    if text[start:]:
        yield text[start:]
