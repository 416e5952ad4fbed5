"""One module for each change of the schema. Alembic loads them by path."""
