"""Weights from the model hub: downloaded once, and not asked for again where they are."""

from contextlib import suppress
from pathlib import Path

import httpx2

from inference import ModelSetupError
from service.errors import UsageProblem

try:
    import huggingface_hub
    from huggingface_hub import errors
except ImportError:  # the extra `hub` is not installed
    huggingface_hub = None

_SECONDS = 10.0
"""So long may the hub take to be reached."""
_REASON = 200


def from_hub(name: str, cache: Path) -> Path:
    """The file OWNER/REPO/FILE. Raises UsageProblem for what names none, ModelSetupError where it
    cannot be had."""
    if huggingface_hub is None:
        raise ModelSetupError(
            "hf: models need the extra `hub`: run pip install 'breadth[hub]' (from a checkout: pip"
            " install '.[local,hub]')"
        )
    owner, _, rest = name.partition("/")
    repository, _, file = rest.partition("/")
    if not file:
        raise UsageProblem(f"hf:{name} names no file: write hf:OWNER/REPO/FILE.gguf")
    huggingface_hub.logging.set_verbosity_error()
    wanted = {"repo_id": f"{owner}/{repository}", "filename": file}
    folder = str(cache / "hub")
    try:
        with suppress(errors.LocalEntryNotFoundError):
            return Path(
                huggingface_hub.hf_hub_download(**wanted, cache_dir=folder, local_files_only=True)
            )
        _require_hub(huggingface_hub.hf_hub_url(**wanted))
        return Path(huggingface_hub.hf_hub_download(**wanted, cache_dir=folder))
    except (OSError, ValueError, httpx2.HTTPError) as error:
        raise ModelSetupError(f"cannot download hf:{name}: {_told(error)}") from error


def _require_hub(url: str) -> None:
    """Raise unless it answers, whatever it says: the download itself tries for half a minute."""
    huggingface_hub.get_session().head(url, timeout=_SECONDS)


def _told(error: Exception) -> str:
    """What went wrong, on one short line."""
    match error:
        case errors.OfflineModeIsEnabled():
            return "HF_HUB_OFFLINE forbids it; unset it, or name a model that is here already"
        case errors.GatedRepoError():
            return "its owner has to allow it first; with that, set HF_TOKEN"
        case errors.RepositoryNotFoundError():
            return "the hub has no such repository, or only with a HF_TOKEN"
        case errors.EntryNotFoundError() | errors.RevisionNotFoundError():
            return "the repository has no such file"
        case httpx2.TransportError():
            return (
                f"the hub cannot be reached ({error}); without a connection use a model that is"
                " here already: base, small, or a GGUF file"
            )
        case _:
            return " ".join(str(error).split())[:_REASON]
