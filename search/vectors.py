"""What passages mean, as vectors beside their words, and the exact search over them.

A vector is kept as 8-bit whole numbers: the angles between vectors, which are all that is compared,
change by less than a hundredth. All of them are in memory, in the same form, and are compared with
a query block by block: exact, and for 100,000 passages a matter of hundredths of a second.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from search.errors import EngineError
from search.schema import transaction

_BLOCK = 1024
"""Passages that are compared at once: 1.5 MiB of 384 dimensions, which a core's cache holds."""
_STEPS = 127
_MISSING = """
SELECT p.id, d.title, p.text FROM passages p JOIN documents d ON d.id = p.document
WHERE NOT EXISTS (SELECT 1 FROM vectors v WHERE v.passage = p.id) ORDER BY p.id LIMIT ?
"""
_PUT = "INSERT OR REPLACE INTO vectors (passage, steps) SELECT id, ? FROM passages WHERE id = ?"
_NOTHING: NDArray[np.int8] = np.empty((0, 0), np.int8)


@dataclass(frozen=True, slots=True)
class Nearness:
    """How near every passage is to a query: cosines, and the passages that they are of."""

    passages: NDArray[np.int64]
    cosines: NDArray[np.float32]

    @classmethod
    def unknown(cls) -> Self:
        """Of no passage."""
        return cls(np.empty(0, np.int64), np.empty(0, np.float32))

    def nearest(self, limit: int) -> dict[int, float]:
        """The best passages, best first, of 1 for the nearest and 0 for one as near as most are.

        How near texts are that have nothing to do with each other differs from model to model:
        their mean is the zero.
        """
        values = self._scaled()
        first = np.arange(len(values))
        if len(values) > limit:
            first = np.argpartition(-values, limit)[:limit]
        first = first[np.argsort(-values[first], kind="stable")]
        return {int(self.passages[i]): float(values[i]) for i in first}

    def of(self, passages: Sequence[int]) -> dict[int, float]:
        """Of these passages those that have a vector, on the same scale."""
        if not len(self.passages):
            return {}
        values = self._scaled()
        places = np.searchsorted(self.passages, passages).clip(max=len(self.passages) - 1)
        return {
            passage: float(values[place])
            for passage, place in zip(passages, places, strict=True)
            if self.passages[place] == passage
        }

    def _scaled(self) -> NDArray[np.float32]:
        if not len(self.cosines):
            return self.cosines
        mean, most = self.cosines.mean(), self.cosines.max()
        scaled: NDArray[np.float32] = ((self.cosines - mean) / max(most - mean, 1e-6)).clip(min=0)
        return scaled


class Matrix:
    """Vectors in memory, as whole numbers, in the order of their passages."""

    def __init__(self) -> None:
        self._passages, self._steps = np.empty(0, np.int64), _NOTHING
        self._lengths = np.empty(0, np.float32)
        self._new: list[tuple[NDArray[np.int64], NDArray[np.int8]]] = []
        """What was added since they were put in order."""

    def add(self, passages: NDArray[np.int64], steps: NDArray[np.int8]) -> None:
        """More of them, a row for each passage."""
        self._new.append((passages, steps))

    def near(self, vector: Sequence[float] | NDArray[np.float32]) -> Nearness:
        """How near every passage is. Raises EngineError for a vector of another length."""
        self._put_in_order()
        if not len(self._passages):
            return Nearness.unknown()
        query = np.asarray(vector, np.float32)
        require_length(query.size, self._steps.shape[1])
        cosines = np.concatenate(
            [
                self._steps[start : start + _BLOCK].astype(np.float32) @ query
                for start in range(0, len(self._passages), _BLOCK)
            ]
        )
        length = max(float(np.linalg.norm(query)), 1e-9)
        return Nearness(self._passages, cosines / (self._lengths * length))

    def _put_in_order(self) -> None:
        if not self._new:
            return
        before = [(self._passages, self._steps)] if len(self._passages) else []
        parts = [*before, *self._new]
        passages = np.concatenate([part for part, _ in parts])
        steps = np.vstack([part for _, part in parts])
        order = np.argsort(passages, kind="stable")
        self._passages, self._steps, self._new = passages[order], steps[order], []
        squares = np.einsum("ij,ij->i", self._steps, self._steps, dtype=np.int32)
        self._lengths = np.sqrt(squares.astype(np.float32)).clip(min=1)


