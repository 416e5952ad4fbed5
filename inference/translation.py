"""Failures of the HTTP client, translated into ours: the one place where it is done."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from re import IGNORECASE, search
from typing import Any

import aiohttp
import httpx2
import openai

from inference.errors import ModelError, ModelNonsense, ModelRefused, ModelUnavailable

# Bodies that break off while a refusal is read, and events that are no JSON, come as they are.
_FAILURES = (openai.OpenAIError, httpx2.HTTPError, aiohttp.ClientError, ValueError, RecursionError)
_REASON = 300
_SECRET = 8
"""Characters of a key that is worth hiding; a shorter one stands in many words."""
_REQUEST_TIMEOUT, _TOO_MANY, _OVERLOADED = 408, 429, 529


@contextmanager
def translating(where: str, key: str = "") -> Iterator[None]:
    """Whatever the client raises inside comes out as a ModelError that names `where`.

    `key`: of the server, which may repeat it in what it says; errors are shown and stored.
    """
    try:
        yield
    except ModelNonsense as error:  # found by our own reading, which knows no address
        raise ModelNonsense(f"{where} sent what is no completion: {error}") from error
    except _FAILURES as error:
        raise _translated(error, where, key) from error


def _translated(error: Exception, where: str, key: str) -> ModelError:
    """By what the client says; where it says only that the connection failed, by the cause."""
    match error:
        case openai.APIStatusError():
            return _of_status(error, where, _reason(error, key))
        case openai.APIConnectionError() | httpx2.HTTPError() | aiohttp.ClientError():
            origin = _origin(error)
            return _of_connection(origin, where, _reason(origin, key))
        case openai.APIError() if type(error) is openai.APIError:
            return _of_event(error, where, _reason(error, key))
        case _:
            return ModelNonsense(f"{where} sent what is no completion: {_reason(error, key)}")


def _of_status(error: openai.APIStatusError, where: str, reason: str) -> ModelError:
    """The server answered, with a status that says no."""
    status, text = error.status_code, f"{where} answered {error.status_code}: {reason}"
    match error:
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            return ModelRefused(f"{text} (is BREADTH_API_KEY the right key?)")
        case openai.NotFoundError():
            return ModelRefused(text + _doubt(error))
        case openai.RateLimitError() | openai.InternalServerError() | openai.ConflictError():
            return ModelUnavailable(
                text,
                retry_after=_retry_after(error.response.headers),
                busy=status in {_TOO_MANY, _OVERLOADED},
            )
        case _ if status == _REQUEST_TIMEOUT:
            return ModelUnavailable(text, retry_after=0.0)
        case _:
            return ModelRefused(text)


def _doubt(error: openai.NotFoundError) -> str:
    """Of the address, unless the server says itself that it is the model which is not there."""
    named = isinstance(error.body, dict) and "model" in _told(error.body).casefold()
    return "" if named else " (is --base-url right? It mostly ends in /v1)"


def _of_connection(origin: BaseException, where: str, reason: str) -> ModelUnavailable:
    """No server, no word from it, or a word that broke off."""
    match origin:
        case aiohttp.SocketTimeoutError() | httpx2.ReadTimeout():
            return ModelUnavailable(f"{where} was silent for too long: is it overloaded? {reason}")
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return ModelUnavailable(
                f"cannot reach {where}: is the server running, and is --base-url right? {reason}",
                retry_after=0.0,
            )
        case _:
            return ModelUnavailable(
                f"{where} broke off its answer: did the server stop? {reason}", retry_after=0.0
            )


def _of_event(error: openai.APIError, where: str, reason: str) -> ModelError:
    """The server reported an error in the stream."""
    text = f"{where} stopped with an error: {reason}"
    code = error.code or ""
    refused = code.isdecimal() and 400 <= int(code) < 500
    if refused and int(code) not in {_REQUEST_TIMEOUT, _TOO_MANY}:
        return ModelRefused(text)
    return ModelUnavailable(text)


def _retry_after(headers: httpx2.Headers) -> float:
    """Seconds that the server asks to wait: a number or a date; 0 when it does not say."""
    told = headers.get("retry-after", "").strip()
    try:
        return max(0.0, float(told))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(told)
    except ValueError:
        return 0.0
    return max(0.0, (until.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def _origin(error: BaseException) -> BaseException:
    """What the connection says: the client above it calls most of its failures a timeout."""
    while error.__cause__ is not None and not isinstance(error, aiohttp.ClientError):
        error = error.__cause__
    return error


def _reason(error: BaseException, key: str) -> str:
    """The reason on one short line, without the key: a server may send a whole web page."""
    told = _told(getattr(error, "body", None)) or str(error) or type(error).__name__
    told = told.replace(key, "[the key]") if len(key) >= _SECRET else told
    if told.lstrip().startswith("<"):
        title = search(r"<title[^>]*>(.*?)</title", told, IGNORECASE)
        told = f"a web page{f' ({title[1]})' if title else ''}"
    # aiohttp names its own certificates in every failure, of plain HTTP, too
    return " ".join(told.replace(" ssl:default", "").split())[:_REASON]


def _told(body: Any) -> str:
    """The message in an error's body, wherever servers put it."""
    while isinstance(body, dict):
        body = next((body[key] for key in ("error", "message", "detail") if body.get(key)), None)
    return body if isinstance(body, str) else ""
