"""What the settings say of tools of others."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from tools import Approval, Auth, McpServer


class McpSettings(BaseModel):
    """A server, in the form that MCP clients share; fields of other clients are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    command: str | None = None
    args: tuple[str, ...] = Field((), repr=False)
    env: dict[str, SecretStr] = Field(default_factory=dict)
    cwd: str | None = None
    url: str | None = Field(None, repr=False)
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    seconds: float = Field(60.0, gt=0)
    approval: Approval | dict[str, Approval] = Field(default_factory=dict)
    """For all its tools, or by a tool's name; `*` stands for those that are not named."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.command is None) == (self.url is None):
            raise ValueError("a server has either a command or a url")
        return self

    def server(self, name: str) -> McpServer:
        """For the tools."""
        return McpServer(
            name,
            command=self.command,
            arguments=self.args,
            environment={key: value.get_secret_value() for key, value in self.env.items()},
            folder=self.cwd,
            url=self.url,
            headers={key: value.get_secret_value() for key, value in self.headers.items()},
            seconds=self.seconds,
        )


def approval_of(said: Approval | dict[str, Approval], tool: str, *, side_effects: bool) -> Approval:
    """Of one tool; where nothing is said, what has side effects is asked for."""
    if isinstance(said, str):
        return said
    return said.get(tool) or said.get("*") or ("ask" if side_effects else "auto")


def unwrapped(given: Any) -> Any:
    """What other clients keep under `mcpServers`."""
    return given["mcpServers"] if isinstance(given, dict) and [*given] == ["mcpServers"] else given


class AuthSettings(BaseModel):
    """Credentials of a service, in one of the ways, or several."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bearer: SecretStr = SecretStr("")
    basic: SecretStr = SecretStr("")
    """USER:PASSWORD."""
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    query: dict[str, SecretStr] = Field(default_factory=dict)

    def auth(self) -> Auth:
        """For the tools."""
        return Auth(
            bearer=self.bearer.get_secret_value(),
            basic=self.basic.get_secret_value(),
            headers={key: value.get_secret_value() for key, value in self.headers.items()},
            query={key: value.get_secret_value() for key, value in self.query.items()},
        )


class OpenApiSettings(BaseModel):
    """A service that an OpenAPI document describes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    document: str = Field(repr=False)
    """A file, or an address."""
    server: str | None = None
    """Where requests go, instead of where the document says."""
    auth: AuthSettings = AuthSettings()
    seconds: float = Field(30.0, gt=0)
    approval: Approval | dict[str, Approval] = Field(default_factory=dict)
    """For all operations, or by an operation's name; `*` stands for those that are not named."""
