"""The tables of an index in PostgreSQL, made once by whoever comes first."""

import re

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from search.errors import IndexFolderError

VERSION = 2
"""Raise it whenever the tables, the splitting or the words change: it is part of the name, so
workers of several versions do not disturb each other."""
LOCK = 0x42726474
"""Held while a schema or the extension is made, which PostgreSQL does not do twice at once."""

_NAME = re.compile(r"[a-z0-9_]{1,32}")

TABLES = (
    "CREATE TEXT SEARCH DICTIONARY stem (TEMPLATE = pg_catalog.snowball, LANGUAGE = porter)",
    "CREATE TEXT SEARCH CONFIGURATION words (COPY = pg_catalog.simple)",
    "ALTER TEXT SEARCH CONFIGURATION words ALTER MAPPING FOR asciiword, word, numword WITH stem",
    """CREATE TABLE state (passages bigint NOT NULL, length bigint NOT NULL)""",
    "INSERT INTO state VALUES (0, 0)",
    """CREATE TABLE documents (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        key bytea NOT NULL UNIQUE,
        location text NOT NULL,
        title text NOT NULL,
        media_type text NOT NULL,
        digest text NOT NULL,
        author text NOT NULL,
        published text NOT NULL,
        day text COLLATE "C" NOT NULL,
        is_file boolean NOT NULL,
        size bigint NOT NULL,
        mtime_ns bigint NOT NULL,
        refused text
    )""",
    """CREATE TABLE passages (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        document bigint NOT NULL REFERENCES documents ON DELETE CASCADE,
        start int NOT NULL,
        "end" int NOT NULL,
        text text NOT NULL,
        part text NOT NULL,
        likeness bigint NOT NULL,
        length int NOT NULL,
        words tsvector NOT NULL
    ) WITH (toast_tuple_target = 8160)""",
    # Looked into for every term of every query: unpacking it each time would take longer.
    "ALTER TABLE passages ALTER COLUMN words SET STORAGE EXTERNAL",
    "CREATE INDEX passages_by_document ON passages (document, start)",
    "CREATE INDEX passages_by_word ON passages USING gin (words)",
    # Room for new versions of rows beside the old ones: the counts of frequent words change often.
    """CREATE TABLE lexemes (lexeme text COLLATE "C" PRIMARY KEY, passages bigint NOT NULL)
        WITH (fillfactor = 50)""",
    """CREATE FUNCTION count_passages() RETURNS trigger LANGUAGE plpgsql
        SET search_path FROM CURRENT AS $$
    DECLARE
        sign int := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
    BEGIN
        INSERT INTO lexemes AS l (lexeme, passages)
            SELECT w.lexeme, sign * count(*) FROM moved, unnest(moved.words) w GROUP BY 1
            ON CONFLICT (lexeme) DO UPDATE SET passages = l.passages + excluded.passages;
        UPDATE state SET
            passages = state.passages + sign * (SELECT count(*) FROM moved),
            length = state.length + sign * (SELECT coalesce(sum(m.length), 0) FROM moved m);
        RETURN NULL;
    END $$""",
    """CREATE TRIGGER passages_come AFTER INSERT ON passages REFERENCING NEW TABLE AS moved
        FOR EACH STATEMENT EXECUTE FUNCTION count_passages()""",
    """CREATE TRIGGER passages_leave AFTER DELETE ON passages REFERENCING OLD TABLE AS moved
        FOR EACH STATEMENT EXECUTE FUNCTION count_passages()""",
    """CREATE TABLE embedders (
        number int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name text NOT NULL UNIQUE,
        dimensions int NOT NULL,
        in_pgvector boolean NOT NULL,
        vectors bigint NOT NULL DEFAULT 0,
        mean real[],
        mean_of bigint NOT NULL DEFAULT 0
    )""",
)


def schema_of(name: str) -> str:
    """What the schema of that index is called. Raises ValueError for what cannot be a name."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name for an index: use a-z, 0-9 and _, 32 at most")
    return f"breadth_index_{VERSION}_{name}"


async def require_schema(connection: AsyncConnection, schema: str, about: str) -> None:
    """Make it where it is missing, whole or not at all; `about` is a comment for people."""
    if await _exists(connection, schema):
        return
    await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    if await _exists(connection, schema):
        return
    encoding = (await connection.exec_driver_sql("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        raise IndexFolderError(
            f"The database has the encoding {encoding}, which cannot hold every document: name one"
            " with UTF8 in BREADTH_INDEX."
        )
    await connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    await connection.exec_driver_sql(f"SET LOCAL search_path TO {schema}")
    for statement in TABLES:
        await connection.exec_driver_sql(statement)
    comment = about.encode("utf-8", "backslashreplace").decode().replace("'", "''")
    await connection.exec_driver_sql(f"COMMENT ON SCHEMA {schema} IS '{comment}'")


async def pgvector_schema(connection: AsyncConnection) -> str | None:
    """Where the extension is; None where the database has none yet."""
    row = await connection.exec_driver_sql(
        "SELECT quote_ident(n.nspname) FROM pg_extension e"
        " JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'vector'"
    )
    found = row.scalar_one_or_none()
    return str(found) if found is not None else None


async def make_pgvector(connection: AsyncConnection) -> None:
    """Raises SQLAlchemyError where the server has no such extension, or this user may not."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    await connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS vector")


async def _exists(connection: AsyncConnection, schema: str) -> bool:
    found = await connection.execute(
        text("SELECT 1 FROM pg_namespace WHERE nspname = :schema"), {"schema": schema}
    )
    return found.first() is not None
