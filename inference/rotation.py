"""Rotation: which of several endpoints takes the next request, and who has to wait.

The least loaded takes it, or the one that has the session's prefix in its cache. How much each can
take is learned: what it refuses lowers the limit to what it has taken, and successes raise it
again; one that fails rests, each time for longer, and is then tried with a single request.
"""

import asyncio
import time
from bisect import insort
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from random import SystemRandom

from inference.endpoint import EndpointModel
from inference.errors import ModelUnavailable

_FIRST_LIMIT = 256
"""Requests at once before a server has said no: what vLLM computes together by default."""
_FIRST_REST, _LONGEST_REST = 0.5, 30.0
"""Seconds; doubled with each failure in a row, and a random half of it taken off."""
_REFUSALS = 6
"""So many refusals in a row, half a minute of them, are no load: a quota is used up, mostly."""
_LONGEST_ASKED = 3600.0
"""Seconds: a Retry-After of more is not believed."""
_LOYALTY = 2
"""So many requests more than its share may the endpoint have that knows the session."""
_SESSIONS = 1024
"""So many sessions are remembered, those used last."""
_random = SystemRandom()


@dataclass(frozen=True, slots=True)
class Persistence:
    """How long a request is tried."""

    attempts: int = 3
    """So often, times the number of endpoints, may a request fail, unless its answer has begun."""
    retry_after: float = 30.0
    """Seconds: when every endpoint has to be left alone for longer, nobody waits."""
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    """Waits until an endpoint has rested; tests give one that moves their clock."""


class Endpoint:
    """An endpoint as its rotation knows it."""

    def __init__(self, model: EndpointModel) -> None:
        """Nothing is known of it."""
        self.model = model
        self.in_flight = 0
        self.limit = _FIRST_LIMIT
        self.failures = 0
        """In a row; a first chunk ends it."""
        self.dead = False
        """It failed last, and not because it was busy; or it has been busy again and again."""
        self.reason = ""
        """Of the last failure, until it answers."""
        self.rested = -1.0
        """When, by the clock, it may be asked again."""
        self.turn = 0
        """The number of the last request that it was given."""
        self._trial = 0
        """The number of the request that tries it after a failure; 0: none does."""
        self._successes = 0

    @property
    def load(self) -> float:
        """The share of what it can take."""
        return self.in_flight / self.limit

    def has_room(self, now: float) -> bool:
        """Whether it may be asked; after a failure, by one request only."""
        free = self.in_flight < self.limit and not (self.failures and self._trial)
        return free and self.rested <= now

    def told(self, now: float) -> str:
        """Why it is not asked; "": it may be."""
        if not self.reason and self.rested > now:
            return f"{self.model.base_url} asked to be left alone for {self.rested - now:.0f} s"
        return self.reason

    def take(self, turn: int) -> None:
        """One request more, of this number."""
        self.in_flight += 1
        self.turn = turn
        if self.failures:
            self._trial = turn

    def leave(self, turn: int) -> None:
        """That request less."""
        self.in_flight -= 1
        if self._trial == turn:
            self._trial = 0

    def answered(self) -> None:
        """It answers: it is back, and if it is at its limit, that may be too low."""
        self.failures, self.dead, self.reason, self._trial = 0, False, "", 0
        if self.in_flight * 2 > self.limit:
            self._successes += 1
        if self._successes >= self.limit:
            self.limit, self._successes = self.limit + 1, 0

    def failed(self, error: ModelUnavailable, now: float, known: int = 0) -> bool:
        """Rest for a while. False: this says no more than an earlier failure, of which the request
        did not know when it was sent (`known`)."""
        self.reason = str(error)
        if error.busy:  # what it has not refused, it can take: a burst leaves just that
            self.limit = max(1, min(self.limit, self.in_flight - 1))
            self._successes = 0
        news = known >= self.failures
        if news:
            self.failures += 1
            self.dead = not error.busy or self.failures >= _REFUSALS
            rest = min(_LONGEST_REST, _FIRST_REST * 2 ** (self.failures - 1))
            self.rested = now + _random.uniform(rest / 2, rest)
        self.rested = max(self.rested, now + min(error.retry_after or 0.0, _LONGEST_ASKED))
        return news


class Call:
    """A request on its way, with the failures that it may still meet."""

    def __init__(self, session: str, number: int, failures: int) -> None:
        """`failures`: its own, and while it waits, those that leave no endpoint alive."""
        self.session = session
        self.number = number
        """Its place in the line, also when it has to stand in it again."""
        self.failures = failures
        self.unable: set[Endpoint] = set()
        """Those that have said that they have no such ability."""
        self.wordless: set[Endpoint] = set()
        """Those that have answered it with nothing: asked again when no other can be."""
        self.queued_seconds = 0.0
        """How long it stood in the line."""


