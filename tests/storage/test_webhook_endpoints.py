"""Webhook endpoints: what they are made of, what is refused, and how their secrets change."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import SQLModel, func, select

from storage import follow_ups, webhook_endpoints
from storage.database import Database
from storage.errors import InvalidFieldError, NotFoundError
from storage.models import WebhookDelivery, WebhookEndpoint, WebhookSecret
from storage.records import DeliveryState
from storage.secrets import Keyring, NoKeyError
from storage.webhook_endpoints import DISABLED_BY_HAND, EndpointDraft
from storage.webhook_events import EVENTS
from tests.storage.builders import API_KEY, LATER, NOW, alice_and_follow_up, look, run
from tests.storage.webhooks import KEYRING, an_endpoint, deliveries, endpoint_now

CREATED = "public_incident.follow_up_created_v2"
UPDATED = "public_incident.follow_up_updated_v2"


async def secrets_of(database: Database, endpoint_id: str, now: Any = NOW) -> tuple[str, ...]:
    return await look(database, webhook_endpoints.secrets_of, KEYRING, endpoint_id, now)


async def count(database: Database, table: type[SQLModel]) -> int:
    async with database.read() as session:
        return (await session.exec(select(func.count()).select_from(table))).one()


async def test_an_endpoint_is_kept_as_it_was_made_and_its_secret_shown_once(database: Database) -> None:
    draft = EndpointDraft("https://example.com/hooks", (UPDATED, CREATED), " Our \n dashboard ")
    made, secret = await run(database, webhook_endpoints.create, KEYRING, API_KEY, draft, now=NOW)

    assert secret.startswith("whsec_")
    assert await look(database, webhook_endpoints.get, made.id) == made
    assert (made.url, made.description) == ("https://example.com/hooks", "Our dashboard")
    assert made.events == (CREATED, UPDATED)
    assert (made.owner, made.allow_private_incidents) == (API_KEY, False)
    assert await secrets_of(database, made.id) == (secret,)
    async with database.read() as session:
        sealed = (await session.exec(select(WebhookSecret.sealed))).one()
    assert secret.removeprefix("whsec_") not in sealed


async def test_without_a_key_an_endpoint_is_refused_and_nothing_is_kept(database: Database) -> None:
    draft = EndpointDraft("https://example.com/hooks", (CREATED,))

    with pytest.raises(NoKeyError, match="secrets new-key"):
        await run(database, webhook_endpoints.create, Keyring({}), API_KEY, draft, now=NOW)

    assert await count(database, WebhookEndpoint) == 0


@pytest.mark.parametrize(
    ("draft", "field", "why"),
    [
        ({"events": ()}, "events", "Name at least one event"),
        ({"events": ("public_incident.lunch_v1",)}, "events", "There is no event public_incident.lunch_v1"),
        ({"description": "x" * 201}, "description", "at most 200"),
    ],
)
async def test_what_is_wrong_with_an_endpoint_is_named(
    database: Database, draft: dict[str, Any], field: str, why: str
) -> None:
    fields: dict[str, Any] = {"url": "https://example.com/", "events": (CREATED,)} | draft
    with pytest.raises(InvalidFieldError) as refused:
        await run(database, webhook_endpoints.create, KEYRING, API_KEY, EndpointDraft(**fields), now=NOW)
    assert why in refused.value.errors[field]


async def test_there_are_not_endlessly_many_endpoints(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_endpoints, "ENDPOINTS_LIMIT", 2)
    await an_endpoint(database)
    await an_endpoint(database)

    with pytest.raises(InvalidFieldError, match="There are 2 endpoints already"):
        await an_endpoint(database)


async def test_an_endpoint_changes_only_where_it_is_told_to(database: Database) -> None:
    made = await an_endpoint(database, CREATED, description="Ours")

    changed = await run(
        database, webhook_endpoints.change, made.id, {"url": "https://example.org/"}, now=LATER
    )

    assert changed == await endpoint_now(database, made)
    assert (changed.url, changed.events, changed.description) == ("https://example.org/", (CREATED,), "Ours")
    assert changed.updated_at == LATER


async def test_what_is_refused_changes_nothing(database: Database) -> None:
    made = await an_endpoint(database, CREATED)

    with pytest.raises(InvalidFieldError):
        await run(
            database,
            webhook_endpoints.change,
            made.id,
            {"url": "https://example.org/", "events": ()},
            now=LATER,
        )

    assert await endpoint_now(database, made) == made


async def test_switching_off_gives_up_what_waits_and_switching_on_begins_anew(database: Database) -> None:
    made = await an_endpoint(database)
    await alice_and_follow_up(database)

    off = await run(database, webhook_endpoints.change, made.id, {"is_enabled": False}, now=LATER)
    given_up = await deliveries(database)
    on = await run(database, webhook_endpoints.change, made.id, {"is_enabled": True}, now=LATER)

    assert (off.disabled_at, off.disabled_reason) == (LATER, DISABLED_BY_HAND)
    assert {delivery.state for delivery in given_up} == {DeliveryState.FAILED}
    assert {delivery.next_attempt_at for delivery in given_up} == {None}
    assert (on.disabled_at, on.disabled_reason, on.failing_since) == (None, None, None)


async def test_deleting_takes_the_secrets_and_the_log_with_it(database: Database) -> None:
    made, other = await an_endpoint(database), await an_endpoint(database)
    await alice_and_follow_up(database)

    await run(database, webhook_endpoints.delete, made.id)

    assert await look(database, webhook_endpoints.all_of_them) == [other]
    assert {delivery.endpoint_id for delivery in await deliveries(database)} == {other.id}
    assert await count(database, WebhookSecret) == 1


async def test_an_endpoint_that_is_not_there_is_not_found(database: Database) -> None:
    missing = "01KZZZZZZZ0000000000000099"
    with pytest.raises(NotFoundError):
        await look(database, webhook_endpoints.get, missing)
    with pytest.raises(NotFoundError):
        await run(database, webhook_endpoints.change, missing, {}, now=NOW)
    with pytest.raises(NotFoundError):
        await run(database, webhook_endpoints.delete, missing)
    with pytest.raises(NotFoundError):
        await run(database, webhook_endpoints.rotate_secret, KEYRING, missing, now=NOW)


@pytest.mark.parametrize("first", ["change", "delete"])
async def test_a_follow_up_can_be_changed_while_its_endpoint_is_being_deleted(
    database: Database, first: str
) -> None:
    alice, made = await alice_and_follow_up(database)
    endpoint = await an_endpoint(database)
    begun = asyncio.Event()

    async def act(name: str) -> None:
        if name != first:
            await begun.wait()
        async with database.write() as session:
            if name == "change":
                await follow_ups.change(session, alice, made.id, {"title": "B"}, now=LATER)
            else:
                await webhook_endpoints.delete(session, endpoint.id)
            begun.set()
            await asyncio.sleep(0.2)  # the other comes to where it would fail

    async with asyncio.timeout(20):
        await asyncio.gather(act("change"), act("delete"))

    assert (await look(database, follow_ups.read, made.id)).title == "B"
    assert await count(database, WebhookDelivery) == 0


async def test_the_old_secret_signs_beside_the_new_one_until_the_overlap_ends(database: Database) -> None:
    made = await an_endpoint(database)
    (first,) = await secrets_of(database, made.id)

    second = await run(
        database, webhook_endpoints.rotate_secret, KEYRING, made.id, now=NOW, overlap=timedelta(hours=2)
    )

    assert await secrets_of(database, made.id, NOW + timedelta(hours=1)) == (second, first)
    assert await secrets_of(database, made.id, NOW + timedelta(hours=2)) == (second,)


async def test_rotating_again_never_lengthens_the_life_of_an_old_secret(database: Database) -> None:
    made = await an_endpoint(database)
    (first,) = await secrets_of(database, made.id)
    rotate = webhook_endpoints.rotate_secret
    second = await run(database, rotate, KEYRING, made.id, now=NOW, overlap=timedelta(hours=1))
    third = await run(database, rotate, KEYRING, made.id, now=NOW, overlap=timedelta(hours=5))

    assert await secrets_of(database, made.id) == (third, second, first)
    assert await secrets_of(database, made.id, NOW + timedelta(hours=1)) == (third, second)


async def test_without_an_overlap_the_old_secret_is_gone_at_once(database: Database) -> None:
    made = await an_endpoint(database)
    new = await run(database, webhook_endpoints.rotate_secret, KEYRING, made.id, now=NOW, overlap=timedelta())

    assert await secrets_of(database, made.id) == (new,)
    assert await count(database, WebhookSecret) == 1


@pytest.mark.parametrize("overlap", [timedelta(days=8), timedelta(seconds=-1)])
async def test_an_overlap_without_measure_is_refused(database: Database, overlap: timedelta) -> None:
    made = await an_endpoint(database)
    with pytest.raises(InvalidFieldError, match="at most 7 days"):
        await run(database, webhook_endpoints.rotate_secret, KEYRING, made.id, now=NOW, overlap=overlap)


def test_each_published_event_and_ours_can_be_subscribed_to() -> None:
    assert set(EVENTS) == {
        f"{visibility}_incident.follow_up_{event}"
        for visibility in ("public", "private")
        for event in ("created_v1", "created_v2", "updated_v1", "updated_v2", "deleted_v1")
    }
