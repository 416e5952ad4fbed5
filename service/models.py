"""From a model's name, as a user writes it, to a Model."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from inference import (
    PACKAGED,
    EmbeddedModel,
    EndpointModel,
    Model,
    ModelSetupError,
    PackagedWeights,
    PooledModel,
    Progress,
    RoledModel,
    Speculation,
)
from service.errors import UsageProblem
from service.hub import from_hub
from service.remembered import remembered
from service.settings import Settings

_OPENAI = "https://api.openai.com/v1"
_SLOTS = 4
_SLOTS_OF_A_SERVER = 8
"""Requests that keep one of which nothing else is known busy."""


@dataclass(frozen=True, slots=True)
class Models:
    """What a run asks: one model, or one for each role."""

    model: Model
    parts: tuple[EmbeddedModel | PooledModel, ...]
    """Each once; closed together."""
    missing: tuple[str, ...]
    """Why servers are left out for now, where others have their model."""

    async def ready(self) -> None:
        """Wait for what is being loaded. Raises ModelSetupError when it cannot be."""
        for part in self.parts:
            if isinstance(part, EmbeddedModel):
                await part.ready()

    async def close(self) -> None:
        """End engines and connections."""
        await asyncio.gather(*(part.close() for part in self.parts))


async def models_of(settings: Settings, progress: Progress | None = None) -> Models:
    """The model of every role; one that is named twice is loaded once. Raises as `model_of`."""
    parts: dict[tuple[str, str | None], EmbeddedModel | PooledModel] = {}
    missing: list[str] = []
    wanted = {role: _place(name, settings) for role, name in settings.roles.items()}
    main = _place(settings.model, settings)
    keys = keys_of(settings)
    async with AsyncExitStack() as stack:
        for name, url in dict.fromkeys((main, *wanted.values())):
            # Speculation is set for the main model: a guesser fits one vocabulary.
            speculate = settings.speculate if (name, url) == main else "off"
            named: dict[str, Any] = {"model": name, "base_url": url, "speculate": speculate}
            named |= {"api_key": SecretStr(""), "api_keys": keys}
            part = await model_of(settings.model_copy(update=named), progress)
            stack.push_async_callback(part.close)
            parts[name, url] = part
            if isinstance(part, PooledModel):
                missing += part.missing
        stack.pop_all()
    model: Model = parts[main]
    if wanted:
        model = RoledModel(model, {role: parts[place] for role, place in wanted.items()})
    return Models(model, tuple(parts.values()), tuple(missing))


def _place(name: str, settings: Settings) -> tuple[str, str | None]:
    """A model's name without its address, and the address; an embedded one has none."""
    if not name.startswith("openai:"):
        return lasting(name), None
    short, at, url = name.partition("@http")
    return (short, f"http{url}") if at else (name, settings.base_url)


async def model_of(
    settings: Settings, progress: Progress | None = None, *, afresh: bool = False
) -> EmbeddedModel | PooledModel:
    """The model that the settings name, roles aside; an embedded one begins to load.

    `afresh`: as if nothing were known of its servers.

    Raises UsageProblem for a name that is none, ModelSetupError for a model that cannot be had, and
    ModelError when no server is there or one does not have it.
    """
    named, url = _place(settings.model, settings)
    kind, _, name = named.partition(":")
    if kind == "openai" and name:
        if settings.speculate != "off":
            raise UsageProblem(
                "--speculate is for the embedded engine: a server decides that when it is started,"
                " as `breadth models serve NAME --speculate ...` does"
            )
        return await _pool(name, settings.model_copy(update={"base_url": url}), afresh)
    speculation = _speculation(settings.speculate)
    drafter = speculation.model
    model = EmbeddedModel(
        await asyncio.to_thread(_weights, settings.model, settings.cache),
        cache=settings.cache,
        slots=_SLOTS,
        window=settings.window,
        speculation=speculation,
        draft=await asyncio.to_thread(_weights, drafter, settings.cache) if drafter else None,
        progress=progress,
    )
    model.load()
    return model


def _speculation(text: str) -> Speculation:
    """As the embedded engine can have it."""
    try:
        return Speculation.parse(text).for_embedded()
    except ModelSetupError as error:
        raise UsageProblem(str(error)) from error


def lasting(name: str) -> str:
    """The model's name as a later call from another folder can use it."""
    path = Path(name).expanduser()
    is_file = ":" not in name and name not in PACKAGED and path.is_file()
    return str(path.resolve()) if is_file else name


def _weights(name: str, cache: Path) -> Path | PackagedWeights:
    """What to load into the process."""
    if name in PACKAGED:
        return PACKAGED[name]
    if name.startswith("hf:"):
        return from_hub(name.removeprefix("hf:"), cache)
    path = Path(name).expanduser()
    if path.is_file():
        return path
    if name.endswith(".gguf"):
        raise UsageProblem(
            f"there is no file {path}: name a GGUF model, or one of the packaged ones"
        )
    raise UsageProblem(
        f"unknown model {name!r}: use one of {', '.join(PACKAGED)}, a path to a GGUF file,"
        " hf:REPO/FILE, or openai:NAME with --base-url"
    )


def slots_of(settings: Settings) -> int:
    """Requests that the main model computes at once, about."""
    name, url = _place(settings.model, settings)
    servers = len(_addresses(url or _OPENAI)) if name.startswith("openai:") else 0
    return servers * _SLOTS_OF_A_SERVER or _SLOTS


def keys_of(settings: Settings) -> dict[str, SecretStr]:
    """The key of each server, by its address without the path: no other server is told it."""
    own = dict.fromkeys(_addresses(settings.base_url or _OPENAI), settings.api_key)
    return {_server(url): key for url, key in (own | settings.api_keys).items()}


def key_of(url: str, settings: Settings) -> str:
    """The key of a server; "": it has none."""
    return keys_of(settings).get(_server(url), SecretStr("")).get_secret_value()


def served_places(settings: Settings) -> dict[str, list[str]]:
    """The addresses of every openai:NAME model that the settings name for chat, by NAME."""
    places: dict[str, list[str]] = {}
    for name in (settings.model, *settings.roles.values()):
        named, url = _place(name, settings)
        kind, _, served = named.partition(":")
        if kind == "openai" and served:
            known = places.setdefault(served, [])
            known += [each for each in _addresses(url or _OPENAI) if each not in known]
    return places


def _addresses(urls: str) -> list[str]:
    """Those with commas between them, each once."""
    return list(dict.fromkeys(url.strip() for url in urls.split(",")))


def _server(url: str) -> str:
    """Scheme, host and port; a key of one path is that of the server."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url  # no address: the connection says so
    return f"{parts.scheme}://{parts.netloc}".lower()


async def _pool(name: str, settings: Settings, afresh: bool) -> PooledModel:
    """Its servers, seen to be there, one at least, and to have the model."""
    endpoints = []
    for url in _addresses(settings.base_url or _OPENAI):
        known = None if afresh else remembered(settings.cache, url, name)
        key = key_of(url, settings)
        endpoints.append(EndpointModel(name, base_url=url, api_key=key, known=known))
    model = PooledModel(endpoints)
    try:
        await model.check()
    except BaseException:
        await model.close()
        raise
    return model
