"""What is settled for single channels of a chat system."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from planner import Effort

EVERYWHERE = "*"
"""The name that stands for all channels that are not named."""


class ChannelSettings(BaseModel):
    """What is otherwise than in the settings of the service."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    effort: Effort | None = None
    size: Literal["auto", "short", "answer", "report"] | None = None
    language: str | None = None
    sources: Literal["documents", "web", "both"] | None = None
    """Where questions of this channel are looked up; None: as the service was started."""

    def changes(self) -> dict[str, Any]:
        """Of the settings."""
        return self.model_dump(include={"effort", "size", "language"}, exclude_none=True)

    @property
    def files(self) -> bool | None:
        """Whether documents are searched; see `Wishes`."""
        return None if self.sources is None else self.sources in ("documents", "both")

    @property
    def web(self) -> bool | None:
        """The same of the web."""
        return None if self.sources is None else self.sources in ("web", "both")


def settled(
    channels: Mapping[str, ChannelSettings | Literal["off"]], *names: str | None
) -> ChannelSettings | None:
    """For a channel that has these names, the first of which counts; None: nothing is answered
    there."""
    wanted = (name for name in (*names, EVERYWHERE) if name is not None and name in channels)
    found = channels[name] if (name := next(wanted, None)) is not None else ChannelSettings()
    return None if found == "off" else found
