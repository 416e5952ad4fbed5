"""An index of nothing yet, a folder of three films for it, and documents of bytes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from search_shelves import shelf_of

from search import Document, DocumentIndex, IndexReport, read_bytes


@pytest.fixture(params=["memory", "shared"])
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[DocumentIndex]:
    if request.param == "shared":
        async for shelf in shelf_of("shared", tmp_path):
            yield await shelf.open()
        return
    opened = DocumentIndex.open(None)
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    films = tmp_path / "films"
    films.mkdir()
    (films / "godfather.md").write_text("# The Godfather\n\nNino Rota composed its music.\n")
    (films / "psycho.txt").write_text("Psycho\n\nBernard Herrmann scored it for strings.\n")
    (films / "page.html").write_text("<html><title>Inception</title><p>Hans Zimmer scored it.</p>")
    return films


async def titles(index: DocumentIndex, query: str, limit: int = 10) -> list[str]:
    return [hit.passage.source.title for hit in await index.search(query, limit=limit)]


def counts(report: IndexReport) -> tuple[int, int, int, int]:
    return report.added, report.changed, report.removed, report.unchanged


def read(data: bytes, name: str = "/docs/some-name.txt") -> Document:
    return read_bytes(data, name)
