"""Deliveries: one event on its way to one endpoint, tried again for a day, kept for a month."""

import random
from datetime import datetime, timedelta

from prometheus_client import Counter
from sqlalchemy import delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import jobs, webhook_endpoints
from storage.errors import EndpointDisabledError, NotFoundError
from storage.models import HistoryEntry, Incident, WebhookDelivery, WebhookEndpoint
from storage.records import DeliveryRecord, DeliveryState
from storage.webhook_events import of_change

WEBHOOK = "webhook"

# After the first attempt; together about a day.
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=8),
    timedelta(hours=8),
)
JITTER = 0.1
PATIENCE = timedelta(days=5)
KEPT = timedelta(days=30)
REPLAYED_AT_ONCE = 500

ATTEMPTED = Counter("follow_ups_webhooks", "Attempts to deliver webhooks, by how they ended.", ["outcome"])
OUTCOMES = {
    DeliveryState.DELIVERED: "delivered",
    DeliveryState.PENDING: "retried",
    DeliveryState.FAILED: "failed",
    DeliveryState.WITHHELD: "withheld",
}


async def announce(session: AsyncSession, incident: Incident, entry: HistoryEntry, now: datetime) -> None:
    """A delivery of the change for each endpoint that wants to hear of it."""
    events = of_change(incident.visibility, entry.event)
    for endpoint_id, event in await webhook_endpoints.subscribed(session, events):
        delivery = WebhookDelivery(
            endpoint_id=endpoint_id,
            event=event,
            follow_up_id=entry.follow_up_id,
            next_attempt_at=now,
            created_at=now,
        )
        session.add(delivery)
        await session.flush()
        await _enqueue(session, endpoint_id, delivery.id, at=now, now=now)


async def _enqueue(
    session: AsyncSession, endpoint_id: str, delivery_id: str, *, at: datetime, now: datetime
) -> None:
    """One at a time for each endpoint. Each attempt is a job of its own: those behind don't wait for it."""
    await jobs.enqueue(
        session,
        WEBHOOK,
        {"delivery_id": delivery_id},
        group_key=f"{WEBHOOK}:{endpoint_id}",
        run_at=at,
        now=now,
    )


async def due(session: AsyncSession, delivery_id: str, now: datetime) -> DeliveryRecord | None:
    """The delivery, if it is to be attempted by now; None for what has ended or was put off."""
    delivery = await _find(session, delivery_id)
    if delivery is None or delivery.next_attempt_at is None or delivery.next_attempt_at > now:
        return None
    return record(delivery)


async def delivered(
    session: AsyncSession, delivery: DeliveryRecord, *, event: str, status: int, took: timedelta, at: datetime
) -> None:
    """The endpoint has it, and is well."""
    await _attempted(
        session,
        delivery,
        state=DeliveryState.DELIVERED,
        event=event,
        response_status=status,
        error=None,
        duration_ms=_milliseconds(took),
        attempted_at=at,
    )
    ailing = update(WebhookEndpoint).where(
        col(WebhookEndpoint.id) == delivery.endpoint_id, col(WebhookEndpoint.failing_since).is_not(None)
    )
    await session.exec(ailing.values(failing_since=None))


async def failed(
    session: AsyncSession,
    delivery: DeliveryRecord,
    *,
    event: str,
    error: str,
    at: datetime,
    status: int | None = None,
    took: timedelta | None = None,
    is_gone: bool = False,
    is_ours: bool = False,
    not_before: timedelta = timedelta(),
) -> None:
    """Try again later, or give up. An endpoint that is gone, or has failed for days, is disabled.

    `is_ours`: the failure is not the endpoint's. `not_before`: what it asked for with Retry-After.
    """
    is_last = is_gone or delivery.attempts >= len(WAITS)
    next_at = None if is_last else at + max(_wait(delivery.attempts), min(not_before, max(WAITS)))
    await _attempted(
        session,
        delivery,
        state=DeliveryState.FAILED if is_last else DeliveryState.PENDING,
        event=event,
        response_status=status,
        error=error,
        duration_ms=_milliseconds(took),
        attempted_at=at,
        next_attempt_at=next_at,
    )
    if next_at is not None:
        await _enqueue(session, delivery.endpoint_id, delivery.id, at=next_at, now=at)
    if is_gone:
        await webhook_endpoints.disable(session, delivery.endpoint_id, "It answered 410 Gone.", at)
    elif not is_ours:
        since = await _failing_since(session, delivery.endpoint_id, at)
        if is_last and since is not None and at - since >= PATIENCE:
            reason = f"Nothing has got through for {PATIENCE.days} days. The last error: {error}"
            await webhook_endpoints.disable(session, delivery.endpoint_id, reason, at)


async def end_unsent(
    session: AsyncSession, delivery: DeliveryRecord, *, state: DeliveryState, error: str, at: datetime
) -> None:
    """Nothing was sent, and nothing will be unless someone replays it."""
    await _attempted(session, delivery, state=state, error=error, attempted_at=at, counts=False)


