"""Settings: from flags, the environment (BREADTH_*), a file and defaults, the first that has it.

Nothing else reads the environment.
"""

import os
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

from platformdirs import user_cache_path, user_data_path
from pydantic import AliasChoices, BeforeValidator, Field, SecretStr
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from inference import ROLES, Price, Role
from planner import Effort, Select
from service.channel_settings import ChannelSettings
from service.formats import CitationStyle
from service.hiding import hidden
from service.hook_settings import HookSettings
from service.settings_file import SettingsFile, settings_file
from service.tool_settings import McpSettings, OpenApiSettings, unwrapped


def _known(roles: Any) -> Any:
    """Refuses a role that there is not, in words."""
    for role in set(roles if isinstance(roles, dict) else ()) - set(ROLES):
        text = "there is no role {role}: use {roles}"
        told = {"role": repr(role), "roles": ", ".join(ROLES)}
        raise PydanticCustomError("role", text, told)
    return roles


def _names(given: Any) -> Any:
    """What stands between commas."""
    if not isinstance(given, str):
        return given
    return tuple(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))


def _path(given: Any) -> Any:
    """An empty one is none."""
    return None if given == "" else given


class Settings(BaseSettings):
    """What can be set. `BREADTH_MODEL=small` in the environment sets `model`, and so on."""

    model_config = SettingsConfigDict(env_prefix="BREADTH_", extra="ignore", populate_by_name=True)

    settings: Annotated[Path | None, BeforeValidator(_path)] = None
    """The file that others are read from; without one it is breadth.toml of the working folder, or
    of the user's configuration, if there is one; empty: none. Raises UsageProblem."""
    documents: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)] = ()
    """Folders, files and addresses that are searched where no option names any; commas between."""
    model: str = "base"
    """base, small, a path to a GGUF file, hf:REPO/FILE, or openai:NAME."""
    base_url: str | None = Field(None, repr=False)
    """Where the server of an openai:NAME model is; several addresses with commas between."""
    api_key: SecretStr = SecretStr("")
    """Of the servers of `base_url`."""
    api_keys: dict[str, SecretStr] = Field(default_factory=dict)
    """Of other servers, by their address."""
    roles: Annotated[dict[Role, str], BeforeValidator(_known)] = Field(default_factory=dict)
    """Models of single roles, written as `model`; openai:NAME@URL has an address of its own."""
    editor: str | None = Field(
        None, validation_alias=AliasChoices("BREADTH_EDITOR", "VISUAL", "EDITOR")
    )
    """For plans that a person looks over."""
    speculate: str = "off"
    """off, ngram, suffix, draft:MODEL or eagle:MODEL: who guesses tokens in advance."""
    window: Annotated[int, Field(ge=512)] = 8192
    """Tokens of prompt and text together, of each request that an embedded model computes."""
    search: str | None = None
    """Names of web search engines with commas between; None: the web is not asked."""
    search_keys: dict[str, SecretStr] = Field(default_factory=dict)
    """By the engine's name."""
    allow_hosts: str = ""
    """Hosts, or HOST:PORT, that may be private; with commas between."""
    web_seconds: Annotated[float, Field(gt=0)] = 30.0
    web_bytes: Annotated[int, Field(gt=0)] = 10 * 2**20
    web_cache: Annotated[int, Field(ge=0)] = 256 * 2**20
    """Bytes of pages that are kept on disk."""
    robots: bool = True
    """Whether robots.txt is heeded."""
    browser: Literal["auto", "always", "off"] = "auto"
    """Whether pages are read by a browser: those that show nothing without, all, or none."""
    browser_path: str | None = None
    """Its program; None: one that is found."""
    user_agent: str = Field(f"Breadth/{version('breadth')}", min_length=1)
    embeddings: str = "auto"
    """off, minilm, openai:NAME or openai:NAME@URL; auto: minilm where its extra is installed."""
    reranker: str = "off"
    """off, openai:NAME or openai:NAME@URL."""
    index: str = Field("auto", repr=False)
    """Of the documents. file: of this machine; the URL of a PostgreSQL: of all that name it; auto:
    with the runs where those are in PostgreSQL, else a file."""
    vllm_python: str = sys.executable
    """The Python of the environment that vLLM is installed in, for `breadth models serve`."""
    database: str | None = Field(None, repr=False)
    """SQLAlchemy URL or file of the trace store; default: runs.db in the data folder."""
    data: Path = Field(default_factory=lambda: user_data_path("breadth"))
    cache: Path = Field(default_factory=lambda: user_cache_path("breadth"))
    seconds: Annotated[float, Field(gt=0)] = 600.0
    max_tool_calls: Annotated[int, Field(gt=0)] = 40
    max_tokens: Annotated[int, Field(gt=0)] = 200_000
    max_cost: Annotated[float | None, Field(gt=0)] = None
    """Of all model calls of a run, in the money of `prices`."""
    prices: dict[str, Price] = Field(default_factory=dict)
    """By the model's name: money for a million prompt, cached and completion tokens."""
    sample_tokens: Annotated[int, Field(gt=0)] = 1024
    """Of each sample of reasoning at most, by `breadth think`, a plan's step, or the service."""
    effort: Effort = "auto"
    """low, medium, high, or auto: by how hard the question looks."""
    plan_samples: Annotated[int | None, Field(ge=1, le=16)] = None
    """This, `drafts` and `rounds`: as the effort says, unless they are given."""
    drafts: Annotated[int | None, Field(ge=1, le=16)] = None
    select: Select | None = None
    """best, vote or synthesis: how one answer comes about from several drafts; None: synthesis for
    answers that are longer than a value."""
    size: Literal["auto", "short", "answer", "report"] = "auto"
    """Of the answer; auto: short where one value answers the question."""
    language: str = "auto"
    """Of the answer: a code, an English name, or auto: the question's."""
    audience: str = ""
    """Whom the answer is for, in a few words."""
    instructions: str = ""
    """How the answer is to be worded."""
    rounds: Annotated[int | None, Field(ge=1, le=10)] = None
    depth: Annotated[int, Field(ge=0, le=3)] = 1
    """Sub-runs inside one another at most."""
    step_speculation: Literal["off", "on", "auto"] = "auto"
    """Whether steps start on what earlier ones may come to."""
    strict: bool = False
    """Whether only supported sentences are delivered."""
    enough: Annotated[float, Field(gt=0, le=1)] = 0.9
    """p(yes) at which the judge ends the gathering; 1: it is not asked."""
    close_call: Annotated[float, Field(ge=0)] = 0.0
    """By how little the scores of two plans differ for the judge to choose; 0: it is not asked."""
    plan_patience: Annotated[float, Field(gt=0)] = 60.0
    """Seconds without a new line after which a plan ends."""
    tools: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)] = ()
    """Tools that plans may use besides lookup, compare and calculate, commas between."""
    mcp: Annotated[dict[str, McpSettings], BeforeValidator(unwrapped)] = Field(default_factory=dict)
    """MCP servers by name."""
    openapi: dict[str, OpenApiSettings] = Field(default_factory=dict)
    """Services that OpenAPI documents describe, by name."""
    access: Literal["auto", "open", "keys"] = "auto"
    """Whether the service wants API keys; auto: where others than this machine can reach it."""
    hosts: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)] = ()
    """Names that the service is known by, with commas between; on loopback besides its own."""
    cors: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)] = ()
    """Origins whose pages may ask the service, with commas between."""
    body_seconds: Annotated[float, Field(gt=0)] = 30.0
    """In which the body of a request to the service has to have arrived."""
    idle_seconds: Annotated[float, Field(gt=0)] = 75.0
    """In which a connection to the service has to bring the head of a request."""
    share: bool = False
    """Whether answers may be shared by links that nobody can guess."""
    user_runs: Annotated[int | None, Field(ge=1)] = None
    """Runs of one user at once, in all processes of the service; None: as many as there is room."""
    batch_bytes: Annotated[int, Field(gt=0)] = 32 * 2**20
    """Of a file that a client of the service sends."""
    batch_rows: Annotated[int, Field(gt=0)] = 10_000
    """Requests in such a file."""
    batch_days: Annotated[float, Field(gt=0)] = 30.0
    """How long files of the service are kept."""
    webhook_hosts: str = ""
    """Hosts, or HOST:PORT, that webhooks may go to though they are private; with commas between."""
    slack_bot_token: SecretStr = SecretStr("")
    """Of the Slack app, xoxb-...; empty: the service has nothing to do with Slack."""
    slack_signing_secret: SecretStr = SecretStr("")
    """By which what comes over HTTP is known to be Slack's."""
    slack_app_token: SecretStr = SecretStr("")
    """xapp-...: events come over a connection that the service opens itself."""
    slack_channels: dict[str, ChannelSettings | Literal["off"]] = Field(default_factory=dict)
    """By a channel's id or name, `*` for all others: effort, size, language, sources, or off."""
    slack_api: str = "https://slack.com/api/"
    """The address of Slack's API."""
    discord_public_key: str = ""
    """Of the Discord application; empty: the service has nothing to do with Discord."""
    discord_bot_token: SecretStr = SecretStr("")
    """With it the service makes the command itself, and answers after more than 15 minutes."""
    discord_channels: dict[str, ChannelSettings | Literal["off"]] = Field(default_factory=dict)
    """As `slack_channels`."""
    discord_api: str = "https://discord.com/api/v10"
    """The address of Discord's API."""
    teams_app_id: str = ""
    """Of the bot's registration; empty: the service has nothing to do with Microsoft Teams."""
    teams_app_password: SecretStr = SecretStr("")
    teams_tenant: str = ""
    """Whose people are heard, and which the app belongs to; empty: anybody's, and none."""
    teams_channels: dict[str, ChannelSettings | Literal["off"]] = Field(default_factory=dict)
    """As `slack_channels`, by ids of conversations, channels or teams."""
    teams_login: str = "https://login.microsoftonline.com"
    """Where the tokens of the app are had."""
    teams_keys: str = "https://login.botframework.com/v1/.well-known/openidconfiguration"
    """Where the keys of the Bot Framework are had, by which its messages are known."""
    teams_issuer: str = "https://api.botframework.com"
    """Who has to have signed them."""
    hooks: dict[str, HookSettings] = Field(default_factory=dict)
    """Addresses, /hooks/NAME, by which other programs ask."""
    keep_days: Annotated[float | None, Field(gt=0)] = None
    """Runs that ended longer ago are removed by the service; None: they stay."""
    documents_seconds: Annotated[float, Field(ge=0)] = 60.0
    """How often the service looks for changes of its documents; 0: when it is started, only."""
    drain_seconds: Annotated[float, Field(ge=0)] = 20.0
    """How long a process of the service that is to end goes on with what it has begun."""
    seed: int = 0
    citations: CitationStyle = "numbers"
    """How the text of an answer points at its sources."""
    pass_on: bool = False
    """Whether clients may use the models behind the service directly."""
    log_format: Literal["auto", "text", "json"] = "auto"
    """Of what the service logs; auto: text on a terminal, else JSON."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    metrics_port: Annotated[int | None, Field(ge=0, le=65535)] = None
    """Where a worker shows its metrics; None: nowhere."""
    metrics_host: str = "127.0.0.1"
    """The address that the port is on."""
    otlp_endpoint: str | None = Field(
        None,
        validation_alias=AliasChoices("BREADTH_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
    )
    """Of an OpenTelemetry collector, by HTTP; None: runs are not traced."""
    otel_content: bool = False
    """Whether traces tell questions, prompts and answers."""

    @property
    def store(self) -> str:
        """Where the trace store is."""
        return self.database or str(self.data / "runs.db")

    @property
    def place(self) -> str:
        """The same, without a password."""
        return str(hidden(self.store))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, the environment, the file."""
        flags, variables = init_settings(), env_settings()
        named = flags.get("settings", variables.get("settings"))
        if named == "":
            return init_settings, env_settings
        read = settings_file(named, cls.model_fields, {*flags, *variables})
        if read is None:
            return init_settings, env_settings
        return init_settings, env_settings, _FileSource(settings_cls, read)


