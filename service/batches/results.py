"""What came of a row: taken from its run, kept beside it, and told to others."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from service.batches.allowance import Means
from service.formats.plain import place_of
from storage import RunRecord, TraceStore


@dataclass(frozen=True, slots=True)
class RowResult:
    """The end of a row."""

    status: str
    """Of its run; `not run` where it has none."""
    reason: str | None = None
    value: str | None = None
    answer: str = ""
    sources: tuple[str, ...] = ()
    """Locations that the answer cites, each once."""
    taken: Means = field(default_factory=Means)

    @property
    def is_failed(self) -> bool:
        """Whether there is no answer to be had, as `breadth ask` sees it."""
        return self.status != "completed" and self.value is None

    @property
    def found_nothing(self) -> bool:
        """Whether the answer is that there is none to be found."""
        return not (self.is_failed or self.value is not None or self.sources)

    def data(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self) | {"sources": list(self.sources)}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "RowResult":
        """As it was kept."""
        sources, taken = tuple(data["sources"]), Means(**data["taken"])
        return cls(**{**data, "sources": sources, "taken": taken})


NOT_RUN = "not run"


async def result_of(store: TraceStore, record: RunRecord) -> RowResult:
    """Of a run that has ended."""
    answer = record.answer
    sources = (passage.source for passage in answer.citations) if answer else ()
    locations = (place_of(source.location, source.title) or source.title for source in sources)
    return RowResult(
        record.status,
        record.reason,
        answer.value if answer else None,
        answer.text if answer else "",
        tuple(dict.fromkeys(locations)),
        await taken_by(store, record),
    )


async def taken_by(store: TraceStore, record: RunRecord) -> Means:
    """By a run, up to now."""
    spent = await store.spent(record.id)
    calls = (await store.history(record.id)).tool_calls if record.last_event else 0
    tokens = spent.prompt + spent.completion
    return Means(record.seconds, tokens, calls, spent.cost or 0.0)
