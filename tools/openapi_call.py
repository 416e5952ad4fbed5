"""One operation of an HTTP service as a tool: its request is built here, and its answer read."""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from pydantic import JsonValue

from search import WebClient, WebError, WebResponse
from tools.given import bounded, given
from tools.secrets import without
from tools.tool import Arguments, ToolError, ToolResult

_MOST_BYTES = 2**20
_LONGEST_ERROR = 300
_SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class Auth:
    """Credentials; as a truth value, whether there are any."""

    bearer: str = field(default="", repr=False)
    basic: str = field(default="", repr=False)
    """USER:PASSWORD."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __bool__(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.bearer or self.basic or self.headers or self.query)

    @property
    def all_headers(self) -> dict[str, str]:
        """What a request carries."""
        made = dict(self.headers)
        if self.bearer:
            made["Authorization"] = f"Bearer {self.bearer}"
        elif self.basic:
            made["Authorization"] = f"Basic {self._encoded}"
        return made

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be told."""
        plain = (self.bearer, self.basic, self.basic.partition(":")[2])
        return (*plain, *self.headers.values(), *self.query.values(), self._encoded)

    @property
    def _encoded(self) -> str:
        return b64encode(self.basic.encode()).decode()


@dataclass(frozen=True)
class Service:
    """How a service is asked."""

    web: WebClient
    auth: Auth = field(default_factory=Auth)
    seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Parameter:
    """Where in a request a field of the arguments belongs."""

    key: str
    """As the tool calls it."""
    name: str
    """As the service calls it."""
    place: str
    """path, query, header, field (of the body), or body."""


@dataclass(frozen=True)
class OpenApiTool:
    """See `Tool`."""

    name: str
    remote: str
    """The operation's own name."""
    description: str
    arguments: type[Arguments]
    resource: str
    method: str
    address: str
    """With the path's parameters in braces."""
    parameters: tuple[Parameter, ...]
    is_form: bool
    """The body is a form and not JSON."""
    service: Service

    @property
    def seconds(self) -> float:
        """See `Tool`; the client has the same limit, and says more."""
        return self.service.seconds + 1.0

    @property
    def limit(self) -> float:
        """Seconds, as they were set."""
        return self.service.seconds

    @property
    def side_effects(self) -> bool:
        """By the method: HTTP's word for it."""
        return self.method not in _SAFE

    async def call(self, arguments: Arguments) -> ToolResult:
        """See `Tool.call`. Secrets are blotted out of what comes back, errors and values."""
        values = arguments.given()
        secrets = self.service.auth.secrets
        url = self._url(values)
        try:
            answer = await self._asked(url, values)
        except WebError as error:
            raise ToolError(without(f"{self.name}: {error}", secrets)) from None
        text = without(answer.body.decode("utf-8", errors="replace"), secrets)
        if answer.status >= 400:
            said = " ".join(text.split())[:_LONGEST_ERROR]
            raise ToolError(f"{self.name}: HTTP {answer.status}{': ' if said else ''}{said}")
        location = None if self.side_effects else without(url, secrets)
        value = bounded(self._value(answer, text), self.name)
        return given(value, self.name, values, location=location)

    async def _asked(self, url: str, values: Mapping[str, JsonValue]) -> WebResponse:
        """The answer, whatever its status."""
        auth = self.service.auth
        body = self._body(values)
        data: bytes | None = None
        headers = {"Accept": "application/json, text/*;q=0.5", **self._headers(values)}
        if self.is_form and isinstance(body, dict):
            data = urlencode([(key, _text(value)) for key, value in body.items()]).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        return await self.service.web.request(
            self.method,
            _with_query(url, auth.query),
            headers={**headers, **auth.all_headers},
            json=body if data is None else None,
            data=data,
            most_bytes=_MOST_BYTES,
            seconds=self.service.seconds,
            raise_for_status=False,
        )

    def _at(self, place: str, values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """What belongs at a place, and was given."""
        return {
            one.name: values[one.key]
            for one in self.parameters
            if one.place == place and values.get(one.key) is not None
        }

    def _url(self, values: Mapping[str, JsonValue]) -> str:
        """Without credentials. Raises ToolError for what would lead elsewhere."""
        url = self.address
        for name, value in self._at("path", values).items():
            text = ",".join(map(_text, value)) if isinstance(value, list) else _text(value)
            if text.strip() in ("", ".", ".."):
                raise ToolError(f"{self.name}: {name} cannot be {text!r}")
            url = url.replace(f"{{{name}}}", quote(text, safe=""))
        return _with_query(url, self._at("query", values))

    def _headers(self, values: Mapping[str, JsonValue]) -> dict[str, str]:
        """Raises ToolError for what is no header."""
        headers = {name: _text(value) for name, value in self._at("header", values).items()}
        for name, text in headers.items():
            if not text.isprintable():
                raise ToolError(f"{self.name}: {name} has characters that no header can have")
        return headers

    def _body(self, values: Mapping[str, JsonValue]) -> JsonValue:
        """None where nothing is to be sent."""
        whole = self._at("body", values)
        return whole["body"] if whole else self._at("field", values) or None

    def _value(self, answer: WebResponse, text: str) -> JsonValue:
        """JSON, a text, or what there is instead."""
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not answer.body:
            return {"status": answer.status} if self.side_effects else None
        if kind.startswith("text/") and not kind.endswith("json"):
            return text
        try:
            value: JsonValue = json.loads(text)
        except ValueError:
            if not kind or kind.endswith("json"):
                return text
            return {"media_type": kind, "bytes": len(answer.body)}
        return value


def _with_query(url: str, values: Mapping[str, Any]) -> str:
    """Lists become repeated keys."""
    pairs = [
        (key, _text(one))
        for key, value in values.items()
        for one in (value if isinstance(value, list) else [value])
    ]
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, urlencode(pairs)) if part)
    return urlunsplit(parts._replace(query=query))


def _text(value: JsonValue) -> str:
    """A value in an address, a header or a form."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
