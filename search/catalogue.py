"""The documents and passages in SQLite. Synchronous: the index gives it a thread of its own."""

import sqlite3
from collections.abc import Iterable

from search.columns import PASSAGE, passage_of
from search.conditions import in_sqlite
from search.errors import ReadError
from search.naming import suffix_of, the_one
from search.narrowing import Narrowing
from search.passages import Hit, Passage, Source
from search.schema import transaction
from search.store import Entry, Known, day_written
from search.terms import segmented
from search.walking import FoundFile

_FIND = f"""
SELECT p.id, -terms.rank, {PASSAGE} FROM terms
JOIN passages p ON p.id = terms.rowid JOIN documents d ON d.id = p.document
WHERE terms MATCH ?{{}} ORDER BY terms.rank
"""  # noqa: S608
_INSIDE = """
SELECT p.id FROM passages p JOIN documents d ON d.id = p.document WHERE p.id = ?{}
"""
_PASSAGES = f"""
SELECT {PASSAGE} FROM documents d JOIN passages p ON p.document = d.id
WHERE d.location = ? ORDER BY p.start
"""  # noqa: S608
_PASSAGE = f"""
SELECT {PASSAGE} FROM passages p JOIN documents d ON d.id = p.document WHERE p.id = ?
"""  # noqa: S608
_BY_SUFFIX = """
SELECT location FROM documents
WHERE substr(replace(location, '\\', '/'), -length(:suffix)) = :suffix AND refused IS NULL
"""


LARGE = 20_000
"""Passages from which on words that are in more than the share COMMON of them are left out."""
COMMON = 0.3


