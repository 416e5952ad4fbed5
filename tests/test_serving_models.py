"""`breadth models serve` as its user runs it, with a program that plays vLLM's Python."""

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
FAKE = ROOT / "tests" / "vllm_fake.py"
PLAYED = f"""#!{sys.executable}
import os, runpy, sys
if sys.argv[1] == "-c":
    print('{{"name": "vllm", "version": "0.33.0"}}')
else:
    port = sys.argv[sys.argv.index("--port") + 1]
    sys.argv = ["fake", port, os.environ["FOLDER"], os.environ["HOW"]]
    runpy.run_path({str(FAKE)!r}, run_name="__main__")
"""


@pytest.fixture
def port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        free: int = taken.getsockname()[1]
        return free


async def breadth(tmp_path: Path, *words: str, how: str = "well") -> Process:
    """The command, in a folder of its own."""
    python = tmp_path / "python"
    python.write_text(PLAYED, encoding="utf-8")
    python.chmod(0o755)
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("BREADTH_")},
        "PYTHONPATH": str(ROOT),
        "BREADTH_DATA": str(tmp_path / "data"),
        "BREADTH_VLLM_PYTHON": str(python),
        "FOLDER": str(tmp_path),
        "HOW": how,
    }
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "service", "models", "serve", *words),
        stdout=PIPE,
        stderr=PIPE,
        env=environment,
    )


def pids(tmp_path: Path) -> list[int]:
    return [int(word) for word in (tmp_path / "pids").read_text().split()]


def lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
async def test_it_serves_until_it_is_stopped(
    tmp_path: Path, port: int, sent: signal.Signals, code: int
) -> None:
    process = await breadth(tmp_path, "Qwen/Qwen3-8B", "--port", str(port))
    assert process.stdout is not None
    assert process.stderr is not None
    assert f"http://127.0.0.1:{port}/v1 answers" in (await process.stdout.readline()).decode()
    use = (await process.stdout.readline()).decode()
    assert use == (
        'breadth ask "..." --documents FOLDER --model openai:Qwen/Qwen3-8B'
        f" --base-url http://127.0.0.1:{port}/v1\n"
    )
    assert all(map(lives, pids(tmp_path)))
    process.send_signal(sent)
    _, errors = await process.communicate()
    assert process.returncode == code
    assert not any(map(lives, pids(tmp_path)))
    assert f"vllm-{port}.log" in errors.decode()
    assert "Traceback" not in errors.decode()


async def test_facts_come_as_json_and_options_reach_vllm(tmp_path: Path, port: int) -> None:
    log = tmp_path / "here.log"
    words = ("m", "--port", str(port), "--log", str(log), "--json", "--quiet", "--max-len", "4096")
    process = await breadth(tmp_path, *words, "--speculate", "ngram", "--", "--dtype", "bfloat16")
    assert process.stdout is not None
    text = (await process.stdout.readuntil(b"\n}\n")).decode()
    process.send_signal(signal.SIGTERM)
    _, errors = await process.communicate()
    facts: dict[str, Any] = json.loads(text)
    assert facts["model"] == "openai:m"
    assert facts["base_url"] == f"http://127.0.0.1:{port}/v1"
    assert facts["engine"] == "vllm 0.33.0"
    assert facts["command"][-2:] == ["--dtype", "bfloat16"]
    assert "4096" in facts["command"]
    assert "--speculative-config" in facts["command"]
    assert "loading the weights" in log.read_text()
    assert errors == b""


async def test_one_that_cannot_start_is_told_in_a_line(tmp_path: Path, port: int) -> None:
    process = await breadth(tmp_path, "m", "--port", str(port), how="broken")
    _, errors = await process.communicate()
    assert process.returncode == 1
    assert errors.decode().splitlines()[-1] == (
        "breadth: vLLM cannot be started: ValueError: no room (exit code 1)"
        f" (log: {tmp_path}/data/vllm-{port}.log)"
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("base",), "vLLM cannot serve 'base': name a folder"),
        (("model.gguf",), "vLLM cannot serve 'model.gguf'"),
        (("m", "--speculate", "faster"), "--speculate 'faster': write off"),
        (("m", "--port", "0"), "there is no port 0"),
        (("m", "--memory-share", "2"), "at most 1"),
    ],
)
async def test_what_cannot_be_served_is_a_wrong_call(
    tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    process = await breadth(tmp_path, *words)
    _, errors = await process.communicate()
    assert process.returncode == 2
    assert told in errors.decode()


async def test_a_server_for_everybody_without_a_key_is_warned_of(tmp_path: Path, port: int) -> None:
    process = await breadth(tmp_path, "m", "--host", "0.0.0.0", "--port", str(port))
    assert process.stdout is not None
    await process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    _, errors = await process.communicate()
    assert "whoever reaches 0.0.0.0 may use it" in errors.decode()
