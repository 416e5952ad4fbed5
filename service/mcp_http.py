"""The MCP server over HTTP: whose key comes with a request, and where it listens. Needs `mcp`."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import uvicorn
from mcp.server import MCPServer
from mcp.server.transport_security import TransportSecuritySettings

from inference import is_loopback
from service.api import is_open
from service.errors import UsageProblem
from service.mcp_serving import ASKER
from service.settings import Settings
from service.work import asked_to_end
from storage import Asker, TraceStore

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

PATH = "/mcp"


async def listen(
    server: MCPServer,
    store: TraceStore,
    settings: Settings,
    host: str,
    port: int,
    ready: Callable[[str], None],
) -> None:
    """Until Ctrl-C or SIGTERM. `ready`: told the address. Raises UsageProblem where nobody can
    listen there."""
    app = server.streamable_http_app(
        streamable_http_path=PATH, host=host, transport_security=_security(settings, host)
    )
    keyed = _Keyed(app, store, is_open=is_open(settings, host))
    config = uvicorn.Config(
        keyed, host=host, port=port, log_level="warning", timeout_graceful_shutdown=5
    )
    listening = _Server(config)
    place = _place(host, port)
    with place, asked_to_end() as end:
        serving = asyncio.create_task(listening.serve([place]))
        ending = asyncio.create_task(end.wait())
        ready(f"http://{f'[{host}]' if ':' in host else host}:{place.getsockname()[1]}{PATH}")
        await asyncio.wait({serving, ending}, return_when=asyncio.FIRST_COMPLETED)
        listening.should_exit = True
        await serving
        ending.cancel()


class _Server(uvicorn.Server):
    """Leaves signals to us."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _place(host: str, port: int) -> socket.socket:
    """Where it listens. Raises UsageProblem where nobody can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise UsageProblem(
            f"{host}:{port} cannot be listened on: {error.strerror or error}; --port names another"
            " one"
        ) from error


class _Keyed:
    """Looks at the API key of each request first."""

    def __init__(self, app: Application, store: TraceStore, *, is_open: bool) -> None:
        self._app = app
        self._store = store
        self._is_open = is_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
            scheme, _, key = headers.get(b"authorization", "").partition(" ")
            record = (
                await self._store.keys.known(key.strip()) if scheme.lower() == "bearer" else None
            )
            if record is None and not self._is_open:
                await _refuse(send)
                return
            scope[ASKER] = Asker(record.user, record.id) if record else None
        await self._app(scope, receive, send)


async def _refuse(send: Send) -> None:
    """401, and how to do better."""
    told = "send an API key: Authorization: Bearer KEY; `breadth keys create` makes one"
    headers = [(b"content-type", b"application/json"), (b"www-authenticate", b"Bearer")]
    await send({"type": "http.response.start", "status": 401, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps({"error": told}).encode()})


def _security(settings: Settings, host: str) -> TransportSecuritySettings | None:
    """Names by which it may be asked; None: those of loopback alone, where it listens there."""
    if is_loopback(host) and not settings.hosts:
        return None
    own = ("127.0.0.1", "localhost", "[::1]") if is_loopback(host) else ()
    names = [*own, *settings.hosts]
    allowed = [*names, *(f"{name}:*" for name in names)]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=bool(names), allowed_hosts=allowed
    )
