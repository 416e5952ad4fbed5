"""What works on this machine with these settings, what does not, and how to get it."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from platform import python_version
from typing import Literal

from inference import PACKAGED, Message, MiniLM, Request, complete
from search import browser_problem
from service.errors import KNOWN, USAGE, leaves
from service.formats import why_not
from service.hiding import hidden
from service.models import models_of
from service.others import others_of
from service.settings import Settings, file_of
from service.sources import Root, require_sources, sources
from service.work import Notices
from storage import TraceStore, database_url, is_there
from tools import sandbox_kind

State = Literal["ok", "absent", "broken"]
_ROOM = 2**30
"""Bytes on the disk, below which databases and caches may not have enough."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One part. `absent`: nothing that the settings want needs it; `broken`: something does."""

    part: str
    state: State
    told: str
    remedy: str = ""


Check = Callable[[], Awaitable[Finding]]


async def examined(
    settings: Settings, roots: Sequence[Root] = (), *, quick: bool = False
) -> AsyncIterator[Finding]:
    """One after the other. `quick`: models of this machine are not loaded; `roots`: documents that
    are to be read."""
    yield _itself(settings)
    for part, check in _checks(settings, roots, quick=quick):
        try:
            yield await check()
        except (*KNOWN, *USAGE) as error:
            yield Finding(part, "broken", _told(error))
        except BaseExceptionGroup as group:
            if not all(isinstance(leaf, (*KNOWN, *USAGE)) for leaf in leaves(group)):
                raise
            yield Finding(part, "broken", _told(group))


def _checks(
    settings: Settings, roots: Sequence[Root], *, quick: bool
) -> Iterator[tuple[str, Check]]:
    """By the names of their parts."""
    yield "model", lambda: _model(settings, quick=quick)
    yield "database", lambda: _database(settings)
    yield "disk", lambda: _disk(settings)
    if roots:
        yield "documents", lambda: _documents(settings, roots)
    yield "web search", lambda: _web(settings)
    yield "browser", lambda: _browser(settings)
    yield "meaning", lambda: _meaning(settings)
    yield "python sandbox", lambda: _sandbox(settings)
    yield "PDF", lambda: _extra("PDF", why_not(".pdf"), "reports as PDF")
    yield "Word", lambda: _extra("Word", why_not(".docx"), "reports for Word")
    yield "MCP", lambda: _mcp(settings)
    if settings.openapi:
        yield "OpenAPI", lambda: _others(settings)
    yield "traces", lambda: _traces(settings)


def _itself(settings: Settings) -> Finding:
    read = file_of(settings)
    told = f"{version('breadth')} on Python {python_version()}"
    return Finding("breadth", "ok", f"{told}; settings of {read.path if read else 'no file'}")


async def _model(settings: Settings, *, quick: bool) -> Finding:
    """It says a word."""
    name = str(hidden(settings.model))
    if quick and not settings.model.startswith("openai:"):
        return await asyncio.to_thread(_unloaded, settings.model)
    models = await models_of(settings)
    try:
        await models.ready()
        said = await complete(models.model, Request((Message("user", "Say yes."),), max_tokens=4))
    finally:
        await models.close()
    word = said.samples[0].text.strip().splitlines()[:1]
    lacks = f"; {'; '.join(models.missing)}" if models.missing else ""
    return Finding("model", "ok", f"{name} answers {''.join(word)!r}{lacks}")


def _unloaded(name: str) -> Finding:
    """Whether there is anything to load."""
    if name in PACKAGED:
        there = PACKAGED[name].installed
    else:
        there = name.startswith("hf:") or Path(name).expanduser().is_file()
    if there:
        return Finding("model", "ok", f"{name}, not loaded")
    told = f"{name!r} is not on this machine"
    return Finding(
        "model", "broken", told, "`breadth models list` lists those that come as packages"
    )


async def _database(settings: Settings) -> Finding:
    url = database_url(settings.store)
    if not await asyncio.to_thread(is_there, url):
        folder = await asyncio.to_thread(_first_there, Path(str(url.database)).parent)
        if not os.access(folder, os.W_OK):
            told = f"{settings.place} cannot be made: {folder} cannot be written to"
            return Finding("database", "broken", told, "name another one: BREADTH_DATABASE")
        return Finding("database", "ok", f"{settings.place}, to be made by the first run")
    async with await TraceStore.open(settings.store) as store:
        standing = await store.standing()
    told = f"{settings.place}, runs: {standing.queued} waiting, {standing.running} under way"
    return Finding("database", "ok", told)


