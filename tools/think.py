"""The tool `think`: reasons about a question, by a published method of parallel samples."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from hashlib import sha256

from pydantic import Field, field_validator

from inference import (
    ROLES,
    Message,
    Model,
    ModelError,
    OfRole,
    Request,
    Role,
    as_data,
)
from reasoning import (
    Answers,
    Candidate,
    Crew,
    MathEquality,
    MethodError,
    Observed,
    Samples,
    Task,
    Trail,
    checked,
    learnt,
    parsed,
)
from search import Passage, SearchEngine, Source
from tools.agents import ToolAgents
from tools.find import MAX_QUESTION, found
from tools.tool import Arguments, ToolError, ToolResult

DEFAULT_METHOD = "self-consistency"
REASONED = "think:"
"""What the location of reasoning begins with: it tells one from another, and is no place."""
Past = Callable[[], Awaitable[Sequence[Observed]]]
"""What earlier runs have come to."""
_SYSTEM = "Solve the task."
_READ = "Use what the data says, where it says something about it."
_PASSAGES = 5
_LONGEST = 1500
"""Characters of a passage."""
_KEPT = 2000
"""Characters of a candidate, in the trace."""
SAMPLE_TOKENS = 1024
"""Of one sample, at most."""
MAX_THOUGHT = 200_000
"""Characters of what is thought about: a question, or a long text with one."""
_CLEAR = 200
"""Characters of an answer that is a value; what is longer is a text."""


class ThinkArguments(Arguments):
    """What is to be thought about, and how."""

    question: str = Field(min_length=1, max_length=MAX_THOUGHT)
    method: str = Field(DEFAULT_METHOD, description="as `breadth methods` lists them")
    search: str = Field("", max_length=MAX_QUESTION, description="what is read before")

    @field_validator("method")
    @classmethod
    def _is_a_method(cls, method: str) -> str:
        try:
            checked(method)
        except MethodError as error:
            raise ValueError(str(error)) from error
        return method


class Think:
    """Reasons with a model alone, or over passages; the text of its reasoning is the evidence."""

    name = "think"
    description = "reason about a question; with a method, in parallel samples"
    arguments: type[Arguments] = ThinkArguments
    resource = "model"
    seconds = 3600.0

    def __init__(
        self,
        engine: SearchEngine,
        model: Model,
        *,
        seed: int = 0,
        tolerated: tuple[type[Exception], ...] = (ModelError,),
        roles: Sequence[Role] = (),
        past: Past | None = None,
        max_tokens: int = SAMPLE_TOKENS,
        agents: Callable[[], ToolAgents] | None = None,
    ) -> None:
        """`tolerated`: a method goes on without what fails so, or as ModelError; `roles`: that have
        a model of their own; `past`: what earlier runs have come to, for a method that chooses by
        it; `agents`: who can use tools, where a method has agents that differ in that."""
        self._engine = engine
        self._model = model
        self._seed = seed
        self._tolerated: tuple[type[Exception], ...] = (ModelError, *tolerated)
        self._roles = tuple(roles)
        self._past = past
        self._max_tokens = max_tokens
        self._agents = agents or partial(ToolAgents, model)

    async def call(self, arguments: ThinkArguments) -> ToolResult:
        """The answer that the method stands behind, or its whole text where it names none."""
        passages: list[Passage] = []
        if arguments.search:
            hits = await found(self._engine, arguments.search, limit=_PASSAGES, within=None)
            passages = [hit.passage for hit in hits]
        agents = self._agents()
        trail = Trail()
        async with MathEquality() as same:
            answers = Answers(same=same)
            task = Task(
                self._request(arguments, answers, passages), answers, trail, self._tolerated
            )
            try:
                made = await parsed(arguments.method).made(await self._crew(agents))(task)
            except MethodError as error:
                raise ToolError(str(error)) from error
            except self._tolerated as error:
                why = f"the model could not think: {error}"
                raise ToolError(
                    why if isinstance(error, ModelError) else str(error),
                    trail=_kept(trail.candidates),
                ) from error
        text = _unmarked(made.best.text.strip())
        answer = answers.of(text) or text
        passages += [one for one in agents.read if one not in passages]
        if not answer:
            return ToolResult(None, read=passages, trail=_kept(trail.candidates))
        proof = _reasoning(arguments, text, _title(arguments.method, made, trail))
        return ToolResult(
            answer if len(answer) <= _CLEAR else text,
            evidence=[proof],
            read=passages,
            trail=_kept(trail.candidates),
        )

    async def _crew(self, agents: ToolAgents) -> Crew:
        """The model, agents that use it with tools, and what is known of earlier runs."""
        history = learnt(await self._past()) if self._past else None
        named: dict[str, Model] = {role: OfRole(self._model, role) for role in ROLES}
        return Crew(
            self._model, named, differ=self._roles, agents=agents.attempts(), history=history
        )

    def _request(
        self, arguments: ThinkArguments, answers: Answers, passages: Sequence[Passage]
    ) -> Request:
        """What each sample is asked."""
        data = [as_data(f"{one.source.title}: {one.text[:_LONGEST]}") for one in passages]
        system = f"{_SYSTEM} {_READ}" if data else _SYSTEM
        asked = "\n".join([*data, arguments.question, "", answers.form])
        return Request(
            (Message("system", system), Message("user", asked)),
            max_tokens=self._max_tokens,
            seed=self._seed,
            purpose="think",
        )


def _reasoning(arguments: ThinkArguments, text: str, title: str) -> Passage:
    """The text of the chosen sample, as what the answer rests on."""
    source = Source(
        location=f"{REASONED}{arguments.method} {arguments.question[:_CLEAR]}",
        title=title,
        media_type="text/plain",
        digest=sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
    )
    return Passage(source, 0, len(text), text)


def _title(method: str, made: Samples, trail: Trail) -> str:
    """With the method that a choosing one took, and what share of the weight is behind the answer,
    where it is not all: how many voted for it, or what a judge gave it."""
    chosen = made.ids[made.chosen] if made.ids else None
    by = next((one.by for one in trail.candidates if one.id == chosen), "")
    took = f", as {by}" if by and _is_method(by) else ""
    confidence = f", confidence {made.confidence:.2f}" if made.confidence < 1 else ""
    return f"Reasoning by {method}{took}{confidence}"


def _is_method(text: str) -> bool:
    try:
        checked(text)
    except MethodError:
        return False
    return True


def _unmarked(text: str) -> str:
    """Without the end of a block of data that a model has gone on to, where it began none."""
    if text.count("</data>") > text.count("<data>"):
        return text.removesuffix("</data>").rstrip()
    return text


def _kept(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """For the trace: the model calls have the whole texts."""
    return tuple(one.shortened(_KEPT) for one in candidates)
