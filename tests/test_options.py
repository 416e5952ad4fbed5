"""Options that commands share: what they say becomes the settings of the command."""

import inspect
from typing import Any

import pytest

from service.options import OPTIONS, takes
from service.settings import Settings

Said = dict[str, Any]


def said_nothing(*names: str) -> Said:
    """As the command line calls a command that no option was given to."""
    return dict.fromkeys(names)


def test_options_stand_where_the_command_has_its_settings() -> None:
    @takes("model", "seed")
    def command(question: str, *, settings: Settings, quiet: bool = False) -> None:
        """Not called."""

    shown = inspect.signature(command).parameters
    assert list(shown) == ["question", "model", "seed", "quiet"]
    assert shown["seed"].annotation is OPTIONS["seed"]
    assert shown["seed"].default is None
    assert command.__doc__ == "Not called."


def test_what_options_say_goes_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BREADTH_SEED", "7")
    monkeypatch.setenv("BREADTH_EFFORT", "low")
    found: list[Settings] = []

    @takes("seed", "effort", "strict")
    def command(*, settings: Settings) -> None:
        found.append(settings)

    command(**said_nothing("effort", "strict") | {"seed": 3})
    assert (found[0].seed, found[0].effort, found[0].strict) == (3, "low", False)


def test_options_whose_settings_have_other_names_reach_them() -> None:
    found: list[Settings] = []

    @takes("plans", "role")
    def command(*, settings: Settings) -> None:
        found.append(settings)

    command(plans=5, role=["planner=small", "judge=openai:big@http://127.0.0.1:1/v1"])
    assert found[0].plan_samples == 5
    assert found[0].roles == {"planner": "small", "judge": "openai:big@http://127.0.0.1:1/v1"}


def test_an_option_that_is_a_parameter_too_comes_as_it_was_said() -> None:
    found: list[tuple[str | None, str | None]] = []

    @takes("search", "seed")
    def command(*, search: str | None, settings: Settings) -> None:
        found.append((search, settings.search))

    command(**said_nothing("search", "seed"))
    command(**said_nothing("seed") | {"search": "wikipedia"})
    assert found == [(None, None), ("wikipedia", "wikipedia")]
