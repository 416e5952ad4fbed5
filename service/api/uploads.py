"""Files that clients send, as forms: read piece by piece, up to what a file may have."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.http_exceptions import HttpProcessingError
from pydantic import ConfigDict, Field

from service.api.bodies import Query, checked_fields
from service.api.errors import ApiError
from service.api.pace import BODY_SECONDS

_CLOSING = {"Connection": "close"}
_FIELD_BYTES, _MOST_FIELDS = 1000, 20
_LEAST_SECONDS, _MOST_SECONDS = 3600, 30 * 86_400
_LONGEST_NAME = 255


class FileForm(Query):
    """A file of requests, one a line."""

    model_config = ConfigDict(title="FileForm")

    file: Annotated[str, Field(json_schema_extra={"format": "binary"})]
    purpose: Literal["batch"]
    expires_anchor: Annotated[
        Literal["created_at"] | None, Field(alias="expires_after[anchor]")
    ] = None
    expires_seconds: Annotated[
        int | None,
        Field(ge=_LEAST_SECONDS, le=_MOST_SECONDS, alias="expires_after[seconds]"),
    ] = None


@dataclass(frozen=True, slots=True)
class Upload:
    """What was sent."""

    name: str
    text: str
    form: FileForm


async def read_upload(request: web.Request, most: int) -> Upload:
    """`most`: bytes of the file. Raises ApiError for what is no such form."""
    if request.content_type != "multipart/form-data":
        raise ApiError(415, "send multipart/form-data, with the fields file and purpose")
    if (request.content_length or 0) > most + _FIELD_BYTES * _MOST_FIELDS:
        raise _too_long(most)
    seconds = request.app[BODY_SECONDS]
    try:
        async with asyncio.timeout(seconds):
            fields, names = await _fields(await request.multipart(), most)
    except TimeoutError as error:
        told = f"the body did not arrive in {seconds:g} seconds (BREADTH_BODY_SECONDS)"
        raise ApiError(408, told, headers=_CLOSING) from error
    except (ValueError, AssertionError, RuntimeError, LookupError) as error:
        raise ApiError(400, "the body is no form as its head says", headers=_CLOSING) from error
    except (web.RequestPayloadError, HttpProcessingError) as error:
        raise ApiError(400, "the body is not packed as its head says", headers=_CLOSING) from error
    form = checked_fields(_texts(fields), FileForm)
    return Upload((names.get("file") or "file")[:_LONGEST_NAME], form.file, form)


async def _fields(reader: Any, most: int) -> tuple[dict[str, bytes], dict[str, str | None]]:
    """By name, and the names of files. Raises ApiError, ValueError."""
    fields: dict[str, bytes] = {}
    names: dict[str, str | None] = {}
    while (part := await reader.next()) is not None:
        if isinstance(part, MultipartReader) or not isinstance(part, BodyPartReader):
            raise ApiError(400, "a form inside of a form is not read")
        name = part.name or ""
        if len(fields) >= _MOST_FIELDS:
            raise ApiError(400, f"a form has at most {_MOST_FIELDS} fields")
        fields[name] = await _read(part, most if name == "file" else _FIELD_BYTES, name)
        names[name] = part.filename
    return fields, names


async def _read(part: BodyPartReader, most: int, name: str) -> bytes:
    """A field, unpacked. Raises ApiError where it is too long."""
    found = bytearray()
    while piece := await part.read_chunk():
        found += piece
        if len(found) > most:
            if name == "file":
                raise _too_long(most)
            raise ApiError(400, f"{name[:100] or 'a field'}: it is too long", headers=_CLOSING)
    return bytes(found)


def _texts(fields: Mapping[str, bytes]) -> dict[str, str]:
    """In UTF-8. Raises ApiError that names the field which is not."""
    texts = {}
    for name, data in fields.items():
        try:
            texts[name] = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            told = f"{name[:100]}: it is not in UTF-8"
            raise ApiError(400, told, param=name[:100]) from error
    return texts


def _too_long(most: int) -> ApiError:
    told = f"file: it is longer than {most} bytes (BREADTH_BATCH_BYTES)"
    return ApiError(413, told, param="file", headers=_CLOSING)
