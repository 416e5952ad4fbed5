"""Settings: from flags, the environment (BREADTH_*) and defaults. The only reader of both."""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

from platformdirs import user_cache_path, user_data_path
from pydantic import AliasChoices, BeforeValidator, Field, SecretStr
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from inference import ROLES, Price, Role
from planner import Effort, Select
from service.formats import CitationStyle
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


class Settings(BaseSettings):
    """What can be set. `BREADTH_MODEL=small` in the environment sets `model`, and so on."""

    model_config = SettingsConfigDict(env_prefix="BREADTH_", extra="ignore")

    model: str = "base"
    """base, small, a path to a GGUF file, hf:REPO/FILE, or openai:NAME."""
    base_url: str | None = None
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
    index: str = "auto"
    """Of the documents. file: of this machine; the URL of a PostgreSQL: of all that name it; auto:
    with the runs where those are in PostgreSQL, else a file."""
    vllm_python: str = sys.executable
    """The Python of the environment that vLLM is installed in, for `breadth models serve`."""
    database: str | None = None
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
    seed: int = 0
    citations: CitationStyle = "numbers"
    """How the text of an answer points at its sources."""
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
