"""The objects of /v1/webhook_endpoints. They are ours."""

from datetime import datetime

from storage.records import DeliveryRecord, DeliveryState, EndpointRecord
from web import shapes
from web.shapes import Actor, PaginationMeta, Shape


class Endpoint(Shape):
    id: str
    url: str
    description: str
    events: tuple[str, ...]
    allow_private_incidents: bool
    owner: Actor
    is_enabled: bool
    disabled_at: datetime | None = None
    disabled_reason: str | None = None
    failing_since: datetime | None = None
    created_at: datetime
    updated_at: datetime


class Delivery(Shape):
    """`id` is the webhook-id. `error` says why the last attempt failed."""

    id: str
    event_type: str
    follow_up_id: str
    state: DeliveryState
    attempts: int
    response_status: int | None = None
    error: str | None = None
    duration_ms: int | None = None
    created_at: datetime
    attempted_at: datetime | None = None
    next_attempt_at: datetime | None = None


class EndpointShown(Shape):
    webhook_endpoint: Endpoint


class EndpointMade(EndpointShown):
    """`secret` is shown only now."""

    secret: str


class EndpointsListed(Shape):
    webhook_endpoints: tuple[Endpoint, ...]


class SecretMade(Shape):
    secret: str


class DeliveryShown(Shape):
    delivery: Delivery


class DeliveriesListed(Shape):
    deliveries: tuple[Delivery, ...]
    pagination_meta: PaginationMeta


class Replayed(Shape):
    """When there may be more, `after` is to be sent with the next request."""

    replayed: int
    after: str | None = None


def endpoint(found: EndpointRecord) -> Endpoint:
    return Endpoint(
        id=found.id,
        url=found.url,
        description=found.description,
        events=found.events,
        allow_private_incidents=found.allow_private_incidents,
        owner=shapes.actor(found.owner),
        is_enabled=found.disabled_at is None,
        disabled_at=found.disabled_at,
        disabled_reason=found.disabled_reason,
        failing_since=found.failing_since,
        created_at=found.created_at,
        updated_at=found.updated_at,
    )


def delivery(found: DeliveryRecord) -> Delivery:
    return Delivery(
        id=found.id,
        event_type=found.event,
        follow_up_id=found.follow_up_id,
        state=found.state,
        attempts=found.attempts,
        response_status=found.response_status,
        error=found.error,
        duration_ms=found.duration_ms,
        created_at=found.created_at,
        attempted_at=found.attempted_at,
        next_attempt_at=found.next_attempt_at,
    )