class _FileSource(TomlConfigSettingsSource):
    """A file that was read and looked through, and which one it was."""

    def __init__(self, settings_cls: type[BaseSettings], read: SettingsFile) -> None:
        self._read_already = dict(read.values)
        super().__init__(settings_cls, read.path)
        self.init_kwargs["settings"] = read.path

    def _read_file(self, file_path: Any) -> dict[str, Any]:
        return self._read_already


def file_of(settings: Settings) -> SettingsFile | None:
    """What was read of them from a file. Raises UsageProblem, if that changed meanwhile."""
    if settings.settings is None:
        return None
    return settings_file(settings.settings, Settings.model_fields)


def read_file(named: Path | None) -> SettingsFile | None:
    """The file that settings are read from where an option names this one. Raises UsageProblem."""
    chosen: Any = named or os.environ.get("BREADTH_SETTINGS")
    return None if chosen == "" else settings_file(chosen, Settings.model_fields)


def sources_of(settings: Settings, flags: Mapping[str, str] | None = None) -> dict[str, str]:
    """Where each setting comes from: an option, a variable, FILE:LINE or default; of a dictionary
    all that it is put together from. `flags`: the options that were given, by the setting."""
    read, flags = file_of(settings), flags or {}
    sources = {}
    for name, field in Settings.model_fields.items():
        held = [flags.get(name), variable_of(name)]
        if read is not None and name in read.values:
            held.append(read.source((name,)))
        found = [source for source in held if source is not None]
        if name == "settings" and not found:
            found = ["found there"] if read else []
        is_dictionary = isinstance(field.get_default(call_default_factory=True), dict)
        sources[name] = " + ".join(found if is_dictionary else found[:1]) or "default"
    return sources


def variable_of(name: str) -> str | None:
    """The variable of the environment that sets it."""
    present = {variable.upper() for variable in os.environ}
    return next((one for one in _variables(name) if one.upper() in present), None)


def setting_named(named: str) -> str:
    """The setting that a variable sets, as errors name some by; a setting is its own name."""
    known = Settings.model_fields
    return next((name for name in known if named in (name, *_variables(name))), named)


def _variables(name: str) -> tuple[str, ...]:
    """Those that set it, the first that is there."""
    alias = Settings.model_fields[name].validation_alias
    if isinstance(alias, AliasChoices):
        return tuple(map(str, alias.choices))
    return (f"BREADTH_{name.upper()}",)
