"""A trace store on real databases: SQLite, and PostgreSQL, which is emptied after each test."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from postgres_server import WHY_NOT, postgres
from sqlalchemy import text

from inference import Completion, Message, Request, Sample, Usage
from planner import ModelCalled
from search import Passage, Source
from storage import TraceStore
from storage.database import Database
from storage.engines import database_url
from storage.migrating import migrate
from storage.schema import VERSION_TABLE, schema_version
from tests.transactions import writing

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

SOURCE = Source(
    "/films/inception.md", "Inception", "text/markdown", "0" * 64, "Ann Author", "2011-05-17"
)
PASSAGE = Passage(SOURCE, 10, 40, "Directed by Christopher Nolan.", "page 3")
OTHER = Passage(SOURCE, 50, 70, "Released in 2010.")


class Clock:
    """Moves when it is told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """Of a database that nobody has used yet."""
    if request.param == "sqlite":
        yield str(tmp_path / "new folder" / "runs.db")
        return
    named = postgres()
    if named is None:
        pytest.skip(WHY_NOT)
    yield named
    await dropped(named)


async def dropped(named: str) -> None:
    """Nobody has used the database; what was in it is gone."""
    database = Database(database_url(named))
    async with writing(database) as connection:
        if await connection.run_sync(schema_version) is not None:
            await connection.run_sync(migrate, "base")
        await connection.execute(text(f"DROP TABLE IF EXISTS {VERSION_TABLE}"))
    await database.close()


@pytest.fixture
async def store(url: str, clock: Clock) -> AsyncIterator[TraceStore]:
    async with await TraceStore.open(url, now=clock) as opened:
        yield opened


def model_called(**changes: object) -> ModelCalled:
    """A call that cost 30 + 5 tokens."""
    request = Request((Message("system", "Answer."), Message("user", "Who?")), purpose="read")
    completion = Completion((Sample("Nolan", "stop"),), Usage(30, 5, 20))
    fields = {"step": "a", "model": "small", "request": request, "completion": completion}
    return ModelCalled(**(fields | {"seconds": 0.5, "first_token_seconds": 0.1} | changes))  # type: ignore[arg-type]


async def kinds(store: TraceStore, run: str) -> list[str]:
    return [logged["kind"] for logged in (await store.document(run))["events"]]
