"""What is settled for a hook: an address that other programs tell of what is to be found out."""

import re
from typing import Annotated, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from service.channel_settings import ChannelSettings

PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")
"""Of a question: a path into the body, or a brace."""
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
"""Of a header."""
_SLACK = re.compile(r"(T[A-Z0-9]+)/([A-Z][A-Z0-9]+)")


class HookSettings(ChannelSettings):
    """One of them, with what is otherwise than in the settings of the service."""

    secret: SecretStr = Field(min_length=8)
    """By which what comes is known, and what is told is signed."""
    question: Annotated[str, Field(min_length=1, max_length=10_000)]
    """With `{path.to.a.field}` of the body."""
    signature: str = "X-Hub-Signature-256"
    """The header with the HMAC-SHA256 of the body; Webhook-Signature: as Standard Webhooks say."""
    id: str | None = None
    """The header that names what is told, however often it is; None: the body does."""
    when: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)
    """By path what the body has to say, for it to be asked."""
    user: str | None = None
    """Whose runs they are; None: `hook:NAME`."""
    url: str | None = Field(None, repr=False)
    """Where the answer goes."""
    slack: str | None = None
    """The same as TEAM/CHANNEL, by their ids."""

    @field_validator("signature", "id")
    @classmethod
    def _header(cls, value: str | None) -> str | None:
        if value is not None and not _NAME.fullmatch(value):
            raise ValueError("this is no name of a header")
        return value

    @field_validator("question")
    @classmethod
    def _template(cls, value: str) -> str:
        left = PLACEHOLDER.sub("", value)
        if "{" in left or "}" in left or any(m[1] == "" for m in PLACEHOLDER.finditer(value)):
            raise ValueError("write {path.to.a.field} for a field, {{ and }} for braces")
        return value

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.url is not None and self.slack is not None:
            raise ValueError("name one place for the answer: url or slack")
        if self.slack is not None and not _SLACK.fullmatch(self.slack):
            raise ValueError("slack: write TEAM/CHANNEL by their ids, such as T0123/C0456")
        return self

    @property
    def slack_place(self) -> tuple[str, str] | None:
        """Team and channel."""
        found = _SLACK.fullmatch(self.slack or "")
        return (found[1], found[2]) if found else None
