"""Footnotes of a Word document, which python-docx does not make: a part of their own.

The form is that of ECMA-376, part 1, 17.11.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from service.formats.plain import direction
from service.formats.word_parts import of_one_direction

_MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
_EMPTY = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:footnotes xmlns:w="{_MAIN}" xmlns:r="{_RELATIONS}">
<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>
<w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/></w:r></w:p>
</w:footnote></w:footnotes>"""


class Notes:
    """The footnotes of one document."""

    def __init__(self, document: Any, way: str) -> None:
        """None yet. `way`: how they are read, rtl or ltr."""
        self._way = way
        packuri = import_module("docx.opc.packuri").PackURI("/word/footnotes.xml")
        self._kinds = import_module("docx.opc.constants").RELATIONSHIP_TYPE
        self._oxml, self._named = import_module("docx.oxml"), import_module("docx.oxml.ns").qn
        part = import_module("docx.opc.part").XmlPart
        self._part = part(
            packuri, _TYPE, self._oxml.parse_xml(_EMPTY.encode()), document.part.package
        )
        document.part.relate_to(self._part, self._kinds.FOOTNOTES)
        self._count = 0

    def add(self, paragraph: Any, texts: Sequence[tuple[str, str | None]]) -> int:
        """A mark behind what the paragraph has so far, and its note: texts or links. Its number."""
        self._count += 1
        # Without a letter between them "in 1901." and a 2 would be the number 1901.2.
        run = paragraph.add_run("\u200f" if self._way == "rtl" else "")
        run.font.superscript = True
        run._r.append(self._element("w:footnoteReference", {"w:id": str(self._count)}))
        note = self._element("w:footnote", {"w:id": str(self._count)})
        inside, spaced = self._element("w:p"), self._element("w:pPr")
        if self._way == "rtl":
            spaced.append(self._element("w:bidi"))
        spaced.append(self._element("w:spacing", {"w:before": "0", "w:after": "40"}))
        inside.append(spaced)
        inside.append(self._small(self._element("w:footnoteRef"), raised=True))
        inside.append(self._small(self._text(" ")))
        for text, address in texts:
            if address:
                inside.append(self._linked(text, address))
            else:
                inside.extend(self._runs(text))
        note.append(inside)
        self._part.element.append(note)
        return self._count

    def _linked(self, text: str, address: str) -> Any:
        """A link of the notes' own part."""
        relation = self._part.relate_to(address, self._kinds.HYPERLINK, is_external=True)
        link = self._element("w:hyperlink", {"r:id": relation})
        link.extend(self._runs(text))
        return link

    def _runs(self, text: str) -> list[Any]:
        """Of one direction each."""
        return [self._small(self._text(part)) for part in of_one_direction(text)]

    def _text(self, text: str) -> Any:
        """Whose spaces stay."""
        element = self._element("w:t")
        element.text = text
        element.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        return element

    def _small(self, content: Any, *, raised: bool = False) -> Any:
        """A run of the size of notes."""
        run, properties = self._element("w:r"), self._element("w:rPr")
        properties.append(self._element("w:sz", {"w:val": "18"}))
        properties.append(self._element("w:szCs", {"w:val": "18"}))
        if raised:
            properties.append(self._element("w:vertAlign", {"w:val": "superscript"}))
        elif direction(content.text or "") == "rtl":
            properties.append(self._element("w:rtl"))
        run.append(properties)
        run.append(content)
        return run

    def _element(self, name: str, attributes: dict[str, str] | None = None) -> Any:
        """Of WordprocessingML."""
        element = self._oxml.OxmlElement(name)
        for key, value in (attributes or {}).items():
            element.set(self._named(key), value)
        return element
