"""HTML to text: the main text of a page with its headings, lists and tables, without its frame."""

import re
from collections.abc import Iterator
from typing import Any

from trafilatura import extract, load_html

from search.charset import decode, has_wide_mark, normalise

DECLARATION = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]+)|\A\s*<\?xml[^>]*?encoding=["']([\w.-]+)""",
    re.IGNORECASE,
)
"""A charset declared by the page; looked for where browsers look, near its beginning."""
DECLARED_WITHIN = 4096

EMPHASIS = ("b", "code", "em", "i", "mark", "s", "strong", "u")
INLINE = (*EMPHASIS, "a", "abbr", "cite", "font", "q", "small", "span", "sub", "sup", "wbr")
HIDDEN = ("head", "script", "style", "noscript", "template", "svg", "iframe", "object", "select")

_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!|<>~-])")


def page_text(data: bytes) -> tuple[str, str]:
    """The title (empty when it has none) and the text of a page; both empty when it shows none."""
    html = decode_page(data)
    tree = _tree(html)
    if tree is None:
        return "", ""
    title = _title(tree)
    return title, normalise(_main_text(tree) or _visible_text(_tree(html))).strip()


def decode_page(data: bytes) -> str:
    """The page's characters: by its byte order mark, else as it declares, else as it looks."""
    found = None if has_wide_mark(data) else DECLARATION.search(data, 0, DECLARED_WITHIN)
    declared = (found[1] or found[2]).decode("ascii", "replace") if found else None
    return decode(data, declared=declared)


def _tree(html: str) -> Any:
    # load_html takes what does not say so in its first 50 characters for something else.
    named = html if "html" in html[:50].lower() else f"<html>{html}"
    return load_html(named, max_size=len(named) * 4 + 1)


def _title(tree: Any) -> str:
    for tag in ("title", "h1"):
        for element in tree.iter(tag):
            words = " ".join(element.text_content().split())
            if words:
                return normalise(words)
    return ""


def _main_text(tree: Any) -> str:
    """By trafilatura. Emphasis is dropped first: its marks would stand in what answers quote."""
    for element in list(tree.iter(*EMPHASIS)):
        element.drop_tag()
    text = extract(tree, output_format="markdown", include_comments=False, include_tables=True)
    return _ESCAPE.sub(r"\1", text or "").strip()


def _visible_text(tree: Any) -> str:
    lines = "".join(_pieces(tree)).split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(" ".join(line.split()) for line in lines))


def _pieces(element: Any) -> Iterator[str]:
    """The text in document order, blocks set apart; iterative, as pages nest deeper than Python."""
    for event, node in _walk(element):
        hidden = not isinstance(node.tag, str) or node.tag in HIDDEN
        if event == "start" and not hidden:
            yield "" if node.tag in INLINE else "\n\n"
            yield (node.text or "").replace("\n", " ")
        if event == "end":
            yield "" if hidden or node.tag in INLINE else "\n\n"
            yield (node.tail or "").replace("\n", " ")


def _walk(root: Any) -> Iterator[tuple[str, Any]]:
    stack = [("start", root)]
    while stack:
        event, node = stack.pop()
        yield event, node
        if event == "start":
            stack.append(("end", node))
            if isinstance(node.tag, str) and node.tag not in HIDDEN:
                stack.extend(("start", child) for child in reversed(node))
