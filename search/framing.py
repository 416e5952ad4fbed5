"""What of a page is its frame: menus, footers, advertisements, and what nobody sees.

Names, roles and the share of links say what cannot be the content; they never take a large part of
a page away. trafilatura, which looks for what must be the content, loses short posts of a thread,
lists and rows of tables, and on short pages all structure: of a source that is to be cited, losing
a line is worse than keeping one too many.
"""

import re
from dataclasses import dataclass
from typing import Any

from search.markup import is_hidden, words_of

LARGEST_SHARE = 0.34
"""Of a page's characters; a larger part is content, whatever it is called."""
LINKED_SHARE = 0.8
"""From this share of linked characters on, a block of some links is a menu."""
FEWEST_LINKS = 2
LONGEST_ANCHOR = 10
FEWEST_CHARACTERS = 200
"""Of what a page calls its main part, for it to be all of the content."""
_FRAME_TAGS = ("nav", "button", "input", "textarea", "dialog", "menu")
_FRAME_ROLES = ("navigation", "banner", "contentinfo", "search", "dialog", "complementary")
_NAMES = re.compile(
    r"(?:\b|_)(?:ads?|advert\w*|breadcrumbs?|comments|consent|cookies?|footer|menu|nav\w*|newsletter"
    r"|pager|pagination|promo|recommended|related|shar(?:e|ing)|\w*sidebar|skip|social|subscribe"
    r"|toolbar)(?:\b|_)",
    re.IGNORECASE,
)
_HEADERS = re.compile(r"(?:\b|_)(?:header|masthead|topbar)(?:\b|_)", re.IGNORECASE)
_BOXES = re.compile(r"box|note|callout|admonition", re.IGNORECASE)
_ANCHOR = re.compile(r"[¶#§]|\[?edit\]?|\[\d+\]")
_BLOCKS = ("ul", "ol", "div", "td", "p", "table", "center", "section", "span")
_NEVER = ("html", "body", "main", "article", "frameset", "noframes")


@dataclass(frozen=True, slots=True)
class _Size:
    """Of an element with all in it."""

    characters: int = 0
    linked: int = 0
    """Characters of links."""
    links: int = 0


def without_frame(tree: Any) -> Any:
    """What is the content of the tree, which loses its hidden parts and its frame."""
    for element in [found for found in tree.iter() if _is_unseen(found)]:
        _drop(element)
    sizes = _sizes(tree)
    most = LARGEST_SHARE * sizes[tree].characters
    for element, size in sizes.items():
        if size.characters <= most and _is_frame(element, size):
            _drop(element)
    mains = [found for found in tree.iter() if found.tag == "main" or found.get("role") == "main"]
    enough = len(mains) == 1 and sizes[mains[0]].characters >= FEWEST_CHARACTERS
    return mains[0] if enough else tree


def _sizes(tree: Any) -> dict[Any, _Size]:
    """Of all elements, parents first; worked out in one pass, as pages nest hundreds deep."""
    elements = [element for element in tree.iter() if isinstance(element.tag, str)]
    sizes: dict[Any, _Size] = dict.fromkeys(elements, _Size())
    for element in reversed(elements):
        inner = [sizes.get(child, _Size()) for child in element]
        own = len((element.text or "").strip())
        own += sum(len((child.tail or "").strip()) for child in element)
        characters = own + sum(size.characters for size in inner)
        if element.tag == "a":
            sizes[element] = _Size(characters, characters, 1)
        else:
            linked, links = sum(size.linked for size in inner), sum(size.links for size in inner)
            sizes[element] = _Size(characters, linked, links)
    return sizes


def _is_unseen(element: Any) -> bool:
    kept = element.tag in ("head", *_NEVER) or element.getparent() is None
    return not kept and isinstance(element.tag, str) and is_hidden(element)


def _is_frame(element: Any, size: _Size) -> bool:
    tag = element.tag
    if tag in _NEVER or element.getparent() is None:
        return False
    if tag in _FRAME_TAGS or element.get("role") in _FRAME_ROLES:
        return True
    names = f"{element.get('class', '')} {element.get('id', '')}"
    if tag == "header" or _HEADERS.search(names):
        return not _is_inside(element, "article", "main") and element.find(".//h1") is None
    if tag == "footer":
        return not _is_inside(element, "blockquote")
    if tag == "aside" and not _is_inside(element, "article", "main") and not _BOXES.search(names):
        return True
    if tag in ("a", "sup"):
        return size.characters < LONGEST_ANCHOR and bool(_ANCHOR.fullmatch(words_of(element)))
    return bool(_NAMES.search(names)) or (tag in _BLOCKS and _is_menu(size))


def _is_inside(element: Any, *tags: str) -> bool:
    return next(element.iterancestors(*tags), None) is not None


def _is_menu(size: _Size) -> bool:
    return size.links >= FEWEST_LINKS and size.linked >= LINKED_SHARE * size.characters


def _drop(element: Any) -> None:
    if element.getparent() is not None:
        element.drop_tree()
