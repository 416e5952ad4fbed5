"""Brings a database to the present schema when it is opened."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from storage.database import Database
from storage.errors import StorageError

HEAD = "0011"
"""The newest file in `migrations/versions`; written down, so that a current database opens fast."""

VERSION_TABLE = "breadth_schema"
"""Not Alembic's default: a database may be shared with others who use Alembic."""

_MIGRATION_LOCK = 0x62726561647468


async def bring_up_to_date(database: Database) -> None:
    """Create or migrate, whichever is needed; usually neither.

    Raises StorageError when a newer Breadth has written the database.
    """
    version = await database.read(lambda connection: connection.run_sync(schema_version))
    if version == HEAD:
        return
    if version is not None and version not in known_versions():
        raise StorageError(
            f"{database.name}: a newer Breadth has written it (schema {version}; this one knows "
            f"{HEAD}): update Breadth, or name another database"
        )
    await database.rebuild(lambda connection: connection.run_sync(migrate))


def schema_version(connection: Connection) -> str | None:
    """None for a database that Breadth has not seen."""
    options = {"version_table": VERSION_TABLE}
    return MigrationContext.configure(connection, opts=options).get_current_revision()


def known_versions() -> frozenset[str]:
    """Every schema that there has been."""
    scripts = ScriptDirectory.from_config(_config())
    return frozenset(script.revision for script in scripts.walk_revisions())


def migrate(connection: Connection, target: str = "head") -> None:
    """Up or down to the target, of which the lowest is `base`, in the connection's transaction."""
    if connection.dialect.name == "postgresql":
        # Two workers that start together: the second finds the work done.
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
    config = _config()
    config.attributes.update(connection=connection, version_table=VERSION_TABLE)
    if target == "base" or target < (schema_version(connection) or ""):
        command.downgrade(config, target)
    else:
        command.upgrade(config, target)


def _config() -> Config:
    """Alembic without a file of settings."""
    config = Config()
    folder = str(Path(__file__).with_name("migrations"))
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
