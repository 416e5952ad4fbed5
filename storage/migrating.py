"""Takes a database from one schema to another, with Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from storage.schema import VERSION_TABLE, schema_version

_MIGRATION_LOCK = 0x62726561647468


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
