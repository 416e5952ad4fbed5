"""All visible text of an HTML tree: headings, lists and tables in Markdown, the rest as it is."""

import re
from typing import Any

from search.tables import row_lines

BLOCKS = frozenset(
    [
        *("address", "article", "aside", "blockquote", "body", "center", "details", "dialog"),
        *("dir", "div", "dl", "fieldset", "figcaption", "figure", "footer", "form", "frameset"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "legend", "main", "menu"),
        *("nav", "noframes", "ol", "p", "search", "section", "summary", "table", "td", "th", "ul"),
    ]
)
"""Begin a paragraph."""
HIDDEN = ("head", "script", "style", "noscript", "template", "svg", "iframe", "object", "select")
HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
LINES = ("br", "dd", "dt", "li", "tr", "option")
"""Begin a line. All other elements go on in it, but those that a page has made up."""
LONGEST_CELL = 500
"""Characters: a table with a longer cell arranges a page, it does not tabulate."""

_UNSEEN = re.compile(
    r"(?:display\s*:\s*none|visibility\s*:\s*hidden|(?:font-size|opacity)\s*:\s*0(?![.\d]))",
    re.IGNORECASE,
)


def visible_text(tree: Any) -> str:
    """The text in document order. Iterative, as pages nest deeper than Python may."""
    writer = _Writer()
    stack = [(tree, False)]
    while stack:
        node, ends = stack.pop()
        if ends:
            writer.end(node.tag)
            writer.say(node.tail if node is not tree else None)
        elif is_hidden(node) or _written_whole(node, writer):
            writer.say(node.tail)
        else:
            writer.begin(node)
            writer.say(node.text)
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(node))
    return writer.text()


def is_hidden(element: Any) -> bool:
    """Whether an element is not shown to a reader: by what it is, or by its own attributes."""
    if not isinstance(element.tag, str) or element.tag in HIDDEN:
        return True
    return "hidden" in element.attrib or bool(_UNSEEN.search(element.get("style", "")))


def table_lines(table: Any) -> list[str] | None:
    """The rows of a table of data as lines; None for one that only arranges a page."""
    rows = [[(cell, words_of(cell)) for cell in row if _is_cell(cell)] for row in table.iter("tr")]
    rows = [row for row in rows if any(words for _, words in row)]
    if table.find(".//table") is not None or len(rows) < 2 or max(map(len, rows)) < 2:
        return None
    if any(len(words) > LONGEST_CELL for row in rows for _, words in row):
        return None
    named = _names_columns([[cell for cell, _ in row] for row in rows if len(row) > 1])
    spread = [[words for cell, words in row for words in _spanned(cell, words)] for row in rows]
    caption = [words for found in table.iter("caption") if (words := words_of(found))]
    return [*caption, *row_lines(spread, header=named)]


def words_of(element: Any) -> str:
    """The text of an element and all in it, on one line."""
    return " ".join(" ".join(element.itertext()).split())


def _spanned(cell: Any, words: str) -> list[str]:
    """A cell over several columns fills the first only, but the next keep their places."""
    span = cell.get("colspan", "1")
    return [words] + [""] * (min(int(span), 100) - 1 if span.isascii() and span.isdigit() else 0)


def _names_columns(rows: list[list[Any]]) -> bool | None:
    """Whether the first row has the names; None where the table does not say."""
    if all(cell.tag == "th" for cell in rows[0]):
        return True
    return False if any(row[0].tag == "th" for row in rows) else None


def _breaks(tag: str) -> bool:
    return tag in BLOCKS or tag in LINES or "-" in tag


def _is_cell(element: Any) -> bool:
    return element.tag in ("td", "th")


def _written_whole(node: Any, writer: "_Writer") -> bool:
    """Tables of data and text that is set already are written without a look at what is in them."""
    lines: list[str] | None = None
    if node.tag == "table":
        lines = table_lines(node)
    elif node.tag == "pre":
        lines = "".join(node.itertext()).strip("\n").split("\n")
    if lines is None:
        return False
    writer.put(lines)
    return True


class _Writer:
    """Lines, as they are written."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._mark = ""
        """What the next line begins with, once it has words."""
        self._numbers: list[int] = []
        """Of the items of the lists that are open; -1 in a list without numbers."""

    def begin(self, node: Any) -> None:
        tag = node.tag
        if not _breaks(tag):
            return
        self._break(blank=tag not in LINES and not self._mark)
        if tag in ("ol", "ul"):
            self._numbers.append(0 if tag == "ol" else -1)
        if tag == "li":
            self._mark = self._item()
        self._mark = HEADINGS.get(tag, self._mark)
        if tag in ("td", "th"):
            self.say(" ")

    def end(self, tag: str) -> None:
        if not _breaks(tag):
            return
        self._break(blank=tag not in LINES and not self._mark)
        if tag in ("ol", "ul") and self._numbers:
            self._numbers.pop()
        if tag == "li" or tag in HEADINGS:
            self._mark = ""

    def say(self, text: str | None) -> None:
        if not text:
            return
        if self._mark and text.strip():
            self._line, self._mark = [self._mark], ""
        self._line.append(text)

    def put(self, lines: list[str]) -> None:
        self._break(blank=True)
        self._lines += [line.rstrip() for line in lines]
        self._break(blank=True)

    def text(self) -> str:
        self._break(blank=False)
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines)).strip()

    def _break(self, *, blank: bool) -> None:
        if words := " ".join("".join(self._line).split()):
            self._lines.append(words)
        self._line = []
        if blank and self._lines and self._lines[-1]:
            self._lines.append("")

    def _item(self) -> str:
        if not self._numbers or self._numbers[-1] < 0:
            return "- "
        self._numbers[-1] += 1
        return f"{self._numbers[-1]}. "
