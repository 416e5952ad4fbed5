"""A site on loopback: its pages can be changed, and it tells what it was asked."""

import gzip
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from hashlib import sha256

from aiohttp import web


class Site:
    """Serves what is in `pages` by path, with validators; a status stands for a failure."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes | int] = {}
        self.redirects: dict[str, str] = {}
        self.types: dict[str, str] = {}
        self.headers: dict[str, str] = {}
        self.asked: list[tuple[str, int]] = []
        """Paths, and the status that each got."""
        self.sent: dict[str, Mapping[str, str]] = {}
        """The headers of the last request for each path."""
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.sent[request.path] = request.headers
        if request.path in self.redirects:
            raise web.HTTPFound(self.redirects[request.path])
        page = self.pages.get(request.path, 404)
        body = page if isinstance(page, bytes) else b""
        etag = f'"{sha256(body).hexdigest()[:12]}"'
        status = 200 if isinstance(page, bytes) else page
        if status == 200 and request.headers.get("If-None-Match") == etag:
            status = 304
        self.asked.append((request.path, status))
        headers = {"ETag": etag, **self.headers}
        if request.path in self.types:
            headers["Content-Type"] = self.types[request.path]
        return web.Response(status=status, body=body if status == 200 else None, headers=headers)

    def sitemap(self, *paths: str) -> bytes:
        places = "".join(f"<url><loc>{self.url}{path}</loc></url>" for path in paths)
        text = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{places}</urlset>'
        return text.encode()

    def sitemaps(self, *paths: str) -> bytes:
        places = "".join(f"<sitemap><loc>{self.url}{path}</loc></sitemap>" for path in paths)
        return gzip.compress(f"<sitemapindex>{places}</sitemapindex>".encode())


@asynccontextmanager
async def site() -> AsyncIterator[Site]:
    """Served while the block runs."""
    made = Site()
    app = web.Application()
    app.router.add_get("/{path:.*}", made.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        await runner.cleanup()
