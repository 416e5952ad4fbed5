"""Documents as rows of PostgreSQL."""

import re
from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from search.passages import Passage
from search.shared.words import indexed
from search.store import Entry, day_written
from search.terms import plain_words, segmented

_ALREADY = """
UPDATE documents d SET size = n.size, mtime_ns = n.mtime_ns,
    day = CASE d.published WHEN '' THEN n.day ELSE d.day END
FROM unnest(CAST(:keys AS bytea[]), CAST(:digests AS text[]), CAST(:titles AS text[]),
    CAST(:sizes AS bigint[]), CAST(:times AS bigint[]), CAST(:days AS text[]))
    n (key, digest, title, size, mtime_ns, day)
WHERE d.key = n.key AND d.digest = n.digest AND d.title = n.title
RETURNING d.key"""
REMOVE = "DELETE FROM documents WHERE key = ANY(CAST(:keys AS bytea[]))"
_DOCUMENTS = """
INSERT INTO documents (key, location, title, media_type, digest, author, published,
    day, is_file, size, mtime_ns, refused)
SELECT * FROM unnest(CAST(:keys AS bytea[]), CAST(:locations AS text[]), CAST(:titles AS text[]),
    CAST(:types AS text[]), CAST(:digests AS text[]), CAST(:authors AS text[]),
    CAST(:published AS text[]), CAST(:days AS text[]), CAST(:files AS boolean[]),
    CAST(:sizes AS bigint[]), CAST(:times AS bigint[]), CAST(:refused AS text[]))
RETURNING key, id"""
_PASSAGES = """
INSERT INTO passages (document, start, "end", text, part, likeness, length, words)
SELECT n.document, n.start, n."end", n.text, n.part, n.likeness, n.length,
    setweight(to_tsvector('words', n.title), 'A') || to_tsvector('words', n.words)
FROM unnest(CAST(:documents AS bigint[]), CAST(:starts AS int[]), CAST(:ends AS int[]),
    CAST(:texts AS text[]), CAST(:parts AS text[]), CAST(:likenesses AS bigint[]),
    CAST(:lengths AS int[]), CAST(:titles AS text[]), CAST(:words AS text[]))
    n (document, start, "end", text, part, likeness, length, title, words)"""

_TITLE_WORDS = 200
"""Of a longer title the first are indexed: what PostgreSQL takes at once has a limit."""
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""Characters that PostgreSQL's text cannot hold."""


def key_of(location: str) -> bytes:
    """By which a document is found: locations can be too long for a key."""
    return sha256(location.encode("utf-8", "surrogatepass")).digest()[:16]


async def add_documents(connection: AsyncConnection, entries: Sequence[Entry]) -> None:
    """In the place of those with the same locations; the very same ones stay."""
    columns = _columns(entries)
    same = {bytes(key) for (key,) in await connection.execute(text(_ALREADY), columns)}
    entries = [entry for entry in entries if key_of(entry.source.location) not in same]
    if not entries:
        return
    columns = _columns(entries)
    await connection.execute(text(REMOVE), columns)
    numbers = {bytes(key): id_ for key, id_ in await connection.execute(text(_DOCUMENTS), columns)}
    pieces = [
        (
            numbers[key_of(entry.source.location)],
            plain_words(segmented(entry.source.title))[:_TITLE_WORDS],
            passage,
        )
        for entry in entries
        for passage in entry.passages
    ]
    if pieces:
        await connection.execute(text(_PASSAGES), _piece_columns(pieces))


def _columns(entries: Sequence[Entry]) -> dict[str, Sequence[object]]:
    sources = [entry.source for entry in entries]
    stats = [(e.file.size, e.file.mtime_ns) if e.file else (0, 0) for e in entries]
    return {
        "keys": [key_of(source.location) for source in sources],
        "locations": [_storable(source.location) for source in sources],
        "titles": [_storable(source.title) for source in sources],
        "types": [source.media_type for source in sources],
        "digests": [source.digest for source in sources],
        "authors": [_storable(source.author) for source in sources],
        "published": [source.published for source in sources],
        "days": [
            source.published or day_written(time)
            for source, (_, time) in zip(sources, stats, strict=True)
        ],
        "files": [entry.file is not None for entry in entries],
        "sizes": [size for size, _ in stats],
        "times": [time for _, time in stats],
        "refused": [_storable(e.refused) if e.refused is not None else None for e in entries],
    }


def _piece_columns(
    pieces: Sequence[tuple[int, Sequence[str], Passage]],
) -> dict[str, Sequence[object]]:
    """Of passages with their documents' numbers and the words of the titles."""
    words = [plain_words(segmented(passage.text)) for _, _, passage in pieces]
    return {
        "documents": [document for document, _, _ in pieces],
        "starts": [passage.start for _, _, passage in pieces],
        "ends": [passage.end for _, _, passage in pieces],
        "texts": [_storable(passage.text) for _, _, passage in pieces],
        "parts": [_storable(passage.part) for _, _, passage in pieces],
        "likenesses": [_likeness(passage.text) for _, _, passage in pieces],
        "lengths": [
            len(title) + len(body) for (_, title, _), body in zip(pieces, words, strict=True)
        ],
        "titles": [indexed(title) for _, title, _ in pieces],
        "words": [indexed(body) for body in words],
    }


def _likeness(body: str) -> int:
    """The same for texts that differ in white space only."""
    digest = sha256(" ".join(body.split()).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _storable(given: str) -> str:
    """As many characters, so that offsets stand."""
    return _UNSTORABLE.sub("\ufffd", given)
