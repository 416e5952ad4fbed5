"""Errors as the interface says them: `{"error": {"message", "type", "param", "code"}}`.

`errors_told` is the edge of the interface: whatever a handler raises becomes one of these.
"""

import logging
from collections.abc import Awaitable, Callable
from math import ceil
from secrets import token_hex

from aiohttp import web

from service.operations.logs import tell_request
from storage import (
    DisabledWebhook,
    OverLimit,
    StorageError,
    UnknownBatch,
    UnknownFile,
    UnknownResponse,
    UnknownRun,
    UnknownWebhook,
    Unstorable,
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
log = logging.getLogger("breadth.api")
REQUEST_ID: web.RequestKey[str] = web.RequestKey("request_id", str)
"""Under this key a request has its id."""

STORAGE = "the service cannot use its database at the moment; its log says why"
"""What clients are told: the reason tells where the database is."""
_NOT_AGAIN = {"x-should-retry": "false"}
_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


_UNKNOWN = (UnknownBatch, UnknownFile, UnknownResponse, UnknownRun, UnknownWebhook)


class ApiError(Exception):
    """The request cannot be done."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """`param`: the field that is wrong; `code`: for programs; `headers`: of the answer."""
        super().__init__(message)
        self.status = status
        self.param = param
        self.code = code
        self.headers = headers or {}

    @property
    def body(self) -> dict[str, object]:
        """As it is sent."""
        kind = _TYPES.get(self.status) or (
            "invalid_request_error" if self.status < 500 else "server_error"
        )
        told = {"message": str(self), "type": kind, "param": self.param, "code": self.code}
        return {"error": told}


@web.middleware
async def errors_told(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every answer has an id (`x-request-id`), and every error the shape of the interface."""
    request_id = f"req_{token_hex(12)}"
    request[REQUEST_ID] = request_id
    tell_request(request_id)
    try:
        answer = await handler(request)
    except ApiError as error:
        answer = web.json_response(error.body, status=error.status, headers=error.headers)
    except web.HTTPException as error:
        answer = _of_http(error)
    except _UNKNOWN as error:
        answer = _told(ApiError(404, str(error), code="not_found"))
    except DisabledWebhook as error:
        answer = _told(ApiError(409, str(error), code="webhook_disabled"))
    except OverLimit as error:
        wait = {"Retry-After": str(ceil(error.seconds))}
        answer = _told(ApiError(429, str(error), code="rate_limit_exceeded", headers=wait))
    except StorageError as error:
        log.warning("request %s: %s", request_id, error)
        answer = _told(_of_storage(error))
    except Exception:
        if request.writer.output_size:
            raise  # an answer has begun: the connection ends
        log.exception("request %s", request_id)
        told = f"the service failed; its log says more under {request_id}"
        answer = _told(ApiError(500, told, code="internal", headers=_NOT_AGAIN))
    if not answer.prepared:
        answer.headers["x-request-id"] = request_id
    return answer


def _told(error: ApiError) -> web.Response:
    return web.json_response(error.body, status=error.status, headers=error.headers)


def _of_storage(error: StorageError) -> ApiError:
    """Later it may be done, or never."""
    if isinstance(error, Unstorable):
        return ApiError(500, str(error), code="unstorable", headers=_NOT_AGAIN)
    return ApiError(503, STORAGE, code="storage", headers={"Retry-After": "1"})


def _of_http(error: web.HTTPException) -> web.Response:
    """What aiohttp itself refuses: a route that is not there, a body that is too long."""
    allowed = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    return _told(ApiError(error.status, error.text or error.reason, headers=allowed))
