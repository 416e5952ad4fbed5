"""What was fetched before, kept on disk by address: asked for again only if it has changed.

As HTTP has it (RFC 9111), for one user: a page is fresh as long as its `max-age` says, or a tenth
of its age, a day at most; then its validators (ETag, Last-Modified) are sent along, and a 304 makes
it fresh again.
"""

import asyncio
import json
import re
import sqlite3
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from threading import Lock
from typing import Protocol

from search.errors import Refused
from search.guard import allows, target
from search.web import WebResponse

LONGEST_FRESH = 86_400.0
"""Seconds, whatever a server says."""
AGE_SHARE = 0.1
"""RFC 9111, 4.2.2."""

_TABLE = """
CREATE TABLE IF NOT EXISTS pages (
    url TEXT PRIMARY KEY, final TEXT NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL,
    fresh_until REAL NOT NULL, used REAL NOT NULL, size INTEGER NOT NULL, opened INTEGER NOT NULL
)
"""
_MAX_AGE = re.compile(r"max-age\s*=\s*\"?(\d{1,10})", re.IGNORECASE)
_NOT_KEPT = re.compile(r"no-store", re.IGNORECASE)
_ALWAYS_ASKED = re.compile(r"no-cache", re.IGNORECASE)
_KEPT_HEADERS = ("content-type", "etag", "last-modified", "cache-control")


class Fetches(Protocol):
    """Gets what is at an address: WebClient, and PageCache before it."""

    async def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, most_bytes: int | None = None
    ) -> WebResponse:
        """Raises a WebError."""
        ...


@dataclass(frozen=True, slots=True)
class _Kept:
    response: WebResponse
    fresh_until: float

    def validators(self) -> dict[str, str]:
        """The headers that ask whether it has changed."""
        names = {"If-None-Match": "etag", "If-Modified-Since": "last-modified"}
        said = self.response.headers
        return {asked: said[name] for asked, name in names.items() if name in said}


class PageCache:
    """Keeps what is fetched through it. A file that is no cache, or a damaged one, is made anew."""

    def __init__(
        self,
        web: Fetches,
        path: Path,
        *,
        most_bytes: int,
        allow_hosts: frozenset[str] = frozenset(),
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`most_bytes`: of all pages as they are kept; what was used longest ago goes first.

        `allow_hosts`: as in WebSettings. What is kept of a host that was opened is given out only
        where that is open: it may be private, and nobody looks at its address here.
        """
        self._web = web
        self._most = most_bytes
        self._allowed = allow_hosts
        self._clock = clock
        self._lock = Lock()
        self._file = _opened(path)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    async def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, most_bytes: int | None = None
    ) -> WebResponse:
        """What is at the address now. Raises a WebError, also where an older text is kept."""
        if headers:
            return await self._web.get(url, headers=headers, most_bytes=most_bytes)
        kept = await asyncio.to_thread(self._find, url)
        if kept is not None and kept.fresh_until > self._clock():
            return kept.response
        asked = kept.validators() if kept is not None else {}
        response = await self._web.get(url, headers=asked, most_bytes=most_bytes)
        if kept is not None and response.status == 304:
            said = {**kept.response.headers, **_telling(response)}
            response = WebResponse(kept.response.url, 200, said, kept.response.body)
        await asyncio.to_thread(self._keep, url, response)
        return response

    def _find(self, url: str) -> _Kept | None:
        with self._lock:
            row = self._file.execute(
                "UPDATE pages SET used = ? WHERE url = ?"
                " RETURNING final, headers, body, fresh_until, opened",
                (self._clock(), url),
            ).fetchone()
        if row is None:
            return None
        final, headers, body, fresh_until, opened = row
        if opened & ~self._opened(url, final):
            return None
        response = WebResponse(final, 200, json.loads(headers), zlib.decompress(body))
        return _Kept(response, fresh_until)

    def _keep(self, url: str, response: WebResponse) -> None:
        control = response.headers.get("cache-control", "")
        body = zlib.compress(response.body, 1)
        if response.status != 200 or _NOT_KEPT.search(control) or len(body) > self._most / 10:
            return
        now = self._clock()
        fresh = _freshness(control, response.headers.get("last-modified", ""), now)
        row = (url, response.url, json.dumps(_telling(response)), body)
        opened = self._opened(url, response.url)
        with self._lock:
            self._file.execute(
                "INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, now + min(fresh, LONGEST_FRESH), now, len(body), opened),
            )
            self._make_room()

    def _opened(self, asked: str, answered: str) -> int:
        """Which were let through by their names alone: 1 for the first, 2 for the second."""
        return self._is_open(asked) + 2 * self._is_open(answered)

    def _is_open(self, url: str) -> bool:
        try:
            to = target(url, allowed=self._allowed)
        except Refused:
            return False
        return allows(to.host, to.port, self._allowed)

    def _make_room(self) -> None:
        (size,) = self._file.execute("SELECT coalesce(sum(size), 0) FROM pages").fetchone()
        if size <= self._most:
            return
        for url, its in self._file.execute("SELECT url, size FROM pages ORDER BY used").fetchall():
            self._file.execute("DELETE FROM pages WHERE url = ?", (url,))
            size -= its
            if size <= self._most * 0.9:
                return


def _freshness(control: str, changed: str, now: float) -> float:
    """For how many seconds a page is fresh; where it does not say, a tenth of its age."""
    if _ALWAYS_ASKED.search(control):
        return 0.0
    if told := _MAX_AGE.search(control):
        return float(told[1])
    try:
        return max(0.0, (now - parsedate_to_datetime(changed).timestamp()) * AGE_SHARE)
    except (TypeError, ValueError, OverflowError, OSError):
        return 0.0


def _telling(response: WebResponse) -> dict[str, str]:
    return {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}


def _opened(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _connected(path)
    except sqlite3.DatabaseError:
        for ending in ("", "-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        return _connected(path)


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA auto_vacuum = FULL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(_TABLE)
        connection.execute(
            "SELECT url, final, headers, body, fresh_until, used, size, opened FROM pages"
        )
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection
