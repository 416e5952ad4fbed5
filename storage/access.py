"""How transactions are done, in a file or on a server."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")
Work = Callable[[AsyncConnection], Awaitable[T]]
"""What is done in one transaction. It awaits nothing but its connection, and may be done again from
its beginning where the first attempt was rolled back."""


class Access(Protocol):
    """To one database. Errors are those of drivers."""

    async def write(self, work: Work[T]) -> T:
        """In a transaction that is committed at the end, or rolled back by an error."""
        ...

    async def read(self, work: Work[T]) -> T:
        """In a transaction that sees one state of the database throughout."""
        ...

    async def rebuild(self, work: Work[T]) -> T:
        """As `write`, for what is done to whole tables: each statement has an hour."""
        ...

    async def vacuum(self) -> None:
        """Give back to the disk what is not used any more; outside of any transaction."""
        ...

    async def close(self) -> None:
        """Let go of the database."""
        ...
