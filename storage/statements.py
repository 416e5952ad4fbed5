"""Statements that are executed thousands of times: built once, and given their values.

Building one anew costs more than executing it on a local file.
"""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Insert, Row, Select, Table, Update, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import Base

_OF_KEY = "key_{}"


async def add(connection: AsyncConnection, kind: type[Base], values: Mapping[str, Any]) -> None:
    """A new row."""
    await connection.execute(_insert(kind), dict(values))


async def change(
    connection: AsyncConnection,
    kind: type[Base],
    key: Mapping[str, Any],
    values: Mapping[str, Any],
) -> None:
    """Columns of the rows whose columns have the values of `key`."""
    statement = _update(kind, tuple(key))
    await connection.execute(statement, _bound(key) | dict(values))


async def found(
    connection: AsyncConnection,
    kind: type[Base],
    key: Mapping[str, Any],
    columns: Collection[str] = (),
    *,
    locked: bool = False,
) -> Row[Any] | None:
    """The one row whose columns have the values of `key`, or None. `columns`: only these; `locked`:
    nobody else changes it before the transaction ends."""
    statement = _select(kind, tuple(key), tuple(columns), locked)
    row: Row[Any] | None = (await connection.execute(statement, _bound(key))).one_or_none()
    return row


@cache
def _insert(kind: type[Base]) -> Insert:
    return insert(_table(kind))


@cache
def _update(kind: type[Base], key: tuple[str, ...]) -> Update:
    table = _table(kind)
    return update(table).where(*(table.c[name] == bindparam(_OF_KEY.format(name)) for name in key))


@cache
def _select(
    kind: type[Base], key: tuple[str, ...], columns: tuple[str, ...], locked: bool
) -> Select[Any]:
    table = _table(kind)
    chosen = select(*(table.c[name] for name in columns)) if columns else select(table)
    chosen = chosen.where(*(table.c[name] == bindparam(_OF_KEY.format(name)) for name in key))
    return chosen.with_for_update() if locked else chosen


def _table(kind: type[Base]) -> Table:
    table = kind.__table__
    assert isinstance(table, Table)
    return table


def _bound(key: Mapping[str, Any]) -> dict[str, Any]:
    return {_OF_KEY.format(name): value for name, value in key.items()}
