"""From a model's name, as a user writes it, to a Model."""

import asyncio
from pathlib import Path

from inference import (
    PACKAGED,
    EmbeddedModel,
    EndpointModel,
    ModelSetupError,
    PackagedWeights,
    Progress,
    Speculation,
)
from service.errors import UsageProblem
from service.settings import Settings

try:
    import huggingface_hub
except ImportError:  # the extra `hub` is not installed
    huggingface_hub = None

_OPENAI = "https://api.openai.com/v1"
_SLOTS = 4


async def model_of(
    settings: Settings, progress: Progress | None = None
) -> EmbeddedModel | EndpointModel:
    """The model that the settings name; an embedded one begins to load.

    Raises UsageProblem for a name that is none, ModelSetupError for a model that cannot be had, and
    ModelError for a server that is not there or does not have it.
    """
    kind, _, name = settings.model.partition(":")
    if kind == "openai" and name:
        if settings.speculate != "off":
            raise UsageProblem(
                "--speculate is for the embedded engine: a server decides that when it is started"
            )
        return await _endpoint(name, settings)
    speculation = _speculation(settings.speculate)
    drafter = speculation.model
    model = EmbeddedModel(
        await asyncio.to_thread(_weights, settings.model, settings.cache),
        cache=settings.cache,
        slots=_SLOTS,
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
        return _from_hub(name.removeprefix("hf:"), cache)
    if name.endswith(".gguf") or Path(name).is_file():
        return Path(name).expanduser()
    raise UsageProblem(
        f"unknown model {name!r}: use one of {', '.join(PACKAGED)}, a path to a GGUF file,"
        " hf:REPO/FILE, or openai:NAME with --base-url"
    )


async def _endpoint(name: str, settings: Settings) -> EndpointModel:
    """A server, seen to be there and to have the model."""
    model = EndpointModel(
        name,
        base_url=settings.base_url or _OPENAI,
        api_key=settings.api_key.get_secret_value(),
    )
    try:
        await model.check()
    except BaseException:
        await model.close()
        raise
    return model


def _from_hub(name: str, cache: Path) -> Path:
    """Download REPO/FILE from the model hub, once."""
    if huggingface_hub is None:
        raise ModelSetupError("hf: models need the extra `hub`: pip install 'breadth[hub]'")
    owner, _, rest = name.partition("/")
    repository, _, file = rest.partition("/")
    if not file:
        raise UsageProblem(f"hf:{name} names no file: write hf:OWNER/REPO/FILE.gguf")
    try:
        return Path(
            huggingface_hub.hf_hub_download(
                f"{owner}/{repository}", file, cache_dir=str(cache / "hub")
            )
        )
    except (OSError, ValueError) as error:
        raise ModelSetupError(f"cannot download hf:{name}: {error}") from error
