"""Connections to servers: what is an address, what is a key, and how long is waited."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import openai
from openai import AsyncOpenAI, DefaultAioHttpClient

from inference.errors import ModelSetupError, NoAddress
from inference.wire import LLAMA, Engine

NO_REUSE = {"Connection": "close"}
"""llama.cpp's server closes connections without notice; mostly near, where a new one is cheap."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an endpoint is waited for."""

    idle_seconds: float = 300.0
    """So long may the server be silent; a slow model is not a dead one."""
    token_seconds: float = 1800.0
    """So long may a server that is alive (it sends comments) send no token."""
    connect_seconds: float = 10.0
    """So long may it take to reach the server."""


def client_of(
    base_url: str, api_key: str, engine: Engine | None, patience: Patience
) -> AsyncOpenAI:
    """The HTTP client, which reads answers strictly and leaves retries to the pool."""
    host = _host(base_url)
    if not (api_key.isascii() and api_key.isprintable()):
        raise ModelSetupError("the API key holds characters that no key has: see BREADTH_API_KEY")
    timeout = openai.Timeout(patience.idle_seconds, connect=patience.connect_seconds)
    return _Client(
        base_url=base_url,
        api_key=api_key or "none",
        max_retries=0,
        timeout=timeout,
        default_headers=NO_REUSE if engine in LLAMA else {},
        # A proxy from the environment cannot see this machine's loopback.
        http_client=DefaultAioHttpClient(timeout=timeout, trust_env=not is_loopback(host)),
        _strict_response_validation=True,
    )


class _Client(AsyncOpenAI):
    """Sends what Breadth is told, and nothing that the environment has for another client."""

    def __init__(self, *, default_headers: Mapping[str, str] | None = None, **options: Any) -> None:
        """Without OPENAI_ORG_ID, OPENAI_PROJECT_ID and OPENAI_CUSTOM_HEADERS."""
        super().__init__(**options)
        self.organization = self.project = None
        self._custom_headers = dict(default_headers or {})


def _host(base_url: str) -> str:
    """The host that the address names."""
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in {"http", "https"} and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not parts.hostname:
        raise NoAddress(
            f"{base_url!r} is no address of a server: write --base-url http://HOST:PORT/v1"
        )
    if parts.username or parts.password or parts.query:
        # What stands in an address gets into errors, traces and the options of a run.
        raise NoAddress(
            f"the address of {parts.hostname} holds a user, a password or a query: only"
            " http://HOST:PORT/PATH is sent; a key belongs in BREADTH_API_KEY"
        )
    return parts.hostname


def is_loopback(host: str) -> bool:
    """Whether the host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
