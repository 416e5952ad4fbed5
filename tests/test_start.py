"""What the command imports before it knows which command it is."""

import subprocess
import sys
from importlib.metadata import version

_SLOW = "alembic, dbos, langgraph, mcp, openpyxl, playwright, pptx, service.api, service.pages"


def test_what_is_slow_to_import_waits_until_a_command_needs_it() -> None:
    script = f"""
import sys
from service import command_line, ask_cli, runs_cli, settings_cli
print(*[name for name in "{_SLOW}".split(", ") if name in sys.modules])
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (ended.stdout.strip(), ended.stderr) == ("", "")


def test_help_lists_every_command_and_a_misspelt_one_is_told_apart() -> None:
    def breadth(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "service", *words]
        return subprocess.run(command, capture_output=True, text=True)

    listed = breadth("--help").stdout
    for name, help_ in {
        "ask": "Answer a question",
        "eval": "Measure how well",
        "keys": "API keys of the service.",
        "version": "Print the version.",
    }.items():
        assert any(name in line and help_ in line for line in listed.splitlines())
    assert breadth("--version").stdout == breadth("version").stdout == f"{version('breadth')}\n"
    wrong = breadth("wrte")
    assert (wrong.returncode, "'write'" in wrong.stderr) == (2, True)
