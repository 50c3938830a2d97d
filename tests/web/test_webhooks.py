"""Webhooks in the whole program: what people do in Slack reaches receivers, and owners hear of trouble."""

import asyncio
import json
from typing import Any

import pytest
from sqlmodel import col, select
from standardwebhooks import Webhook

from playground import Person
from playground.seed import CHECKOUT
from storage import webhook_deliveries, webhook_endpoints
from storage.jobs import State
from storage.models import Person as PersonRow
from storage.records import CreatorKind, CreatorRecord, EndpointRecord
from storage.webhook_deliveries import PATIENCE, WAITS
from storage.webhook_endpoints import WEBHOOK_DISABLED, EndpointDraft
from tests.outgoing.receiver import Received, Receiver, receiver, status
from tests.scenarios.conftest import Scenario, adds, list_of
from tests.storage.builders import API_KEY
from tests.storage.webhooks import KEY, KEYRING, deliveries

CREATED = "public_incident.follow_up_created_v2"
UPDATED = "public_incident.follow_up_updated_v2"


@pytest.fixture
def more_settings() -> dict[str, Any]:
    return {"encryption_keys": KEY, "webhook_allowed_hosts": "127.0.0.1"}


async def owner(scenario: Scenario, person: Person) -> CreatorRecord:
    """The person as the bot knows them, once they have used it."""
    async with scenario.app.database.read() as session:
        known = (await session.exec(select(PersonRow).where(col(PersonRow.slack_user_id) == person.id))).one()
    return CreatorRecord(CreatorKind.USER, known.id, known.name, known.slack_user_id)


async def an_endpoint(
    scenario: Scenario, receiving: Receiver, owned_by: CreatorRecord, *events: str
) -> tuple[EndpointRecord, str]:
    draft = EndpointDraft(receiving.url, events)
    async with scenario.app.database.write() as session:
        return await webhook_endpoints.create(session, KEYRING, owned_by, draft, now=scenario.clock())


def event(secret: str, received: Received) -> Any:
    return Webhook(secret).verify(received.body, received.headers)


async def test_what_people_do_in_slack_arrives_at_the_receiver(scenario: Scenario) -> None:
    maya = scenario.maya
    await adds(maya, "Something else")
    async with receiver() as receiving:
        _, secret = await an_endpoint(scenario, receiving, await owner(scenario, maya), CREATED, UPDATED)

        await adds(maya, "Rotate the certs", Assignee="priya")
        (created,) = await receiving.has_received(1)
        listed = await list_of(maya)
        await listed.clicks("Complete", beside="Rotate the certs")
        _, updated = await receiving.has_received(2)

    assert event(secret, created)[CREATED]["title"] == "Rotate the certs"
    assert event(secret, created)[CREATED]["assignee"]["slack_user_id"] == scenario.priya.id
    assert event(secret, updated)[UPDATED]["status"] == "completed"
    assert json.loads(updated.body)["event_type"] == UPDATED


async def test_a_channel_turned_private_is_asked_about_before_anything_leaves(scenario: Scenario) -> None:
    maya = scenario.maya
    await adds(maya, "Something else")
    await scenario.is_quiet()
    private = UPDATED.replace("public", "private")
    async with receiver() as receiving:
        _, secret = await an_endpoint(scenario, receiving, await owner(scenario, maya), UPDATED, private)
        card = await maya.channel.shows("Something else")
        scenario.slack.acts.make_private(maya.id, CHECKOUT)
        scenario.clock.passes(seconds=61)
        await card.clicks("Complete")
        (received,) = await receiving.has_received(1)

    body = event(secret, received)
    assert body["event_type"] == private
    assert body[private].keys() == {"id"}


async def test_a_silent_receiver_does_not_hold_up_the_channel(scenario: Scenario) -> None:
    async def says_nothing(_writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    maya = scenario.maya
    await adds(maya, "Something else")
    async with receiver(says_nothing) as receiving:
        owned_by = await owner(scenario, maya)
        for _ in range(10):
            await an_endpoint(scenario, receiving, owned_by, CREATED)
        await adds(maya, "Rotate the certs")
        await receiving.has_received(8)

        await adds(maya, "Renew the domain")
        await maya.channel.shows("Renew the domain")


async def given_up(scenario: Scenario) -> None:
    """Time passes until nothing waits for another attempt."""
    async with asyncio.timeout(60):
        while waiting := [
            found for found in await deliveries(scenario.app.database) if found.next_attempt_at
        ]:
            (delivery,) = waiting
            assert delivery.next_attempt_at is not None
            until = (delivery.next_attempt_at - scenario.clock()).total_seconds()
            scenario.clock.passes(seconds=max(0.0, until))
            scenario.app.database.jobs_ready.set()
            await asyncio.sleep(0.01)


async def test_the_owner_is_told_in_slack_when_an_endpoint_is_disabled_after_five_days(
    scenario: Scenario,
) -> None:
    maya = scenario.maya
    await adds(maya, "Something else")
    async with receiver(status(500)) as receiving:
        endpoint, _ = await an_endpoint(scenario, receiving, await owner(scenario, maya), CREATED)
        await adds(maya, "Rotate the certs")
        await given_up(scenario)
        scenario.clock.passes(seconds=PATIENCE.total_seconds())
        await adds(maya, "Renew the domain")
        await given_up(scenario)

        told = await maya.direct.shows("switched off")
        await adds(maya, "Not heard of any more")
        async with scenario.app.database.read() as session:
            log = await webhook_deliveries.of_endpoint(session, endpoint.id, limit=10)

    assert len(receiving.received) == 2 * (1 + len(WAITS))
    assert len({received.headers["webhook-id"] for received in receiving.received}) == 2
    assert "127.0.0.1" in told.text
    assert "/hooks" not in told.text
    assert "Nothing has got through for 5 days" in told.text
    assert f"python app.py webhooks enable {endpoint.id}" in told.text
    assert len(log) == 2


async def test_nobody_is_told_of_an_endpoint_that_is_on_again_or_that_a_key_owns(scenario: Scenario) -> None:
    maya = scenario.maya
    await adds(maya, "Something else")
    async with receiver(status(410)) as receiving:
        theirs, _ = await an_endpoint(scenario, receiving, await owner(scenario, maya), CREATED)
        a_keys, _ = await an_endpoint(scenario, receiving, API_KEY, CREATED)
        async with scenario.app.database.write() as session:
            await webhook_endpoints.disable(session, theirs.id, "It answered 410 Gone.", scenario.clock())
            await webhook_endpoints.change(session, theirs.id, {"is_enabled": True}, now=scenario.clock())
            await webhook_endpoints.disable(session, a_keys.id, "It answered 410 Gone.", scenario.clock())
        await scenario.is_quiet()

    assert [job.state for job in await scenario.jobs(WEBHOOK_DISABLED)] == [State.DONE, State.DONE]
    maya.does_not_see("switched off")
