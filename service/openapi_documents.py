"""OpenAPI documents: from files, or from addresses, kept for a day."""

import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from search import WebClient, WebError
from tools import OPENAPI_BYTES

_LASTS = 86400.0
"""Seconds that a document is kept."""


class Missing(Exception):
    """A document cannot be had; the text says why."""


async def text_of_document(place: str, cache: Path, web: WebClient, *, fresh: bool) -> str:
    """What stands in a file or at an address. Raises Missing."""
    if "://" not in place:
        return _read(Path(place))
    file = cache / "openapi" / sha256(place.encode()).hexdigest()[:16]
    with suppress(OSError, Missing):
        if not fresh and time.time() - file.stat().st_mtime < _LASTS:
            return _read(file)
    try:
        answer = await web.get(place, most_bytes=OPENAPI_BYTES)
    except WebError as error:
        raise Missing(str(error)) from error
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".new")
        draft.write_bytes(answer.body)
        draft.replace(file)
    return _text(answer.body, place)


def _read(file: Path) -> str:
    """Raises Missing."""
    try:
        with file.expanduser().open("rb") as opened:
            data = opened.read(OPENAPI_BYTES + 1)
    except OSError as error:
        raise Missing(f"cannot read {file}: {error.strerror}") from error
    if len(data) > OPENAPI_BYTES:
        raise Missing(f"{file} is larger than {OPENAPI_BYTES} bytes")
    return _text(data, str(file))


def _text(data: bytes, place: str) -> str:
    """Raises Missing."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Missing(f"{place} is no UTF-8 text (byte {error.start})") from error
