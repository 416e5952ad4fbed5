"""An answer put into the caller's form: JSON that holds to a schema, from what was verified.

The model is asked once, behind the verification, and sees the question, the sentences that stand,
and the facts behind them; a grammar of the schema holds it. Then each text and number that it wrote
is held against that material, in code: what does not stand in it becomes null, is left out, or
becomes an empty text, where the schema allows one of these. So a form asks for no more than was
found out, and a small model that fills a gap from memory is found out, too.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from jsonschema import Draft202012Validator
from pydantic import JsonValue

from inference import Message, Model, ModelError, Request, as_data, fitted, structured
from planner.errors import BudgetExceeded
from planner.events import Decided, Trace
from planner.form import Form, alternatives
from planner.grounds import Grounds
from planner.outcomes import Answer
from tools import MONTHS, holds, stems, words

_MAX_TOKENS = 600
_ATTEMPTS = 2
_LONGEST_FIELDS = 1500
"""Characters of the list of fields."""
_LONGEST_DESCRIPTION = 100
_MOST_NAMED = 5
"""Values that are named where they are not in the material."""
_SHARE = 0.75
"""Of the words of a text, those that have to stand in the material."""
_BAD = ("unsupported", "contradicted")
_SYSTEM = (
    "Fill in the JSON with what the data says. Copy names, numbers and dates from it. What the data"
    " does not say is null."
)
_EXAMPLE = (
    "Tosca is an opera by Giacomo Puccini.",
    "Who wrote Tosca, and when?",
    "work\ncomposer: full name\nyear: of the first night",
)
_FILLED = '{"work":"Tosca","composer":"Giacomo Puccini","year":null}'
_DAY = 3
"""Parts of a day: 1969-09-14."""
_TOLD_DEEP = 3
"""Fields inside one another that are told in words."""

Place = tuple[str | int, ...]


class Filler:
    """Puts answers into a form."""

    def __init__(self, model: Model, form: Form | None, *, trace: Trace, seed: int = 0) -> None:
        """Without a form, answers stay as they are."""
        self.failure: str | None = None
        """Why the form could not be filled in."""
        self._model = model
        self._form = form
        self._trace = trace
        self._seed = seed

    async def filled(self, answer: Answer, question: str, grounds: Grounds) -> Answer:
        """The answer with its data; never raises for want of a model or of budget."""
        form = self._form
        if form is None or answer.data is not None:
            return answer
        material = material_of(answer, grounds)
        if not material or (answer.value is None and not answer.citations):
            return await self.without(answer, "there is no answer to put into it")
        try:
            asking = partial(self._request, form, question)
            fits = await fitted(self._model, material, asking)
            made = await structured(self._model, fits.request, attempts=_ATTEMPTS)
        except (ModelError, BudgetExceeded, RecursionError) as error:
            return await self.without(answer, str(error))
        data, decided = held(made.value, form.validator, "\n".join([question, *fits.kept]))
        if decided:
            await self._trace.record(Decided("form checked", decided))
        return replace(answer, data=data)

    async def without(self, answer: Answer, why: str) -> Answer:
        """The answer as it is, and on record why."""
        if self._form is not None and answer.data is None:
            self.failure = f"the answer could not be put into the form {self._form.name!r}: {why}"
            await self._trace.record(Decided("form not filled in", why))
        return answer

    def _request(self, form: Form, question: str, kept: Sequence[str]) -> Request:
        """With some of the material, in the order of importance."""
        told = "\n".join(fields_of(form.schema, form.schema))[:_LONGEST_FIELDS]
        return Request(
            messages=(
                Message("system", _SYSTEM),
                Message("user", _turn(*_EXAMPLE)),
                Message("assistant", _FILLED),
                Message("user", _turn("\n".join(kept), question, told)),
            ),
            head=3,
            max_tokens=_MAX_TOKENS,
            schema=form.schema,
            seed=self._seed,
            purpose="fill",
        )


def material_of(answer: Answer, grounds: Grounds) -> tuple[str, ...]:
    """The value, the sentences that stand, and the facts; the most useful first, each once."""
    value = () if answer.value is None else (f"Answer: {answer.value}",)
    told = (one.text for one in answer.every_sentence if one.text and one.verdict not in _BAD)
    facts = (f"{ground.question} {ground.value}" for ground in grounds.grounds)
    return tuple(dict.fromkeys((*value, *told, *facts)))


def held(value: JsonValue, validator: Draft202012Validator, material: str) -> tuple[JsonValue, str]:
    """What is left of a value that holds to its schema, and what became of the rest, in words."""
    whole = {"data": json.loads(json.dumps(value))}
    gone: list[str] = []
    kept: list[str] = []
    for place in reversed(list(_leaves(whole["data"], ("data",)))):
        found = _at(whole, place)
        if stands_in(found, material) or _is_coded(found, place[1:], validator.schema):
            continue
        told = f"{_path(place)} {json.dumps(found, ensure_ascii=False)[:80]}"
        (gone if _removed(whole, place, validator) else kept).append(told)
    parts = ((gone, "not in the material, left out"), (kept, "not in the material, but required"))
    said = [f"{what}: {'; '.join(each[::-1][:_MOST_NAMED])}" for each, what in parts if each]
    return whole["data"], ". ".join(said)


def stands_in(value: object, material: str) -> bool:
    """Whether a text or a number is the material's; what says neither is not judged."""
    if isinstance(value, bool) or value is None:
        return True
    if isinstance(value, int | float):
        return holds(material, f"{value:g}" if isinstance(value, float) else str(value))
    if not isinstance(value, str):
        return True
    if not words(value) or holds(material, value) or holds(material, _written_day(value)):
        return True
    numbers = {word for word in words(value) if any(map(str.isdigit, word))}
    said, there = stems(value), stems(material)
    return numbers <= set(words(material)) and len(said & there) >= _SHARE * len(said)


