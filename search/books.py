"""EPUB books to text: the chapters in reading order."""

from collections.abc import Iterator
from posixpath import dirname, join, normpath
from typing import Any
from urllib.parse import unquote
from zipfile import ZipFile

from lxml import etree

from search.archives import member, open_archive
from search.charset import normalise
from search.errors import ReadError
from search.extracts import Extract, day_of
from search.markup import visible_text
from search.pages import decode_page, parse_page

_CONTAINER = "META-INF/container.xml"
_LOCKS = "META-INF/encryption.xml"
_ROLE = "{http://www.idpf.org/2007/opf}role"
_AUTHOR = "aut"
_DUBLIN = "{http://purl.org/dc/elements/1.1/}"


def book_text(data: bytes, location: str) -> Extract:
    """Raises ReadError for one that is broken or locked."""
    archive = open_archive(data, location)
    container = _xml(archive, _CONTAINER, location)
    found = container.find(".//{*}rootfile")
    path = found.get("full-path", "") if found is not None else ""
    package = _xml(archive, path, location)
    text = "\n\n".join(
        chapter for chapter in _chapters(archive, path, package, location) if chapter
    )
    if not text and _LOCKS in archive.namelist():
        raise ReadError(f"{location} is a book that is locked (DRM); it cannot be read.")

    def of(name: str) -> str:
        return normalise(" ".join((package.findtext(f".//{_DUBLIN}{name}") or "").split()))

    authors = normalise("; ".join(_authors(package)))
    return Extract(normalise(text), of("title"), authors, day_of(of("date")))


def _authors(package: Any) -> list[str]:
    """Those who wrote it: no translators and editors, unless only these are named.

    The role is an attribute in EPUB 2, and an element of its own that refines the name in EPUB 3.
    """
    roles = {
        refined.get("refines", "").lstrip("#"): (refined.text or "").strip()
        for refined in package.iterfind(".//{*}meta[@property='role']")
    }
    named: dict[str, str] = {}
    for creator in package.iterfind(f".//{_DUBLIN}creator"):
        name = " ".join("".join(creator.itertext()).split())
        if name:
            named[name] = creator.get(_ROLE) or roles.get(creator.get("id", "-"), "")
    return [name for name, role in named.items() if role in ("", _AUTHOR)] or list(named)


def _chapters(archive: ZipFile, path: str, package: Any, location: str) -> Iterator[str]:
    files = {
        item.get("id"): item.get("href", "")
        for item in package.iterfind(".//{*}manifest/{*}item")
        if "html" in item.get("media-type", "")
    }
    for reference in package.iterfind(".//{*}spine/{*}itemref"):
        name = normpath(join(dirname(path), unquote(files.get(reference.get("idref"), ""))))
        page = member(archive, name, location)
        tree = parse_page(decode_page(page)) if page else None
        if tree is not None:
            yield visible_text(tree)


def _xml(archive: ZipFile, name: str, location: str) -> Any:
    data = member(archive, name, location)
    try:
        if data is not None:
            return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise ReadError(f"{location} is a broken EPUB ({error}); replace it.") from error
    raise ReadError(f"{location} is a broken EPUB (no {name or 'package'}); replace it.")
