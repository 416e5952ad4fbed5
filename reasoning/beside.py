"""Side by side: what is waited for together ends together, however it ends."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def together(asked: Iterable[Awaitable[T]]) -> list[T]:
    """What all give, in their order. The first error ends the others, and is raised."""
    tasks = [asyncio.ensure_future(one) for one in asked]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


async def surviving(
    asked: Iterable[Awaitable[T]], tolerated: tuple[type[Exception], ...]
) -> list[T | None]:
    """What all give, in their order; None for what fails with what is tolerated.

    Raises the first error where all fail, and any that is not tolerated, once all have ended.
    """
    said = await asyncio.gather(*asked, return_exceptions=True)
    failed = [one for one in said if isinstance(one, BaseException)]
    for error in failed:
        if len(failed) == len(said) or not isinstance(error, tolerated):
            raise error
    return [None if isinstance(one, BaseException) else one for one in said]
