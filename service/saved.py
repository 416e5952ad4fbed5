"""What a run is created with, and goes on with: its options in the store, as settings again."""

from collections.abc import Sequence
from math import inf
from typing import Any

from pydantic import JsonValue, TypeAdapter

from inference import Price
from planner import Limits, ResearchSettings, means_of, style_of
from service.errors import UsageProblem
from service.models import lasting
from service.settings import Settings
from service.sources import Root, root_of
from storage import RunRecord

_MODEL_CALLS = 4
_SAVED = ("model", "base_url", "roles", "seconds", "max_tool_calls", "max_tokens", "max_cost",
          "prices", "sample_tokens", "effort", "plan_samples", "drafts", "select", "size",
          "language", "audience", "instructions", "rounds", "depth", "strict", "enough",
          "close_call", "plan_patience", "search", "tools", "seed", "speculate",
          "step_speculation")  # fmt: skip
"""Settings that a resumed run takes over; keys are not among them."""
_PRICES = TypeAdapter(dict[str, Price])


def require_ended(record: RunRecord) -> None:
    """Raises UsageProblem for a run that lives, or that a worker of the service will do."""
    if record.status == "running":
        raise UsageProblem(f"run {record.id} is still running in another process")
    if record.status == "queued" and record.priority is not None:
        raise UsageProblem(
            f"run {record.id} waits in the queue of the service: `breadth worker` does it"
        )


def restored(record: RunRecord, settings: Settings) -> tuple[list[Root], Settings]:
    """The documents and the settings that a run was created with.

    Raises UsageProblem for a run that was made for an evaluation.
    """
    options = dict(record.options)
    if "evaluation" in options:
        raise UsageProblem(
            f"run {record.id} belongs to evaluation {options['evaluation']}: `breadth eval`, called"
            " as before, asks its question again"
        )
    saved: dict[str, Any] = {name: options[name] for name in _SAVED if name in options}
    # Runs from before there was a choice have the default, whatever it is set to today.
    saved.setdefault("sample_tokens", Settings.model_fields["sample_tokens"].default)
    # Not by way of Settings(...): it would mix dictionaries with those of the environment.
    saved["tools"] = tuple(map(str, _list(options.get("tools"))))
    saved["prices"] = _PRICES.validate_python(saved.get("prices") or {})
    roots = [root_of(str(path)) for path in _list(options.get("documents"))]
    return roots, settings.model_copy(update=saved)


def is_given(record: RunRecord) -> bool:
    """Whether a person has to do with its plan, who may use every tool."""
    return bool(record.options.get("plan") or record.options.get("approve"))


def options_of(roots: Sequence[Root], settings: Settings) -> dict[str, JsonValue]:
    """What a resumed run needs to know."""
    values: dict[str, Any] = settings.model_dump(include=set(_SAVED), mode="json")
    values["model"] = lasting(settings.model)
    values["roles"] = {role: lasting(name) for role, name in settings.roles.items()}
    return {"documents": [str(path) for path in roots], **values}


def research_settings(settings: Settings, question: str) -> ResearchSettings:
    """The planner's own settings: the means of the effort, where the user names no other."""
    means = means_of(settings.effort, question)
    style = style_of(
        question, settings.size, settings.language, settings.audience, settings.instructions
    )
    return ResearchSettings(
        limits=Limits(
            seconds=settings.seconds,
            tokens=settings.max_tokens,
            tool_calls=settings.max_tool_calls,
            cost=settings.max_cost or inf,
        ),
        rounds=settings.rounds or means.rounds,
        depth=settings.depth,
        plan_samples=settings.plan_samples or means.plan_samples,
        one_step=means.one_step and settings.plan_samples is None and not settings.tools,
        plan_patience=settings.plan_patience,
        close_call=settings.close_call,
        drafts=settings.drafts or means.drafts,
        select=settings.select or ("synthesis" if style.is_long else "best"),
        spread="drafter" in settings.roles,
        style=style,
        second_look=means.second_look,
        strict=settings.strict,
        enough=settings.enough,
        speculation=settings.step_speculation,
        slots={"model": _MODEL_CALLS, "documents": 8, "cpu": 8},
        seed=settings.seed,
        prices=settings.prices,
    )


def _list(value: JsonValue) -> list[JsonValue]:
    """A list, whatever stands there."""
    return value if isinstance(value, list) else []
