"""How vLLM is started for our load, which is many short samples of few, long, shared prompts.

Prefix caching makes the samples of a prompt, and prompts with a common beginning, cheap; chunked
prefill lets the samples under way go on while a long prompt is read. Grammars (GBNF) and schemas
are bound by xgrammar, without white space in JSON: it costs tokens, and weak models write nothing
else for ever; a schema that xgrammar cannot bind is refused. Sampling defaults are neutral: what a
model's author recommends (a repetition penalty above all) would change texts that are to be copied
from a passage, and log-probabilities. Counting: cached tokens always, guessed tokens where there
are any.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from inference.speculation import Speculation
from inference.vllm_install import InstalledVllm
from inference.vllm_server import ServerCommand

_GPU_SHARE, _CPU_SHARE = 0.9, 0.4
"""A GPU has nothing else to do; a machine's memory is not vLLM's alone."""
_CPU_SEQUENCES = 16
"""Samples computed together on a CPU: eight streams already write four times as fast as one."""
_TOP_LOGPROBS = 20
_STRUCTURED = {"backend": "xgrammar", "disable_any_whitespace": True}


_OURS = frozenset({"--host", "--port", "--model", "--served-model-name", "--api-key"})


@dataclass(frozen=True, slots=True)
class VllmSettings:
    """What is served, where and how. Settings that exist can be tried."""

    model: str
    """A folder, or a name on the model hub."""
    host: str = "127.0.0.1"
    port: int = 8000
    speculation: Speculation = field(default_factory=Speculation)
    memory_share: float | None = None
    """Of the GPU's memory, on a CPU of the machine's: weights, cache and all."""
    window: int | None = None
    """Tokens of a prompt and its text together; None: the model's, or what fits in the memory."""
    api_key: str = field(default="", repr=False)
    extra: tuple[str, ...] = ()
    """Options of vLLM itself; they go over ours."""

    def __post_init__(self) -> None:
        """Refuses what could not even be tried."""
        if not self.model or self.model.startswith("-"):
            raise ValueError(f"{self.model!r} is no model")
        if not 0 < self.port < 2**16:
            raise ValueError(f"there is no port {self.port}")
        if self.memory_share is not None and not 0 < self.memory_share <= 1:
            raise ValueError("the share of the memory must be more than 0 and at most 1")
        for option in self.extra:
            if option.partition("=")[0] in _OURS:
                raise ValueError(f"{option}: this is not vLLM's to know alone; write it before --")
        if self.window is not None and self.window < 1:
            raise ValueError("the window must hold at least one token")

    @property
    def name(self) -> str:
        """How it is asked for: a folder by its last part, and a name on the hub as it is."""
        return self.folder.resolve().name if self.is_local else self.model

    @property
    def is_local(self) -> bool:
        """Whether it is a folder on this machine."""
        return self.folder.is_dir()

    @property
    def address(self) -> str:
        """Where it is reached from this machine, without /v1."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(self.host, self.host)  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def folder(self) -> Path:
        """Where it would be, if it is a folder."""
        return Path(self.model).expanduser()


def vllm_command(settings: VllmSettings, installed: InstalledVllm) -> ServerCommand:
    """What is run. Raises ModelSetupError where this vLLM cannot do what is asked."""
    line = arguments(settings, installed)
    return ServerCommand(line, settings.address, environment(settings))


def arguments(settings: VllmSettings, installed: InstalledVllm) -> list[str]:
    """The command line. Raises ModelSetupError where this vLLM cannot do what is asked."""
    share = settings.memory_share or (_CPU_SHARE if installed.cpu else _GPU_SHARE)
    model = str(settings.folder.resolve()) if settings.is_local else settings.model
    return [
        # `vllm serve` asks for the metadata of a distribution named vllm, which CPU builds lack.
        *(installed.python, "-m", "vllm.entrypoints.openai.api_server"),
        *("--model", model, "--served-model-name", settings.name),
        *("--host", settings.host, "--port", str(settings.port)),
        *("--gpu-memory-utilization", f"{share:g}"),
        *("--max-model-len", str(settings.window or "auto")),
        "--enable-prefix-caching",
        *("--structured-outputs-config", json.dumps(_STRUCTURED)),
        *("--generation-config", "vllm"),
        *("--max-logprobs", str(_TOP_LOGPROBS)),
        "--enable-prompt-tokens-details",
        "--disable-uvicorn-access-log",
        *_speculation(settings, installed),
        *_for_the_device(installed),
        *settings.extra,
    ]


def environment(settings: VllmSettings) -> Mapping[str, str]:
    """Variables on top of ours. The key is one: what stands in a command line, anybody may read."""
    told = {
        "VLLM_NO_USAGE_STATS": "1",
        "PYTHONSAFEPATH": "1",  # else what lies in the current folder is imported before vLLM's own
        "PYTHONUNBUFFERED": "1",
    }
    if settings.api_key:
        told["VLLM_API_KEY"] = settings.api_key
    drafter = settings.speculation.model
    if settings.is_local and (drafter is None or Path(drafter).is_dir()):
        told["HF_HUB_OFFLINE"] = "1"
    return told


def _speculation(settings: VllmSettings, installed: InstalledVllm) -> list[str]:
    """How drafts are made, and that they are counted."""
    config = settings.speculation.for_vllm(installed)
    if config is None:
        return []
    counted = ("--per-request-spec-decode-metrics", "summary")
    return ["--speculative-config", json.dumps(config), *counted]


def _for_the_device(installed: InstalledVllm) -> list[str]:
    """On a CPU: compiling takes minutes and a compiler; bfloat16 was slower without AVX-512; and a
    part of a prompt with a seed ends the whole engine (0.32: "CPU Generator does not use offset").
    """
    if not installed.cpu:
        return ["--enable-chunked-prefill"]
    whole = "--no-enable-chunked-prefill"
    return ["--max-num-seqs", str(_CPU_SEQUENCES), "--dtype", "float32", "--enforce-eager", whole]