class VectorTable:
    """The vectors in the index's SQLite file. Synchronous, and raises sqlite3.Error.

    They leave with their passages, by a trigger. Memory follows the file, whoever wrote to it.
    """

    def __init__(self, connection: sqlite3.Connection, embedder: str) -> None:
        """Those of another embedder are deleted."""
        self._connection = connection
        self._take_over(embedder)
        self._stamp: tuple[int, int] | None = None
        self._matrix = Matrix()

    def missing(self, limit: int) -> list[tuple[int, str]]:
        """Passages without a vector: their ids and what is to be embedded."""
        rows = self._connection.execute(_MISSING, (limit,))
        return [(passage, f"{title}. {text}") for passage, title, text in rows]

    def lacking(self) -> int:
        """How many those are."""
        (passages,) = self._connection.execute("SELECT count(*) FROM passages").fetchone()
        (vectors,) = self._connection.execute("SELECT count(*) FROM vectors").fetchone()
        return int(passages) - int(vectors)

    def put(self, passages: Sequence[int], vectors: Sequence[Sequence[float]]) -> None:
        """Keep them, in one transaction; a passage that is gone since gets none.

        Raises EngineError for vectors that are none, or of another length than the others.
        """
        steps = in_steps(as_rows(vectors))
        if len(steps) != len(passages):
            raise EngineError(f"{len(steps)} vectors came for {len(passages)} texts")
        known = self._connection.execute("SELECT length(steps) FROM vectors LIMIT 1").fetchone()
        if known is not None:
            require_length(steps.shape[1], known[0])
        rows = [(row.tobytes(), id_) for row, id_ in zip(steps, passages, strict=True)]
        in_memory = self._stamp == self._now()
        with transaction(self._connection):
            kept = self._connection.executemany(_PUT, rows).rowcount
        if in_memory and kept == len(rows):
            self._matrix.add(np.asarray(passages, np.int64), steps)
            self._stamp = self._now()

    def near(self, vector: Sequence[float]) -> Nearness:
        """How near every passage is. Raises EngineError for a vector of another length."""
        if self._stamp != self._now():
            self._matrix = self._read()
            self._stamp = self._now()
        return self._matrix.near(vector)

    def _take_over(self, embedder: str) -> None:
        known = self._connection.execute("SELECT name FROM embedder").fetchone()
        if known == (embedder,):
            return
        with transaction(self._connection):
            self._connection.execute("DELETE FROM vectors")
            self._connection.execute("DELETE FROM embedder")
            self._connection.execute("INSERT INTO embedder (name) VALUES (?)", (embedder,))

    def _read(self) -> Matrix:
        """All that the file has."""
        rows = self._connection.execute("SELECT passage, steps FROM vectors ORDER BY passage")
        found, matrix = rows.fetchall(), Matrix()
        if found:
            steps = np.frombuffer(b"".join(row for _, row in found), np.int8)
            passages = np.fromiter((id_ for id_, _ in found), np.int64, len(found))
            matrix.add(passages, steps.reshape(len(found), -1))
        return matrix

    def _now(self) -> tuple[int, int]:
        """Another one whenever this or another process has written."""
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        return int(version), self._connection.total_changes


def require_length(length: int, known: int) -> None:
    """Raises EngineError where vectors are not of one length."""
    if length != known:
        raise EngineError(f"a vector of {length} numbers came, and before of {known}")


def as_rows(vectors: Sequence[Sequence[float]]) -> NDArray[np.float32]:
    """Raises EngineError for what are no vectors."""
    try:
        rows = np.asarray(vectors, np.float32)
    except ValueError as error:  # rows of several lengths
        raise EngineError("the vectors that came are not of one length") from error
    if rows.ndim != 2 or not rows.size or not np.isfinite(rows).all():
        raise EngineError("what came are no vectors of numbers")
    return rows


def in_steps(rows: NDArray[np.float32]) -> NDArray[np.int8]:
    """Each row by its own largest number."""
    largest = np.abs(rows).max(axis=1, keepdims=True, initial=0.0)
    steps: NDArray[np.int8] = np.rint(rows / np.maximum(largest, 1e-9) * _STEPS).astype(np.int8)
    return steps
