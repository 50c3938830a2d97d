"""Where webhooks are sent: endpoints, what they subscribe to, and the secrets that sign."""

import os
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete as sql_delete
from sqlalchemy import func, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import jobs, people
from storage.columns import new_id
from storage.errors import InvalidFieldError, NotFoundError
from storage.models import WebhookDelivery, WebhookEndpoint, WebhookSecret
from storage.records import CreatorKind, CreatorRecord, DeliveryState, EndpointRecord
from storage.secrets import Keyring, place
from storage.text import one_line
from storage.webhook_events import EVENTS

# Each change of a follow-up is a delivery for each endpoint.
ENDPOINTS_LIMIT = 50
DESCRIPTION_LIMIT = 200
LONGEST_NAME_SHOWN = 100
SECRET_BYTES = 32
OVERLAP = timedelta(hours=24)
LONGEST_OVERLAP = timedelta(days=7)

# The job that tells an endpoint's owner in Slack that it was disabled.
WEBHOOK_DISABLED = "webhook_disabled"
DISABLED_BY_HAND = "Disabled by hand."


@dataclass(frozen=True, slots=True)
class EndpointDraft:
    """An endpoint to be. The URL has been checked by whoever may look up its host."""

    url: str
    events: tuple[str, ...]
    description: str = ""
    allow_private_incidents: bool = False


async def create(
    session: AsyncSession, keyring: Keyring, owner: CreatorRecord, draft: EndpointDraft, *, now: datetime
) -> tuple[EndpointRecord, str]:
    """The endpoint, and its secret, which is shown only now. Raises NoKeyError, InvalidFieldError."""
    keyring.require()
    if (await session.exec(select(func.count()).select_from(WebhookEndpoint))).one() >= ENDPOINTS_LIMIT:
        raise InvalidFieldError("url", f"There are {ENDPOINTS_LIMIT} endpoints already: delete one first.")
    endpoint = WebhookEndpoint(
        url=draft.url,
        description=_description(draft.description),
        events=_events(draft.events),
        allow_private_incidents=draft.allow_private_incidents,
        owner_kind=owner.kind,
        owner_id=owner.id,
        owner_name=owner.name,
        created_at=now,
        updated_at=now,
    )
    session.add(endpoint)
    await session.flush()
    return _record(endpoint), await _add_secret(session, keyring, endpoint.id, now)


async def change(
    session: AsyncSession, endpoint_id: str, changes: Mapping[str, Any], *, now: datetime
) -> EndpointRecord:
    """Set `url`, `events`, `description`, `allow_private_incidents` or `is_enabled`.

    Raises NotFoundError, InvalidFieldError.
    """
    endpoint = await _locked(session, endpoint_id)
    values = dict(changes)
    is_enabled = values.pop("is_enabled", endpoint.disabled_at is None)
    if "events" in values:
        values["events"] = _events(values["events"])
    if "description" in values:
        values["description"] = _description(values["description"])
    if is_enabled and endpoint.disabled_at is not None:
        values |= {"disabled_at": None, "disabled_reason": None, "failing_since": None}
    for name, value in values.items():
        setattr(endpoint, name, value)
    endpoint.updated_at = now
    session.add(endpoint)
    await session.flush()
    if not is_enabled:
        await _disable(session, endpoint_id, DISABLED_BY_HAND, now)
        await session.refresh(endpoint)
    return _record(endpoint)


async def delete(session: AsyncSession, endpoint_id: str) -> None:
    """With its secrets and its log. Raises NotFoundError."""
    endpoint = await _locked(session, endpoint_id, key_share=False)
    for table in (WebhookDelivery, WebhookSecret):
        await session.exec(sql_delete(table).where(col(table.endpoint_id) == endpoint_id))
    await session.delete(endpoint)
    await session.flush()


async def get(session: AsyncSession, endpoint_id: str) -> EndpointRecord:
    """Raises NotFoundError."""
    query = select(WebhookEndpoint).where(col(WebhookEndpoint.id) == endpoint_id)
    endpoint = (await session.exec(query)).one_or_none()
    if endpoint is None:
        raise NotFoundError(f"no webhook endpoint {endpoint_id}")
    return _record(endpoint)


async def held(session: AsyncSession, endpoint_id: str) -> EndpointRecord:
    """As it is, and stays until this transaction changes it. Raises NotFoundError."""
    return _record(await _locked(session, endpoint_id))


async def all_of_them(session: AsyncSession) -> list[EndpointRecord]:
    """Oldest first."""
    query = select(WebhookEndpoint).order_by(col(WebhookEndpoint.id))
    return [_record(endpoint) for endpoint in await session.exec(query)]


async def subscribed(session: AsyncSession, events: Iterable[str]) -> list[tuple[str, str]]:
    """The enabled endpoints that want one of the events, each with that event.

    They can't be deleted before this transaction ends: its deliveries would point nowhere.
    """
    query = (
        select(WebhookEndpoint.id, WebhookEndpoint.events)
        .where(col(WebhookEndpoint.disabled_at).is_(None))
        .order_by(col(WebhookEndpoint.id))
        .with_for_update(read=True, key_share=True)
    )
    endpoints = (await session.exec(query)).all()
    return [(endpoint_id, event) for event in events for endpoint_id, wanted in endpoints if event in wanted]


