"""`/v1/batches`: files of requests, done one by one, and files of what they gave."""

from datetime import timedelta
from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, Field

from service.api.access import asker_of
from service.api.batching import NEWS
from service.api.bodies import Body, Query, read_body, read_query
from service.api.describing import described
from service.api.errors import ApiError
from service.api.front import FRONT
from service.api.response_bodies import Metadata, require_pairs
from storage import ApiBatchRecord, BatchStatus, TooManyBatches, UnknownBatch

routes = web.RouteTableDef()

Place = Literal["/v1/responses", "/v1/chat/completions"]
_WINDOW = timedelta(hours=24)
_LEAST_SECONDS, _MOST_SECONDS = 3600, 30 * 86_400


class OutputExpiry(Body):
    """How long the files of what came of it are kept."""

    anchor: Literal["created_at"]
    seconds: Annotated[int, Field(ge=_LEAST_SECONDS, le=_MOST_SECONDS)]


class BatchBody(Body):
    """Which file, and what its requests are for."""

    input_file_id: Annotated[str, Field(min_length=1, max_length=64)]
    endpoint: Place
    completion_window: Literal["24h"]
    metadata: Metadata = None
    output_expires_after: OutputExpiry | None = None


class BatchProblem(BaseModel):
    """Why the file could not be begun with."""

    code: str | None
    line: int | None
    message: str
    param: str | None


class BatchProblems(BaseModel):
    """All of them."""

    object: Literal["list"] = "list"
    data: list[BatchProblem]


class RequestCounts(BaseModel):
    """How far the requests have come."""

    total: int
    completed: int
    failed: int


class BatchObject(BaseModel):
    """A batch as it is now."""

    id: str
    object: Literal["batch"] = "batch"
    endpoint: str
    errors: BatchProblems | None
    input_file_id: str
    completion_window: str
    status: BatchStatus
    output_file_id: str | None
    error_file_id: str | None
    created_at: int
    in_progress_at: int | None
    expires_at: int
    finalizing_at: int | None
    completed_at: int | None
    failed_at: int | None
    expired_at: int | None
    cancelling_at: int | None
    cancelled_at: int | None
    request_counts: RequestCounts
    metadata: dict[str, str] | None


class BatchList(BaseModel):
    """A page of a user's batches."""

    object: Literal["list"] = "list"
    data: list[BatchObject]
    first_id: str | None
    last_id: str | None
    has_more: bool


class ListedBatches(Query):
    """Which batches are listed."""

    limit: Annotated[int, Field(ge=1, le=100, description="How many at most.")] = 20
    after: Annotated[str | None, Field(min_length=1, description="An id: older ones.")] = None


@routes.post("/v1/batches")
@described(
    "Have a file of requests done", tag="Batches", body=BatchBody, answers={200: BatchObject},
    errors=(404,), details="Each line of the file is a JSON object with `custom_id`, `method`"
    " (POST), `url` (the endpoint) and `body`.",
)  # fmt: skip
async def batch_made(request: web.Request) -> web.Response:
    """It is begun when the file was looked through."""
    front, body = request.app[FRONT], await read_body(request, BatchBody)
    require_pairs(body.metadata)
    asker = asker_of(request)
    file = await front.store.files.named(body.input_file_id, asker.user)
    if file.purpose != "batch":
        told = "input_file_id: this file is no input: send one with the purpose batch"
        raise ApiError(400, told, param="input_file_id")
    kept = body.model_dump(mode="json", exclude={"input_file_id", "endpoint"})
    try:
        made = await front.store.api_batches.create(
            asker.user, asker.key, body.endpoint, file.id, kept, lasts=_WINDOW
        )
    except TooManyBatches as error:
        head = {"Retry-After": "60"}
        raise ApiError(429, str(error), code="too_many_batches", headers=head) from error
    request.app[NEWS].set()
    return web.json_response(batch_object(made).model_dump())


@routes.get("/v1/batches")
@described(
    "List batches", tag="Batches", query=ListedBatches, answers={200: BatchList}, errors=(400,)
)
async def batches_listed(request: web.Request) -> web.Response:
    """The newest first."""
    front, wanted = request.app[FRONT], read_query(request, ListedBatches)
    try:
        found = await front.store.api_batches.all(
            asker_of(request).user, after=wanted.after, limit=wanted.limit + 1
        )
    except UnknownBatch as error:
        raise ApiError(400, f"after: {error}", param="after") from error
    shown = [batch_object(batch) for batch in found[: wanted.limit]]
    listed = BatchList(
        data=shown,
        first_id=shown[0].id if shown else None,
        last_id=shown[-1].id if shown else None,
        has_more=len(found) > len(shown),
    )
    return web.json_response(listed.model_dump())


@routes.get("/v1/batches/{id}")
@described("Get a batch", tag="Batches", answers={200: BatchObject}, errors=(404,))
async def batch_shown(request: web.Request) -> web.Response:
    """As it is now."""
    return web.json_response(batch_object(await _named(request)).model_dump())


@routes.post("/v1/batches/{id}/cancel")
@described("Stop a batch", tag="Batches", answers={200: BatchObject}, errors=(404, 409))
async def batch_stopped(request: web.Request) -> web.Response:
    """What has ended by then is in its files."""
    batch, batches = await _named(request), request.app[FRONT].store.api_batches
    stopped = await batches.move(
        batch.id, "cancelling", only_from=("validating", "in_progress", "finalizing")
    )
    batch = await batches.named(batch.id)
    if not stopped and batch.status not in ("cancelling", "cancelled"):
        raise ApiError(409, f"the batch is over: {batch.status}", code="batch_over")
    request.app[NEWS].set()
    return web.json_response(batch_object(batch).model_dump())


async def _named(request: web.Request) -> ApiBatchRecord:
    """That of the address. Raises UnknownBatch."""
    user = asker_of(request).user
    return await request.app[FRONT].store.api_batches.named(request.match_info["id"], user)


def batch_object(record: ApiBatchRecord) -> BatchObject:
    """As clients see it."""
    problems = [BatchProblem(**problem) for problem in record.errors]
    moments = {
        name: record.moments.get(name)
        for name in BatchObject.model_fields
        if name.endswith("_at") and name not in ("created_at", "expires_at")
    }
    counts = record.counts
    told = record.request
    return BatchObject.model_validate(
        {
            "id": record.id,
            "endpoint": record.endpoint,
            "errors": BatchProblems(data=problems) if problems else None,
            "input_file_id": record.input_file,
            "completion_window": told["completion_window"],
            "status": record.status,
            "output_file_id": record.output_file,
            "error_file_id": record.error_file,
            "created_at": int(record.created_at.timestamp()),
            "expires_at": int(record.expires_at.timestamp()),
            "request_counts": RequestCounts(
                total=counts.total, completed=counts.completed, failed=counts.failed
            ),
            "metadata": told["metadata"],
            **moments,
        }
    )
