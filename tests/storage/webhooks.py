"""Webhook endpoints and their deliveries in a few words."""

from datetime import datetime
from typing import Any

from sqlmodel import col, select

from storage import webhook_deliveries, webhook_endpoints
from storage.database import Database
from storage.models import WebhookDelivery
from storage.records import CreatorRecord, DeliveryRecord, EndpointRecord
from storage.secrets import Keyring, new_key
from storage.webhook_endpoints import EndpointDraft
from storage.webhook_events import EVENTS
from tests.storage.builders import API_KEY, NOW, look, run

KEY = new_key("k1")
KEYRING = Keyring.parse(KEY)


async def an_endpoint(
    database: Database,
    *events: str,
    url: str = "https://example.com/hooks",
    owner: CreatorRecord = API_KEY,
    now: datetime = NOW,
    **more: Any,
) -> EndpointRecord:
    """Subscribed to every event unless some are named."""
    draft = EndpointDraft(url, events or EVENTS, **more)
    endpoint, _ = await run(database, webhook_endpoints.create, KEYRING, owner, draft, now=now)
    return endpoint


async def endpoint_now(database: Database, endpoint: EndpointRecord) -> EndpointRecord:
    return await look(database, webhook_endpoints.get, endpoint.id)


async def deliveries(database: Database) -> list[DeliveryRecord]:
    """Oldest first."""
    async with database.read() as session:
        found = await session.exec(select(WebhookDelivery).order_by(col(WebhookDelivery.id)))
        return [webhook_deliveries.record(delivery) for delivery in found]


async def the_delivery(database: Database) -> DeliveryRecord:
    (only,) = await deliveries(database)
    return only