async def rotate_secret(
    session: AsyncSession,
    keyring: Keyring,
    endpoint_id: str,
    *,
    now: datetime,
    overlap: timedelta = OVERLAP,
) -> str:
    """A new secret, shown only now. The old one signs beside it until the overlap ends.

    Raises NotFoundError, NoKeyError, InvalidFieldError.
    """
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        days = LONGEST_OVERLAP.days
        raise InvalidFieldError("overlap_hours", f"Both secrets can sign for at most {days} days.")
    await _locked(session, endpoint_id)
    until = now + overlap
    theirs = col(WebhookSecret.endpoint_id) == endpoint_id
    still_later = or_(col(WebhookSecret.expires_at).is_(None), col(WebhookSecret.expires_at) > until)
    await session.exec(update(WebhookSecret).where(theirs, still_later).values(expires_at=until))
    await session.exec(sql_delete(WebhookSecret).where(theirs, col(WebhookSecret.expires_at) <= now))
    return await _add_secret(session, keyring, endpoint_id, now)


async def secrets_of(
    session: AsyncSession, keyring: Keyring, endpoint_id: str, now: datetime
) -> tuple[str, ...]:
    """All that sign now, the newest first. Raises UnreadableSecretError."""
    query = (
        select(WebhookSecret)
        .where(
            col(WebhookSecret.endpoint_id) == endpoint_id,
            or_(col(WebhookSecret.expires_at).is_(None), col(WebhookSecret.expires_at) > now),
        )
        .order_by(col(WebhookSecret.id).desc())
    )
    return tuple(keyring.open(kept.sealed, _kept_in(kept.id)) for kept in await session.exec(query))


async def disable(session: AsyncSession, endpoint_id: str, reason: str, now: datetime) -> None:
    """Send nothing more, give up what is waiting, and tell the owner."""
    if await _disable(session, endpoint_id, reason, now):
        await jobs.enqueue(session, WEBHOOK_DISABLED, {"endpoint_id": endpoint_id}, now=now)


async def _disable(session: AsyncSession, endpoint_id: str, reason: str, now: datetime) -> bool:
    enabled = update(WebhookEndpoint).where(
        col(WebhookEndpoint.id) == endpoint_id, col(WebhookEndpoint.disabled_at).is_(None)
    )
    disabled = await session.exec(enabled.values(disabled_at=now, disabled_reason=reason, updated_at=now))
    waiting = update(WebhookDelivery).where(
        col(WebhookDelivery.endpoint_id) == endpoint_id, col(WebhookDelivery.state) == DeliveryState.PENDING
    )
    await session.exec(
        waiting.values(
            state=DeliveryState.FAILED, next_attempt_at=None, error="The endpoint was disabled before this."
        )
    )
    return bool(disabled.rowcount)


async def _locked(session: AsyncSession, endpoint_id: str, *, key_share: bool = True) -> WebhookEndpoint:
    """`key_share`: deliveries may be added meanwhile."""
    query = select(WebhookEndpoint).where(col(WebhookEndpoint.id) == endpoint_id)
    endpoint = (await session.exec(query.with_for_update(key_share=key_share))).one_or_none()
    if endpoint is None:
        raise NotFoundError(f"no webhook endpoint {endpoint_id}")
    return endpoint


async def _add_secret(session: AsyncSession, keyring: Keyring, endpoint_id: str, now: datetime) -> str:
    secret = f"whsec_{b64encode(os.urandom(SECRET_BYTES)).decode()}"
    secret_id = new_id()
    sealed = keyring.seal(secret, _kept_in(secret_id))
    session.add(WebhookSecret(id=secret_id, endpoint_id=endpoint_id, sealed=sealed, created_at=now))
    await session.flush()
    return secret


def _kept_in(secret_id: str) -> str:
    return place("webhook_secret", secret_id, "sealed")


def _events(events: Iterable[str]) -> list[str]:
    wanted = set(events)
    if not wanted:
        raise InvalidFieldError("events", f"Name at least one event: {', '.join(EVENTS)}.")
    if unknown := sorted(wanted.difference(EVENTS)):
        shown = one_line(unknown[0])[:LONGEST_NAME_SHOWN]
        raise InvalidFieldError("events", f"There is no event {shown}. There are: {', '.join(EVENTS)}.")
    return [event for event in EVENTS if event in wanted]


def _description(description: str) -> str:
    description = one_line(description)
    if len(description) > DESCRIPTION_LIMIT:
        raise InvalidFieldError("description", f"Use at most {DESCRIPTION_LIMIT} characters.")
    return description


def _record(endpoint: WebhookEndpoint) -> EndpointRecord:
    return EndpointRecord(
        id=endpoint.id,
        url=endpoint.url,
        description=endpoint.description,
        events=tuple(endpoint.events),
        allow_private_incidents=endpoint.allow_private_incidents,
        owner=CreatorRecord(endpoint.owner_kind, endpoint.owner_id, endpoint.owner_name),
        created_at=endpoint.created_at,
        updated_at=endpoint.updated_at,
        disabled_at=endpoint.disabled_at,
        disabled_reason=endpoint.disabled_reason,
        failing_since=endpoint.failing_since,
    )


async def owner_of(session: AsyncSession, endpoint: EndpointRecord) -> str | None:
    """The Slack id of the person who owns it; None when a key does."""
    if endpoint.owner.kind is not CreatorKind.USER:
        return None
    return (await people.by_id(session, endpoint.owner.id)).slack_user_id
