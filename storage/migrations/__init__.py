"""The history of the schema: one module a change in `versions/`, numbered, never edited later.

Alembic runs them (`env.py` is its entry); `storage.schema` decides when.
"""
