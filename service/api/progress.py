"""How a run comes along, for whoever waits for its answer."""

from typing import Any

from service.api.places import GrowingVeil
from storage import Logged

_TOLD = {
    "phase_started": ("phase", "round"),
    "step_added": ("id", "tool", "arguments", "needs", "for_each"),
    "step_started": ("id", "tool", "arguments"),
    "step_ended": ("id", "tool", "outcome", "value", "error", "sources"),
}
"""By kind: what is told of an event."""


class Progress:
    """A fold over the events of one run: the plan as it is made, and the steps as they end.

    A run that was taken up again tells once more what it had told; that is left out.
    """

    def __init__(self, veil: GrowingVeil) -> None:
        """Nothing was told yet."""
        self._veil = veil
        self._told: set[tuple[Any, ...]] = set()

    def of(self, logged: Logged) -> dict[str, Any] | None:
        """What is new, if that is for readers."""
        data = self._veil(logged)
        names = _TOLD.get(logged.kind, ())
        once = (logged.kind, *(str(data.get(name)) for name in ("id", "phase", "round")))
        if not names or once in self._told:
            return None
        self._told.add(once)
        told = {name: data[name] for name in names if name in data}
        return {"type": logged.kind, "seq": logged.seq, **told}
