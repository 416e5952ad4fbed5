"""The pages as a site, and the tutorial as somebody who begins follows it."""

import asyncio
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from test_command_line import User

pytest.importorskip("mkdocs")
ROOT = Path(__file__).parent.parent
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", TUTORIAL, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("breadth ")
]
LOADED = re.compile(
    r"<(?:script|img|iframe)[^>]*\ssrc=\"(https?:[^\"]*)"
    r"|<link[^>]*rel=\"(?:stylesheet|preload|preconnect)\"[^>]*href=\"(https?:[^\"]*)"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("site")
    ended = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(place)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)},
    )
    assert ended.returncode == 0, ended.stderr
    return place


def test_every_page_is_in_the_site_and_none_loads_from_elsewhere(site: Path) -> None:
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")}
    assert pages <= {path.stem for path in site.glob("*.html")}
    for path in site.rglob("*.html"):
        loads = LOADED.findall(path.read_text(encoding="utf-8"))
        assert [each for each in loads if "example" not in "".join(each)] == [], path


def test_the_reference_has_every_command_setting_and_export(site: Path) -> None:
    commands = (site / "reference" / "commands.html").read_text(encoding="utf-8")
    for command in ("breadth ask", "breadth serve", "breadth keys create", "breadth doctor"):
        assert command in commands
    settings = (site / "reference" / "settings.html").read_text(encoding="utf-8")
    assert "BREADTH_DRAIN_SECONDS" in settings
    python = (site / "reference" / "python.html").read_text(encoding="utf-8")
    assert 'id="planner.research"' in python
    assert "A new run, queued; gives its id." in python


async def test_the_tutorials_commands_do_what_it_says(tmp_path: Path) -> None:
    """In its order, with a model of this machine."""
    user = User(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    user.environment |= {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    if "BREADTH_CACHE" in os.environ:
        user.environment["BREADTH_CACHE"] = os.environ["BREADTH_CACHE"]
    said = []
    for command in COMMANDS:
        words = shlex.split(command)[1:]
        if words[0] == "serve":
            continue
        ended = await user.types(*words)
        assert ended.code == 0, (command, ended.out, ended.err)
        said.append(ended.out)
    assert len(said) >= 7
    assert "Christopher Nolan" in "".join(said)
    assert (tmp_path / "parasite.html").is_file()
    assert (tmp_path / "parasite.md").is_file()


async def test_the_tutorials_service_is_asked_as_it_says(tmp_path: Path) -> None:
    user = User(tmp_path)
    if "BREADTH_CACHE" in os.environ:
        user.environment["BREADTH_CACHE"] = os.environ["BREADTH_CACHE"]
    films = ROOT / "examples" / "films"
    started = await user.start("serve", "--port", "0", "-d", str(films), "-m", "small", "--json")
    assert started.stdout is not None
    try:
        async with asyncio.timeout(120):
            line = await started.stdout.readuntil(b"}\n")
        url = re.search(rb"http://[^\"]*", line)
        assert url is not None
        (block,) = re.findall(r"```python no-run\n(.*?)```", TUTORIAL, re.DOTALL)
        code = block.replace("http://127.0.0.1:8080", url[0].decode())
        asking = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", code), stdout=subprocess.PIPE
        )
        async with asyncio.timeout(120):
            said, _ = await asking.communicate()
        assert b"Bong Joon-ho" in said
    finally:
        started.terminate()
        await started.wait()