async def _disk(settings: Settings) -> Finding:
    found = []
    for name, folder in (("data", settings.data), ("cache", settings.cache)):
        there = await asyncio.to_thread(_first_there, folder)
        free = shutil.disk_usage(there).free
        if free < _ROOM or not os.access(there, os.W_OK):
            why = "cannot be written to" if free >= _ROOM else f"{free / 1e9:.1f} GB free"
            return Finding("disk", "broken", f"{folder}: {why}", f"BREADTH_{name.upper()} moves it")
        found.append(f"{free / 1e9:.0f} GB free for {name}")
    return Finding("disk", "ok", ", ".join(found))


async def _documents(settings: Settings, roots: Sequence[Root]) -> Finding:
    lines: list[str] = []
    async with sources(roots, settings.model_copy(update={"search": None}), Notices(lines.append)):
        pass
    return Finding("documents", "ok", "; ".join(lines))


async def _web(settings: Settings) -> Finding:
    if not settings.search:
        told = "the web is not searched"
        return Finding(
            "web search", "absent", told, "--search ddgs (needs breadth[web]), or others"
        )
    require_sources((), settings)
    return Finding("web search", "ok", settings.search)


async def _browser(settings: Settings) -> Finding:
    problem = browser_problem(settings.browser_path)
    if problem is None:
        return Finding("browser", "ok", "pages that need their scripts are read")
    wanted = settings.browser == "always" or settings.browser_path is not None
    return Finding("browser", "broken" if wanted else "absent", problem)


async def _meaning(settings: Settings) -> Finding:
    if settings.embeddings in ("auto", "minilm") and not MiniLM.installed():
        state: State = "broken" if settings.embeddings == "minilm" else "absent"
        told = "documents are found by their words alone"
        return Finding("meaning", state, told, "pip install 'breadth[embeddings]'")
    return Finding("meaning", "ok", f"documents are found by embeddings: {settings.embeddings}")


async def _sandbox(settings: Settings) -> Finding:
    kind, told = await sandbox_kind()
    if kind != "none":
        return Finding("python sandbox", "ok", f"{kind}: {told}")
    return Finding("python sandbox", "broken" if "python" in settings.tools else "absent", told)


async def _extra(part: str, problem: str, what: str) -> Finding:
    return Finding(part, "absent", problem) if problem else Finding(part, "ok", what)


async def _mcp(settings: Settings) -> Finding:
    if find_spec("mcp") is None:
        state: State = "broken" if settings.mcp else "absent"
        return Finding("MCP", state, "tools of others need it", "pip install 'breadth[mcp]'")
    if settings.mcp:
        return await _others(settings)
    return Finding("MCP", "ok", "no servers are named; `breadth mcp` can serve others")


async def _others(settings: Settings) -> Finding:
    """The tools of servers, asked."""
    lines: list[str] = []
    async with others_of(settings, Notices(lines.append), every=True) as others:
        names = [tool.name for tool in others.tools]
    part = "MCP" if settings.mcp else "OpenAPI"
    if others.problems:
        return Finding(part, "broken", "; ".join(others.problems))
    return Finding(part, "ok", f"tools of others: {', '.join(names) or 'none'}")


async def _traces(settings: Settings) -> Finding:
    there = find_spec("opentelemetry") is not None
    if settings.otlp_endpoint is None:
        return Finding("traces", "absent", "runs are not traced", "BREADTH_OTLP_ENDPOINT")
    if not there:
        told = "BREADTH_OTLP_ENDPOINT is set, and nothing can send there"
        return Finding("traces", "broken", told, "pip install 'breadth[otel]'")
    return Finding("traces", "ok", f"sent to {hidden(settings.otlp_endpoint)}")


def _first_there(folder: Path) -> Path:
    """It, or the one above it that there is."""
    return next(each for each in (folder, *folder.absolute().parents) if each.exists())


def _told(error: BaseException) -> str:
    """In a line."""
    said = dict.fromkeys(str(leaf) for leaf in leaves(error))
    return "; ".join(" ".join(each.split()) for each in said)
