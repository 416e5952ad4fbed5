"""`/v1/files`: what clients send to have it done, and fetch when it is done."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, Field

from service.api.access import asker_of
from service.api.bodies import Query, read_query
from service.api.describing import FORM, described
from service.api.errors import ApiError
from service.api.front import FRONT, Front
from service.api.uploads import FileForm, read_upload
from storage import FileRecord, UnknownFile

routes = web.RouteTableDef()

LINES = "application/jsonl"
_MOST_LISTED = 10_000
_MOST_LONGEST = 32
"""So many of the longest files a user may have; those with answers count, and are never refused."""


class FileObject(BaseModel):
    """A file, without its text."""

    id: str
    object: Literal["file"] = "file"
    bytes: int
    created_at: int
    expires_at: int | None
    filename: str
    purpose: Literal["batch", "batch_output"]
    status: Literal["processed"] = "processed"


class FileList(BaseModel):
    """A page of a user's files."""

    object: Literal["list"] = "list"
    data: list[FileObject]
    first_id: str | None
    last_id: str | None
    has_more: bool


class DeletedFile(BaseModel):
    """It was there."""

    id: str
    object: Literal["file"] = "file"
    deleted: bool = True


class ListedFiles(Query):
    """Which files are listed."""

    limit: Annotated[int, Field(ge=1, le=_MOST_LISTED, description="How many at most.")] = 1000
    order: Literal["asc", "desc"] = "desc"
    after: Annotated[str | None, Field(min_length=1, description="An id: those behind it.")] = None
    purpose: Annotated[str | None, Field(description="batch or batch_output.")] = None


@routes.post("/v1/files")
@described(
    "Send a file", tag="Batches", body=FileForm, media=FORM, answers={200: FileObject},
    details="One request a line, as JSON, for a batch.",
)  # fmt: skip
async def file_sent(request: web.Request) -> web.Response:
    """Kept until it is deleted or expires."""
    front, user = request.app[FRONT], asker_of(request).user
    upload = await read_upload(request, front.settings.batch_bytes)
    await _require_room(front, user)
    seconds = upload.form.expires_seconds
    lasts = timedelta(days=front.settings.batch_days)
    if seconds is not None:
        lasts = timedelta(seconds=seconds)
    made = await front.store.files.create(
        user, upload.name, [upload.text], expires_at=datetime.now(UTC) + lasts
    )
    return web.json_response(file_object(made).model_dump())


@routes.get("/v1/files")
@described("List files", tag="Batches", query=ListedFiles, answers={200: FileList}, errors=(400,))
async def files_listed(request: web.Request) -> web.Response:
    """The newest first, unless the order is otherwise."""
    front, wanted = request.app[FRONT], read_query(request, ListedFiles)
    try:
        found = await front.store.files.all(
            asker_of(request).user,
            after=wanted.after,
            limit=wanted.limit + 1,
            oldest_first=wanted.order == "asc",
            purpose=wanted.purpose,
        )
    except UnknownFile as error:
        raise ApiError(400, f"after: {error}", param="after") from error
    shown = [file_object(file) for file in found[: wanted.limit]]
    listed = FileList(
        data=shown,
        first_id=shown[0].id if shown else None,
        last_id=shown[-1].id if shown else None,
        has_more=len(found) > len(shown),
    )
    return web.json_response(listed.model_dump())


@routes.get("/v1/files/{id}")
@described("Get a file", tag="Batches", answers={200: FileObject}, errors=(404,))
async def file_shown(request: web.Request) -> web.Response:
    """Without its text."""
    return web.json_response(file_object(await _named(request)).model_dump())


@routes.delete("/v1/files/{id}")
@described("Delete a file", tag="Batches", answers={200: DeletedFile}, errors=(404,))
async def file_deleted(request: web.Request) -> web.Response:
    """What a batch has read of it already is done all the same."""
    id_ = request.match_info["id"]
    await request.app[FRONT].store.files.delete(id_, asker_of(request).user)
    return web.json_response(DeletedFile(id=id_).model_dump())


@routes.get("/v1/files/{id}/content", allow_head=False)
@described("Fetch a file", tag="Batches", answers={200: LINES}, errors=(404,))
async def file_fetched(request: web.Request) -> web.StreamResponse:
    """Its text."""
    file, store = await _named(request), request.app[FRONT].store
    head = {"Content-Disposition": "attachment"}
    answer = web.StreamResponse(headers=head)
    answer.content_type = LINES
    await answer.prepare(request)
    async for text in store.files.text(file.id):
        await answer.write(text.encode("utf-8", "replace"))
    await answer.write_eof()
    return answer


async def _require_room(front: Front, user: str) -> None:
    """Raises ApiError where a user has so much that nothing is to be added."""
    size, most = await front.store.files.size(user), front.settings.batch_bytes * _MOST_LONGEST
    if size >= most:
        told = f"file: your files have {size} bytes, at most {most} are kept: delete some"
        raise ApiError(400, told, param="file", code="storage_limit_exceeded")


async def _named(request: web.Request) -> FileRecord:
    """That of the address. Raises UnknownFile."""
    user = asker_of(request).user
    return await request.app[FRONT].store.files.named(request.match_info["id"], user)


def file_object(record: FileRecord) -> FileObject:
    """As clients see it."""
    expires = record.expires_at
    return FileObject(
        id=record.id,
        bytes=record.size,
        created_at=int(record.created_at.timestamp()),
        expires_at=int(expires.timestamp()) if expires else None,
        filename=record.name,
        purpose=record.purpose,
    )
