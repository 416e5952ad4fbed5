"""What Word documents can do and python-docx has no words for: directions, links, marks, shades."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from service.formats.plain import direction

_LINK_COLOUR = "0B57A4"


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
        for part in _of_one_direction(text):
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

    def keep_with_next(self, paragraph: Any, kept: bool) -> None:
        """No page ends behind it."""
        paragraph.paragraph_format.keep_with_next = kept

    def set_language(self, east_asian: str) -> None:
        """Which forms its Chinese characters have, where the text tells."""
        if east_asian:
            properties = self._document.styles.element.find(f".//{self._named('w:rPrDefault')}")
            for found in properties.iter(self._named("w:lang")):
                found.set(self._named("w:eastAsia"), east_asian)

    def number_pages(self) -> None:
        """At the foot of each."""
        paragraph = self._document.sections[0].footer.paragraphs[0]
        paragraph.alignment = import_module("docx.enum.text").WD_ALIGN_PARAGRAPH.CENTER
        for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
            run = paragraph.add_run()
            element = self._element("w:fldChar", {"w:fldCharType": kind})
            if text:
                element = self._element("w:instrText")
                element.text = text
            run._r.append(element)

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


def _of_one_direction(text: str) -> Iterator[str]:
    """Parts; what has no direction of its own goes with what stands before it."""
    start, way = 0, direction(text)
    for place, letter in enumerate(text):
        own = direction(letter) if letter.isalpha() else way
        if own != way:
            yield text[start:place]
            start, way = place, own
    if text[start:]:
        yield text[start:]
