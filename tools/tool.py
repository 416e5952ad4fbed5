"""The Tool port: what a step of a plan can do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue

from reasoning import Candidate
from search import Passage


class ToolError(Exception):
    """The tool could not do what was asked. The step fails with this text; the run goes on."""

    def __init__(
        self, message: str, *, retryable: bool = False, trail: Sequence[Candidate] = ()
    ) -> None:
        """`retryable`: the same call may work later (a busy server, a broken connection).

        `trail`: see `ToolResult`; what there was of it.
        """
        super().__init__(message)
        self.retryable = retryable
        self.trail = tuple(trail)


class Arguments(BaseModel):
    """What a tool takes. Unknown fields are refused: they are mistakes of the plan."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fact_fields: ClassVar[frozenset[str]] = frozenset()
    """Fields in which `{a}` stands for the whole Fact (value, question, names), not its value."""

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        """As a plan writes them; the first one is the one that the short form begins with."""
        return tuple(cls.model_fields)

    def given(self) -> Mapping[str, JsonValue]:
        """What was given, as JSON."""
        return self.model_dump(mode="json")


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool found: a JSON value, and the passages that prove it."""

    value: JsonValue
    """None says that there is no such thing (not found), which is an answer and not an error."""
    evidence: Sequence[Passage] = ()
    """Passages that prove the value, best first."""
    read: Sequence[Passage] = ()
    """Further passages that were looked at: they can be cited too."""
    cut: str | None = None
    """Why the work was ended before its time; the value is the best that there was."""
    trail: Sequence[Candidate] = ()
    """What a method of reasoning made on its way to the value."""


A_contra = TypeVar("A_contra", bound=Arguments, contravariant=True)


class Tool(Protocol, Generic[A_contra]):
    """Something that a step can call. One verb; everything else describes it.

    A tool that changes something outside says so with an attribute `side_effects = True`: it is
    never called before it is known that it has to be. Without the attribute it has none. One that
    costs money says how much with an attribute `cost`, for a call, in the money of the price list.
    """

    @property
    def name(self) -> str:
        """As a plan writes it."""
        ...

    @property
    def description(self) -> str:
        """One sentence for the planner model."""
        ...

    @property
    def arguments(self) -> type[Arguments]:
        """What `call` takes."""
        ...

    @property
    def resource(self) -> str:
        """What it occupies while it runs; the executor limits each resource by itself."""
        ...

    @property
    def seconds(self) -> float:
        """After so long a call is given up."""
        ...

    async def call(self, arguments: A_contra) -> ToolResult:
        """Raises ToolError for what went wrong outside; anything else is a bug."""
        ...


def has_side_effects(tool: Tool[Any]) -> bool:
    """Whether a call changes something outside, by what the tool says of itself."""
    return bool(getattr(tool, "side_effects", False))


def cost_of(tool: Tool[Any]) -> float:
    """What a call costs, by what the tool says of itself."""
    return float(getattr(tool, "cost", 0.0))
