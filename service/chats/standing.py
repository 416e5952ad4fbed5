"""How far a run has come, in a line for whoever waits for its answer."""

from collections.abc import Mapping

from service.api.places import GrowingVeil
from service.api.progress import Progress
from service.settings import Settings
from storage import Logged, RunRecord

_PHASES: Mapping[str, str] = {
    "plan": "Planning",
    "gather": "Searching and reading",
    "reflect": "Looking at what was found",
    "write": "Writing the answer",
    "verify": "Checking the answer",
}


class Standing:
    """A fold over the events of one run, from its first on."""

    def __init__(self, run: RunRecord, settings: Settings) -> None:
        """Of a run that has told nothing yet."""
        self._progress = Progress(GrowingVeil(run, settings))
        self._phase = "Waiting for its turn"
        self._planned: set[str] = set()
        self._done: set[str] = set()

    def take(self, logged: Logged) -> None:
        """The next event."""
        told = self._progress.of(logged)
        match told:
            case {"type": "phase_started", "phase": str(phase)}:
                self._phase = _PHASES.get(phase, self._phase)
            case {"type": "step_added", "id": str(step)}:
                self._planned.add(step)
            case {"type": "step_ended", "id": str(step)} if step in self._planned:
                self._done.add(step)  # an element of a step that fans out is not counted

    @property
    def line(self) -> str:
        """`Searching and reading: 3 of 7 steps done`."""
        if not self._planned:
            return f"{self._phase} …"
        steps = "step" if len(self._planned) == 1 else "steps"
        return f"{self._phase}: {len(self._done)} of {len(self._planned)} {steps} done"
