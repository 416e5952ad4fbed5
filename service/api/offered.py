"""The models that the service offers: names for how a question is worked on."""

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from service.api.errors import ApiError
from service.saved import options_of
from service.settings import Settings

OFFERED: Mapping[str, Mapping[str, Any]] = {
    "breadth": {"effort": "auto"},
    "breadth-fast": {"effort": "low"},
    "breadth-max": {"effort": "high"},
    "breadth:best": {"select": "best"},
    "breadth:vote": {"select": "vote"},
    "breadth:synthesis": {"select": "synthesis"},
}
"""By name: what is otherwise than in the settings of the service."""

EFFORTS: Mapping[str, str] = {
    "none": "low",
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "high",
    "max": "high",
}
"""By how the interface calls them."""


def changes_of(model: str) -> dict[str, Any]:
    """What the model changes in the settings. Raises ApiError for one that is not offered."""
    if model not in OFFERED:
        raise unknown_model(model)
    return dict(OFFERED[model])


def unknown_model(model: str) -> ApiError:
    """404, in the words of the interface."""
    return ApiError(
        404,
        f"there is no model {model[:200]!r}: use one of {', '.join(OFFERED)}",
        param="model",
        code="model_not_found",
    )


def wished_options(
    settings: Settings, changes: Mapping[str, Any], **more: JsonValue
) -> dict[str, JsonValue]:
    """What a run is created with: the settings of the service with these changes.

    `more`: options that are no settings; None: left out.
    """
    options = options_of((), settings.model_copy(update=dict(changes)))
    return options | {name: value for name, value in more.items() if value is not None}
