"""Alembic runs this module, once for each command: it cannot be imported.

The connection is handed over by `storage.schema`, with its transaction.
"""

from alembic import context

from storage import batch_tables, service_tables  # noqa: F401 - their tables are among Base's
from storage.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=context.config.attributes["version_table"],
    render_as_batch=True,
)
context.run_migrations()
