"""`/v1/models`: what can be asked."""

from typing import Literal

from aiohttp import web
from pydantic import BaseModel

from service.api.describing import described
from service.api.front import FRONT
from service.api.offered import OFFERED, is_offered, method_by, unknown_model
from service.api.served import served_models

routes = web.RouteTableDef()


class ModelObject(BaseModel):
    """A model."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "breadth"


class ModelList(BaseModel):
    """Models."""

    object: Literal["list"] = "list"
    data: list[ModelObject]


@routes.get("/v1/models")
@described("List the models", tag="Models", answers={200: ModelList})
async def models_listed(request: web.Request) -> web.Response:
    """Ours, then those of the servers behind the service where clients may use them."""
    return web.json_response(ModelList(data=await _models(request)).model_dump())


@routes.get("/v1/models/{id:.+}")
@described("Get a model", tag="Models", answers={200: ModelObject}, errors=(404,))
async def model_named(request: web.Request) -> web.Response:
    """One of the list."""
    name = request.match_info["id"]
    is_ours = name in OFFERED or (is_offered(name) and method_by(name) is not None)
    found = ModelObject(id=name) if is_ours else None
    for each in () if found else await _models(request):
        found = each if each.id == name else found
    if found is None:
        raise unknown_model(name)
    return web.json_response(found.model_dump())


async def _models(request: web.Request) -> list[ModelObject]:
    own = [ModelObject(id=name) for name in OFFERED]
    settings = request.app[FRONT].settings
    if not settings.pass_on:
        return own
    served = await served_models(request)
    return own + [ModelObject(id=name, owned_by="server") for name in served if name not in OFFERED]
