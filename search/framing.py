"""What of a page is its frame: menus, footers, advertisements, and what nobody sees.

Names, roles and the share of links say what cannot be the content; they never take a large part of
a page away. trafilatura, which looks for what must be the content, loses short posts of a thread,
lists and rows of tables, and on short pages all structure: of a source that is to be cited, losing
a line is worse than keeping one too many.
"""

import re
from typing import Any

from search.markup import is_hidden, words_of

LARGEST_SHARE = 0.34
"""Of a page's characters; a larger part is content, whatever it is called."""
LINKED_SHARE = 0.8
"""From this share of linked characters on, a block of some links is a menu."""
FEWEST_LINKS = 2
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


def without_frame(tree: Any) -> Any:
    """What is the content of the tree, which loses its hidden parts and its frame."""
    for element in [found for found in tree.iter() if _is_unseen(found)]:
        _drop(element)
    whole = len(words_of(tree))
    for element in list(tree.iter()):
        framing = isinstance(element.tag, str) and _is_frame(element)
        if framing and len(words_of(element)) <= LARGEST_SHARE * whole:
            _drop(element)
    mains = [found for found in tree.iter() if found.tag == "main" or found.get("role") == "main"]
    enough = len(mains) == 1 and len(words_of(mains[0])) >= FEWEST_CHARACTERS
    return mains[0] if enough else tree


def _is_unseen(element: Any) -> bool:
    kept = element.tag in ("head", *_NEVER) or element.getparent() is None
    return not kept and isinstance(element.tag, str) and is_hidden(element)


def _is_frame(element: Any) -> bool:
    tag = element.tag
    if tag in _NEVER or element.getparent() is None:
        return False
    if tag in _FRAME_TAGS or element.get("role") in _FRAME_ROLES:
        return True
    names = f"{element.get('class', '')} {element.get('id', '')}"
    around = {parent.tag for parent in element.iterancestors()}
    inside = not around.isdisjoint(("article", "main"))
    if tag == "header" or _HEADERS.search(names):
        return not inside and element.find(".//h1") is None
    if tag == "footer":
        return "blockquote" not in around
    if tag == "aside" and not inside and not _BOXES.search(names):
        return True
    if tag == "a" or tag == "sup":
        return _ANCHOR.fullmatch(words_of(element)) is not None
    return _NAMES.search(names) is not None or (tag in _BLOCKS and _is_menu(element))


def _is_menu(element: Any) -> bool:
    links = list(element.iter("a"))
    linked = sum(len(words_of(link)) for link in links)
    return len(links) >= FEWEST_LINKS and linked >= LINKED_SHARE * len(words_of(element))


def _drop(element: Any) -> None:
    if element.getparent() is not None:
        element.drop_tree()
