"""Brings a database to the present schema when it is opened."""

from sqlalchemy import Connection, String, column, inspect, select, table

from storage.database import Database
from storage.errors import StorageError

HEAD = "0011"
"""The newest file in `migrations/versions`; written down, so that a current database opens fast."""

VERSION_TABLE = "breadth_schema"
"""Not Alembic's default: a database may be shared with others who use Alembic."""

_VERSION = column("version_num", String)


async def bring_up_to_date(database: Database) -> None:
    """Create or migrate, whichever is needed; usually neither.

    Raises StorageError when a newer Breadth has written the database.
    """
    version = await database.read(lambda connection: connection.run_sync(schema_version))
    if version == HEAD:
        return
    # Alembic takes long to import, and is mostly not needed.
    from storage.migrating import known_versions, migrate  # noqa: PLC0415

    if version is not None and version not in known_versions():
        raise StorageError(
            f"{database.name}: a newer Breadth has written it (schema {version}; this one knows "
            f"{HEAD}): update Breadth, or name another database"
        )
    await database.rebuild(lambda connection: connection.run_sync(migrate))


def schema_version(connection: Connection) -> str | None:
    """None for a database that Breadth has not seen."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version: str | None = connection.scalar(select(_VERSION).select_from(table(VERSION_TABLE)))
    return version
