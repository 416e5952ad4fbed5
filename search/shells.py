"""Shells: pages that hold no content before their scripts have run.

Scripts alone say nothing: nearly all pages have some, and a short page is mostly just short. What
tells a shell is that the place for the content is there and empty, or that the page says so: that
it loads, that it needs JavaScript, that it leads on to another one.
"""

import re
from collections.abc import Iterator
from copy import deepcopy
from itertools import islice
from typing import Any

from search.charset import has_wide_mark
from search.framing import without_frame
from search.markup import is_hidden, visible_text, words_of
from search.media import HTML, looks_binary, media_type
from search.pages import decode_page, parse_page
from search.scripts import count_words

PLENTY = 200.0
"""Words of content: whatever scripts would add, there is a text."""
SOME = 60.0
"""Below this, what a page says of itself is believed."""
FEW = 12.0
"""Below this, words can be those of somebody who waits."""
_RUNS = re.compile(r"(?:text|application)/(?:java|ecma|type)script|module|", re.IGNORECASE)
_MOUNT = re.compile(
    r"_*(?:(?:react|vue|svelte|my|main|js|web|client|ion|site|page)[-_]?)?"
    r"(?:root|app|next|nuxt|gatsby|mount|outlet|application|svelte|spa|ember\d*|content|view)"
    r"(?:[-_](?:root|app|container|mount|content|wrapper|shell|view|body))?",
    re.IGNORECASE,
)
"""Names of places where frameworks put a whole page."""
_WAITS = re.compile(
    r"\b(?:loading|please wait|one moment|just a moment|redirecting|lädt|wird geladen|bitte warten"
    r"|chargement|veuillez patienter|cargando|espere|caricamento|carregando|laden|laddar|indlæser"
    r"|wczytywanie|загрузка|завантаження)\b|加载中|正在加载|載入中|読み込み中|로딩|جار[يٍ]? التحميل",
    re.IGNORECASE,
)
_SCRIPTS = re.compile(r"java\s?script", re.IGNORECASE)
_NEEDED = re.compile(
    r"\b(?:enable|requires?|needs?|turn(?:ed)? o[nf]f?|switch(?:ed)? o[nf]f?|activate|disabled"
    r"|allow|unavailable|must have|without|support|aktivier\w*|deaktiviert|benötigt|activ\w+"
    r"|désactivé|habilit\w+|attiva\w*|abilita\w*|włącz\w*|включите|отключен\w*)\b|启用|啟用|有効|활성화",
    re.IGNORECASE,
)
_LEADS_ON = re.compile(r"\blocation\s*(?:\.\s*(?:href|replace|assign)\b|=[^=])")
_BOXES = ("div", "section", "article")
_PLACES = 10
"""Looked at: one can stand in another, and each is read whole."""
_SHOWS = (
    "img",
    "picture",
    "video",
    "audio",
    "canvas",
    "iframe",
    "object",
    "embed",
    "form",
    "input",
)


def is_shell(data: bytes, charset: str | None = None) -> bool:
    """Whether the bytes are a page whose content its scripts have to bring."""
    tree = page_tree(data, charset)
    return tree is not None and any(map(_runs, tree.iter("script"))) and _is_bare(tree)


def is_bare(data: bytes, charset: str | None = None) -> bool:
    """Whether a page has no content, whatever could bring it."""
    tree = page_tree(data, charset)
    return tree is None or _is_bare(tree)


def count_content(data: bytes, charset: str | None = None) -> float:
    """Words of a page's content, about; none where it is no page."""
    tree = page_tree(data, charset)
    return count_words(_content(tree)) if tree is not None else 0.0


def page_tree(data: bytes, charset: str | None = None) -> Any:
    """The page; None for bytes that are no HTML."""
    if looks_binary(data) is not None or media_type(data) != HTML:
        return None
    if b"<" not in data[:4096] and not has_wide_mark(data):
        return None
    return parse_page(decode_page(data, charset))


def _is_bare(tree: Any) -> bool:
    text = _content(tree)
    words = count_words(text)
    if words >= PLENTY:
        return False
    if not words or any(map(_is_empty, islice(_places(tree, words), _PLACES))):
        return True
    return words < SOME and _says_so(tree, text, words)


def _content(tree: Any) -> str:
    copy = deepcopy(tree)
    return visible_text(without_frame(copy)) or visible_text(tree)


def _runs(script: Any) -> bool:
    """Whether it is run, and not data or a text for scripts."""
    kind = script.get("type", "").split(";")[0].strip()
    return bool(_RUNS.fullmatch(kind)) and bool(script.get("src") or (script.text or "").strip())


def _places(tree: Any, words: float) -> Iterator[Any]:
    """Where the content of a page would stand, by how it is called.

    Elements that a page has made up may be anything; where there is a text, a name has to say more.
    """
    for element in tree.iter():
        if not isinstance(element.tag, str) or is_hidden(element):
            continue
        parent = element.getparent()
        outermost = parent is not None and parent.tag in ("body", "html")
        names = [element.get("id", ""), *(element.get("class", "").split() if outermost else ())]
        if element.tag == "main" or element.get("role") == "main":
            yield element
        elif "-" in element.tag and outermost:
            if words < FEW or _MOUNT.fullmatch(element.tag):
                yield element
        elif element.tag in _BOXES and any(map(_MOUNT.fullmatch, names)):
            yield element


def _is_empty(place: Any) -> bool:
    """Whether nothing stands there, or only that something will."""
    if next(place.iter(*_SHOWS), None) is not None:
        return False
    text = visible_text(place)
    return not text or (count_words(text) < FEW and bool(_WAITS.search(text)))


def _says_so(tree: Any, text: str, words: float) -> bool:
    """Whether a page with little text says that there is more, or leads on."""
    unscripted = " ".join(words_of(element) for element in tree.iter("noscript"))
    if _SCRIPTS.search(unscripted) and _NEEDED.search(unscripted) and words < FEW:
        return True
    if _SCRIPTS.search(text) and _NEEDED.search(text):
        return True
    if words < FEW and _WAITS.search(text):
        return True
    own = " ".join(script.text or "" for script in tree.iter("script"))
    return words < FEW and bool(_LEADS_ON.search(own))
