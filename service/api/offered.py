"""The models that the service offers: names for how a question is worked on."""

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from reasoning import METHODS, MethodError, checked
from service.api.errors import ApiError
from service.saved import options_of
from service.settings import Settings

_METHOD = "breadth:"
_DRAFTS = frozenset({"best", "vote", "synthesis"})
"""These say how drafts become one answer, and are no methods here."""
OFFERED: Mapping[str, Mapping[str, Any]] = {
    "breadth": {"effort": "auto"},
    "breadth-fast": {"effort": "low"},
    "breadth-max": {"effort": "high"},
    "breadth:best": {"select": "best"},
    "breadth:vote": {"select": "vote"},
    "breadth:synthesis": {"select": "synthesis"},
    **{f"{_METHOD}{name}": {} for name in METHODS},
}
"""By name: what is otherwise than in the settings of the service. Those of a method of reasoning
change nothing there; methods may also be written with their parameters, or put together."""

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


def is_offered(model: str) -> bool:
    """Whether it is one of ours."""
    return model in OFFERED or model.startswith(_METHOD)


def method_by(model: str) -> str | None:
    """The method of reasoning that the model is; None: it does research. Raises ApiError."""
    name = model.removeprefix(_METHOD)
    if not model.startswith(_METHOD) or name in _DRAFTS:
        return None
    try:
        checked(name)
    except MethodError as error:
        raise unknown_model(model, f": {error}") from error
    return name


def changes_of(model: str) -> dict[str, Any]:
    """What the model changes in the settings. Raises ApiError for one that is not offered."""
    if not is_offered(model):
        raise unknown_model(model)
    return dict(OFFERED.get(model, {}))


def unknown_model(model: str, why: str = "") -> ApiError:
    """404, in the words of the interface."""
    named = ", ".join(name for name in OFFERED if name.removeprefix(_METHOD) not in METHODS)
    return ApiError(
        404,
        f"there is no model {model[:200]!r}{why or f': use one of {named}, or breadth:METHOD'}",
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
