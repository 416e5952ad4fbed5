"""PooledModel: one model behind several endpoints, or one, that is asked again where it helps."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from inference.doors import Doors
from inference.endpoint import EndpointModel
from inference.errors import AnswerEmpty, ModelError, ModelUnavailable, Unsupported
from inference.fanout import separately, together
from inference.model import Chunk, Halt, Message, Request
from inference.rotation import Call, Endpoint, Persistence, Place, Rotation

T = TypeVar("T")


class PooledModel:
    """Spreads requests over endpoints that serve the same model; the home of all retries.

    A request that failed before its answer began goes to another endpoint, or waits until this one
    has rested; one that an endpoint has no ability for goes to those that may have it. One that was
    answered with nothing goes to the others first, and the endpoint does not rest: it may be the
    prompt. What has begun is never asked again: its reader has seen it.
    """

    def __init__(
        self, endpoints: Sequence[EndpointModel], persistence: Persistence | None = None
    ) -> None:
        """At least one endpoint; they are closed with the pool."""
        if not endpoints:
            raise ValueError("a pool needs at least one endpoint")
        self.name = endpoints[0].name
        self.missing: tuple[str, ...] = ()
        """Why endpoints were not there at the last `check`."""
        self._rotation = Rotation(endpoints, persistence or Persistence())

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The endpoints as the rotation knows them now: load, limit, failures."""
        return self._rotation.endpoints

    @property
    def window(self) -> int | None:
        """The smallest window of the endpoints, in tokens; None where no server says."""
        return min((one.model.window for one in self.endpoints if one.model.window), default=None)

    @property
    def doors(self) -> Doors:
        """What the servers can do besides writing: those of one that is not known to be dead."""
        alive = (one for one in self.endpoints if not one.dead)
        return next(alive, self.endpoints[0]).model.doors

    @property
    def one_by_one(self) -> bool:
        """Whether an endpoint is known to give one sample a request."""
        return any(one.model.one_by_one for one in self.endpoints)

    def constrains(self, request: Request) -> bool:
        """See `EndpointModel.constrains`: whether all do."""
        return all(one.model.constrains(request) for one in self.endpoints)

    async def count(self, messages: Sequence[Message]) -> int:
        """See `Model.count`. It takes no place: servers count beside what they generate."""
        self._rotation.require_open()
        alive = [one for one in self.endpoints if not one.dead] or self.endpoints
        failures: list[ModelError] = []
        for endpoint in sorted(alive, key=lambda one: one.load):
            known = endpoint.failures
            try:
                return await endpoint.model.count(messages)
            except ModelUnavailable as error:
                failures.append(error)
                if not error.busy:  # how much it can generate at once is learned from that alone
                    self._rotation.failed(endpoint, error, known)
            except Unsupported as error:
                failures.append(error)
        raise failures[-1]

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """See `Model.embed`."""
        return await self._once(lambda model: model.embed(texts))

    async def rerank(self, query: str, texts: Sequence[str]) -> list[float]:
        """See `Model.rerank`."""
        return await self._once(lambda model: model.rerank(query, texts))

    async def close(self) -> None:
        """Close the connections; what still reads, waits or begins is ModelUnavailable."""
        self._rotation.close()
        await asyncio.gather(*(one.model.close() for one in self.endpoints))

    async def check(self) -> None:
        """See that the servers are there and have the model.

        Those that are not there are out of the rotation for a while. Raises a ModelError when none
        is there, or any does not have the model.
        """
        ended = await asyncio.gather(
            *(one.model.check() for one in self.endpoints), return_exceptions=True
        )
        missing = []
        for endpoint, error in zip(self.endpoints, ended, strict=True):
            if isinstance(error, ModelUnavailable):
                self._rotation.failed(endpoint, error)
                missing.append(str(error))
            elif error is not None:
                raise error
        if len(missing) == len(ended):
            raise self._rotation.error()
        self.missing = tuple(missing)

    def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
        """See `Model.stream`."""
        if halt is None:
            return self._stream(request)
        if halt.together:
            return together(self._stream(request), request, halt)
        return separately(self._stream, request, halt, staggered=True)

    async def _stream(self, request: Request) -> AsyncGenerator[Chunk]:
        """One request, from whichever endpoint begins to answer."""
        call = self._rotation.call(request.session)

        async def begin(model: EndpointModel) -> tuple[Chunk, AsyncGenerator[Chunk]]:
            chunks = model.stream(request)
            return await anext(chunks), chunks

        place, (first, rest) = await self._answered(begin, call)
        try:
            async with aclosing(rest):
                yield replace(_delayed(first, call.queued_seconds), endpoint=place.model.base_url)
                async for chunk in rest:
                    yield _delayed(chunk, call.queued_seconds)
        except ModelUnavailable as error:
            place.failed(error)
            raise
        finally:
            place.leave()

    async def _once(self, ask: Callable[[EndpointModel], Awaitable[T]]) -> T:
        """A request whose answer comes whole."""
        place, answer = await self._answered(ask, self._rotation.call(""))
        place.leave()
        return answer

    async def _answered(
        self, ask: Callable[[EndpointModel], Awaitable[T]], call: Call
    ) -> tuple[Place, T]:
        """Try until an endpoint answers. Its rest is what lies between the tries."""

        def spent(_: RetryCallState) -> bool:
            return call.failures <= 0

        def again(error: BaseException) -> bool:
            if isinstance(error, Unsupported):  # another may be able, as far as it is there
                return not all(one.dead or one in call.unable for one in self.endpoints)
            return _passes(error) or isinstance(error, AnswerEmpty)

        try:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception(again), stop=spent, reraise=True
            ):
                with attempt:
                    return await self._tried(ask, call)
        except ModelUnavailable as error:
            if _passes(error) and len(self.endpoints) > 1:
                raise self._rotation.error() from error
            raise
        except AnswerEmpty as error:
            raise _by_all(error, call) from error
        raise AssertionError("unreachable: the last attempt raises")

    async def _tried(
        self, ask: Callable[[EndpointModel], Awaitable[T]], call: Call
    ) -> tuple[Place, T]:
        """Ask one endpoint."""
        place = await self._rotation.enter(call)
        try:
            answer = await ask(place.model)
        except BaseException as error:
            if isinstance(error, ModelUnavailable):
                call.failures -= 1
                place.failed(error)
            elif isinstance(error, Unsupported):  # mostly by what we know: the server was not asked
                call.unable.add(place.endpoint)
            elif isinstance(error, ModelError):
                if isinstance(error, AnswerEmpty):
                    call.failures -= 1
                    call.wordless.add(place.endpoint)
                place.answered()
            place.leave()
            raise
        place.answered()
        return place, answer


def _delayed(chunk: Chunk, seconds: float) -> Chunk:
    """The chunk, whose usage says how long the request waited."""
    if chunk.usage is None or not seconds:
        return chunk
    return replace(chunk, usage=replace(chunk.usage, queued_seconds=seconds))


def _by_all(error: AnswerEmpty, call: Call) -> AnswerEmpty:
    """The error, with the other endpoints that answered with nothing."""
    addresses = sorted(one.model.base_url for one in call.wordless)
    others = [address for address in addresses if not str(error).startswith(address)]
    told = f"{error}; so did {', '.join(others)}" if others else str(error)
    return AnswerEmpty(told, answer=error.answer, usage=error.usage)


def _passes(error: BaseException) -> bool:
    """Whether it makes sense to ask again."""
    return isinstance(error, ModelUnavailable) and error.retry_after is not None
