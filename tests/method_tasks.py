"""Tasks for methods, and a scripted model that answers them."""

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from math import log
from typing import Any

from hypothesis import strategies as st

from inference import ALL, Chunk, Halt, Message, Request, ScriptedModel, TokenLogprob, Usage
from reasoning import METHODS, Crew, MethodError, Samples, Task, Trail, checked, method_of

QUESTION = "How many legs have two cats?"


def task(**more: Any) -> Task:
    """Asks for a number."""
    return Task(Request((Message("user", QUESTION),), max_tokens=64, seed=0), **more)


def written(name: str) -> st.SearchStrategy[str]:
    """The method with any small numbers, any choice of yes and no, and several attempts inside;
    those of its parameters that are texts, or models, by default."""
    values = {
        "int": st.integers(0, 3).map(str),
        "bool": st.sampled_from(["true", "false"]),
        "attempt": st.sampled_from(["once", "vote(2)", "best-of(2)"]),
    }
    taken = {one.name: values[one.kind] for one in METHODS[name].parameters if one.kind in values}
    given = st.fixed_dictionaries({}, optional=taken).map(
        lambda these: f"{name}({', '.join(f'{one}={value}' for one, value in these.items())})"
    )
    return given.filter(_can_be_made)


def _can_be_made(method: str) -> bool:
    try:
        return bool(checked(method))
    except MethodError:
        return False


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


class SureModel(ScriptedModel):
    """One that tells, as a judge, how sure it is of a yes: by a function of what it is asked."""

    def __init__(self, say: Callable[[Request], Any], sure: Callable[[str], float]) -> None:
        """`say`: everything else."""
        super().__init__(say)
        self.sure = sure

    async def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
        """A yes or no with its log-probabilities."""
        if request.top_logprobs == 0 or request.purpose != "judge":
            async with aclosing(super().stream(request, halt)) as chunks:
                async for chunk in chunks:
                    yield chunk
            return
        self.requests.append(request)
        sure = min(max(self.sure(request.messages[-1].content), 1e-9), 1 - 1e-9)
        top = (("yes", log(sure)), ("no", log(1 - sure)))
        yield Chunk(0, "yes", logprobs=(TokenLogprob("yes", log(sure), top),), finish_reason="stop")
        yield Chunk(ALL, usage=Usage(1, 1))
