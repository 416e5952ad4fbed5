"""HTML to text: the content of a page with its headings, lists and tables, without its frame."""

import re
from copy import deepcopy
from typing import Any

from lxml import etree
from trafilatura import extract_metadata, load_html

from search.charset import decode, has_wide_mark, normalise
from search.errors import ReadError
from search.extracts import Extract, day_of
from search.framing import without_frame
from search.markup import visible_text

DECLARATION = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]+)|\A\s*<\?xml[^>]*?encoding=["']([\w.-]+)""",
    re.IGNORECASE,
)
"""A charset declared by the page; looked for where browsers look, near its beginning."""
DECLARED_WITHIN = 4096


def page_text(data: bytes, location: str, charset: str | None = None) -> Extract:
    """The content of a page, its title, author and day.

    `charset`: what the server said. Raises ReadError for a page that shows no text by itself.
    """
    tree = parse_page(decode_page(data, charset))
    if tree is None:
        raise ReadError(f"{location} has no visible text; add text or leave it out.")
    content = visible_text(without_frame(deepcopy(tree)))
    text = normalise(content or visible_text(tree)).strip()
    if not text:
        raise ReadError(f"{location} {_emptiness(tree)}")
    title, described = _title(tree), extract_metadata(tree, extensive=False)
    author = " ".join((described.author or "").split())
    return Extract(text, title, author, day_of(described.date or ""))


def xml_text(data: bytes, location: str, charset: str | None = None) -> Extract:
    """The text of other XML, an element a line; markup inside of it, as feeds have it, is read."""
    text = re.sub(r"\A\s*<\?xml[^>]*\?>", "", decode_page(data, charset))
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
    tree = etree.fromstring(f"<all>{text}</all>", parser)
    said = [words for element in tree.iter() for words in _said(element)]
    title = tree.find(".//{*}title")
    name = " ".join((title.text or "").split()) if title is not None else ""
    return Extract(normalise("\n\n".join(said)), normalise(name))


def decode_page(data: bytes, charset: str | None = None) -> str:
    """The page's characters: by its byte order mark, `charset`, what it declares, or its look."""
    found = None if has_wide_mark(data) else DECLARATION.search(data, 0, DECLARED_WITHIN)
    declared = (found[1] or found[2]).decode("ascii", "replace") if found else None
    return decode(data, declared=charset or declared)


def parse_page(html: str) -> Any:
    """The tree of a page; None when it has none."""
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


def _said(element: Any) -> list[str]:
    words = " ".join((element.text or "").split()) if isinstance(element.tag, str) else ""
    if "<" in words:
        tree = parse_page(words)
        words = visible_text(tree) if tree is not None else ""
    tail = " ".join((element.tail or "").split())
    return [piece for piece in (words, tail) if piece]


def _emptiness(tree: Any) -> str:
    """Why a page shows nothing, and what to do."""
    frames = [frame.get("src", "") for frame in tree.iter("frame", "iframe") if frame.get("src")]
    if frames:
        return f"only frames other pages; name those: {', '.join(frames[:5])}."
    if next(tree.iter("script"), None) is not None:
        return "has no visible text without JavaScript; save it from a browser."
    return "has no visible text; add text or leave it out."
