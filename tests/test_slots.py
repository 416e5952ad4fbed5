"""Slots are given out so that no prompt is computed twice."""

import asyncio
import os
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from inference.model import Message, Usage
from inference.slots import Messages, SlotError, SlotPool
from inference.states import SavedStates

HEAD = (Message("system", "Rules."), Message("user", "An example"), Message("assistant", "Done"))
ONE = (*HEAD, Message("user", "one"))
TWO = (*HEAD, Message("user", "two"))


class Server:
    """A SlotServer that writes real files and notes what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.did: list[tuple[str, int, object]] = []
        self.broken = False
        self.refused = ""
        """A file that cannot be restored; what is saved differs from it."""

    async def read(self, slot: int, messages: Messages) -> Usage:
        await asyncio.sleep(0)
        self.did.append(("read", slot, messages))
        return Usage(100 * len(messages))

    async def save(self, slot: int, file: str) -> None:
        if self.broken:
            raise SlotError("no space")
        (self.folder / file).write_bytes(b"state of %d%s" % (slot, self.refused.encode()))
        self.did.append(("save", slot, file))

    async def restore(self, slot: int, file: str) -> None:
        if self.broken or file == self.refused or not (self.folder / file).exists():
            raise SlotError("no file")
        self.did.append(("restore", slot, file))

    def count(self, what: str) -> int:
        return sum(did[0] == what for did in self.did)


@pytest.fixture
def states(tmp_path: Path) -> SavedStates:
    return SavedStates(tmp_path / "prompts", "weights and engine")


@pytest.fixture
def server(states: SavedStates) -> Server:
    return Server(states.folder)


async def test_a_head_is_read_once_and_restored_into_other_slots(
    server: Server, states: SavedStates
) -> None:
    pool = SlotPool(server, 2, states)
    async with pool.slot(ONE, 3) as first, pool.slot(TWO, 3) as second:
        assert first.slot != second.slot
        assert (first.read, second.read) == (300, 0)
    assert [did[0] for did in server.did] == ["read", "save", "restore"]
    assert server.did[0][2] == HEAD


async def test_two_requests_at_once_read_a_head_once(server: Server, states: SavedStates) -> None:
    pool = SlotPool(server, 4, states)

    async def ask(messages: Messages) -> int:
        async with pool.slot(messages, 3) as lane:
            return lane.read

    assert sorted(await asyncio.gather(ask(ONE), ask(TWO), ask(ONE))) == [0, 0, 300]
    assert server.count("read") == 1


async def test_a_later_process_reads_nothing(server: Server, states: SavedStates) -> None:
    async with SlotPool(server, 1, states).slot(ONE, 3):
        pass
    later = Server(states.folder)
    again = SavedStates(states.folder, "weights and engine")
    async with SlotPool(later, 1, again).slot(TWO, 3) as lane:
        assert lane.read == 0
    assert [did[0] for did in later.did] == ["restore"]
    other = Server(states.folder)
    async with SlotPool(other, 1, SavedStates(states.folder, "other weights")).slot(TWO, 3):
        assert other.count("read") == 1


async def test_a_state_that_is_not_whole_is_never_loaded(
    server: Server, states: SavedStates
) -> None:
    async with SlotPool(server, 1, states).slot(ONE, 3):
        pass
    (file,) = states.folder.glob("*.state")
    file.write_bytes(file.read_bytes()[:4])
    again = SavedStates(states.folder, "weights and engine")
    later = Server(states.folder)
    async with SlotPool(later, 1, again).slot(ONE, 3):
        assert [did[0] for did in later.did] == ["read", "save"]


async def test_a_kept_state_that_the_engine_refuses_is_read_anew_once_and_replaced(
    server: Server, states: SavedStates
) -> None:
    async with SlotPool(server, 1, states).slot(ONE, 3):
        pass
    (refused,) = states.folder.glob("*.state")
    later = Server(states.folder)
    later.refused = refused.name
    async with SlotPool(later, 1, states).slot(ONE, 3) as lane:
        assert lane.read == 300
    assert not refused.exists()
    assert len(list(states.folder.glob("*.state"))) == 1
    last = Server(states.folder)
    async with SlotPool(last, 1, states).slot(TWO, 3) as lane:
        assert lane.read == 0


async def test_the_slot_that_holds_a_prompt_gets_its_kind_again(
    server: Server, states: SavedStates
) -> None:
    pool = SlotPool(server, 2, states)
    other = (Message("user", "something else"),)
    async with pool.slot(ONE, 3) as first:
        pass
    async with pool.slot(other) as second:
        pass
    async with pool.slot(TWO, 3) as third, pool.slot(other) as fourth:
        assert (third.slot, fourth.slot) == (first.slot, second.slot)
    assert server.count("read") == 1
    assert server.count("restore") == 0


async def test_samples_restore_what_one_of_them_read(server: Server, states: SavedStates) -> None:
    pool = SlotPool(server, 3, states)
    async with pool.shared(ONE) as shared, AsyncExitStack() as stack:
        assert shared is not None
        assert replace(shared.usage, queued_seconds=0.0) == Usage(400)
        lanes = [await stack.enter_async_context(pool.slot(ONE, 0, shared)) for _ in range(3)]
        assert {lane.slot for lane in lanes} == {0, 1, 2}
    assert server.count("read") == 1
    assert server.count("restore") == 2
    assert list(states.folder.iterdir()) == []


async def test_requests_beyond_the_slots_wait(server: Server, states: SavedStates) -> None:
    pool = SlotPool(server, 1, states)
    async with pool.slot(ONE):
        waiting = asyncio.ensure_future(pool.slot(TWO).__aenter__())
        await asyncio.sleep(0.01)
        assert not waiting.done()
    assert (await waiting).slot == 0


async def test_a_request_that_broke_off_leaves_a_slot_of_unknown_content(
    server: Server, states: SavedStates
) -> None:
    pool = SlotPool(server, 1, states)
    with pytest.raises(RuntimeError):
        async with pool.slot(ONE, 3):
            raise RuntimeError
    async with pool.slot(ONE, 3):
        pass
    assert [did[0] for did in server.did] == ["read", "save", "restore"]


async def test_without_a_place_to_save_requests_run_all_the_same(
    server: Server, states: SavedStates
) -> None:
    server.broken = True
    pool = SlotPool(server, 2, states)
    async with pool.slot(ONE, 3) as lane:
        assert lane.slot == 0
    async with pool.shared(TWO, 3) as shared:
        assert shared is not None
        assert shared.file is None
        assert replace(shared.usage, queued_seconds=0.0) == Usage(400)
    assert server.count("read") == 2, "the head was tried once"
    assert list(states.folder.iterdir()) == []


async def test_what_was_not_used_for_longest_is_deleted(tmp_path: Path) -> None:
    states = SavedStates(tmp_path, "w", most_bytes=25)
    for number in range(3):
        file = states.temporary()
        (tmp_path / file).write_bytes(b"0123456789")
        await states.keep(file, (Message("user", str(number)),))
    kept = [await states.find((Message("user", str(number)),)) for number in range(3)]
    assert [name is not None for name in kept] == [False, True, True]


async def test_what_a_killed_process_left_is_deleted_after_a_while(tmp_path: Path) -> None:
    old, new = tmp_path / "a.part", tmp_path / "b.part"
    for path in (old, new):
        path.write_bytes(b"x")
    os.utime(old, (0, 0))
    SavedStates(tmp_path, "w")
    assert not old.exists()
    assert new.exists()


async def test_a_prompt_that_was_read_is_kept_though_its_text_was_cut_off(
    server: Server, states: SavedStates
) -> None:
    pool = SlotPool(server, 3, states)

    async def cut_off() -> int:
        async with pool.slot(ONE, 3) as lane:
            pool.holds(lane, ONE)
            used.append(lane.slot)
            raise RuntimeError("cut off")

    used: list[int] = []
    with pytest.raises(RuntimeError, match="cut off"):
        await cut_off()
    more = (*ONE, Message("assistant", "so far"), Message("user", "more"))
    async with pool.slot(more, 3) as lane:
        assert [lane.slot] == used
    assert server.count("restore") == 0


async def test_a_disk_that_was_full_may_have_room_again(
    server: Server, states: SavedStates
) -> None:
    pool = SlotPool(server, 1, states)
    server.broken = True
    async with pool.slot(ONE, 3):
        pass
    server.broken = False
    async with pool.slot((Message("user", "Something else"),)):
        pass
    async with pool.slot(TWO, 3):
        pass
    assert server.count("save") == 1
