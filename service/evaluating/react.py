"""The rival `react`: thought, action, observation, one after another (Yao et al. 2022,
arXiv:2210.03629), by the same model over the same index.

The actions are the paper's: search, lookup, finish. What the model writes in a turn is held to a
schema, so that a small model does not lose its turns to a wrong form; the prompt grows at its end
only, so that an engine reads each observation once; the last turn can only finish.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from inference import AnswerUnusable, Message, Model, Request, structured
from service.evaluating.looking import Found, Looking
from service.evaluating.rival_prompts import (
    LAST,
    NEW,
    NOTHING,
    observation,
    react_head,
    turn_schema,
    written,
)

_PASSAGES = 3
"""Of a search."""
_MAX_TOKENS = 160
_NOTHING_FOUND = "nothing was found"

Think = Callable[[tuple[Message, ...], Mapping[str, Any]], Awaitable[Mapping[str, Any] | None]]
"""From the conversation and the schema of a turn to the turn; None where none came."""
Tell = Callable[[str, str], Awaitable[None]]
"""Of an action and what it brought, for the trace."""


def thinking(model: Model, *, seed: int = 0) -> Think:
    """Of a model. Raises ModelError, but for turns of another form, and BudgetExceeded."""
    head = len(react_head())

    async def think(
        messages: tuple[Message, ...], schema: Mapping[str, Any]
    ) -> Mapping[str, Any] | None:
        request = Request(
            messages=messages,
            head=head,
            max_tokens=_MAX_TOKENS,
            schema=schema,
            seed=seed,
            purpose="react",
        )
        try:
            turn = (await structured(model, request, attempts=2)).value
        except AnswerUnusable:
            return None
        assert isinstance(turn, dict)
        return turn

    return think


async def react(question: str, think: Think, looking: Looking, tell: Tell, *, turns: int) -> Found:
    """At most so many turns. Raises what `think` raises, and SearchError."""
    messages = (*react_head(), Message("user", NEW + question))
    for number in range(1, turns + 1):
        last = number == turns
        if last:
            *earlier, newest = messages
            messages = (*earlier, Message("user", f"{newest.content}\n{LAST}"))
        turn = await think(messages, turn_schema(len(looking.shown), last=last))
        if turn is None:
            continue
        if turn["action"] == "finish":
            found = _finished(turn)
            await tell(f"finish {found.value}", str(turn["thought"]))
            return found
        seen = await _observed(turn, looking)
        await tell(f"{turn['action']} {turn['input']}", f"{turn['thought']} -> {seen}")
        told = Message("assistant", written(turn)), Message("user", observation(seen))
        messages = (*messages, *told)
    return Found(None)


async def _observed(turn: Mapping[str, Any], looking: Looking) -> str:
    """What an action brings."""
    if turn["action"] == "search":
        new = await looking.search(str(turn["input"]), _PASSAGES)
        return looking.numbered(new) or _NOTHING_FOUND
    sentence = looking.look_up(str(turn["input"]))
    return looking.line(*sentence) if sentence else _NOTHING_FOUND


def _finished(turn: Mapping[str, Any]) -> Found:
    """The answer of the last turn."""
    value = str(turn["answer"]).strip().rstrip(".").strip()
    if value.casefold() in {"", NOTHING}:
        return Found(None)
    return Found(value, (int(turn["source"]),) if turn["source"] else ())