async def _attempted(
    session: AsyncSession,
    delivery: DeliveryRecord,
    *,
    state: DeliveryState,
    next_attempt_at: datetime | None = None,
    counts: bool = True,
    **values: object,
) -> None:
    """What was given up meanwhile, with its endpoint, stays so: unless it did arrive."""
    this = update(WebhookDelivery).where(col(WebhookDelivery.id) == delivery.id)
    if state is not DeliveryState.DELIVERED:
        this = this.where(col(WebhookDelivery.state) == DeliveryState.PENDING)
    ended = {"state": state, "attempts": delivery.attempts + counts, "next_attempt_at": next_attempt_at}
    await session.exec(this.values(**ended, **values))
    ATTEMPTED.labels(OUTCOMES[state]).inc()


async def _failing_since(session: AsyncSession, endpoint_id: str, at: datetime) -> datetime | None:
    well = update(WebhookEndpoint).where(
        col(WebhookEndpoint.id) == endpoint_id, col(WebhookEndpoint.failing_since).is_(None)
    )
    await session.exec(well.values(failing_since=at))
    query = select(WebhookEndpoint.failing_since).where(col(WebhookEndpoint.id) == endpoint_id)
    return (await session.exec(query)).one_or_none()


def _wait(attempts: int) -> timedelta:
    """Deliveries that failed together don't come back together."""
    return WAITS[attempts] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311


def _milliseconds(took: timedelta | None) -> int | None:
    return None if took is None else round(took.total_seconds() * 1000)


async def of_endpoint(
    session: AsyncSession,
    endpoint_id: str,
    *,
    limit: int,
    state: DeliveryState | None = None,
    before: str | None = None,
) -> list[DeliveryRecord]:
    """The log, newest first. `before` is the id of the last one seen. Raises NotFoundError."""
    await webhook_endpoints.get(session, endpoint_id)
    query = select(WebhookDelivery).where(col(WebhookDelivery.endpoint_id) == endpoint_id)
    if state is not None:
        query = query.where(col(WebhookDelivery.state) == state)
    if before is not None:
        query = query.where(col(WebhookDelivery.id) < before)
    found = await session.exec(query.order_by(col(WebhookDelivery.id).desc()).limit(limit))
    return [record(delivery) for delivery in found]


async def replay(
    session: AsyncSession, endpoint_id: str, delivery_id: str, *, now: datetime
) -> DeliveryRecord:
    """Send it again now, under the same id, with the follow-up as it is. Its retries begin anew.

    Raises NotFoundError, EndpointDisabledError.
    """
    await _require_enabled(session, endpoint_id)
    delivery = await _find(session, delivery_id)
    if delivery is None or delivery.endpoint_id != endpoint_id:
        raise NotFoundError(f"no delivery {delivery_id}")
    await _send_again(session, delivery, now)
    return record(delivery)


async def replay_range(
    session: AsyncSession,
    endpoint_id: str,
    *,
    since: datetime,
    until: datetime,
    states: tuple[DeliveryState, ...],
    now: datetime,
    after: str = "",
) -> tuple[int, str | None]:
    """Send again what was made in that time and ended so, oldest first, at most REPLAYED_AT_ONCE.

    Returns how many those are and, when there may be more, the `after` to go on with.
    Raises NotFoundError, EndpointDisabledError.
    """
    await _require_enabled(session, endpoint_id)
    query = (
        select(WebhookDelivery)
        .where(
            col(WebhookDelivery.endpoint_id) == endpoint_id,
            col(WebhookDelivery.id) > after,
            col(WebhookDelivery.created_at) >= since,
            col(WebhookDelivery.created_at) < until,
            col(WebhookDelivery.state).in_(states),
        )
        .order_by(col(WebhookDelivery.id))
        .limit(REPLAYED_AT_ONCE)
        .with_for_update()
    )
    found = (await session.exec(query)).all()
    for delivery in found:
        await _send_again(session, delivery, now)
    return len(found), found[-1].id if len(found) == REPLAYED_AT_ONCE else None


async def _send_again(session: AsyncSession, delivery: WebhookDelivery, now: datetime) -> None:
    delivery.state = DeliveryState.PENDING
    delivery.attempts = 0
    delivery.next_attempt_at = now
    session.add(delivery)
    await session.flush()
    await _enqueue(session, delivery.endpoint_id, delivery.id, at=now, now=now)


async def _require_enabled(session: AsyncSession, endpoint_id: str) -> None:
    endpoint = await webhook_endpoints.get(session, endpoint_id)
    if endpoint.disabled_at is not None:
        raise EndpointDisabledError(endpoint_id)


async def sweep(session: AsyncSession, *, before: datetime) -> int:
    """Forget what was made before then and has ended."""
    old = delete(WebhookDelivery).where(
        col(WebhookDelivery.created_at) < before, col(WebhookDelivery.state) != DeliveryState.PENDING
    )
    return (await session.exec(old)).rowcount


async def _find(session: AsyncSession, delivery_id: str) -> WebhookDelivery | None:
    query = select(WebhookDelivery).where(col(WebhookDelivery.id) == delivery_id)
    return (await session.exec(query)).one_or_none()


def record(delivery: WebhookDelivery) -> DeliveryRecord:
    return DeliveryRecord(**{name: getattr(delivery, name) for name in DeliveryRecord.__slots__})
