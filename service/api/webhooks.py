"""`/v1/webhooks`: addresses that are told of the ends of responses."""

from datetime import datetime
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from service.api.access import asker_of
from service.api.bodies import Body, read_body
from service.api.describing import described
from service.api.errors import ApiError
from service.api.front import FRONT
from service.webhooks import require_address
from storage import Delivery, TooManyWebhooks, WebhookRecord, require_kinds

routes = web.RouteTableDef()


class WebhookBody(Body):
    """Whom to tell."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"url": "https://example.org/hook"}]})

    url: Annotated[str, Field(max_length=2000, description="http or https, without credentials.")]
    events: Annotated[
        list[str], Field(max_length=10, description="response.completed, ...; none: all.")
    ] = Field(default_factory=list)


class WebhookObject(BaseModel):
    """An address that is told."""

    id: str
    object: str = "webhook"
    url: str
    events: list[str]
    created_at: int
    disabled_at: int | None
    secret: str | None = None
    """Told this once."""


class WebhookList(BaseModel):
    """All of a user's."""

    object: str = "list"
    data: list[WebhookObject]


class DeliveryObject(BaseModel):
    """An event on its way."""

    id: str
    object: str = "webhook.delivery"
    webhook: str
    response: str
    type: str
    state: str
    attempts: int
    error: str | None
    created_at: int
    next_at: int | None


class DeliveryList(BaseModel):
    """The newest first."""

    object: str = "list"
    data: list[DeliveryObject]


class Changed(BaseModel):
    """It was there."""

    id: str
    object: str = "webhook"
    deleted: bool = True


@routes.post("/v1/webhooks")
@described("Add a webhook", tag="Webhooks", body=WebhookBody, answers={200: WebhookObject})
async def webhook_added(request: web.Request) -> web.Response:
    """Its secret is told now, and never again."""
    front, body = request.app[FRONT], await read_body(request, WebhookBody)
    try:
        require_address(body.url, front.settings)
    except ValueError as error:
        raise ApiError(400, f"url: {error}", param="url") from error
    try:
        require_kinds(body.events)
    except ValueError as error:
        raise ApiError(400, f"events: {error}", param="events") from error
    user = asker_of(request).user
    try:
        made, secret = await front.store.webhooks.create(body.url, user, body.events)
    except TooManyWebhooks as error:
        raise ApiError(400, f"url: {error}", param="url", code="too_many_webhooks") from error
    shown = webhook_object(made).model_copy(update={"secret": secret})
    return web.json_response(shown.model_dump())


@routes.get("/v1/webhooks")
@described("List webhooks", tag="Webhooks", answers={200: WebhookList})
async def webhooks_listed(request: web.Request) -> web.Response:
    """The oldest first."""
    found = await request.app[FRONT].store.webhooks.all(asker_of(request).user)
    listed = WebhookList(data=[webhook_object(each) for each in found])
    return web.json_response(listed.model_dump())


@routes.delete("/v1/webhooks/{id}")
@described("Remove a webhook", tag="Webhooks", answers={200: Changed}, errors=(404,))
async def webhook_removed(request: web.Request) -> web.Response:
    """It is told nothing more, and what it was told is forgotten."""
    id_ = request.match_info["id"]
    await request.app[FRONT].store.webhooks.remove(id_, asker_of(request).user)
    return web.json_response(Changed(id=id_).model_dump())


@routes.get("/v1/webhooks/{id}/deliveries")
@described("List deliveries", tag="Webhooks", answers={200: DeliveryList}, errors=(404,))
async def deliveries_listed(request: web.Request) -> web.Response:
    """The newest hundred."""
    store, user = request.app[FRONT].store, asker_of(request).user
    found = await store.webhooks.deliveries(request.match_info["id"], user)
    listed = DeliveryList(data=[delivery_object(each) for each in found])
    return web.json_response(listed.model_dump())


@routes.post("/v1/webhooks/deliveries/{id}/resend")
@described("Send a delivery again", tag="Webhooks", answers={200: Changed}, errors=(404, 409))
async def delivery_sent_again(request: web.Request) -> web.Response:
    """Whatever has become of it."""
    id_ = request.match_info["id"]
    await request.app[FRONT].store.webhooks.resend(id_, asker_of(request).user)
    told = Changed(id=id_, object="webhook.delivery", deleted=False)
    return web.json_response(told.model_dump())


def webhook_object(record: WebhookRecord) -> WebhookObject:
    """Without its secret."""
    return WebhookObject(
        id=record.id,
        url=record.url,
        events=list(record.kinds),
        created_at=int(record.created_at.timestamp()),
        disabled_at=_moment(record.disabled_at),
    )


def delivery_object(delivery: Delivery) -> DeliveryObject:
    """How far it has come."""
    return DeliveryObject(
        id=delivery.id,
        webhook=delivery.webhook,
        response=f"resp_{delivery.run}",
        type=delivery.kind,
        state=delivery.state,
        attempts=delivery.attempts,
        error=delivery.error,
        created_at=int(delivery.created_at.timestamp()),
        next_at=_moment(delivery.next_at),
    )


def _moment(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp())
