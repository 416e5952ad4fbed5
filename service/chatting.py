"""The chat systems that the settings name, and the hooks: whatever asks the service besides its
interface."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

from aiohttp import web
from pydantic import SecretStr

from service.api import Front
from service.errors import UsageProblem
from service.settings import Settings


class Bot(Protocol):
    """Hears what is told to its routes."""

    def add_to(self, app: web.Application) -> None:
        """Add them."""
        ...


SYSTEMS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "slack": ("slack_bolt", ("slack_bot_token", "slack_signing_secret", "slack_app_token")),
    "teams": ("jwt", ("teams_app_id", "teams_app_password")),
    "discord": ("cryptography", ("discord_public_key", "discord_bot_token")),
    "hooks": ("aiohttp", ("hooks",)),
}
"""By name, which is that of the folder and of the extra: a package that it needs, and the settings
any of which wants the system. `service.NAME` has `NAME_bot`, which opens its bot, and
`require_settings`."""


@asynccontextmanager
async def chatting(front: Front) -> AsyncIterator[list[Bot]]:
    """They hear, and show, until the end of the block. Raises UsageProblem."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(getattr(_folder(system), f"{system}_bot")(front))
            for system in wanted(front.settings)
        ]


def wanted(settings: Settings) -> list[str]:
    """The systems that the settings name."""
    return [
        system
        for system, (_, names) in SYSTEMS.items()
        if any(_is_given(getattr(settings, name)) for name in names)
    ]


def require_system(settings: Settings, system: str) -> None:
    """Raises UsageProblem for what it lacks."""
    _folder(system).require_settings(settings)


def _folder(system: str) -> Any:
    """The module. Raises UsageProblem where the extra is not installed."""
    package, (first, *_) = SYSTEMS[system]
    if find_spec(package) is None:
        raise UsageProblem(
            f"BREADTH_{first.upper()}: it needs the extra: pip install 'breadth[{system}]'"
        )
    return import_module(f"service.{system}")


def _is_given(value: str | SecretStr | Mapping[str, object]) -> bool:
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)
