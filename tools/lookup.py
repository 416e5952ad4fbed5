"""The tool `lookup`: one small question, one short value, the passage that proves it.

It is what makes small models usable. Passages are read one at a time, best first, until one gives
a value: reading a prompt is what costs on a CPU, and a small model mixes passages up. One that
does not speak of what the question names is not read: its value would be about something else.

The value has to stand in the passage and to be of the kind that was asked for. One that is not is
doubted: more samples are drawn, and the value that most of those which pass agree on is taken
(self-consistency over the readings that pass the checks). Until the last of them is there, the
value that leads is told as a draft.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence

from pydantic import Field

from inference import Model, ModelError, Request, Sample
from reasoning import Task, sampled, vote
from search import Passage, Reader, SearchEngine
from tools.claims import LIKELY, about_first, is_about, sure_of
from tools.drafts import tell_draft
from tools.find import MAX_QUESTION, Within, found
from tools.kinds import fits_asked, kind_of, out_of_a_date
from tools.reading_prompt import NOTHING, reading_prompt
from tools.relevance import ranked, speaks_of, touches
from tools.shaping import shaped, unquoted
from tools.tabling import worked_out
from tools.things import is_one, thing_asked
from tools.tool import Arguments, ToolError, ToolResult
from tools.words import content_words, holds, is_function_word, squeezed, words

_HITS = 10
_READ = 4
_SECOND = 2
"""Passages that do not hold all that is named, read where those that do tell nothing."""
_DOUBT_SAMPLES = 4
_DOUBT_TEMPERATURE = 0.7
_MAX_TOKENS = 40
_PLACE = re.compile(
    r"^where\b|\bplace of\b"
    r"|\b(?:what|which) (?:is the )?(?:country|city|state|town|county|region)\b",
    re.IGNORECASE,
)
_BEFORE_PLACES = frozenset({",", "in", "of", "from", "at", "near", "to"})
_ADJECTIVE = re.compile(r"[A-Z]\w*(?:an|ese|ish|ino|ic|ch|sh|ss|i)")
_ABBREVIATED = re.compile(r"\b[A-Za-z]\.\s?[A-Za-z]\.$")
_WHO = re.compile(r"\s*who\b(?!.*\bor\b)", re.IGNORECASE)


class LookupArguments(Arguments):
    """What to look up, in all documents or some."""

    question: str = Field(min_length=1, max_length=MAX_QUESTION)
    within: Within | None = None


class Lookup:
    """Search, rank, read, and prove."""

    name = "lookup"
    description = "find one short fact (a name, a date, a place, a number) in the documents"
    arguments: type[Arguments] = LookupArguments
    resource = "model"
    seconds = 300.0

    def __init__(
        self,
        engine: SearchEngine,
        model: Model,
        *,
        reader: Reader | None = None,
        passages: int = _READ,
        seed: int = 0,
    ) -> None:
        """`model` reads; it may be a small one. `reader`: opens documents, whose tables are then
        worked out. `passages`: read at most so many."""
        self._engine = engine
        self._reader = reader
        self._model = model
        self._passages = passages
        self._seed = seed

    async def call(self, arguments: LookupArguments) -> ToolResult:
        """The value with its proof; None when the documents do not say it."""
        question = arguments.question
        there = await self._ranked(question, arguments.within)
        if kind_of(question) == "yes-no":
            return await self._judged(question, there)
        first = [passage for passage in there if speaks_of(question, passage)][: self._passages]
        second = [p for p in there if p not in first and touches(question, p)]
        more = min(_SECOND, self._passages - len(first)) if first else self._passages
        read: list[Passage] = []
        for passage in (*first, *second[:more]):
            read.append(passage)
            value = await self._tabled(question, passage)
            if value is None:
                value = await self.read(question, passage)
            if value is not None:
                return ToolResult(value, evidence=[passage], read=read)
        return ToolResult(None, read=read)

    async def _judged(self, question: str, there: Sequence[Passage]) -> ToolResult:
        """Yes, where a passage says so; no, where those about what is asked about do not.

        Whether a page about somebody says that he is a painter is a question that it answers; of
        another page, that is not so.
        """
        read: list[Passage] = []
        speaking = [passage for passage in there if speaks_of(question, passage)]
        about = about_first([*speaking, *(p for p in there if is_about(p, question))], question)
        for passage in list(dict.fromkeys(about))[: self._passages]:
            read.append(passage)
            if await sure_of(self._model, question, passage) >= LIKELY:
                return ToolResult("yes", evidence=[passage], read=read)
        silent = [passage for passage in read if is_about(passage, question)][:1]
        return ToolResult("no" if silent else None, evidence=silent, read=read)

    async def candidates(self, question: str, within: Within | None = None) -> list[Passage]:
        """Passages that speak of what the question names, best first. Raises ToolError."""
        return [p for p in await self._ranked(question, within) if speaks_of(question, p)]

    async def _ranked(self, question: str, within: Within | None) -> list[Passage]:
        """What a search finds, best first. Raises ToolError."""
        return ranked(question, await found(self._engine, question, limit=_HITS, within=within))

    async def _tabled(self, question: str, passage: Passage) -> str | None:
        """What the passage's table comes to, where its rows are asked about."""
        if self._reader is None:
            return None
        return await worked_out(question, passage, self._reader)

    async def read(self, question: str, passage: Passage) -> str | None:
        """The value that the passage gives, doubted where it fails a check. Raises ToolError."""
        if kind_of(question) == "yes-no":
            sure = await sure_of(self._model, question, passage) >= LIKELY
            return "yes" if sure else "no" if is_about(passage, question) else None
        messages = reading_prompt(question, passage)
        request = Request(
            messages=messages,
            head=len(messages) - 1,
            max_tokens=_MAX_TOKENS,
            stop=("\n",),
            seed=self._seed,
            purpose="read",
        )
        refused: set[str] = set()

        def value_of(sample: Sample) -> str | None:
            value = checked(sample, question, passage)
            return None if value in refused else value

        try:
            first = (await sampled(self._model)(Task(request))).best
            value = value_of(first)
            if said_nothing(first) or (value is not None and await self._is_asked(value, question)):
                return value
            if value is not None:
                refused.add(value)
            value = await self._doubted(request, value_of)
        except ModelError as error:
            raise ToolError(f"the model could not read: {error}") from error
        return value if value is not None and await self._is_asked(value, question) else None

    async def _doubted(
        self, request: Request, value_of: Callable[[Sample], str | None]
    ) -> str | None:
        """What most of several samples say; the one in the lead is told as a draft."""
        passed: Counter[str] = Counter()

        def heard(sample: Sample) -> None:
            value = value_of(sample)
            if value is not None:
                passed[value] += 1
                tell_draft(passed.most_common(1)[0][0])

        more = sampled(self._model, _DOUBT_SAMPLES, temperature=_DOUBT_TEMPERATURE, on_sample=heard)
        return value_of((await vote(more, by=value_of)(Task(request))).best)

    async def _is_asked(self, value: str, question: str) -> bool:
        """Whether a value can be the thing that is asked for, where the question says which."""
        thing = thing_asked(question)
        return thing is None or await is_one(self._model, value, thing)


