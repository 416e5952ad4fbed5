"""A Display that shows nothing, and keeps what happened in a run."""

from collections.abc import Iterator, Mapping

from inference import Usage
from planner import Done, Event, ModelCalled, Outcome, StepAdded, StepEnded, Within
from search import IndexReport, Passage

_UNREAD = frozenset({"search"})
"""Tools whose passages no model is shown: they give titles."""


class Watch:
    """See Display."""

    def __init__(self) -> None:
        """Nothing has happened."""
        self.events: list[Event] = []

    async def record(self, event: Event) -> None:
        """See Trace."""
        self.events.append(event)

    def started(self, run: str) -> None:
        """See Display."""

    def loading(self, done: int, total: int) -> None:
        """See Display."""

    def missing(self, reason: str) -> None:
        """See Display."""

    def noticed(self, what: str) -> None:
        """See Display."""

    def left_out(self, reason: str) -> None:
        """See Display."""

    def known(self, outcomes: Mapping[str, Outcome]) -> None:
        """See Display."""

    def indexing(self, done: int, total: int, path: str) -> None:
        """See Display."""

    def indexed(self, report: IndexReport) -> None:
        """See Display."""

    @property
    def calls(self) -> list[ModelCalled]:
        """Of models, those of sub-runs among them."""
        return [event for _, event in self._flat() if isinstance(event, ModelCalled)]

    @property
    def usages(self) -> list[Usage]:
        """What each call cost."""
        return [call.completion.usage for call in self.calls]

    @property
    def read(self) -> list[Passage]:
        """The passages that steps read, by whatever tool reads what it finds."""
        tools: dict[str, str] = {}
        passages: list[Passage] = []
        for way, event in self._flat():
            if isinstance(event, StepAdded):
                tools[way + event.step.id] = event.step.tool
            elif isinstance(event, StepEnded) and isinstance(event.outcome, Done):
                step = way + event.id.partition("[")[0]
                if tools.get(step) not in _UNREAD:
                    passages += (*event.outcome.evidence, *event.outcome.read)
        return passages

    def _flat(self) -> Iterator[tuple[str, Event]]:
        """Every event, with the way to the sub-run that it happened in."""
        for event in self.events:
            way, inner = "", event
            while isinstance(inner, Within):
                way, inner = f"{way}{inner.call}/", inner.event
            yield way, inner