class Catalogue:
    """Every method is one transaction and raises sqlite3.Error when SQLite fails."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def known_files(self) -> dict[str, Known]:
        """All files by location."""
        rows = self._connection.execute(
            "SELECT location, size, mtime_ns, digest, refused FROM documents WHERE is_file"
        )
        return {location: Known(*rest) for location, *rest in rows}

    def known(self, location: str) -> Known | None:
        """This file."""
        row = self._connection.execute(
            "SELECT size, mtime_ns, digest, refused FROM documents WHERE location = ? AND is_file",
            (location,),
        ).fetchone()
        return Known(*row) if row is not None else None

    def digests_of_others(self) -> dict[str, str]:
        """Of the documents that are not files, by location."""
        query = "SELECT location, digest FROM documents WHERE NOT is_file"
        return dict(self._connection.execute(query).fetchall())

    def put(self, entries: Iterable[Entry]) -> None:
        """Keep the entries, in the place of those with the same locations."""
        with transaction(self._connection):
            for entry in entries:
                self._forget(entry.source.location)
                self._insert(entry)

    def touch(self, file: FoundFile) -> None:
        """Remember another size and time of a file whose bytes are the same."""
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE documents SET size = ?, mtime_ns = ?,"
                " day = CASE published WHEN '' THEN ? ELSE day END WHERE location = ?",
                (file.size, file.mtime_ns, day_written(file.mtime_ns), file.location),
            )

    def remove(self, locations: Iterable[str]) -> None:
        """Forget these documents, in one transaction."""
        with transaction(self._connection):
            for location in locations:
                self._forget(location)

    def find(self, expression: str, limit: int, within: Narrowing | None = None) -> dict[int, Hit]:
        """The best passages for an FTS5 expression, by row; of equal texts the first only."""
        hits: dict[str, tuple[int, Hit]] = {}
        expression = self._telling(expression)
        conditions, values = in_sqlite(within)
        rows = self._connection.execute(_FIND.format(conditions), (expression, *values))
        for rowid, score, *passage in rows:
            if len(hits) >= limit:
                break
            hit = Hit(passage_of(passage), score)
            hits.setdefault(" ".join(hit.passage.text.split()), (rowid, hit))
        rows.close()
        return dict(hits.values())

    def passages(self, rowids: Iterable[int]) -> dict[int, Passage]:
        """The passages of these rows, by row; those that are gone are left out."""
        found: dict[int, Passage] = {}
        for rowid in rowids:
            row = self._connection.execute(_PASSAGE, (rowid,)).fetchone()
            if row is not None:
                found[rowid] = passage_of(row)
        return found

    def inside(self, rowids: Iterable[int], within: Narrowing) -> set[int]:
        """Those of the passages that a search may look into."""
        conditions, values = in_sqlite(within)
        query = _INSIDE.format(conditions)
        found = (self._connection.execute(query, (row, *values)).fetchone() for row in rowids)
        return {row[0] for row in found if row is not None}

    def _telling(self, expression: str) -> str:
        """Without the words that most passages have: in a large index, scoring all of those takes
        most of the time and changes next to nothing (their weight in BM25 is nearly 0).
        """
        (newest,) = self._connection.execute("SELECT max(id) FROM passages").fetchone()
        terms = expression.split(" OR ")
        if (newest or 0) < LARGE or len(terms) < 2:
            return expression
        most = int(newest * COMMON)
        told = [term for term in terms if self._count(term, most + 1) <= most]
        return " OR ".join(told) or expression

    def _count(self, term: str, limit: int) -> int:
        query = "SELECT count(*) FROM (SELECT 1 FROM terms WHERE terms MATCH ? LIMIT ?)"
        (found,) = self._connection.execute(query, (term, limit)).fetchone()
        return int(found)

    def passages_of(self, location: str) -> list[Passage]:
        """Of the document with that location, or whose location alone ends in these parts."""
        rows = self._connection.execute(_PASSAGES, (self._resolved(location),))
        return [passage_of(row) for row in rows]

    def counts(self) -> tuple[int, int]:
        """How many documents and passages there are."""
        (documents,) = self._connection.execute(
            "SELECT count(*) FROM documents WHERE refused IS NULL"
        ).fetchone()
        (passages,) = self._connection.execute("SELECT count(*) FROM passages").fetchone()
        return documents, passages

    def _forget(self, location: str) -> None:
        """The full-text table keeps no text, so it must be told what to take out."""
        found = self._connection.execute(
            "SELECT id, title FROM documents WHERE location = ?", (location,)
        ).fetchone()
        if found is None:
            return
        document, title = found
        rows = self._connection.execute(
            "SELECT id, text FROM passages WHERE document = ?", (document,)
        ).fetchall()
        self._connection.executemany(
            "INSERT INTO terms (terms, rowid, title, body) VALUES ('delete', ?, ?, ?)",
            [(rowid, segmented(title), segmented(text)) for rowid, text in rows],
        )
        self._connection.execute("DELETE FROM passages WHERE document = ?", (document,))
        self._connection.execute("DELETE FROM documents WHERE id = ?", (document,))

    def _insert(self, entry: Entry) -> None:
        source, file = entry.source, entry.file
        stat = (file.size, file.mtime_ns) if file else (0, 0)
        day = source.published or day_written(stat[1])
        document = self._connection.execute(
            "INSERT INTO documents (location, title, media_type, digest, author, published,"
            " day, is_file, size, mtime_ns, refused) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*_columns(source), day, file is not None, *stat, entry.refused),
        ).lastrowid
        title = segmented(source.title)
        for passage in entry.passages:
            rowid = self._connection.execute(
                'INSERT INTO passages (document, start, "end", text, part) VALUES (?, ?, ?, ?, ?)',
                (document, passage.start, passage.end, passage.text, passage.part),
            ).lastrowid
            self._connection.execute(
                "INSERT INTO terms (rowid, title, body) VALUES (?, ?, ?)",
                (rowid, title, segmented(passage.text)),
            )

    def _resolved(self, location: str) -> str:
        found = self._connection.execute(
            "SELECT refused FROM documents WHERE location = ?", (location,)
        ).fetchone()
        if found is not None and found[0] is not None:
            raise ReadError(f"{location} {found[0]}")
        if found is not None:
            return location
        rows = self._connection.execute(_BY_SUFFIX, {"suffix": suffix_of(location)})
        return the_one(location, [str(name) for (name,) in rows], self._readable)

    def _readable(self) -> list[str]:
        rows = self._connection.execute("SELECT location FROM documents WHERE refused IS NULL")
        return [str(name) for (name,) in rows]


def _columns(source: Source) -> tuple[str, ...]:
    described = (source.author, source.published)
    return (source.location, source.title, source.media_type, source.digest, *described)
