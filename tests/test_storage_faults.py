"""What a server and a network can do: each is told in words, never waited for without end, and
when it is over the store works again, with all that it said it had."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from postgres_server import WHY_NOT, postgres
from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection
from trace_store import PASSAGE, dropped, kinds

from planner import Done, RunEnded, RunStarted, StepEnded
from storage import StorageError, TraceStore
from storage.access import Work
from storage.database import Database
from storage.engines import database_url
from tests.transactions import database_of, reading, writing

OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""


@pytest.fixture
async def server() -> AsyncIterator[str]:
    """The URL of a PostgreSQL database that nobody has used yet."""
    named = postgres()
    if named is None:
        pytest.skip(WHY_NOT)
    yield named
    await dropped(named)


async def on_the_side(server: str, statement: str) -> None:
    """By a connection of its own."""
    database = Database(database_url(server))
    async with writing(database) as connection:
        await connection.execute(text(statement))
    await database.close()


class Network:
    """Between the store and the server: it can be cut, go silent, and come back."""

    def __init__(self, server: URL) -> None:
        self._server = server
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._speaks = asyncio.Event()
        self._speaks.set()
        self._listener: asyncio.Server | None = None
        self.url = ""

    async def connect(self, port: int = 0) -> None:
        """From now on there is a way."""
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", port)
        port = self._listener.sockets[0].getsockname()[1]
        self.url = self._server.set(host="127.0.0.1", port=port).render_as_string(False)

    async def cut(self) -> int:
        """Every connection breaks and no new one is taken; gives the port."""
        assert self._listener is not None
        port = int(self._listener.sockets[0].getsockname()[1])
        self._listener.close()
        for writer in self._open:
            writer.transport.abort()
        if self._tasks:
            await asyncio.wait(set(self._tasks))
        return port

    def go_silent(self) -> None:
        """Connections stand, and nothing comes through."""
        self._speaks.clear()

    def speak(self) -> None:
        """It comes through again."""
        self._speaks.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far = await asyncio.open_connection(self._server.host, self._server.port or 5432)
        for source, target in ((reader, far[1]), (far[0], writer)):
            task = asyncio.create_task(self._carry(source, target))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        self._open.add(target)
        try:
            while data := await source.read(65536):
                await self._speaks.wait()
                target.write(data)
                await target.drain()
        except ConnectionError:
            pass
        finally:
            self._open.discard(target)
            target.transport.abort()


@asynccontextmanager
async def network_to(server: str) -> AsyncIterator[Network]:
    network = Network(make_url(server))
    await network.connect()
    yield network
    network.speak()
    await network.cut()


async def test_connections_that_the_server_ended_are_replaced(server: str) -> None:
    async with await TraceStore.open(server) as store:
        run = await store.create_run("Who?", {})
        for _ in range(3):
            await on_the_side(server, OTHERS)
            await store.trace(run).record(RunStarted("Who?", resumed=True))
        assert await kinds(store, run) == ["run_started"] * 3


async def test_a_transaction_whose_connection_is_ended_is_undone_and_told(server: str) -> None:
    async with await TraceStore.open(server) as store:
        run = await store.create_run("Who?", {})

        async def interrupted() -> None:
            async with writing(store) as connection:
                await connection.execute(text("UPDATE run SET question = 'When?'"))
                await on_the_side(server, OTHERS)
                await connection.execute(text("SELECT 1"))

        with pytest.raises(StorageError, match="connection to it was lost amid an operation"):
            await interrupted()
        assert (await store.run(run)).question == "Who?"


async def test_a_transaction_whose_connection_is_ended_is_done_again(server: str) -> None:
    tries = []

    async def interrupted_once(connection: AsyncConnection) -> None:
        tries.append(connection)
        await connection.execute(text("UPDATE run SET question = question || '!'"))
        if len(tries) == 1:
            await on_the_side(server, OTHERS)
        await connection.execute(text("SELECT 1"))

    async with await TraceStore.open(server) as store:
        run = await store.create_run("Who?", {})
        await database_of(store).write(interrupted_once)
        assert (await store.run(run)).question == "Who?!"
    assert len(tries) == 2


async def test_transactions_that_wait_for_each_other_are_both_done(server: str) -> None:
    tries = []

    def renaming(first: str, second: str, met: asyncio.Barrier) -> Work[None]:
        async def both(connection: AsyncConnection) -> None:
            tries.append(first)
            for run in (first, second):
                changed = text("UPDATE run SET question = question || '!' WHERE id = :run")
                await connection.execute(changed, {"run": run})
                if run == first and len(tries) <= 2:
                    await met.wait()

        return both

    async with await TraceStore.open(server) as store, asyncio.timeout(30):
        one, other = [await store.create_run("Who?", {}) for _ in range(2)]
        write, met = database_of(store).write, asyncio.Barrier(2)
        await asyncio.gather(write(renaming(one, other, met)), write(renaming(other, one, met)))
        assert [run.question for run in await store.runs()] == ["Who?!!", "Who?!!"]
    assert len(tries) == 3


async def test_a_server_that_goes_away_is_told_and_used_again_when_it_is_back(server: str) -> None:
    async with network_to(server) as network, await TraceStore.open(network.url) as store:
        run = await store.create_run("Who?", {})
        trace = store.trace(run)
        await trace.record(StepEnded("a", Done("kept", (PASSAGE,))))
        port = await network.cut()
        for _ in range(3):
            with pytest.raises(StorageError, match=r"it cannot be reached|was lost"):
                await trace.record(StepEnded("b", Done("lost")))
            with pytest.raises(StorageError, match=r"it cannot be reached|was lost"):
                await store.run(run)
        await network.connect(port)
        await trace.record(StepEnded("c", Done("kept", (PASSAGE,))))
        assert set((await store.history(run)).outcomes) == {"a", "c"}


async def test_a_server_that_does_not_answer_is_told_in_time(server: str) -> None:
    async with network_to(server) as network, asyncio.timeout(30):
        limited = f"{network.url}?timeout=0.5"
        async with await TraceStore.open(limited) as store:
            run = await store.create_run("Who?", {})
            network.go_silent()
            for _ in range(2):
                with pytest.raises(StorageError, match=r"did not answer in time|was lost"):
                    await store.run(run)
            with pytest.raises(StorageError, match=r"did not answer in time|was lost"):
                await store.trace(run).record(RunStarted("Who?"))
            with pytest.raises(StorageError, match="did not answer in time"):
                await TraceStore.open(limited)
            network.speak()
            await store.trace(run).record(RunEnded("completed"))
            assert (await store.run(run)).status == "completed"


async def test_a_statement_that_takes_too_long_is_told_and_ended(server: str) -> None:
    async with await TraceStore.open(f"{server}?timeout=0.3") as store, asyncio.timeout(30):

        async def slow() -> None:
            async with writing(store) as connection:
                await connection.execute(text("SELECT pg_sleep(60)"))

        with pytest.raises(StorageError, match="did not answer in time"):
            await slow()
        assert await store.runs() == []


async def test_what_is_done_to_whole_tables_may_take_longer(server: str) -> None:
    async with await TraceStore.open(f"{server}?timeout=0.2") as store:
        await store._database.rebuild(lambda slow: slow.execute(text("SELECT pg_sleep(0.5)")))
        await store.vacuum()


async def test_who_waits_for_a_row_waits_no_longer_than_for_an_answer(server: str) -> None:
    async with (
        await TraceStore.open(server) as other,
        await TraceStore.open(f"{server}?timeout=0.3") as store,
    ):
        run = await store.create_run("Who?", {})
        async with writing(other) as connection:
            await connection.execute(text("UPDATE run SET reason = 'held'"))
            with pytest.raises(StorageError, match="did not answer in time"):
                await store.trace(run).record(RunStarted("Who?"))
        await store.trace(run).record(RunStarted("Who?"))
        assert (await store.run(run)).last_event == 1


async def test_who_freezes_amid_a_transaction_loses_it(server: str) -> None:
    async with await TraceStore.open(server) as store:
        async with writing(store) as connection:
            shown = await connection.execute(text("SHOW idle_in_transaction_session_timeout"))
            assert shown.scalar_one() == "1min"
        async with reading(store) as connection:
            shown = await connection.execute(text("SHOW idle_in_transaction_session_timeout"))
            assert shown.scalar_one() == "0"


async def test_a_server_that_takes_nobody_in_is_told(server: str) -> None:
    async with await TraceStore.open(server) as store:
        with pytest.raises(StorageError, match=r'database "nothing" does not exist'):
            await TraceStore.open(str(make_url(server).set(database="nothing")))
        with pytest.raises(StorageError, match=r'role "nobody" does not exist'):
            await TraceStore.open(str(make_url(server).set(username="nobody")))
        assert await store.runs() == []
