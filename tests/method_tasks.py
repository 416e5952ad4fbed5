"""Tasks for methods, and a scripted model that answers them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from inference import Message, Request, ScriptedModel
from reasoning import Crew, Samples, Task, Trail, method_of

QUESTION = "How many legs have two cats?"


def task(**more: Any) -> Task:
    """Asks for a number."""
    return Task(Request((Message("user", QUESTION),), max_tokens=64, seed=0), **more)


def scripted(replies: Iterable[Any] | Callable[[Request], Any]) -> ScriptedModel:
    """Says this, one reply after another."""
    return ScriptedModel(replies)


async def solved(
    method: str, *replies: str | Sequence[str], trail: Trail | None = None
) -> tuple[Samples, ScriptedModel]:
    """What the method makes of it. A list is the answers of a request's samples; a text is said as
    it stands."""
    said = [
        reply if isinstance(reply, str) else [f"Answer: {one}" for one in reply]
        for reply in replies
    ]
    model = ScriptedModel(said)
    of_it = task() if trail is None else task(trail=trail)
    return await method_of(method, Crew(model))(of_it), model


def answering(say: Callable[[str], str]) -> ScriptedModel:
    """Says what the function makes of the last message; each of several samples the same."""
    return ScriptedModel(lambda request: [say(request.messages[-1].content)] * request.n)
