"""Transactions of tests, in the way of the store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import TraceStore
from storage.database import Database
from storage.one_file import Immediate, OneFile
from storage.server import Server


def database_of(store: TraceStore | Database) -> Database:
    """What a store is kept in."""
    return store._database if isinstance(store, TraceStore) else store


def engines_of(store: TraceStore) -> list[Engine]:
    """That its statements go through."""
    match database_of(store)._access:
        case OneFile() as file:
            return [file._reader, file._writer]
        case Server() as server:
            return [server._engine.sync_engine]
    raise AssertionError


@asynccontextmanager
async def writing(store: TraceStore | Database) -> AsyncIterator[AsyncConnection]:
    """One that writes, and waits for the test in between."""
    database = database_of(store)
    with database._translated():
        match database._access:
            case OneFile() as file:
                with file._writer.begin() as connection:
                    yield cast(AsyncConnection, Immediate(connection))
            case Server() as server:
                async with server._writer.begin() as remote:
                    yield remote


@asynccontextmanager
async def reading(store: TraceStore | Database) -> AsyncIterator[AsyncConnection]:
    """One that sees one state of the database."""
    database = database_of(store)
    with database._translated():
        match database._access:
            case OneFile() as file:
                with file._reader.connect() as connection:
                    yield cast(AsyncConnection, Immediate(connection))
            case Server() as server:
                async with server._reader.connect() as remote:
                    yield remote