class Place:
    """A request's place at an endpoint."""

    def __init__(self, endpoint: Endpoint, turn: int, rotation: "Rotation") -> None:
        """Made by the rotation, for its request of this number."""
        endpoint.take(turn)
        self.endpoint = endpoint
        self._turn = turn
        self._known = endpoint.failures
        self._rotation = rotation

    @property
    def model(self) -> EndpointModel:
        """Whom to ask."""
        return self.endpoint.model

    def answered(self) -> None:
        """The first chunk is there, or a refusal that says as much about the endpoint."""
        self.endpoint.answered()
        self._rotation.serve()

    def failed(self, error: ModelUnavailable) -> None:
        """It did not answer, or not to the end."""
        self._rotation.failed(self.endpoint, error, self._known)

    def leave(self) -> None:
        """The request is over."""
        self.endpoint.leave(self._turn)
        self._rotation.serve()


class Rotation:
    """The endpoints, and the line of those who wait for one: first come, first served."""

    def __init__(self, models: Sequence[EndpointModel], persistence: Persistence) -> None:
        """All serve the same model."""
        self.endpoints = tuple(map(Endpoint, models))
        self._persistence = persistence
        self._line: list[tuple[Call, asyncio.Future[Place]]] = []
        self._homes: OrderedDict[str, Endpoint] = OrderedDict()
        self._calls = self._turns = 0
        self._alarm: asyncio.Task[None] | None = None
        self._closed = False

    def call(self, session: str) -> Call:
        """A new request. Where all has been dead for a while, it is tried once everywhere."""
        attempts = self._persistence.attempts
        hopeless = all(one.dead and one.failures >= attempts for one in self.endpoints)
        self._calls += 1
        return Call(session, self._calls, len(self.endpoints) * (1 if hopeless else attempts))

    async def enter(self, call: Call) -> Place:
        """A place, as soon as there is one. Raises ModelUnavailable when there will be none."""
        self.require_open()
        began = self._persistence.clock()
        place: asyncio.Future[Place] = asyncio.get_running_loop().create_future()
        insort(self._line, (call, place), key=lambda entry: entry[0].number)
        self.serve()
        try:
            return await place
        except asyncio.CancelledError:
            if not place.cancelled() and place.exception() is None:
                place.result().leave()
            raise
        finally:
            call.queued_seconds += self._persistence.clock() - began
            self.serve()

    def failed(self, endpoint: Endpoint, error: ModelUnavailable, known: int = 0) -> None:
        """An endpoint failed; when none is left alive, that counts for all who wait."""
        news = endpoint.failed(error, self._persistence.clock(), known)
        if news and all(one.dead for one in self.endpoints):
            for call, place in self._line:
                call.failures -= 1
                if call.failures <= 0 and not place.done():
                    place.set_exception(self.error())
        self.serve()

    def error(self) -> ModelUnavailable:
        """What is wrong with each endpoint."""
        now = self._persistence.clock()
        reasons = [one.told(now) for one in self.endpoints if one.told(now)]
        if len(self.endpoints) == 1:
            return ModelUnavailable(reasons[0])
        name = self.endpoints[0].model.name
        return ModelUnavailable(f"no endpoint of {name!r} can be had: {'; '.join(reasons)}")

    def require_open(self) -> None:
        """Raise ModelUnavailable when it was closed."""
        if self._closed:
            raise _closed()

    def close(self) -> None:
        """Nobody waits any longer."""
        self._closed = True
        for _, place in self._line:
            if not place.done():
                place.set_exception(_closed())
        self.serve()

    def serve(self) -> None:
        """Give places to those in front, as far as there are places."""
        now = self._persistence.clock()
        while self._line:
            call, waiting = self._line[0]
            if not waiting.done():
                endpoint = self._chosen(call, now)
                if endpoint is not None:
                    self._turns += 1
                    waiting.set_result(Place(endpoint, self._turns, self))
                elif self._soonest(call, now) > self._persistence.retry_after:
                    waiting.set_exception(self.error())
                else:
                    break
            del self._line[0]
        self._set_alarm(now)

    def _chosen(self, call: Call, now: float) -> Endpoint | None:
        """The session's endpoint while its load is like the others', else the least loaded."""
        able = [one for one in self.endpoints if one.has_room(now) and one not in call.unable]
        free = [one for one in able if one not in call.wordless] or able
        if not free:
            return None
        session = "" if call.unable else call.session
        least = min(free, key=lambda one: (one.load, one.turn))
        home = self._homes.get(session)
        if home is not None and home.rested <= now and home not in call.wordless:
            self._homes.move_to_end(session)
            loyal = home in free and home.in_flight - _LOYALTY <= least.load * home.limit
            return home if loyal else least
        if session:
            self._homes[session] = least
            if len(self._homes) > _SESSIONS:
                self._homes.popitem(last=False)
        return least

    def _soonest(self, call: Call, now: float) -> float:
        """Seconds until the first endpoint has rested; 0 or less: one need not."""
        return min(one.rested for one in self.endpoints if one not in call.unable) - now

    def _set_alarm(self, now: float) -> None:
        """Look again when the next endpoint has rested, if somebody waits."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        resting = [one.rested - now for one in self.endpoints if one.rested > now]
        if self._line and resting:
            self._alarm = asyncio.create_task(self._ring(min(resting)), name="endpoint rests")

    async def _ring(self, seconds: float) -> None:
        """Sleep, then serve."""
        await self._persistence.sleep(seconds)
        self._alarm = None
        self.serve()


def _closed() -> ModelUnavailable:
    """Who waits, or begins to, is told so."""
    return ModelUnavailable("the model was closed by us")
