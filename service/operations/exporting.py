"""Where traces of runs are sent: a collector of OpenTelemetry, by OTLP over HTTP.

Only with an address is any of its packages imported. Spans wait in a queue of bounded length, and
a thread of its own sends them: a collector that is slow or away costs spans, and no run waits.
"""

import asyncio
import hashlib
import logging
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from importlib.metadata import version
from typing import TYPE_CHECKING

from service.errors import UsageProblem
from service.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

    from service.operations.spans import Tracing

log = logging.getLogger("breadth.traces")

_PATH = "/v1/traces"
_SEND_SECONDS = 5.0
"""For one batch, all its attempts together."""
_END_SECONDS = 3.0
"""For what waits when the process ends."""
_LETTING_GO_SECONDS = 1.0
_naming: ContextVar[str | None] = ContextVar("naming", default=None)
"""The run whose root span is begun right now."""


@asynccontextmanager
async def tracing(settings: Settings, worker: str) -> AsyncIterator["Tracing | None"]:
    """None where the settings name no collector. Raises UsageProblem without the extra `otel`.

    At the end, what waits is sent, for a few seconds at most.
    """
    if settings.otlp_endpoint is None:
        yield None
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
    except ImportError as error:
        raise UsageProblem(
            "BREADTH_OTLP_ENDPOINT: traces need the extra otel: pip install 'breadth[otel]'"
        ) from error
    exporter = OTLPSpanExporter(
        endpoint=traces_address(settings.otlp_endpoint), timeout=_SEND_SECONDS
    )
    provider = provider_of(exporter, worker)
    log.info("runs are traced to the collector of BREADTH_OTLP_ENDPOINT")
    try:
        yield tracing_by(provider, content=settings.otel_content)
    finally:
        await _ended(provider, exporter)


def traces_address(endpoint: str) -> str:
    """The address of traces at a collector; that itself may be given."""
    address = endpoint.rstrip("/")
    return address if address.endswith(_PATH) else address + _PATH


def provider_of(exporter: "SpanExporter", worker: str) -> "TracerProvider":
    """Sends to the exporter, in batches. Root spans are named after their runs."""
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator  # noqa: PLC0415

    class RunIds(RandomIdGenerator):
        """Of root spans, always the same for a run: where it goes on after a crash, its trace does,
        too, and the steps that were told before have their parent at last."""

        def generate_trace_id(self) -> int:
            run = _naming.get()
            return _number(run, 16) if run else super().generate_trace_id()

        def generate_span_id(self) -> int:
            run = _naming.get()
            return _number(f"root of {run}", 8) if run else super().generate_span_id()

    said = OTELResourceDetector().detect().attributes  # in the environment: OTEL_SERVICE_NAME, ...
    own = {"service.name": "breadth", "service.version": version("breadth")}
    resource = Resource.create({**own, "service.instance.id": worker, **said})
    provider = TracerProvider(resource=resource, id_generator=RunIds(), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def tracing_by(provider: "TracerProvider", *, content: bool = False) -> "Tracing":
    """Traces whose spans this provider makes. `content`: whether they tell what is said."""
    from service.operations.spans import Tracing  # noqa: PLC0415

    return Tracing(provider.get_tracer("breadth", version("breadth")), named_after, content)


@contextmanager
def named_after(run: str) -> Iterator[None]:
    """A span that begins inside is the root span of the run."""
    token = _naming.set(run)
    try:
        yield
    finally:
        _naming.reset(token)


async def _ended(provider: "TracerProvider", exporter: "SpanExporter") -> None:
    """Send what waits, for a while; what is left then is dropped."""
    done, loop = asyncio.Event(), asyncio.get_running_loop()

    def end() -> None:
        provider.shutdown()
        with suppress(RuntimeError):  # nobody waits any more: the loop is closed
            loop.call_soon_threadsafe(done.set)

    # A daemon: where even that hangs, it ends with the process.
    threading.Thread(target=end, daemon=True, name="traces").start()
    if await _within(_END_SECONDS, done):
        return
    log.warning("the collector did not take the last traces in time")
    exporter.shutdown()  # no more attempts
    await _within(_LETTING_GO_SECONDS, done)


async def _within(seconds: float, done: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await done.wait()
    except TimeoutError:
        return False
    return True


def _number(text: str, size: int) -> int:
    """Of so many bytes, and never 0."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:size]) or 1
