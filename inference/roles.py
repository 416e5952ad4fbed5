"""RoledModel: each role of a run (planner, reader, writer, ...) may have a model of its own."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Literal, get_args

from inference.model import Chunk, Halt, Message, Model, Request

Role = Literal["planner", "reader", "writer", "judge", "drafter"]
ROLES: tuple[Role, ...] = get_args(Role)
"""All roles."""

_ROLE_OF: Mapping[str, Role] = {
    "plan": "planner",
    "route": "planner",
    "read": "reader",
    "choose": "reader",
    "write": "writer",
    "merge": "writer",
    "draft": "drafter",
    "explore": "drafter",
    "judge": "judge",
    "verify": "judge",
    "rerank": "judge",
}


class RoledModel:
    """Hands each request to the model of its role, which its purpose tells."""

    def __init__(self, default: Model, roles: Mapping[Role, Model]) -> None:
        """`default`: for roles without a model of their own, and for any other purpose."""
        self.name = default.name
        self._default = default
        self._roles = dict(roles)

    @property
    def window(self) -> int | None:
        """The smallest of all: a prompt that fits it fits whoever answers."""
        models = (self._default, *self._roles.values())
        return min((model.window for model in models if model.window), default=None)

    def constrains(self, request: Request) -> bool:
        """See `Model.constrains`; of the model that answers."""
        return self.answering(request).constrains(request)

    async def count(self, messages: Sequence[Message]) -> int:
        """See `Model.count`; by the default model."""
        return await self._default.count(messages)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """See `Model.embed`; by the default model."""
        return await self._default.embed(texts)

    async def rerank(self, query: str, texts: Sequence[str]) -> list[float]:
        """See `Model.rerank`; by the judge."""
        return await self._roles.get("judge", self._default).rerank(query, texts)

    def answering(self, request: Request) -> Model:
        """Who answers this request."""
        role = _ROLE_OF.get(request.purpose)
        return self._roles.get(role, self._default) if role else self._default

    def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
        """See `Model.stream`."""
        return self.answering(request).stream(request, halt)


def answering(model: Model, request: Request) -> Model:
    """Who answers the request: the model, or the one that it hands the request to."""
    return model.answering(request) if isinstance(model, RoledModel) else model


class OfRole:
    """A model that answers everything as one role does: for whoever wants several models."""

    def __init__(self, model: Model, role: Role) -> None:
        """`model`: one that tells roles by the purposes of requests."""
        self.name: str = role
        self._model = model
        self._purpose = next(purpose for purpose, of in _ROLE_OF.items() if of == role)

    @property
    def window(self) -> int | None:
        """See `Model.window`."""
        return self._model.window

    def constrains(self, request: Request) -> bool:
        """See `Model.constrains`."""
        return self._model.constrains(replace(request, purpose=self._purpose))

    async def count(self, messages: Sequence[Message]) -> int:
        """See `Model.count`."""
        return await self._model.count(messages)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """See `Model.embed`."""
        return await self._model.embed(texts)

    async def rerank(self, query: str, texts: Sequence[str]) -> list[float]:
        """See `Model.rerank`."""
        return await self._model.rerank(query, texts)

    async def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
        """See `Model.stream`."""
        asked = replace(request, purpose=self._purpose)
        async with aclosing(self._model.stream(asked, halt)) as chunks:
            async for chunk in chunks:
                yield chunk
