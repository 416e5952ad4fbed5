"""The pages that a sitemap names (sitemaps.org)."""

from collections.abc import Iterator

from lxml import etree

from search.archives import unpacked
from search.errors import ReadError
from search.web_pages import WebPages, is_address

MOST_PAGES = 5_000
MOST_SITEMAPS = 50
MOST_BYTES = 50 * 2**20
"""Of one sitemap, unpacked, as the protocol has it."""


async def pages_of(url: str, pages: WebPages) -> list[str]:
    """The pages of the sitemap at `url`, sitemaps that it names included; of a page, itself.

    Sitemaps and pages of other hosts are left out. Raises ReadError or WebError.
    """
    found: dict[str, None] = {}
    waiting, seen = [url], {url}
    while waiting and len(seen) <= MOST_SITEMAPS and len(found) < MOST_PAGES:
        response = await pages.fetch(waiting.pop(0))
        tree = _tree(unpacked(response.body, response.url, max_bytes=MOST_BYTES))
        if tree is None:
            found[url] = None
            break
        named = [name for name in _named(tree) if _host(name) == _host(response.url)]
        if etree.QName(tree).localname == "sitemapindex":
            fresh = [name for name in named if name not in seen]
            waiting += fresh
            seen.update(fresh)
        else:
            found.update(dict.fromkeys(named))
    if not found:
        raise ReadError(f"{url} is a sitemap that names no pages of its host; check the address.")
    return list(found)[:MOST_PAGES]


def _tree(data: bytes) -> etree._Element | None:
    """The root of a sitemap, None for anything else."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return root if etree.QName(root).localname in ("urlset", "sitemapindex") else None


def _named(root: etree._Element) -> Iterator[str]:
    for place in root.iterfind("{*}*/{*}loc"):
        name = (place.text or "").strip()
        if is_address(name):
            yield name


def _host(url: str) -> str:
    return url.split("/", 3)[2].lower().removeprefix("www.")
