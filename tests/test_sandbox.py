"""Code in the sandbox does no harm, and what it should be able to do it can."""

import asyncio
import os
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sandbox_escapes import BOMBS, ESCAPES, all_at_once

from tools import ToolError
from tools.python_tool import Python, PythonArguments
from tools.sandbox import (
    KINDS,
    Sandbox,
    SandboxLimits,
    SandboxRefused,
    SandboxResult,
    sandbox_kind,
)

LIMITS = SandboxLimits(
    seconds=10, processor_seconds=1, memory=1 << 30, file_bytes=16 << 20, output_bytes=1000
)
PROJECT = str(Path(__file__).parent.parent)


@dataclass(frozen=True)
class Box:
    """A sandbox of one kind, and what there is to be reached from it."""

    sandbox: Sandbox
    folder: Path
    secret: Path
    listener: socket.socket

    async def run(self, code: str, **files: str) -> SandboxResult:
        given = {
            "SECRET": str(self.secret),
            "FOLDER": str(self.secret.parent),
            "PORT": self.listener.getsockname()[1],
            "OWNER": os.getpid(),
            "PROJECT": PROJECT,
        }
        names = "; ".join(f"{name} = {value!r}" for name, value in given.items())
        return await self.sandbox.run(f"{names}\n{code}", files)

    def assert_untouched(self) -> None:
        assert self.secret.read_text() == "secret"
        assert self.secret.stat().st_mode & 0o777 == 0o666
        assert [each.name for each in self.secret.parent.iterdir()] == ["secret"]
        with pytest.raises(BlockingIOError):
            self.listener.accept()
        assert list(self.folder.iterdir()) == []
        assert [*running(str(self.folder))] == []


def running(mark: str) -> Iterator[str]:
    for process in Path("/proc").iterdir():
        if process.name.isdecimal():
            try:
                line = (process / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if mark in line and process.name != str(os.getpid()):
                yield line


@pytest.fixture(scope="module", params=KINDS, ids=[kind.name for kind in KINDS])
def box(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    folder, reached = (tmp_path_factory.mktemp(name) for name in ("box", "reached"))
    sandbox = Sandbox(LIMITS, kinds=[request.param], folder=str(folder))
    try:
        asyncio.run(sandbox.kind())
    except SandboxRefused as error:
        pytest.skip(str(error))
    reached.chmod(0o777)
    secret = reached / "secret"
    secret.write_text("secret")
    secret.chmod(0o666)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield Box(sandbox, folder, secret, listener)


@pytest.fixture(autouse=True, scope="module")
def _secret_in_the_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BREADTH_TEST_SECRET", "secret")
        yield


@pytest.fixture(scope="module")
def ways(box: Box) -> dict[str, str]:
    result = asyncio.run(box.run(all_at_once()))
    assert isinstance(result.value, dict), result
    return {name: str(said) for name, said in result.value.items()}


@pytest.mark.parametrize("name", ESCAPES)
def test_there_is_no_way_out(box: Box, ways: dict[str, str], name: str) -> None:
    assert re.search(ESCAPES[name][1], ways[name]), ways[name]
    box.assert_untouched()


@pytest.mark.parametrize(("code", "refused"), BOMBS.values(), ids=BOMBS)
async def test_a_bomb_hits_nothing_but_its_own_run(box: Box, code: str, refused: str) -> None:
    result = await box.run(code)
    assert result.error is not None, result
    assert re.search(refused, result.error.message), result
    box.assert_untouched()


def test_this_machine_has_a_sandbox() -> None:
    """Else all of the above is skipped; a machine that has none says why."""
    name, description = asyncio.run(sandbox_kind())
    if name == "none":
        pytest.skip(description)
    assert name in {kind.name for kind in KINDS}
    assert "no network" in description


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("1 + 1", 2),
        ("x = 3\nx * 2", 6),
        ("x = 3", None),
        ("'ключ ' + '😀'", "ключ 😀"),
        ("import json\njson.loads('[1, 2.5, null]')", [1, 2.5, None]),
        ("open('new.txt', 'w').write('é')\nopen('new.txt').read()", "é"),
        ("open('a.csv').read() + open('b.txt').read()", "x,y\n1,2\nzwei"),
        ("import os\nos.makedirs('a/b')\nopen('a/b/c', 'w').close()\nos.listdir('a/b')", ["c"]),
        ("import shutil\nshutil.copy('b.txt', 'c.txt')\nopen('c.txt').read()", "zwei"),
        ("import tempfile\nwith tempfile.TemporaryFile() as f: f.write(b'x')\n1", 1),
        ("import threading\nt = threading.Thread(target=print)\nt.start()\nt.join()\n1", 1),
        ("import asyncio\nasync def f(): return 5\nasyncio.run(f())", 5),
        ("from fractions import Fraction\nFraction(1, 3)", "Fraction(1, 3)"),
        ("import datetime\n[datetime.date(2020, 1, 2)]", ["2020-01-02"]),
        ("{1, 2}", [1, 2]),
        ("float('nan')", None),
        ("{'a': (1, 2), 3: {'b': None}}", {"a": [1, 2], "3": {"b": None}}),
        ("import sqlite3\nsqlite3.connect('x.db').execute('select 1').fetchall()", [[1]]),
        ("import zoneinfo\nstr(zoneinfo.ZoneInfo('UTC'))", "UTC"),
        ("raise SystemExit", None),
        ("a = []\na.append(a)\nstr(a)", "[[...]]"),
    ],
)
async def test_what_code_can_do(box: Box, code: str, value: object) -> None:
    result = await box.run(code, **{"a.csv": "x,y\n1,2\n", "b.txt": "zwei"})
    assert (result.error, result.value) == (None, value)


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("import numpy\nnumpy.linalg.inv(numpy.eye(2) * 2)", [[0.5, 0.0], [0.0, 0.5]]),
        ("import numpy\nnumpy.float64(0.5)", 0.5),
        ("import numpy\nnumpy.arange(3).sum()", 3),
        (
            "import pandas\npandas.read_csv('a.csv')",
            [{"x": 1, "y": "p"}, {"x": 3, "y": None}],
        ),
        ("import pandas\npandas.read_csv('a.csv').groupby('x').size()", {"1": 1, "3": 1}),
        ("import pandas\npandas.Timestamp('2020-02-03')", "2020-02-03T00:00:00"),
    ],
)
async def test_numpy_and_pandas_work(box: Box, code: str, value: object) -> None:
    result = await box.run(code, **{"a.csv": "x,y\n1,p\n3,\n"})
    assert (result.error, result.value) == (None, value)


