"""HTML to text: the main text of a page with its headings, lists and tables, without its frame."""

import re
from typing import Any

from trafilatura import extract, extract_metadata, load_html

from search.charset import decode, has_wide_mark, normalise
from search.errors import ReadError
from search.extracts import Extract, day_of
from search.markup import EMPHASIS, is_hidden, visible_text
from search.tables import relined

DECLARATION = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]+)|\A\s*<\?xml[^>]*?encoding=["']([\w.-]+)""",
    re.IGNORECASE,
)
"""A charset declared by the page; looked for where browsers look, near its beginning."""
DECLARED_WITHIN = 4096

_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!|<>~-])")


def page_text(data: bytes, location: str, charset: str | None = None) -> Extract:
    """The main text of a page, its title, author and day.

    `charset`: what the server said. Raises ReadError for a page that shows no text by itself.
    """
    html = decode_page(data, charset)
    tree = parse_page(html)
    if tree is None:
        raise ReadError(f"{location} has no visible text; add text or leave it out.")
    title = _title(tree)
    main = _main(tree)
    text = main.text or normalise(visible_text(parse_page(html)))
    if not text:
        raise ReadError(f"{location} {_emptiness(parse_page(html))}")
    return Extract(text, title, main.author, main.published)


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


def _main(tree: Any) -> Extract:
    """By trafilatura. Emphasis is dropped first: its marks would stand in what answers quote."""
    described = extract_metadata(tree)
    for element in list(tree.iter(*EMPHASIS)):
        element.drop_tag()
    for element in [found for found in tree.iter() if _is_unseen(found)]:
        element.drop_tree()
    text = extract(tree, output_format="markdown", include_comments=False) or ""
    return Extract(
        normalise(_ESCAPE.sub(r"\1", relined(text))).strip(),
        author=" ".join((described.author or "").split()),
        published=day_of(described.date or ""),
    )


def _is_unseen(element: Any) -> bool:
    kept = element.tag in ("html", "head", "body") or element.getparent() is None
    return not kept and isinstance(element.tag, str) and is_hidden(element)


def _emptiness(tree: Any) -> str:
    """Why a page shows nothing, and what to do."""
    frames = [frame.get("src", "") for frame in tree.iter("frame", "iframe") if frame.get("src")]
    if frames:
        return f"only frames other pages; name those: {', '.join(frames[:5])}."
    if next(tree.iter("script"), None) is not None:
        return "has no visible text without JavaScript; save it from a browser."
    return "has no visible text; add text or leave it out."
