"""The commands `breadth models ...`: which models there are, and what one can do."""

from dataclasses import asdict
from typing import Any

from rich.table import Table

from inference import PACKAGED, EmbeddedModel, EndpointModel, PooledModel, guessing, probe
from service.errors import UsageProblem
from service.models import key_of, model_of
from service.remembered import remember
from service.settings import Settings


def listed(settings: Settings) -> list[dict[str, Any]]:
    """The packaged models, with what of them is on this machine."""
    return [
        {
            "name": weights.name,
            "model": weights.model,
            "bytes": weights.size,
            "context": weights.context,
            "installed": weights.installed,
            "joined": (settings.cache / weights.file).is_file(),
        }
        for weights in PACKAGED.values()
    ]


def list_table(rows: list[dict[str, Any]]) -> Table:
    """For people."""
    table = Table("name", "model", "size", "context", "installed", "joined", box=None)
    for row in rows:
        size, context = f"{row['bytes'] / 1e9:.1f} GB", f"{row['context']:,}"
        there = ("yes" if row[key] else "no" for key in ("installed", "joined"))
        table.add_row(row["name"], row["model"], size, context, *there)
    return table


async def checked(settings: Settings) -> dict[str, Any]:
    """What the settings' model is and can do; of a server without a named one, its first."""
    if settings.base_url and not settings.model.startswith("openai:"):
        settings = settings.model_copy(update={"model": f"openai:{await _first(settings)}"})
    model = await model_of(settings, afresh=True)
    try:
        able = await probe(model)
        if isinstance(model, PooledModel) and len(model.endpoints) == 1:
            remember(settings.cache, model.endpoints[0].model.base_url, model.name, able)
        found = {**_identity(settings, model), **asdict(able)}
        if settings.speculate != "off" or isinstance(model, PooledModel):
            found |= await _guesses(model, settings)
        return found
    finally:
        await model.close()


async def _guesses(model: EmbeddedModel | PooledModel, settings: Settings) -> dict[str, Any]:
    """What speculation brings where text is copied; without any, nothing.

    The embedded engine is started a second time without it; a server cannot be.
    """
    speculating = await guessing(model)
    if isinstance(model, PooledModel):
        accepted = speculating.accepted
        return {} if accepted is None else {"speculation_accepted": accepted}
    await model.close()
    plain = await model_of(settings.model_copy(update={"speculate": "off"}))
    try:
        speedup = speculating.tokens_per_second / (await guessing(plain)).tokens_per_second
    finally:
        await plain.close()
    return {"speculation_accepted": speculating.accepted, "speculation_speedup": speedup}


async def names_at(url: str, settings: Settings) -> list[str]:
    """The models that a server lists. Raises what `EndpointModel` raises."""
    server = EndpointModel("", base_url=url, api_key=key_of(url, settings))
    try:
        return [model.id for model in await server.listed()]
    finally:
        await server.close()


async def _first(settings: Settings) -> str:
    """The first model that a server lists, the first where there are several."""
    assert settings.base_url is not None
    url = settings.base_url.partition(",")[0].strip()
    names = await names_at(url, settings)
    if not names:
        raise UsageProblem(f"{url} lists no models: name one, --model openai:NAME")
    return names[0]


def _identity(settings: Settings, model: EmbeddedModel | PooledModel) -> dict[str, Any]:
    """Who answered."""
    if isinstance(model, PooledModel):
        return {
            "model": model.name,
            "base_url": ", ".join(one.model.base_url for one in model.endpoints),
            "engine": model.endpoints[0].model.engine,
            "window": model.window,
        }
    return {
        "model": settings.model,
        "base_url": None,
        "engine": "llama.cpp, embedded",
        "window": model.window,
    }


_TOLD = {
    "model": "model",
    "base_url": "server",
    "engine": "engine",
    "window": "window, tokens",
    "grammar": "grammars (GBNF)",
    "schema": "JSON schemas",
    "samples": "several samples a request",
    "top_logprobs": "log-probabilities, likeliest tokens",
    "streaming": "streams its text",
    "counting": "counts tokens before they are sent",
    "weighing": "says how likely a text is",
    "embedding": "embeddings",
    "reranking": "reranking",
    "tools": "calls tools",
    "first_token_seconds": "seconds to the first token",
    "tokens_per_second": "tokens a second, one stream",
    "tokens_per_second_8": "tokens a second, eight streams",
    "speculation_accepted": "guesses that were right, copying",
    "speculation_speedup": "speed with guesses over without, copying",
}


def check_table(found: dict[str, Any]) -> Table:
    """For people."""
    table = Table(box=None, show_header=False)
    for key, name in _TOLD.items():
        if key in found:
            table.add_row(name, _shown(found[key]))
    return table


def _shown(value: Any) -> str:
    match value:
        case None:
            return "not known"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.2f}" if value < 10 else f"{value:.1f}"
        case _:
            return str(value)
