"""The life of the embedded engine: how it is loaded, ends, dies, and what it cannot load."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from contextlib import aclosing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from test_embedded import CACHE, ENDLESS, LONG, asked

from inference import (
    PACKAGED,
    Completion,
    EmbeddedModel,
    ModelSetupError,
    ModelUnavailable,
    check_gguf,
    complete,
)
from inference.weights import joined

pytest.importorskip("xllamacpp")
pytestmark = [pytest.mark.model, pytest.mark.asyncio(loop_scope="module")]


def engines() -> list[int]:
    """The engine processes that are children of this one."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                status, command = (entry / "stat").read_text(), (entry / "cmdline").read_bytes()
            except OSError:  # it ended meanwhile
                continue
            parent = int(status.rpartition(")")[2].split()[1])
            if parent == os.getpid() and b"llama_main" in command:
                found.append(int(entry.name))
    return found


async def connect_for_ever(host: str | None, port: int | None) -> None:
    """Again and again, until nobody listens."""
    while True:
        _, writer = await asyncio.open_connection(host, port)
        writer.close()
        await writer.wait_closed()


async def test_closing_ends_what_the_engine_computes() -> None:
    model = EmbeddedModel(PACKAGED["small"], cache=CACHE)
    request = asked("Tell a story.", max_tokens=LONG, grammar=ENDLESS)
    async with aclosing(model.stream(request)) as chunks:
        await anext(chunks)
        async with asyncio.timeout(10):
            await model.close()
        with pytest.raises(ModelUnavailable, match="small"):
            async for _ in chunks:
                pass
    with pytest.raises(ModelUnavailable, match="was closed"):
        await model.ready()
    await model.close()


async def test_closing_ends_the_loading() -> None:
    model = EmbeddedModel(PACKAGED["small"], cache=CACHE)
    waiting = asyncio.create_task(model.ready())
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await model.close()
        with pytest.raises(ModelUnavailable, match="was closed"):
            await waiting


async def test_the_loop_runs_on_while_the_model_loads() -> None:
    model = EmbeddedModel(PACKAGED["small"], cache=CACHE)
    loading = asyncio.create_task(model.ready())
    turns = 0
    while not loading.done():
        await asyncio.wait({loading}, timeout=0.05)
        turns += 1
    await loading
    await model.close()
    assert turns > 5


@pytest.mark.skipif(sys.platform != "linux", reason="finds the process in /proc")
async def test_an_engine_that_dies_is_said_to_have_died() -> None:
    before = engines()
    model = EmbeddedModel(PACKAGED["small"], cache=CACHE)
    request = asked("Tell a story.", max_tokens=LONG, grammar=ENDLESS)
    async with aclosing(model.stream(request)) as chunks:
        await anext(chunks)
        (engine,) = set(engines()) - set(before)
        os.kill(engine, signal.SIGKILL)
        with pytest.raises(ModelUnavailable, match=r"ended \(signal 9, perhaps for want of memory"):
            async for _ in chunks:
                pass
    await model.close()


async def late(model: EmbeddedModel, seconds: float) -> Completion:
    """Asks after so many seconds."""
    await asyncio.sleep(seconds)
    return await complete(model, asked("Hello?", max_tokens=2))


@pytest.mark.skipif(sys.platform != "linux", reason="finds the process in /proc")
async def test_an_engine_that_dies_is_loaded_again_but_not_for_ever() -> None:
    before = engines()
    model = EmbeddedModel(PACKAGED["small"], cache=CACHE, window=2048)
    await model.ready()
    for _ in range(3):
        (engine,) = set(engines()) - set(before)
        os.kill(engine, signal.SIGKILL)
        # Some meet the old engine while another request still sees to its end.
        many = (late(model, wait) for wait in (0, 0, 0, 0.005, 0.02))
        assert all(made.samples[0].text for made in await asyncio.gather(*many))
    (engine,) = set(engines()) - set(before)
    os.kill(engine, signal.SIGKILL)
    with pytest.raises(ModelUnavailable, match="again and again: a smaller model"):
        await complete(model, asked("Hello?", max_tokens=2))
    await model.close()
    assert set(engines()) <= set(before)


async def test_the_engine_ends_with_the_process_that_started_it() -> None:
    script = f"""
        import asyncio, os, signal
        from pathlib import Path
        from inference import PACKAGED, EmbeddedModel

        async def main():
            model = EmbeddedModel(PACKAGED["small"], cache=Path({str(CACHE)!r}))
            print((await model.ready()).base_url, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)

        asyncio.run(main())
    """
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        check=False,
        text=True,
        cwd=Path(__file__).parent.parent,
    )
    address = urlsplit(done.stdout.strip())
    assert done.returncode == -signal.SIGKILL
    async with asyncio.timeout(10):
        # A connection that the dying engine had not taken yet is reset, the next one refused.
        with pytest.raises((ConnectionRefusedError, ConnectionResetError)):
            await connect_for_ever(address.hostname, address.port)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"PK\x03\x04", "is no GGUF model"),
        (b"", "is no GGUF model"),
        (b"GGUF", "cannot load"),
        (b"GGUF" + os.urandom(100_000), "cannot load"),
    ],
    ids=["zip", "empty", "only the magic", "junk"],
)
async def test_what_is_no_model_is_a_setup_error(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(content)
    model = EmbeddedModel(path, cache=tmp_path)
    for _ in range(2):
        with pytest.raises(ModelSetupError, match=told) as caught:
            await complete(model, asked("Hello?"))
        assert str(path) in str(caught.value)
    await model.close()


async def test_half_a_model_is_a_setup_error_with_llama_cpp_s_reason(tmp_path: Path) -> None:
    path = tmp_path / "half.gguf"
    with joined(PACKAGED["small"], CACHE).open("rb") as file:
        path.write_bytes(file.read(20_000_000))
    model = EmbeddedModel(path, cache=tmp_path)
    with pytest.raises(ModelSetupError, match="not within the file bounds"):
        await model.ready()
    await model.close()


async def test_a_missing_file_is_a_setup_error(tmp_path: Path) -> None:
    model = EmbeddedModel(tmp_path / "none.gguf", cache=tmp_path)
    with pytest.raises(ModelSetupError, match=r"none.gguf: No such file"):
        await model.ready()
    await model.close()
    with pytest.raises(ModelSetupError, match="cannot read the model"):
        check_gguf(tmp_path)


async def test_closing_what_was_never_used_is_nothing() -> None:
    model = EmbeddedModel(PACKAGED["small"], cache=CACHE)
    await model.close()
    with pytest.raises(ModelUnavailable, match="was closed"):
        await model.ready()