async def test_an_error_names_its_line(box: Box) -> None:
    raised = await box.sandbox.run("def f():\n    return 1 / 0\n\nf()")
    assert str(raised.error) == "line 2: ZeroDivisionError: division by zero"
    unread = await box.sandbox.run("x = 1\nif x:\n")
    assert unread.error is not None
    assert unread.error.line == 2


async def test_output_is_kept_up_to_its_limit(box: Box) -> None:
    result = await box.run("for n in range(10**6): print(n)\nn")
    assert result.printed.startswith("0\n1\n2\n")
    assert len(result.printed) == LIMITS.output_bytes
    assert result.value == 10**6 - 1
    assert result.cut == "what was printed was cut after 1000 bytes"


async def test_a_value_is_cut_as_well(box: Box) -> None:
    result = await box.run("'x' * 10**6")
    assert isinstance(result.value, str)
    assert len(result.value) == LIMITS.value_bytes
    assert result.cut == f"the value was cut: it is longer than {LIMITS.value_bytes} bytes"


async def test_runs_share_nothing(box: Box) -> None:
    await box.run("open('left', 'w').write('x')")
    result = await box.run("import os\nos.listdir('.')")
    assert result.value == []


async def test_hashes_are_the_same_each_time(box: Box) -> None:
    first, second = [await box.run("hash('Breadth')") for _ in range(2)]
    assert first.value == second.value


@pytest.mark.parametrize("seconds", [0, 0.003, 0.01, 0.03, 0.1, 0.3])
async def test_a_cancelled_run_is_gone_at_whatever_point(box: Box, seconds: float) -> None:
    task = asyncio.create_task(box.run("import time\ntime.sleep(1000)"))
    await asyncio.sleep(seconds)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    box.assert_untouched()


async def test_code_that_closes_its_output_is_still_bound_to_its_time(box: Box) -> None:
    limits = replace(LIMITS, seconds=0.5)
    sandbox = Sandbox(limits, kinds=[await box.sandbox.kind()], folder=str(box.folder))
    result = await sandbox.run("import os, time\nos.closerange(0, 64)\ntime.sleep(1000)")
    assert result.error is not None
    assert result.error.kind == "time"
    box.assert_untouched()


async def test_folders_however_deep_are_removed(box: Box) -> None:
    code = "import os\nfor n in range(500):\n    os.mkdir('d' * 40)\n    os.chdir('d' * 40)\n"
    result = await box.run(code + "os.chmod('.', 0)\n1")
    assert (result.error, result.value) == (None, 1)
    box.assert_untouched()


async def test_many_runs_at_once_do_not_take_each_others_threads(box: Box) -> None:
    code = "import threading, time\nfor _ in range(20):\n"
    code += "    threading.Thread(target=time.sleep, args=(0.2,)).start()\n1"
    results = await asyncio.gather(*(box.run(code) for _ in range(3)))
    assert [(result.error, result.value) for result in results] == [(None, 1)] * 3


async def test_code_is_not_run_where_nothing_holds() -> None:
    sandbox = Sandbox(kinds=[])
    with pytest.raises(SandboxRefused, match="no sandbox holds on this machine"):
        await sandbox.run("1")
    name, description = await sandbox_kind(sandbox)
    assert name == "none"
    assert description.startswith("no sandbox holds")


async def test_a_kind_that_lets_code_out_is_not_used(tmp_path: Path) -> None:
    """Its command runs the code with every door open."""

    def open_doors(readable: object, place: object, limits: object) -> list[str]:
        return ["/usr/bin/env", f"--chdir={tmp_path}", "python3", "-c", OPEN]

    leaky = replace(KINDS[0], name="leaky", command=open_doors)
    with pytest.raises(SandboxRefused, match=r"leaky: the code found a way out: .*reads a file"):
        await Sandbox(kinds=[leaky]).run("1")


OPEN = """
import ast, json, sys
request = json.load(sys.stdin)
tree = ast.parse(request["code"])
last = tree.body.pop()
exec(compile(tree, "x", "exec"))
value = eval(compile(ast.Expression(last.value), "x", "eval"))
sys.stderr.write(json.dumps({"value": value, "error": None, "cut": None}))
"""


async def test_the_tool_gives_the_value_or_what_is_printed() -> None:
    tool = Python()
    try:
        assert (await tool.call(PythonArguments(code="print(1)\n2"))).value == 2
    except SandboxRefused as error:
        pytest.skip(str(error))
    assert (await tool.call(PythonArguments(code="print('a\\nb')"))).value == "a\nb"
    with pytest.raises(ToolError, match="line 1: NameError: name 'x' is not defined"):
        await tool.call(PythonArguments(code="x"))
    files = {"in.txt": "7"}
    result = await tool.call(PythonArguments(code="int(open('in.txt').read())", files=files))
    assert result.value == 7
