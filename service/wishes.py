"""What a request wishes of its run that is no setting: options beside those of the settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue


@dataclass(frozen=True, slots=True)
class Wishes:
    """Each is None where the request says nothing."""

    after: str | None = None
    """The run that it goes on from."""
    conversation: list[JsonValue] | None = None
    """Earlier turns, each with `role` and `content`."""
    form: dict[str, JsonValue] | None = None
    """The answer as JSON: `name`, `schema`, `strict`."""
    files: bool | None = None
    """Whether the documents of the service are searched; None: they are where nothing is named."""
    web: bool | None = None
    """The same of the web."""
    domains: list[JsonValue] | None = None
    """Where on the web alone."""

    @property
    def turns(self) -> list[dict[str, Any]]:
        """The conversation, as far as it is one."""
        wanted = {"role", "content"}
        return [t for t in self.conversation or () if isinstance(t, dict) and wanted <= t.keys()]

    def to_options(self) -> dict[str, JsonValue]:
        """Those that are wished."""
        names = self.__slots__
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> "Wishes":
        """The inverse."""
        return cls(**{name: options[name] for name in cls.__slots__ if name in options})
