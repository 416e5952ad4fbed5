"""Several engines asked at once: those that answer, and their lists as one."""

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from typing import TypeVar

from search.errors import EngineError, SearchError

T = TypeVar("T")
_log = logging.getLogger(__name__)
_RANK_CONSTANT = 60


async def answers_of(
    asking: Sequence[tuple[str, Awaitable[Sequence[T]]]],
) -> list[Sequence[T]]:
    """What each engine that answers has found. `asking`: the engines' names, and their searches.

    Raises EngineError with all reasons where none does.
    """
    ended = await asyncio.gather(*(search for _, search in asking), return_exceptions=True)
    found: list[Sequence[T]] = []
    failures: list[str] = []
    for (name, _), answer in zip(asking, ended, strict=True):
        if isinstance(answer, SearchError):
            failures.append(str(answer))
            _log.warning("the search goes on without %s: %s", name, answer)
        elif isinstance(answer, BaseException):
            raise answer
        else:
            found.append(answer)
    if failures and not found:
        raise EngineError("; ".join(failures))
    return found


def by_ranks(lists: Sequence[Sequence[str]]) -> dict[str, float]:
    """Scores by key, best first: what stands high in several lists comes first.

    Reciprocal rank fusion (Cormack et al. 2009). A key counts once in each list.
    """
    scores: dict[str, float] = {}
    for keys in lists:
        for rank, key in enumerate(dict.fromkeys(keys), 1):
            scores[key] = scores.get(key, 0.0) + 1 / (_RANK_CONSTANT + rank)
    return dict(sorted(scores.items(), key=lambda item: -item[1]))
