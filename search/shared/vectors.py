"""What passages mean, in PostgreSQL: a table for each embedder, so that workers with several do not
delete each other's.

With pgvector the database compares (exactly: it looks at all). Without, the vectors are bytes, as
in a file; every process keeps them in memory, and fetches what was added since.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from search.columns import NARROWED
from search.conditions import in_postgresql
from search.errors import EngineError
from search.narrowing import Narrowing
from search.vectors import Matrix, as_rows, in_steps, require_length

_GROWN = 1.2
"""From this factor on, more vectors have another mean."""
_ROWS = """
SELECT number, dimensions, in_pgvector, vectors, mean, mean_of FROM embedders WHERE name = :name"""
_MISSING = """
SELECT p.id, d.title, p.text FROM passages p JOIN documents d ON d.id = p.document
WHERE p.id >= :first{without} ORDER BY p.id LIMIT :limit"""
_WITHOUT = " AND NOT EXISTS (SELECT 1 FROM {table} v WHERE v.passage = p.id)"
_PUT = """
INSERT INTO {table} (passage, {column})
SELECT p.id, CAST(n.given AS {kind}) FROM unnest(CAST(:rows AS bigint[]), CAST(:given AS {array}))
    n (row, given) JOIN passages p ON p.id = n.row
ON CONFLICT (passage) DO NOTHING"""
_NEAREST = """
SELECT v.passage, v.embedding <=> CAST(CAST(:query AS text) AS vector) AS distance
FROM {table} v{joined} WHERE true{conditions} ORDER BY distance LIMIT :limit"""
_DISTANCES = """
SELECT v.passage, v.embedding <=> CAST(CAST(:query AS text) AS vector) FROM {table} v
WHERE v.passage = ANY(CAST(:rows AS bigint[]))"""
_INSIDE = """
SELECT p.id FROM passages p JOIN documents d ON d.id = p.document
WHERE p.id = ANY(CAST(:rows AS bigint[])){conditions}"""


@dataclass(frozen=True, slots=True)
class _Embedder:
    """Whose vectors there are, and how they are kept."""

    number: int
    dimensions: int
    in_pgvector: bool
    vectors: int
    """Put since ever."""
    mean: Sequence[float] | None
    """Of the first `mean_of` of them, each of length 1; with pgvector only."""
    mean_of: int

    @property
    def table(self) -> str:
        return f"vectors_{self.number}"


class SharedVectors:
    """The vectors of one embedder. Each method is told the transaction that it is a part of."""

    def __init__(self, name: str, *, has_pgvector: bool) -> None:
        """`has_pgvector`: whether new tables are of its type; those that there are stay as made."""
        self._name = name
        self._has_pgvector = has_pgvector
        self._matrix = Matrix()
        self._fetched = 0

    async def lacking(self, connection: AsyncConnection) -> int:
        """See `Store.lacking`."""
        embedder = await self._embedder(connection)
        kept = f" - (SELECT count(*) FROM {embedder.table})" if embedder else ""  # noqa: S608
        found = await connection.exec_driver_sql(f"SELECT passages{kept} FROM state")  # noqa: S608
        return int(found.scalar_one())

    async def missing(self, connection: AsyncConnection, limit: int) -> list[tuple[int, str]]:
        """See `Store.missing`. From anywhere on: workers that follow one another would meet."""
        embedder = await self._embedder(connection)
        without = _WITHOUT.format(table=embedder.table) if embedder else ""
        newest = await connection.exec_driver_sql("SELECT max(id) FROM passages")
        anywhere = random.randrange(int(newest.scalar_one() or 0) + 1)  # noqa: S311
        statement, rows = text(_MISSING.format(without=without)), []
        for first in (anywhere, 0):
            values = {"first": first, "limit": limit}
            rows = list(await connection.execute(statement, values))
            if rows:
                break
        return [(int(row), f"{title}. {body}") for row, title, body in rows]

    async def put(
        self,
        connection: AsyncConnection,
        passages: Sequence[int],
        vectors: Sequence[Sequence[float]],
    ) -> None:
        """See `Store.put_vectors`. Raises EngineError for vectors that are none, or too long."""
        rows = as_rows(vectors)
        if len(rows) != len(passages):
            raise EngineError(f"{len(rows)} vectors came for {len(passages)} texts")
        embedder = await self._embedder(connection)
        if embedder is None:
            embedder = await self._make(connection, rows.shape[1])
        require_length(rows.shape[1], embedder.dimensions)
        if embedder.in_pgvector:
            lengths = np.linalg.norm(rows, axis=1, keepdims=True).clip(min=1e-9)
            given: list[str] | list[bytes] = [_written(row) for row in rows / lengths]
            form = {"column": "embedding", "kind": "vector", "array": "text[]"}
        else:
            given = [row.tobytes() for row in in_steps(rows)]
            form = {"column": "steps", "kind": "bytea", "array": "bytea[]"}
        put = text(_PUT.format(table=embedder.table, **form))
        await connection.execute(put, {"rows": list(passages), "given": given})
        await self._count(connection, embedder, len(rows))

    async def near(
        self,
        connection: AsyncConnection,
        vector: Sequence[float],
        also: Sequence[int],
        limit: int,
        within: Narrowing | None,
    ) -> dict[int, float]:
        """See `Store.by_meaning`."""
        embedder = await self._embedder(connection)
        if embedder is None:
            return {}
        query = np.asarray(vector, np.float32)
        require_length(query.size, embedder.dimensions)
        if not embedder.in_pgvector:
            return await self._compared(connection, embedder, query, also, limit, within)
        query = query / max(float(np.linalg.norm(query)), 1e-9)
        conditions, values = in_postgresql(within)
        joined = " JOIN passages p ON p.id = v.passage JOIN documents d ON d.id = p.document"
        nearest = _NEAREST.format(
            table=embedder.table, conditions=conditions, joined=joined if conditions else ""
        )
        values |= {"query": _written(query), "limit": limit}
        found = list(await connection.execute(text(nearest), values))
        others = text(_DISTANCES.format(table=embedder.table))
        values = {"query": values["query"], "rows": list(also)}
        rest = await connection.execute(others, values) if also else ()
        cosines = {int(row): 1.0 - float(distance) for row, distance in [*found, *rest]}
        mean = float(np.asarray(embedder.mean or [0.0] * query.size, np.float32) @ query)
        most = max(cosines.values(), default=0.0)
        return {
            row: max(cosine - mean, 0.0) / max(most - mean, 1e-6) for row, cosine in cosines.items()
        }

    async def _compared(
        self,
        connection: AsyncConnection,
        embedder: _Embedder,
        query: NDArray[np.float32],
        also: Sequence[int],
        limit: int,
        within: Narrowing | None,
    ) -> dict[int, float]:
        """In memory."""
        await self._fetch(connection, embedder)
        near = self._matrix.near(query)
        if within is None:
            return near.nearest(limit) | near.of(also)
        nearest = near.nearest(NARROWED)
        conditions, values = in_postgresql(within)
        inside = text(_INSIDE.format(conditions=conditions))
        rows = await connection.execute(inside, values | {"rows": list(nearest)})
        kept = {int(row) for (row,) in rows}
        first = [row for row in nearest if row in kept][:limit]
        return {row: nearest[row] for row in first} | near.of(also)

    async def _fetch(self, connection: AsyncConnection, embedder: _Embedder) -> None:
        """What was added since; what is gone stays in memory, and is found by nobody."""
        statement = f"SELECT number, passage, steps FROM {embedder.table} WHERE number > :last"  # noqa: S608
        found = await connection.execute(text(statement), {"last": self._fetched})
        # Another search may have fetched the same meanwhile.
        rows = [row for row in found if row[0] > self._fetched]
        if rows:
            steps = np.frombuffer(b"".join(bytes(row[2]) for row in rows), np.int8)
            passages = np.asarray([int(row[1]) for row in rows], np.int64)
            self._matrix.add(passages, steps.reshape(len(rows), -1))
            self._fetched = max(int(row[0]) for row in rows)

    async def _embedder(self, connection: AsyncConnection) -> _Embedder | None:
        row = (await connection.execute(text(_ROWS), {"name": self._name})).first()
        return _Embedder(*row) if row is not None else None

    async def _make(self, connection: AsyncConnection, dimensions: int) -> _Embedder:
        """While other writers wait."""
        values = {"name": self._name, "dimensions": dimensions, "pgvector": self._has_pgvector}
        await connection.execute(
            text(
                "INSERT INTO embedders (name, dimensions, in_pgvector)"
                " VALUES (:name, :dimensions, :pgvector)"
            ),
            values,
        )
        embedder = await self._embedder(connection)
        assert embedder is not None
        kept = (
            f"embedding vector({dimensions}) NOT NULL"
            if self._has_pgvector
            else "number bigint GENERATED ALWAYS AS IDENTITY UNIQUE, steps bytea NOT NULL"
        )
        await connection.exec_driver_sql(
            f"CREATE TABLE {embedder.table} ("
            f"passage bigint PRIMARY KEY REFERENCES passages ON DELETE CASCADE, {kept})"
        )
        return embedder

    async def _count(self, connection: AsyncConnection, embedder: _Embedder, added: int) -> None:
        """The mean of all is made anew whenever there are a good deal more of them."""
        total = embedder.vectors + added
        changes, values = "vectors = :total", {"total": total, "number": embedder.number}
        if embedder.in_pgvector and total >= embedder.mean_of * _GROWN:
            changes += (
                f", mean = (SELECT CAST(avg(embedding) AS real[]) FROM {embedder.table})"  # noqa: S608
                ", mean_of = :total"
            )
        statement = f"UPDATE embedders SET {changes} WHERE number = :number"  # noqa: S608
        await connection.execute(text(statement), values)


def _written(row: NDArray[np.float32]) -> str:
    """As pgvector reads it."""
    return f"[{','.join(format(value, '.6g') for value in row.tolist())}]"
