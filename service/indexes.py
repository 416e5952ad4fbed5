"""Where the index of the documents is kept: in a file of this machine, or in a PostgreSQL that
workers on several machines share.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256

from sqlalchemy import URL

from search import DocumentIndex, Embedder, Reranker, shared_index
from service.errors import UsageProblem
from service.meaning import Notices
from service.settings import Settings
from storage import StorageError, database_url


@asynccontextmanager
async def index_of(
    roots: Sequence[object],
    settings: Settings,
    notices: Notices,
    embedder: Embedder | None,
    reranker: Reranker | None,
) -> AsyncIterator[DocumentIndex]:
    """One for each set of roots, and one in memory for none. Raises as `DocumentIndex.open`."""
    named = "\n".join(sorted(map(str, roots)))
    key = sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    url = shared_place(settings) if roots else None
    if url is not None:
        async with shared_index(
            url,
            key,
            about=f"Breadth, the documents of {', '.join(named.splitlines())}",
            embedder=embedder,
            reranker=reranker,
            notice=notices.missing,
        ) as shared:
            yield shared
        return
    path = settings.cache / "index" / f"{key}.db" if roots else None
    index = DocumentIndex.open(path, embedder=embedder, reranker=reranker)
    try:
        yield index
    finally:
        index.close()


def shared_place(settings: Settings) -> URL | None:
    """The PostgreSQL; None: a file. Raises UsageProblem for what is neither."""
    database = settings.database or ""
    named = settings.index
    if named == "auto":
        named = database if _is_postgresql(database) else "file"
    if named == "file":
        return None
    if not _is_postgresql(named):
        raise UsageProblem("BREADTH_INDEX: use auto, file, or the URL of a PostgreSQL")
    try:
        return database_url(named).difference_update_query(["timeout"])
    except StorageError as error:
        raise UsageProblem(f"BREADTH_INDEX: {error}") from error


def _is_postgresql(named: str) -> bool:
    """By how the URL begins."""
    return named.startswith(("postgresql:", "postgresql+"))
