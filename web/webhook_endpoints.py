"""/v1/webhook_endpoints: where events are sent, and how that went. They are ours."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from outgoing.targets import RefusedTargetError
from outgoing.transport import looked_up
from storage import people, webhook_deliveries, webhook_endpoints
from storage.api_keys import PRIVATE_INCIDENTS, WEBHOOKS
from storage.errors import NotFoundError
from storage.records import CreatorKind, CreatorRecord, DeliveryState
from storage.webhook_endpoints import EndpointDraft
from web.answers import answer
from web.context import Call
from web.errors import ApiError, Problem, invalid, not_found
from web.filters import moment
from web.keys import Called, KeyedRoute, needs
from web.payloads import ULID, is_ulid
from web.payloads_webhooks import EndpointChange, EndpointCreate, Replay, RotateSecret
from web.shapes import PaginationMeta
from web.shapes_webhooks import (
    DeliveriesListed,
    DeliveryShown,
    EndpointMade,
    EndpointShown,
    EndpointsListed,
    Replayed,
    SecretMade,
    delivery,
    endpoint,
)

router = APIRouter(prefix="/v1/webhook_endpoints", tags=["Webhooks"], route_class=KeyedRoute)
MANAGE = needs(WEBHOOKS)
MISSING = Problem(
    "missing_scope", f"For an endpoint that hears of private incidents this key lacks {PRIVATE_INCIDENTS}."
)


async def _known_id(id: str) -> str:  # noqa: A002  as in the path
    if not is_ulid(id):
        raise not_found()
    return id


Id = Annotated[str, Depends(_known_id)]


def _check_private(call: Call, *, hears_of_private: bool) -> None:
    """A key that may see no private incident can't have them sent anywhere, or to another address."""
    if hears_of_private and PRIVATE_INCIDENTS not in call.key.scopes:
        raise ApiError(403, MISSING)


async def _check_url(call: Call, url: str) -> None:
    try:
        await looked_up(call.context.targets, url)
    except RefusedTargetError as error:
        raise invalid("/url", str(error)) from None


async def _owner(call: Call, owner_id: str | None) -> CreatorRecord:
    if owner_id is None:
        return call.actor
    async with call.database.read() as session:
        try:
            person = await people.one_of_ours(session, owner_id)
        except NotFoundError:
            raise invalid("/owner_id", "There is no such person: take an id from /v2/users.") from None
    return CreatorRecord(CreatorKind.USER, person.id, person.name, person.slack_user_id)


@router.get("", response_model=EndpointsListed, openapi_extra=MANAGE)
async def list_webhook_endpoints(call: Called) -> Response:
    async with call.database.read() as session:
        found = await webhook_endpoints.all_of_them(session)
    return answer(EndpointsListed(webhook_endpoints=tuple(map(endpoint, found))))


@router.post("", status_code=201, response_model=EndpointMade, openapi_extra=MANAGE)
async def create_webhook_endpoint(call: Called, payload: EndpointCreate) -> Response:
    _check_private(call, hears_of_private=payload.allow_private_incidents)
    await _check_url(call, payload.url)
    owner = await _owner(call, payload.owner_id)
    draft = EndpointDraft(
        payload.url, tuple(payload.events), payload.description, payload.allow_private_incidents
    )
    async with call.database.write() as session:
        made, secret = await webhook_endpoints.create(
            session, call.context.keyring, owner, draft, now=call.now
        )
    return answer(EndpointMade(webhook_endpoint=endpoint(made), secret=secret), 201)


@router.get("/{id}", response_model=EndpointShown, openapi_extra=MANAGE)
async def show_webhook_endpoint(call: Called, id: Id) -> Response:  # noqa: A002
    async with call.database.read() as session:
        return answer(EndpointShown(webhook_endpoint=endpoint(await webhook_endpoints.get(session, id))))


@router.patch("/{id}", response_model=EndpointShown, openapi_extra=MANAGE)
async def change_webhook_endpoint(call: Called, id: Id, payload: EndpointChange) -> Response:  # noqa: A002
    changes = payload.model_dump(exclude_none=True)
    if payload.url is not None:
        await _check_url(call, payload.url)
    async with call.database.write() as session:
        before = await webhook_endpoints.held(session, id)
        hears_of_private = before.allow_private_incidents or bool(payload.allow_private_incidents)
        _check_private(call, hears_of_private=hears_of_private)
        changed = await webhook_endpoints.change(session, id, changes, now=call.now)
    return answer(EndpointShown(webhook_endpoint=endpoint(changed)))


@router.delete("/{id}", status_code=204, openapi_extra=MANAGE)
async def delete_webhook_endpoint(call: Called, id: Id) -> Response:  # noqa: A002
    async with call.database.write() as session:
        await webhook_endpoints.delete(session, id)
    return Response(status_code=204)


@router.post("/{id}/actions/rotate_secret", response_model=SecretMade, openapi_extra=MANAGE)
async def rotate_webhook_secret(call: Called, id: Id, payload: RotateSecret) -> Response:  # noqa: A002
    overlap = timedelta(hours=payload.overlap_hours)
    async with call.database.write() as session:
        before = await webhook_endpoints.held(session, id)
        _check_private(call, hears_of_private=before.allow_private_incidents)
        secret = await webhook_endpoints.rotate_secret(
            session, call.context.keyring, id, now=call.now, overlap=overlap
        )
    return answer(SecretMade(secret=secret))


@router.get("/{id}/deliveries", response_model=DeliveriesListed, openapi_extra=MANAGE)
async def list_webhook_deliveries(
    call: Called,
    id: Id,  # noqa: A002
    *,
    page_size: Annotated[int, Query(ge=1, le=250)] = 25,
    after: Annotated[str | None, Query(pattern=ULID)] = None,
    state: DeliveryState | None = None,
) -> Response:
    """Newest first."""
    async with call.database.read() as session:
        found = await webhook_deliveries.of_endpoint(session, id, limit=page_size, state=state, before=after)
    meta = PaginationMeta(page_size=page_size, after=found[-1].id if len(found) == page_size else None)
    return answer(DeliveriesListed(deliveries=tuple(map(delivery, found)), pagination_meta=meta))


@router.post(
    "/{id}/deliveries/{delivery_id}/actions/replay", response_model=DeliveryShown, openapi_extra=MANAGE
)
async def replay_webhook_delivery(call: Called, id: Id, delivery_id: str) -> Response:  # noqa: A002
    if not is_ulid(delivery_id):
        raise not_found()
    async with call.database.write() as session:
        again = await webhook_deliveries.replay(session, id, delivery_id, now=call.now)
    return answer(DeliveryShown(delivery=delivery(again)))


@router.post("/{id}/actions/replay", response_model=Replayed, openapi_extra=MANAGE)
async def replay_webhook_deliveries(call: Called, id: Id, payload: Replay) -> Response:  # noqa: A002
    """Those made since then and before `until`, oldest first, so many at once."""
    since, until = moment(payload.since, "/since"), moment(payload.until, "/until")
    states = tuple(map(DeliveryState, payload.states))
    async with call.database.write() as session:
        replayed, after = await webhook_deliveries.replay_range(
            session, id, since=since, until=until, states=states, now=call.now, after=payload.after or ""
        )
    return answer(Replayed(replayed=replayed, after=after))