def fields_of(
    schema: Mapping[str, Any], root: Mapping[str, Any], name: str = "", depth: int = 0
) -> Iterator[str]:
    """The fields in words, which the grammar names and does not explain: `year: of the film`."""
    for one in alternatives(schema, root) if depth <= _TOLD_DEEP else ():
        if isinstance(one.get("items"), Mapping):
            yield from fields_of(one["items"], root, name, depth + 1)
        for field, part in one.get("properties", {}).items():
            path = f"{name}.{field}" if name else str(field)
            told = (str(each.get("description", "")) for each in alternatives(part, root))
            said = " ".join(next(filter(None, told), "").split())[:_LONGEST_DESCRIPTION]
            yield f"{path}: {said}" if said else path
            if isinstance(part, Mapping):
                yield from fields_of(part, root, path, depth + 1)


def _turn(material: str, question: str, fields: str) -> str:
    """What was found out is data."""
    asked = f"{as_data(material)}\nQuestion: {question}"
    return f"{asked}\nFields:\n{fields}" if fields else asked


def _leaves(value: JsonValue, place: Place) -> Iterator[tuple[str | int, ...]]:
    """Where everything stands that holds nothing else."""
    if isinstance(value, dict):
        for name, element in value.items():
            yield from _leaves(element, (*place, name))
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from _leaves(element, (*place, index))
    else:
        yield place


def _at(whole: Any, place: Place) -> Any:
    for key in place:
        whole = whole[key]
    return whole


def _path(place: Place) -> str:
    """As in an error: `films[0].year`."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place[1:])[1:]


def _removed(whole: Any, place: Place, validator: Draft202012Validator) -> bool:
    """Whether it could be made null, or else be left out, or else be an empty text."""
    *above, key = place
    holder = _at(whole, tuple(above))
    before = holder.copy()
    holder[key] = None
    if validator.is_valid(whole["data"]):
        return True
    del holder[key]
    if validator.is_valid(whole["data"]):
        return True
    holder.clear()
    holder.extend(before) if isinstance(holder, list) else holder.update(before)
    if isinstance(before[key], str):
        holder[key] = ""
        if validator.is_valid(whole["data"]):
            return True
        holder[key] = before[key]
    return False


def _is_coded(value: JsonValue, place: Place, root: Any) -> bool:
    """Whether the schema itself says that this may stand there: a word of its own list is no
    quotation."""
    parts: list[Any] = [root]
    for key in place:
        inner = [one for part in parts for one in alternatives(part, root)]
        field = "items" if isinstance(key, int) else "properties"
        held_by = [one.get(field, {}) for one in inner]
        parts = held_by if isinstance(key, int) else [each.get(key) for each in held_by]
    return any(
        value in one.get("enum", ()) or ("const" in one and value == one["const"])
        for part in parts
        for one in alternatives(part, root)
    )


def _written_day(text: str) -> str:
    """1969-09-14 as it is written in English; nothing where it is no day."""
    parts = text.split("-")
    if len(parts) != _DAY or not all(part.isdigit() for part in parts):
        return ""
    year, month, day = map(int, parts)
    return f"{day} {MONTHS[month - 1]} {year}" if 1 <= month <= len(MONTHS) else ""
