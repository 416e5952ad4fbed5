"""Where the extra for PostgreSQL is not installed, one line says how to install it."""

import sys

import pytest

from storage import StorageError, TraceStore


async def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(StorageError, match=r"needs the package asyncpg: .*'breadth\[postgres\]'"):
        await TraceStore.open("postgresql://me@127.0.0.1:1/runs")
