"""`/v1/runs/ID/files`: the answer of a run, to be downloaded."""

import asyncio
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, Field

from service.api.bodies import Query, read_query
from service.api.describing import described
from service.api.errors import ApiError
from service.api.front import FRONT
from service.api.named_runs import run_of
from service.api.published import published
from service.formats import ENDINGS, CitationStyle, made_of, why_not

routes = web.RouteTableDef()

WRITING: web.AppKey[asyncio.Lock] = web.AppKey("writing", asyncio.Lock)
"""PDFs are made one at a time: each takes seconds of a core."""
_KINDS: Mapping[str, tuple[str, str]] = {
    "md": ("Markdown", "text/markdown"),
    "html": ("Web page", "text/html"),
    "pdf": ("PDF", "application/pdf"),
    "docx": (
        "Word",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    "json": ("JSON", "application/json"),
    "bib": ("BibTeX", "application/x-bibtex"),
}
"""By the ending: what it is called, and its media type."""


class FileObject(BaseModel):
    """A format that an answer can be had in."""

    format: str
    name: str
    media_type: str
    missing: str | None
    """What the service lacks to make it; null where it can."""


class FileList(BaseModel):
    """Formats."""

    object: Literal["list"] = "list"
    data: list[FileObject]


class Cited(Query):
    """How."""

    citations: Annotated[
        CitationStyle | None,
        Field(description="How sentences point at their sources; as the service is set else."),
    ] = None


@routes.get("/v1/runs/{id}/files")
@described("List the formats of an answer", tag="Runs", answers={200: FileList}, errors=(404,))
async def files_listed(request: web.Request) -> web.Response:
    """With what the service lacks for some."""
    await run_of(request)
    data = await asyncio.to_thread(_offered)  # looking for the libraries takes a second, once
    return web.json_response(FileList(data=data).model_dump())


@routes.get("/v1/runs/{id}/files/{format}")
@described(
    "Download an answer", tag="Runs", query=Cited,
    answers={200: tuple(media for _, media in _KINDS.values())}, errors=(400, 404, 409),
    details="`format`: one of those that `files` lists.",
)  # fmt: skip
async def file_made(request: web.Request) -> web.Response:
    """As `breadth write` makes it."""
    front, record = request.app[FRONT], await run_of(request)
    wanted, named = read_query(request, Cited), request.match_info["format"]
    if named not in _KINDS:
        told = f"there is no such format: use one of {', '.join(_KINDS)}"
        raise ApiError(404, told, param="format", code="not_found")
    publication = await published(front, record)
    style = wanted.citations or front.settings.citations
    if missing := await asyncio.to_thread(why_not, f".{named}"):
        raise ApiError(409, missing, param="format", code="format_missing")
    async with request.app[WRITING] if named == "pdf" else nullcontext():
        data = await asyncio.to_thread(made_of, publication, f".{named}", style)
    named_file = f'attachment; filename="breadth-{record.id}.{named}"'
    headers = {"Content-Disposition": named_file}
    return web.Response(body=data, content_type=_KINDS[named][1], headers=headers)


def _offered() -> list[FileObject]:
    """Those of `service.formats`, in their order."""
    return [
        FileObject(format=each, name=name, media_type=media, missing=why_not(f".{each}") or None)
        for each, (name, media) in _KINDS.items()
        if f".{each}" in ENDINGS
    ]