def said_nothing(sample: Sample) -> bool:
    """Whether the model says that the passage does not tell."""
    return squeezed(sample.text) in {"", NOTHING, "not found", "unknown", "n a"}


def _is_aside(value: str, question: str) -> bool:
    """Whether a value is something that a question names beside what it asks about.

    Not where it is all that is named: who wrote Mario Puzo, where the novel was asked for before
    and its author found, is Mario Puzo.
    """
    named = set(words(value))
    return named <= set(words(question)) and len(set(content_words(question)) - named) > 1


def _is_origin(value: str, text: str) -> bool:
    """Whether a value says only where something comes from ("Swedish"): that is no place."""
    if not _ADJECTIVE.fullmatch(value):
        return False
    found = re.findall(rf"(\w+ |, )?\b{re.escape(value)}\b(?:[ -](\w+))?", text)
    return bool(found) and all(
        before.strip() not in _BEFORE_PLACES
        and behind[:1].islower()
        and not is_function_word(behind)
        for before, behind in found
    )


def checked(sample: Sample, question: str, passage: Passage) -> str | None:
    """The value of a sample, or None where it is empty, cut, of the wrong kind, or invented."""
    value = unquoted(sample.text)
    value = value if _ABBREVIATED.search(value) else unquoted(value.rstrip("."))
    if said_nothing(sample) or not sample.whole:
        return None
    kind = kind_of(question)
    if not fits_asked(value, question):
        return None
    if kind == "number" and out_of_a_date(value, passage.text):
        return None
    if kind in {"date", "number"} and set(words(value)) <= set(words(question)):
        return None  # a number of the question itself
    if _WHO.match(question) and _is_aside(value, question):
        return None  # the question does not name who it asks for
    if _PLACE.search(question) and _is_origin(value, passage.text):
        return None
    if kind == "yes-no":
        return "yes" if value.casefold().startswith(("yes", "true")) else "no"
    said = f"{passage.source.title} {passage.text}"
    return shaped(value, question, passage) if holds(said, value) else None
