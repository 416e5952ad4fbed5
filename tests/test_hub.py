"""Models from the hub: what is said where they cannot be had; what is there is not asked for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("huggingface_hub")

ASKING = """
import sys
from pathlib import Path
from inference import ModelSetupError
from service.errors import UsageProblem
from service.hub import from_hub

try:
    print(from_hub(sys.argv[1], Path(sys.argv[2])))
except (ModelSetupError, UsageProblem) as error:
    sys.exit(str(error))
"""
DEAD = "http://127.0.0.1:9"


def asked(name: str, cache: Path, hub: str, **variables: str) -> tuple[str, str]:
    """(output, errors) of a process: the hub's address is read when its client is imported."""
    ended = subprocess.run(
        [sys.executable, "-c", ASKING, name, cache],
        env=os.environ | {"HF_ENDPOINT": hub, "PYTHONPATH": os.pathsep.join(sys.path)} | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return ended.stdout.strip(), ended.stderr.strip()


@pytest.mark.parametrize(
    ("variables", "told"),
    [({}, "the hub cannot be reached"), ({"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE forbids it")],
)
def test_without_a_connection_one_line_says_so(
    variables: dict[str, str], told: str, tmp_path: Path
) -> None:
    output, errors = asked("owner/models/m.gguf", tmp_path, DEAD, **variables)
    assert not output
    assert told in errors
    assert errors.count("\n") == 0


def test_what_is_there_is_not_asked_for(tmp_path: Path) -> None:
    revision = "0" * 40
    there = tmp_path / "hub" / "models--owner--models"
    (there / "snapshots" / revision).mkdir(parents=True)
    (there / "refs").mkdir()
    (there / "refs" / "main").write_text(revision)
    (there / "snapshots" / revision / "m.gguf").write_bytes(b"GGUF")
    output, errors = asked("owner/models/m.gguf", tmp_path, DEAD)
    assert (Path(output).read_bytes(), errors) == (b"GGUF", "")


def test_a_name_without_a_file_is_refused(tmp_path: Path) -> None:
    assert "names no file" in asked("owner/models", tmp_path, DEAD)[1]
