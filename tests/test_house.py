"""The house rules: what every file of the product has to keep to."""

import ast
import importlib.metadata
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES: list[str] = PROJECT["tool"]["setuptools"]["packages"]
FOLDERS = [name for name in PACKAGES if "." not in name]
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
NOT_SHIPPED = {"benchmarks", "tests"}
LONGEST_FILE = 400
EDGES = {
    "tools/contained.py",
    "service/api/errors.py",
    "service/chats/courier.py",
    "service/chats/taking.py",
    "service/batches/working.py",
    "service/edge.py",
    "service/work/worker.py",
    "storage/one_file.py",
    "tools/sandbox/inside/script.py",
}
"""Where any error may be caught for good: of a command, of a request, of a run that a worker does,
or that is one row of many, of a message of a chat system and a question there, of code that
somebody wants run, and of what waits for a transaction."""
READER = "service/settings.py"
"""The only place where the environment is read."""
ENGINES = {"inference/llama_main.py", "inference/vllm_keeper.py"}
"""Processes of their own, never imported: they may set what their libraries or children read."""

LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def nodes(path: Path) -> Iterator[ast.AST]:
    yield from ast.walk(tree(path))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@pytest.mark.parametrize(
    "tool",
    [
        pytest.param(["-m", "ruff", "check", "."], id="ruff check"),
        pytest.param(["-m", "ruff", "format", "--check", "."], id="ruff format"),
        pytest.param(
            ["-m", "ruff", "check", "--select", "D100,D101,D102,D103,D104", *FOLDERS],
            id="docstrings",
        ),
        pytest.param(["-m", "mypy"], id="mypy"),
        pytest.param(["-c", LINT_IMPORTS], id="imports"),
    ],
)
def test_tools_have_nothing_to_say(tool: list[str]) -> None:
    ended = subprocess.run(
        [sys.executable, *tool], cwd=ROOT, capture_output=True, text=True, timeout=280, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_package_is_shipped_and_checked() -> None:
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for folder in ROOT.iterdir()
        if folder.name not in NOT_SHIPPED and (folder / "__init__.py").exists()
        for path in folder.rglob("__init__.py")
    }
    assert found == set(PACKAGES)
    assert set(PROJECT["tool"]["mypy"]["packages"]) == set(FOLDERS)
    assert set(PROJECT["tool"]["importlinter"]["root_packages"]) == set(FOLDERS)


@pytest.mark.parametrize("folder", FOLDERS)
def test_nobody_else_ships_a_package_of_our_names(folder: str) -> None:
    shipping = importlib.metadata.packages_distributions().get(folder, [])
    assert set(shipping) <= {"breadth"}


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_front_door_exports_what_it_imports_sorted(folder: str) -> None:
    imported: set[str] = set()
    exported: list[str] = []
    for node in tree(ROOT / folder / "__init__.py").body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            exported = ast.literal_eval(node.value)
    assert exported == sorted(set(exported), key=by_kind)
    assert set(exported) == {name for name in imported if not name.startswith("_")}


