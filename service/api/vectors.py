"""`/v1/embeddings` and `/v1/completions`, where clients may use the models behind the service."""

import asyncio
import base64
import struct
from collections.abc import Sequence
from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from inference import MiniLM, estimated_tokens
from service.api.access import require_uncounted
from service.api.bodies import Body, checked, read_object
from service.api.describing import EVENTS, described
from service.api.errors import ApiError
from service.api.front import FRONT
from service.api.offered import OFFERED, is_offered, unknown_model
from service.api.passing import pass_on
from service.api.served import embeddings_served
from service.settings import Settings

routes = web.RouteTableDef()

_LOCAL = ("minilm", MiniLM.name)
MINILM: web.AppKey[list[MiniLM]] = web.AppKey("minilm", list)
"""One, once it was asked for."""
_MOST_INPUTS = 2048


class EmbeddingsBody(Body):
    """Texts to make vectors of."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"examples": [{"model": "minilm", "input": "Roma"}]}
    )

    model: str
    input: str | Annotated[list[str], Field(min_length=1, max_length=_MOST_INPUTS)]
    encoding_format: Literal["float", "base64"] | None = None


class Vector(BaseModel):
    """Of one text."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class VectorUsage(BaseModel):
    """Estimated, for the model on this machine."""

    prompt_tokens: int
    total_tokens: int


class VectorList(BaseModel):
    """In the order of the texts."""

    object: Literal["list"] = "list"
    data: list[Vector]
    model: str
    usage: VectorUsage


class CompletionBody(Body):
    """A text to go on with, for a model of a server; all fields are its own."""

    model_config = ConfigDict(extra="allow")

    model: Annotated[str, Field(json_schema_extra={"not": {"enum": list(OFFERED)}})]


@routes.post("/v1/embeddings")
@described(
    "Make vectors of texts",
    tag="Models behind the service",
    body=EmbeddingsBody,
    answers={200: VectorList},
    errors=(404, 502),
)
async def embeddings(request: web.Request) -> web.StreamResponse:
    """By the embedder of the settings, or a server's."""
    given = await read_object(request)
    settings, model = request.app[FRONT].settings, _model(given)
    if settings.pass_on and model in _LOCAL and _is_local(settings):
        require_uncounted(request)
        return await _local(request, checked(given, EmbeddingsBody))
    return await pass_on(request, model, embeddings_served(settings))


@routes.post("/v1/completions")
@described(
    "Go on with a text",
    tag="Models behind the service",
    body=CompletionBody,
    answers={200: ("object", EVENTS)},
    errors=(404, 502),
)
async def completions(request: web.Request) -> web.StreamResponse:
    """By a model of a server."""
    model = _model(await read_object(request))
    if is_offered(model):
        text = f"{model} answers questions: ask it by way of /v1/chat/completions"
        raise ApiError(400, text, param="model", code="unsupported_model")
    return await pass_on(request, model)


def _model(given: dict[str, object]) -> str:
    """Whose request it is. Raises ApiError where it says none."""
    model = given.get("model")
    if not isinstance(model, str):
        raise ApiError(400, "model: has to be the name of a model", param="model")
    return model


def _is_local(settings: Settings) -> bool:
    """Whether the embedder is the one on this machine."""
    if settings.embeddings == "auto":
        return MiniLM.installed()
    return settings.embeddings == "minilm"


async def _local(request: web.Request, body: EmbeddingsBody) -> web.Response:
    """By the one on this machine."""
    if not MiniLM.installed():
        raise unknown_model(body.model)
    loaded = request.app[MINILM]
    if not loaded:
        loaded.append(MiniLM())
    texts = [body.input] if isinstance(body.input, str) else body.input
    vectors = await loaded[0].embed(texts)
    packed = body.encoding_format == "base64"
    tokens = estimated_tokens(*texts)
    answer = VectorList(
        data=[
            Vector(index=index, embedding=_packed(vector) if packed else vector)
            for index, vector in enumerate(vectors)
        ],
        model=body.model,
        usage=VectorUsage(prompt_tokens=tokens, total_tokens=tokens),
    )
    return web.json_response(
        body=await asyncio.to_thread(lambda: answer.model_dump_json().encode())
    )


def _packed(vector: Sequence[float]) -> str:
    """As the official client asks for it: 32-bit numbers, the lowest byte first."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
