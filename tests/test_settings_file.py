"""Settings from a file: which file, what goes over what, what is refused, and where it says so."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import UsageProblem
from service.settings import Settings, sources_of, variable_of
from service.settings_cli import described
from service.settings_file import NAME, readable_by_all, settings_file

ROOT = Path(__file__).resolve().parents[1]
KNOWN = frozenset(Settings.model_fields)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder without anything, of a user without a configuration."""
    for variable in [*os.environ]:
        if variable.startswith("BREADTH_") or variable in {"EDITOR", "VISUAL"}:
            monkeypatch.delenv(variable)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def written(folder: Path, text: str, name: str = NAME) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def refusal(text: str, folder: Path) -> str:
    with pytest.raises(UsageProblem) as refused:
        Settings(settings=written(folder, text, "own.toml"))
    return str(refused.value).removeprefix(str(folder / "own.toml"))


def breadth(*words: str) -> tuple[int, str, str]:
    """The command, in the working folder."""
    ended = subprocess.run(
        [sys.executable, "-m", "service", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.returncode, ended.stdout, ended.stderr


def test_flags_go_over_the_environment_over_the_file_over_the_defaults(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(here, 'model = "small"\nseconds = 1\nseed = 2\ntools = ["python", "table"]\n')
    monkeypatch.setenv("BREADTH_SECONDS", "3")
    monkeypatch.setenv("BREADTH_SEED", "4")
    found = Settings(seed=5)
    assert (found.seed, found.seconds, found.model, found.window) == (5, 3.0, "small", 8192)
    assert found.tools == ("python", "table")
    sources = sources_of(found, {"seed": "--seed"})
    assert sources["seed"] == "--seed"
    assert sources["seconds"] == "BREADTH_SECONDS"
    assert sources["model"] == f"{NAME}:1"
    assert sources["window"] == "default"


def test_dictionaries_are_put_together(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(here, '[roles]\nplanner = "small"\njudge = "small"\n')
    monkeypatch.setenv("BREADTH_ROLES", '{"judge": "base"}')
    found = Settings(roles={"writer": "base"})
    assert found.roles == {"planner": "small", "judge": "base", "writer": "base"}
    assert sources_of(found, {"roles": "--role"})["roles"] == f"--role + BREADTH_ROLES + {NAME}:1"


def test_an_editor_of_the_environment_goes_over_that_of_a_file(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = written(here, 'editor = "nano"', "own.toml")
    assert Settings(settings=named).editor == "nano"
    monkeypatch.setenv("VISUAL", "vi")
    found = Settings(settings=named)
    assert found.editor == "vi"
    assert sources_of(found)["editor"] == variable_of("editor") == "VISUAL"


def test_a_named_file_goes_over_the_folders_over_the_users(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Settings().settings is None
    own = written(Path(os.environ["XDG_CONFIG_HOME"]) / "breadth", "seed = 1")
    assert (Settings().seed, Settings().settings) == (1, own)
    folders = written(here, "seed = 2")
    assert (Settings().seed, Settings().settings) == (2, Path(NAME))
    named = written(here, "seed = 3", "named.toml")
    monkeypatch.setenv("BREADTH_SETTINGS", str(named))
    assert Settings().seed == 3
    assert Settings(settings=folders).seed == 2
    monkeypatch.setenv("BREADTH_SETTINGS", "")
    assert (Settings().seed, Settings().settings) == (0, None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("seed = 1\nmodle = 'small'", ":2: there is no setting 'modle'; did you mean model?"),
        ("Base-URL = 'x'", ":1: there is no setting 'Base-URL'; did you mean base_url?"),
        ("[zzzz]\n", ":1: there is no setting 'zzzz': `breadth settings` lists all"),
        ("settings = 'other.toml'", ":1: settings: a file names no further one"),
        ("seed = \n", ": this is no TOML: Invalid value (at line 1, column 8)"),
    ],
)
def test_what_no_file_can_say_is_refused_with_its_line(here: Path, text: str, told: str) -> None:
    assert refusal(text, here) == told


def test_a_file_that_cannot_be_read_is_refused(here: Path) -> None:
    assert "No such file" in str(_refused(here / "nowhere.toml"))
    assert "directory" in str(_refused(here)).lower()
    (here / "own.toml").write_bytes(b"\xff")
    assert "UTF-8" in str(_refused(here / "own.toml"))
    (here / "own.toml").write_bytes(b"#" * (2**20 + 1))
    assert "1048576 bytes" in str(_refused(here / "own.toml"))


def _refused(path: Path) -> UsageProblem:
    with pytest.raises(UsageProblem) as refused:
        Settings(settings=path)
    return refused.value


@pytest.mark.parametrize(
    "text",
    ['editor = "./x"', 'browser_path = "./x"', 'vllm_python = "./x"', '[mcp.a]\ncommand = "./x"'],
)
def test_the_folders_own_file_starts_no_programs(here: Path, text: str) -> None:
    """It may have come with the folder; one that the user names is theirs."""
    path = written(here, text)
    with pytest.raises(UsageProblem, match="starts programs"):
        Settings()
    assert Settings(settings=path).settings == path


def test_the_folders_own_file_gets_no_key_sent(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(here, 'base_url = "http://127.0.0.1:9/v1"')
    assert Settings().base_url == "http://127.0.0.1:9/v1"
    monkeypatch.setenv("BREADTH_API_KEY", "k")
    with pytest.raises(UsageProblem, match="your API key"):
        Settings()
    assert Settings(settings=path).base_url is not None
    written(here, 'base_url = "http://127.0.0.1:9/v1"\napi_key = "its own"')
    assert Settings().base_url is not None


@pytest.mark.skipif(os.name != "posix", reason="rights of files")
def test_only_secrets_that_others_can_read_are_warned_of(here: Path) -> None:
    path = written(here, 'api_key = "k"\n[openapi.films]\ndocument = "f"\nauth.bearer = "hush"')
    path.chmod(0o644)
    warning = readable_by_all(_read(path)) or ""
    assert "api_key, openapi" in warning
    assert f"chmod 600 {path}" in warning
    assert "hush" not in warning
    path.chmod(0o600)
    assert readable_by_all(_read(path)) is None
    path = written(here, 'model = "small"\ndatabase = "postgresql://ann@db/breadth"')
    path.chmod(0o644)
    assert readable_by_all(_read(path)) is None


def _read(path: Path):  # type: ignore[no-untyped-def]
    read = settings_file(path, KNOWN)
    assert read is not None
    return read


def test_lines_are_those_of_the_parts(here: Path) -> None:
    text = """# mine

seed = 1
[mcp."my films"]  # theirs
url = "https://a.example"

seconds = 3
openapi.films.auth.bearer = "x"
"""
    read = _read(written(here, text))
    assert read.source(("seed",)).endswith(":3")
    assert read.source(("mcp", "my films", "seconds")).endswith(":7")
    assert read.source(("mcp", "my films", "nothing")).endswith(":4")
    assert read.source(("model",)).endswith(NAME)


def test_the_file_of_the_page_is_one(here: Path) -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    text = page.partition("```toml\n")[2].partition("```")[0]
    found = Settings(settings=written(here, text, "own.toml"))
    assert (found.model, found.tools, found.seconds) == ("openai:qwen3", ("python", "table"), 300)
    assert found.roles == {"judge": "small"}


@given(st.text(max_size=200))
def test_any_text_is_settings_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        read = settings_file(path, KNOWN)
    except UsageProblem as refused:
        told = str(refused)
    else:
        assert read is not None
        assert set(read.values) <= KNOWN
        told = str(read.path)
    assert str(path) in told


def test_settings_tells_values_and_sources_and_no_secret(here: Path) -> None:
    secret = "s3cr3t"
    named = written(
        here,
        f"""
api_key = "{secret}"
database = "postgresql://ann:{secret}@db/breadth"
[search_keys]
brave = "{secret}"
[mcp.films]
command = "films"
args = ["--token", "{secret}", "--api-key={secret}", "--verbose"]
env = {{ FILMS = "{secret}" }}
[mcp.web]
url = "https://films.example/?api_key={secret}&page=2"
headers = {{ Authorization = "Bearer {secret}" }}
[openapi.films]
document = "https://ann:{secret}@films.example/openapi.json"
auth.basic = "ann:{secret}"
""",
        "own.toml",
    )
    named.chmod(0o600)
    code, out, err = breadth("--settings", str(named), "settings", "--json")
    assert (code, err) == (0, "")
    assert secret not in out
    told = json.loads(out)
    assert list(told) == list(Settings.model_fields)
    assert told["database"] == {
        "value": "postgresql://ann:***@db/breadth",
        "source": f"{named}:3",
    }
    assert told["mcp"]["value"]["films"]["args"] == ["--token", "***", "--api-key=***", "--verbose"]
    assert told["mcp"]["value"]["web"]["url"] == "https://films.example/?api_key=***&page=2"
    code, out, err = breadth("--settings", str(named), "settings")
    assert code == 0
    assert secret not in out + err
    assert f"{named}:2" in out
    assert secret not in repr(described(Settings(settings=named)))
    assert secret not in repr(Settings(settings=named))


def test_a_wrong_value_names_the_field_and_its_line(here: Path) -> None:
    written(here, 'seed = 1\nseconds = -4\n[openapi.films]\ndocument = "f"\nseconds = -1\n')
    code, _, err = breadth("settings")
    assert code == 2
    assert f"{NAME}:2: seconds: Input should be greater than 0" in err
    assert f"{NAME}:5: openapi (films, seconds): Input should be greater than 0" in err
    code, _, err = breadth("--settings", "nowhere.toml", "runs")
    assert (code, err) == (
        2,
        "breadth: nowhere.toml: the settings file cannot be read: No such file or directory\n",
    )
    named = written(here, "editor = 3", "own.toml")
    code, _, err = breadth("--settings", str(named), "settings")
    assert code == 2
    assert f"{named}:1: editor: " in err


def test_the_folders_own_file_names_documents_of_its_folder_only(here: Path) -> None:
    (here / "notes").mkdir()
    written(here, 'documents = ["notes", "https://example.org/sitemap.xml"]')
    assert Settings().documents == ("notes", "https://example.org/sitemap.xml")
    for outside in ("/etc", "../other", "notes/../.."):
        path = written(here, f'documents = ["notes", "{outside}"]')
        with pytest.raises(UsageProblem, match=r"documents: .* is outside of"):
            Settings()
        assert Settings(settings=path).documents == ("notes", outside)
