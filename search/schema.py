"""The index's SQLite file: made, recognised, rebuilt, and what its errors mean.

The file is a cache of the documents: one of another version, or a damaged one, is made anew.
A database of somebody else is left alone.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from search.errors import IndexFolderError

VERSION = 5
"""Raise it whenever the tables, the splitting or the segmentation change."""
APPLICATION = 0x42726474
WAIT_SECONDS = 10

TABLES = """
CREATE TABLE documents (
    id INTEGER PRIMARY KEY,
    location TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    media_type TEXT NOT NULL,
    digest TEXT NOT NULL,
    author TEXT NOT NULL,
    published TEXT NOT NULL,
    day TEXT NOT NULL,
    is_file INTEGER NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    refused TEXT
);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY,
    document INTEGER NOT NULL REFERENCES documents (id),
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    text TEXT NOT NULL,
    part TEXT NOT NULL
);
CREATE INDEX passages_by_document ON passages (document, start);
CREATE TABLE vectors (passage INTEGER PRIMARY KEY, steps BLOB NOT NULL);
CREATE TRIGGER vectors_leave AFTER DELETE ON passages
    BEGIN DELETE FROM vectors WHERE passage = old.id; END;
CREATE TABLE embedder (name TEXT NOT NULL);
CREATE VIRTUAL TABLE terms USING fts5 (
    title, body, content='', tokenize='porter unicode61 remove_diacritics 2'
);
INSERT INTO terms (terms, rank) VALUES ('rank', 'bm25(3.0, 1.0)');
"""

EXPLANATIONS = {
    sqlite3.SQLITE_BUSY: "is in use by another process; wait for it or name another file",
    sqlite3.SQLITE_LOCKED: "is in use by another process; wait for it or name another file",
    sqlite3.SQLITE_FULL: "cannot grow because the disk is full; free some space",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check its folder and permissions",
    sqlite3.SQLITE_READONLY: "may not be written; change its permissions or name another file",
    sqlite3.SQLITE_PERM: "may not be written; change its permissions or name another file",
    sqlite3.SQLITE_IOERR: "cannot be read or written; check the disk",
    sqlite3.SQLITE_CORRUPT: "is damaged; delete it, and it is made anew",
    sqlite3.SQLITE_NOTADB: "is damaged; delete it, and it is made anew",
}


def explain(error: sqlite3.Error, path: Path | None) -> str:
    """What an error of SQLite means for the user, in one sentence."""
    reason = EXPLANATIONS.get(_code(error), f"failed in SQLite ({error})")
    return f"The document index {path or 'in memory'} {reason}."


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of what is inside, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def open_database(path: Path | None) -> sqlite3.Connection:
    """A connection to an index of this version. Transactions are begun explicitly.

    Raises sqlite3.Error, OSError, and IndexFolderError when the file is another's database.
    """
    if path is None:
        return _created(_connect(":memory:"))
    path.parent.mkdir(parents=True, exist_ok=True)
    if not _is_usable(path):
        for name in ("", "-wal", "-shm", "-journal"):
            path.with_name(path.name + name).unlink(missing_ok=True)
    connection = _connect(str(path))
    return connection if _version(connection) == VERSION else _created(connection)


def _connect(name: str) -> sqlite3.Connection:
    connection = sqlite3.connect(name, timeout=WAIT_SECONDS, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def _created(connection: sqlite3.Connection) -> sqlite3.Connection:
    """In one transaction: a kill leaves no half of it, and of two processes only one makes it."""
    connection.execute("BEGIN IMMEDIATE")
    if _version(connection) != VERSION:
        for statement in TABLES.strip().split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")
    return connection


def _is_usable(path: Path) -> bool:
    """Whether the file is absent, empty, or a sound index of this version."""
    if not path.exists() or path.stat().st_size == 0:
        return True
    try:
        with closing(sqlite3.connect(path, timeout=WAIT_SECONDS)) as connection:
            if _is_foreign(connection):
                raise IndexFolderError(
                    f"{path} is a database of another program; name another file for the index."
                )
            sound = connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
            return sound and _version(connection) == VERSION
    except sqlite3.DatabaseError as error:
        if _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return False
        raise


def _is_foreign(connection: sqlite3.Connection) -> bool:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return bool(tables) and application != APPLICATION


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _code(error: sqlite3.Error) -> int:
    """The primary result code; errors of the Python module itself have none."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
