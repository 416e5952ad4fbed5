"""`/`: the page itself, and `/pages/NAME`, its files."""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files

from aiohttp import web
from jinja2 import Environment, StrictUndefined, Template

from service.api.describing import described
from service.api.errors import ApiError
from service.api.front import FRONT
from service.api.offered import OFFERED
from service.api.response_asking import MOST_CHARACTERS

routes = web.RouteTableDef()

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
"""No script and no style but those of our files; no text becomes HTML or a script."""
_KINDS: Mapping[str, str] = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_KEPT = "no-cache"
"""Browsers keep the files, and ask whether they are still the same."""


@routes.get("/")
@described("The page", tag="Pages", answers={200: "text/html"}, is_open=True)
async def page_shown(request: web.Request) -> web.Response:
    """The same for everybody: it has nothing of any run in it."""
    settings = request.app[FRONT].settings
    page = _template().render(
        version=version("breadth"),
        models=[name for name in OFFERED if ":" not in name],
        searches=settings.search is not None,
        shares=settings.share,
        longest=MOST_CHARACTERS,
    )
    headers = {"Content-Security-Policy": _POLICY}
    return web.Response(text=page, content_type="text/html", headers=headers)


@routes.get("/pages/{name}")
@described(
    "A file of the page", tag="Pages",
    answers={200: tuple(_KINDS.values())}, errors=(404,), is_open=True,
)  # fmt: skip
async def file_shown(request: web.Request) -> web.Response:
    """One that is there; names are looked up, and no path is made of them."""
    found = _files().get(request.match_info["name"])
    if found is None:
        raise ApiError(404, "the page has no such file", code="not_found")
    data, kind, tag = found
    headers = {"ETag": f'"{tag}"', "Cache-Control": _KEPT}
    if any(each.value == tag for each in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    return web.Response(body=data, content_type=kind, charset="utf-8", headers=headers)


@cache
def _files() -> Mapping[str, tuple[bytes, str, str]]:
    """By name: what is sent, its media type, and a digest of it."""
    read = {}
    for each in files("service.pages").joinpath("web").iterdir():
        kind = _KINDS.get(f".{each.name.rpartition('.')[2]}")
        if kind is not None:
            data = each.read_bytes()
            read[each.name] = data, kind, sha256(data).hexdigest()[:32]
    return read


@cache
def _template() -> Template:
    """Of the frame; whatever is put into it is text."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    text = files("service.pages").joinpath("web", "page.html").read_text(encoding="utf-8")
    return environment.from_string(text)