def by_kind(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions, as ruff sorts them."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_a_front_door_exports_has_docstrings(folder: str) -> None:
    module = importlib.import_module(folder)
    assert module.__doc__
    for name in getattr(module, "__all__", ()):
        value = getattr(module, name)
        if not callable(value) or not getattr(value, "__module__", "").startswith(folder):
            continue
        assert value.__doc__, name
        for verb, method in vars(value).items() if isinstance(value, type) else ():
            if callable(method) and not verb.startswith("_"):
                assert method.__doc__, f"{name}.{verb}"


def test_folders_use_each_other_through_the_front_door() -> None:
    for path in FILES:
        own = path.relative_to(ROOT).parts[0]
        for node in nodes(path):
            modules = []
            if isinstance(node, ast.ImportFrom) and node.module:
                modules = [node.module]
            elif isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            for module in modules:
                folder, _, deeper = module.partition(".")
                assert folder not in FOLDERS or folder == own or not deeper, (
                    f"{named(path)} imports {module}"
                )


def test_only_the_settings_read_the_environment() -> None:
    reading = {
        named(path)
        for path in FILES
        for node in nodes(path)
        if isinstance(node, ast.Attribute | ast.Name | ast.alias)
        and getattr(node, "attr", getattr(node, "id", getattr(node, "name", "")))
        in {"environ", "environb", "getenv", "getenvb", "BaseSettings"}
    }
    assert reading - ENGINES == {READER}


def test_engines_only_set_the_environment() -> None:
    used = {
        ast.unparse(node)
        for script in ENGINES
        for node in nodes(ROOT / script)
        if isinstance(node, ast.Attribute) and "environ" in ast.unparse(node)
    }
    assert used <= {"os.environ", "os.environ.setdefault", "os.environ.update"}


def test_only_the_edges_catch_everything() -> None:
    """Elsewhere a handler of everything only cleans up, and lets the error pass."""
    for path in FILES:
        for node in nodes(path):
            if isinstance(node, ast.ExceptHandler) and catches_everything(node):
                passes_on = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
                assert passes_on or named(path) in EDGES, f"{named(path)}:{node.lineno}"


def catches_everything(handler: ast.ExceptHandler) -> bool:
    caught = handler.type
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(
        kind is None or (isinstance(kind, ast.Name) and kind.id in {"Exception", "BaseException"})
        for kind in kinds
    )


def test_nothing_prints() -> None:
    for path in FILES:
        for node in nodes(path):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "print", f"{named(path)}:{node.lineno}"


def test_files_are_short() -> None:
    for path in FILES:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= LONGEST_FILE, f"{named(path)} has {lines} lines"


def test_ci_can_be_run() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", script], check=True, timeout=60)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return read


def test_compose_has_the_services(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == {"ask", "breadth", "postgres", "vllm", "worker"}
    started = {name for name in services if "profiles" not in services[name]}
    assert started == {"breadth", "postgres", "worker"}
    assert services["ask"]["profiles"] == ["ask"]
    assert services["vllm"]["profiles"] == ["gpu"]
    assert services["breadth"]["command"][:3] == ["serve", "--host", "0.0.0.0"]
    assert services["worker"]["command"][0] == "worker"
    for name in ("ask", "breadth", "worker"):
        assert services[name]["build"] == compose["x-breadth"]["build"]
    written = compose["x-breadth"]["build"]["args"]["EXTRAS"]
    extras = written.removeprefix("${EXTRAS:-").removesuffix("}").split(",")
    assert set(extras) <= set(PROJECT["project"]["optional-dependencies"])
    kept = {volume.partition(":")[0] for s in services.values() for volume in s["volumes"]}
    assert set(compose["volumes"]) <= kept


def test_what_compose_keeps_running_is_watched_and_ended_gently(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name in ("breadth", "postgres", "vllm", "worker"):
        assert services[name]["restart"] == "unless-stopped"
        assert "healthcheck" in services[name]
    for name in ("breadth", "worker"):
        assert services[name]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
        assert services[name]["stop_grace_period"] == "30s"


def test_compose_publishes_the_service_on_this_machine_alone(compose: dict[str, Any]) -> None:
    ports = {name: each["ports"] for name, each in compose["services"].items() if "ports" in each}
    assert ports == {"breadth": ["127.0.0.1:${PORT:-8080}:8080"]}


def test_the_image_is_given_what_is_shipped() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "*"
    sent = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert {*FOLDERS, "pyproject.toml", "README.md", "LICENSE"} <= sent
    assert all((ROOT / name).exists() for name in sent)


IMPORTING = """
import importlib, sys
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:  # of an extra that is not installed
        if (error.name or "").partition(".")[0] in {"benchmarks", "service", "storage", "planner"}:
            raise
"""


def test_benchmarks_find_what_they_import() -> None:
    names = sorted(f"benchmarks.{path.stem}" for path in (ROOT / "benchmarks").glob("[!_]*.py"))
    ended = subprocess.run(
        [sys.executable, "-c", IMPORTING, *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
