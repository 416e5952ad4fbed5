"""RoledModel: each role of a run (planner, reader, writer, ...) may have a model of its own."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from typing import Literal, get_args

from inference.handing import HandingOn
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


class OfRole(HandingOn):
    """A model that answers everything as one role does: for whoever wants several models."""

    def __init__(self, model: Model, role: Role) -> None:
        """`model`: one that tells roles by the purposes of requests."""
        super().__init__(model)
        self.name = role
        self._purpose = next(purpose for purpose, of in _ROLE_OF.items() if of == role)

    def constrains(self, request: Request) -> bool:
        """See `Model.constrains`; of the model of the role."""
        return super().constrains(replace(request, purpose=self._purpose))

    def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
        """See `Model.stream`."""
        return super().stream(replace(request, purpose=self._purpose), halt)
