"""An index in PostgreSQL, that workers on any number of machines keep up and search together.

- `shared_index` opens one; it is a DocumentIndex like any other, on a SharedStore.
- An index is a schema of its own (`schema`), with a version in its name. It is made anew from the
  documents and nothing else is kept there, so it has no migrations.
- By words (`words`): text search finds candidates, BM25 is computed from kept frequencies.
- By meaning (`vectors`): pgvector where the database has it, else bytes that are compared here.

Writers to one index stand in line, for the length of a transaction; reading and splitting a file,
and making vectors, is done outside of it.
"""

from search.shared.opening import shared_index

__all__ = ["shared_index"]
