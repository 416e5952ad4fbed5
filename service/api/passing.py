"""Requests that are passed on to the servers behind the service, as they are.

Only where the settings allow it. What is sent has the key of the server, and no header of the
client but those that say what the body is.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from aiohttp import ClientError, ClientResponse, web

from inference import PACKAGED
from service.api.access import require_uncounted
from service.api.errors import REQUEST_ID, ApiError
from service.api.front import FRONT
from service.api.offered import unknown_model
from service.api.served import CONNECTIONS, Served, authorization, chat_served
from service.settings import Settings

_SENT = ("Content-Type", "Accept")
_GIVEN = ("Content-Type", "Content-Encoding", "Retry-After", "Cache-Control")
_GIVEN_BEGINNING = "x-ratelimit-"
_NOT_HERE = {401, 403, 404, 407, 429}
"""Another server may do better. Of the first, the client is not to blame."""
_TOLD = {404, 429}
"""The refusals among them that are for the client."""
_MOST_BYTES = 64 * 2**20
"""Of an answer."""
_CUT = b'\n\ndata: {"error": {"message": "the server ended its answer too early", "type":'
_CUT += b' "server_error", "param": null, "code": "server_unavailable"}}\n\n'


async def pass_on(
    request: web.Request, model: str, served: Served | None = None
) -> web.StreamResponse:
    """What a server says of the model. `served`: which there are; None: those for chat.

    Raises ApiError where that is not allowed, to anybody or with this key, and where no server
    answers.
    """
    settings = request.app[FRONT].settings
    if not settings.pass_on:
        raise unknown_model(model)
    require_uncounted(request)
    served = served or chat_served(settings)
    if model not in served.named and _is_inside(model, settings):
        told = (
            f"{model[:200]!r} works inside of Breadth and cannot be asked itself: ask breadth, or a"
            " model of a server"
        )
        raise ApiError(400, told, param="model", code="model_not_served")
    if not served.addresses:
        raise unknown_model(model)
    await request.read()  # from now on it is there
    urls = request.app[CONNECTIONS].in_turn(served.of(model))
    async with AsyncExitStack() as stack:
        return await _given(request, await _first_answer(request, urls, stack))


def _is_inside(model: str, settings: Settings) -> bool:
    """Whether it is an embedded one."""
    return model in PACKAGED or (model == settings.model and not model.startswith("openai:"))


async def _first_answer(
    request: web.Request, urls: list[str], stack: AsyncExitStack
) -> ClientResponse:
    """Of the first server that can do it, or the last one's refusal."""
    refusal: ClientResponse | None = None
    for url in urls:
        try:
            answer = await stack.enter_async_context(_asking(request, url, await request.read()))
        except (ClientError, TimeoutError, ValueError):
            continue  # another one may be there; the reason would name the server
        if answer.status < 300 or (400 <= answer.status < 500 and answer.status not in _NOT_HERE):
            return answer
        refusal = answer
    if refusal is None or refusal.status not in _TOLD:
        told = "no server behind the service can answer now: try again later"
        raise ApiError(502, told, code="server_unavailable")
    return refusal


@asynccontextmanager
async def _asking(request: web.Request, url: str, body: bytes) -> AsyncIterator[ClientResponse]:
    """The same request, to a server."""
    sent = {name: request.headers[name] for name in _SENT if name in request.headers}
    key = authorization(url, request.app[FRONT].settings)
    async with (
        request.app[CONNECTIONS]
        .to(url)
        .post(
            f"{url.rstrip('/')}{request.path.removeprefix('/v1')}",
            data=body,
            headers=sent | key | {"Accept-Encoding": "identity"},
            allow_redirects=False,
        ) as answer
    ):
        yield answer


async def _given(request: web.Request, answer: ClientResponse) -> web.StreamResponse:
    """Byte by byte, as it comes."""
    response = web.StreamResponse(status=answer.status, headers=_heads(answer.headers))
    response.headers["x-request-id"] = request.get(REQUEST_ID, "")
    await response.prepare(request)
    if await _copied(answer, response):
        await response.write_eof()
    elif answer.content_type == "text/event-stream":
        with suppress(ConnectionError):
            await response.write(_CUT)
    elif request.transport is not None:
        request.transport.close()  # an end that cannot be taken for that of the answer
    return response


async def _copied(answer: ClientResponse, response: web.StreamResponse) -> bool:
    """Whether all of it came, and went."""
    left = _MOST_BYTES
    try:
        async for piece in answer.content.iter_any():
            left -= len(piece)
            if left < 0:
                return False
            await response.write(piece)
    except (ClientError, ConnectionError, TimeoutError):
        return False
    return True


def _heads(given: Mapping[str, str]) -> dict[str, str]:
    """Those that say something of the body or of limits."""
    kept = {name: given[name] for name in _GIVEN if name in given}
    limits = {n: value for n, value in given.items() if n.lower().startswith(_GIVEN_BEGINNING)}
    return kept | limits
