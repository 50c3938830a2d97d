"""Deliveries: born with the change, tried again for a day, given up, replayed, forgotten."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from storage import access, follow_ups, incidents, webhook_deliveries, webhook_endpoints
from storage.database import Database
from storage.errors import EndpointDisabledError, NotFoundError
from storage.jobs import Job
from storage.records import DeliveryRecord, DeliveryState, Status
from storage.webhook_deliveries import KEPT, PATIENCE, WAITS, WEBHOOK
from storage.webhook_endpoints import WEBHOOK_DISABLED
from tests.storage.builders import (
    LATER,
    NOW,
    PREFIXES,
    a_channel,
    a_follow_up,
    a_person,
    alice_and_follow_up,
    an_incident,
    look,
    no_jobs,
    run,
)
from tests.storage.webhooks import an_endpoint, deliveries, endpoint_now, the_delivery

CREATED = "public_incident.follow_up_created_v2"
DAY = timedelta(days=1)


@pytest.fixture
def _exact_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_deliveries, "JITTER", 0)


async def events(database: Database) -> list[str]:
    return [delivery.event for delivery in await deliveries(database)]


async def webhook_jobs(database: Database, kind: str = WEBHOOK) -> list[Job]:
    async with database.read() as session:
        return list(await session.exec(select(Job).where(Job.kind == kind).order_by(col(Job.id))))


async def fails(database: Database, delivery: DeliveryRecord, at: datetime, **how: Any) -> DeliveryRecord:
    told: dict[str, Any] = {"event": delivery.event, "error": "It answered 500.", "status": 500} | how
    await run(database, webhook_deliveries.failed, delivery, at=at, took=timedelta(seconds=1), **told)
    return next(found for found in await deliveries(database) if found.id == delivery.id)


async def succeeds(database: Database, delivery: DeliveryRecord, at: datetime) -> None:
    took = timedelta(milliseconds=12)
    await run(
        database,
        webhook_deliveries.delivered,
        delivery,
        event=delivery.event,
        status=200,
        took=took,
        at=at,
    )


async def test_each_change_is_a_delivery_and_a_job_for_each_endpoint_that_wants_it(
    database: Database,
) -> None:
    created = await an_endpoint(database, CREATED)
    everything = await an_endpoint(database)

    _, made = await alice_and_follow_up(database)

    found = await deliveries(database)
    assert [(delivery.endpoint_id, delivery.event) for delivery in found] == [
        (everything.id, "public_incident.follow_up_created_v1"),
        (created.id, CREATED),
        (everything.id, CREATED),
    ]
    assert {delivery.follow_up_id for delivery in found} == {made.id}
    assert [(job.group_key, job.payload) for job in await webhook_jobs(database)] == [
        (f"webhook:{delivery.endpoint_id}", {"delivery_id": delivery.id}) for delivery in found
    ]


@pytest.mark.parametrize(
    ("change", "happened"),
    [
        ({"title": "B"}, "updated"),
        ({"status": Status.COMPLETED}, "updated"),
        ({"labels": ("tls",)}, "updated"),
        ({"status": Status.DELETED}, "deleted"),
    ],
)
@pytest.mark.parametrize("visibility", ["public", "private"])
async def test_the_event_is_named_after_the_change_and_the_incident(
    database: Database, change: dict[str, Any], happened: str, visibility: str
) -> None:
    alice = await run(database, a_person)
    members = [alice] if visibility == "private" else None
    incident = await run(database, an_incident, private_to=members)
    made = await run(database, a_follow_up, alice, incident)
    await an_endpoint(database)

    await run(database, follow_ups.change, alice, made.id, change, now=LATER)

    versions = {"updated": ("v1", "v2"), "deleted": ("v1",)}[happened]
    assert await events(database) == [
        f"{visibility}_incident.follow_up_{happened}_{version}" for version in versions
    ]


async def test_nothing_is_delivered_of_a_change_that_changes_nothing_or_rolls_back(
    database: Database,
) -> None:
    alice, made = await alice_and_follow_up(database)
    await an_endpoint(database)

    await run(database, follow_ups.change, alice, made.id, {"title": made.title}, now=LATER)

    async def change_and_fail() -> None:
        async with database.write() as session:
            await follow_ups.change(session, alice, made.id, {"title": "B"}, now=LATER)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await change_and_fail()

    assert await deliveries(database) == []


async def test_an_endpoint_that_is_switched_off_hears_nothing(database: Database) -> None:
    endpoint = await an_endpoint(database)
    await run(database, webhook_endpoints.change, endpoint.id, {"is_enabled": False}, now=NOW)

    await alice_and_follow_up(database)

    assert await deliveries(database) == []


@pytest.mark.usefixtures("_exact_waits")
async def test_a_failure_is_tried_again_over_a_day_under_the_same_id_and_then_given_up(
    database: Database,
) -> None:
    await an_endpoint(database, CREATED)
    await alice_and_follow_up(database)
    delivery, at = await the_delivery(database), NOW
    for attempt, wait in enumerate(WAITS, 1):
        again = await fails(database, delivery, at)
        assert (again.id, again.state, again.attempts) == (delivery.id, DeliveryState.PENDING, attempt)
        assert again.next_attempt_at == at + wait
        assert (await webhook_jobs(database))[-1].run_at == at + wait
        delivery, at = again, at + wait
    last = await fails(database, delivery, at)

    assert timedelta(hours=23) < at - NOW < timedelta(hours=25)
    assert (last.state, last.attempts, last.next_attempt_at) == (DeliveryState.FAILED, 8, None)
    assert (last.response_status, last.error, last.duration_ms) == (500, "It answered 500.", 1000)
    assert len(await webhook_jobs(database)) == 1 + len(WAITS)
    assert (await look(database, webhook_deliveries.due, delivery.id, at + DAY)) is None


async def test_what_failed_together_does_not_come_back_together(database: Database) -> None:
    await an_endpoint(database)
    await alice_and_follow_up(database)
    waiting = [await fails(database, delivery, NOW) for delivery in await deliveries(database)]

    assert len({delivery.next_attempt_at for delivery in waiting}) == len(waiting)
    for delivery in waiting:
        assert delivery.next_attempt_at is not None
        assert abs(delivery.next_attempt_at - NOW - WAITS[0]) <= WAITS[0] * 0.1


@pytest.mark.usefixtures("_exact_waits")
@pytest.mark.parametrize(
    ("asked", "waited"),
    [(timedelta(minutes=10), timedelta(minutes=10)), (timedelta(seconds=1), WAITS[0]), (DAY, max(WAITS))],
)
async def test_retry_after_is_honoured_within_reason(
    database: Database, asked: timedelta, waited: timedelta
) -> None:
    await an_endpoint(database, CREATED)
    await alice_and_follow_up(database)

    again = await fails(database, await the_delivery(database), NOW, not_before=asked)

    assert again.next_attempt_at == NOW + waited


async def test_a_delivery_put_off_is_not_due_before_its_time(database: Database) -> None:
    await an_endpoint(database, CREATED)
    await alice_and_follow_up(database)
    delivery = await fails(database, await the_delivery(database), NOW)
    assert delivery.next_attempt_at is not None

    just_before = delivery.next_attempt_at - timedelta(microseconds=1)
    assert await look(database, webhook_deliveries.due, delivery.id, just_before) is None
    assert await look(database, webhook_deliveries.due, delivery.id, delivery.next_attempt_at) == delivery


async def given_up(database: Database, at: datetime) -> DeliveryRecord:
    """The newest delivery, after its last attempt."""
    delivery = (await deliveries(database))[-1]
    for _ in range(1 + len(WAITS)):
        delivery = await fails(database, delivery, at)
    return delivery


async def test_an_endpoint_that_failed_for_five_days_is_disabled_and_its_owner_told(
    database: Database,
) -> None:
    endpoint = await an_endpoint(database, CREATED)
    alice, made = await alice_and_follow_up(database)
    await given_up(database, NOW)
    assert (await endpoint_now(database, endpoint)).failing_since == NOW

    await run(database, follow_ups.create, alice, made.incident.id, follow_ups.Draft("B"), now=NOW + PATIENCE)
    await given_up(database, NOW + PATIENCE - timedelta(seconds=1))
    assert (await endpoint_now(database, endpoint)).disabled_at is None

    await run(database, follow_ups.create, alice, made.incident.id, follow_ups.Draft("C"), now=NOW + PATIENCE)
    await run(database, follow_ups.create, alice, made.incident.id, follow_ups.Draft("D"), now=NOW + PATIENCE)
    await given_up(database, NOW + PATIENCE)

    disabled = await endpoint_now(database, endpoint)
    assert disabled.disabled_at == NOW + PATIENCE
    assert disabled.disabled_reason == (
        "Nothing has got through for 5 days. The last error: It answered 500."
    )
    assert {delivery.state for delivery in await deliveries(database)} == {DeliveryState.FAILED}
    told = await webhook_jobs(database, WEBHOOK_DISABLED)
    assert [job.payload for job in told] == [{"endpoint_id": endpoint.id}]


async def test_five_days_without_a_word_to_send_are_no_failure(database: Database) -> None:
    """A first failure after a quiet week gets its day of attempts."""
    endpoint = await an_endpoint(database, CREATED)
    alice, made = await alice_and_follow_up(database)
    await given_up(database, NOW)
    later = NOW + PATIENCE * 2
    await run(database, follow_ups.create, alice, made.incident.id, follow_ups.Draft("B"), now=later)

    await fails(database, (await deliveries(database))[-1], later)

    assert (await endpoint_now(database, endpoint)).disabled_at is None


async def test_one_success_starts_the_five_days_anew(database: Database) -> None:
    endpoint = await an_endpoint(database)
    await alice_and_follow_up(database)
    first, second = await deliveries(database)
    await fails(database, first, NOW)

    await succeeds(database, second, NOW + PATIENCE / 2)
    assert (await endpoint_now(database, endpoint)).failing_since is None
    await fails(database, first, NOW + PATIENCE)

    found = await endpoint_now(database, endpoint)
    assert (found.failing_since, found.disabled_at) == (NOW + PATIENCE, None)


async def test_a_failure_of_ours_is_not_held_against_the_endpoint(database: Database) -> None:
    endpoint = await an_endpoint(database, CREATED)
    await alice_and_follow_up(database)

    await fails(database, await the_delivery(database), NOW, is_ours=True)

    assert (await endpoint_now(database, endpoint)).failing_since is None


async def test_an_endpoint_that_says_it_is_gone_is_disabled_at_once(database: Database) -> None:
    endpoint = await an_endpoint(database, CREATED)
    await alice_and_follow_up(database)

    last = await fails(database, await the_delivery(database), NOW, is_gone=True, status=410)

    assert (last.state, last.response_status) == (DeliveryState.FAILED, 410)
    disabled = await endpoint_now(database, endpoint)
    assert (disabled.disabled_at, disabled.disabled_reason) == (NOW, "It answered 410 Gone.")
    assert len(await webhook_jobs(database, WEBHOOK_DISABLED)) == 1


async def test_an_attempt_under_way_when_the_endpoint_is_switched_off_brings_nothing_back(
    database: Database,
) -> None:
    endpoint = await an_endpoint(database)
    await alice_and_follow_up(database)
    failing, arriving = await deliveries(database)
    await run(database, webhook_endpoints.change, endpoint.id, {"is_enabled": False}, now=NOW)

    failed = await fails(database, failing, NOW)
    await succeeds(database, arriving, NOW)

    assert (failed.state, failed.next_attempt_at) == (DeliveryState.FAILED, None)
    assert failed.error == "The endpoint was disabled before this."
    assert (await deliveries(database))[-1].state is DeliveryState.DELIVERED


async def test_what_was_delivered_can_be_replayed_under_its_id(database: Database) -> None:
    endpoint = await an_endpoint(database, CREATED)
    await alice_and_follow_up(database)
    delivery = await the_delivery(database)
    await succeeds(database, delivery, NOW)
    await run(database, no_jobs)

    again = await run(database, webhook_deliveries.replay, endpoint.id, delivery.id, now=LATER)

    assert (again.id, again.state, again.attempts) == (delivery.id, DeliveryState.PENDING, 0)
    assert again.next_attempt_at == LATER
    assert [job.run_at for job in await webhook_jobs(database)] == [LATER]


async def test_replaying_what_waits_sends_it_now_and_the_old_job_finds_nothing_to_do(
    database: Database,
) -> None:
    endpoint = await an_endpoint(database, CREATED)
    await alice_and_follow_up(database)
    delivery = await fails(database, await the_delivery(database), NOW)

    again = await run(database, webhook_deliveries.replay, endpoint.id, delivery.id, now=NOW)
    await succeeds(database, again, NOW)

    assert await look(database, webhook_deliveries.due, delivery.id, NOW + DAY) is None


async def test_a_delivery_is_replayed_only_through_its_own_endpoint(database: Database) -> None:
    mine, other = (
        await an_endpoint(database, CREATED),
        await an_endpoint(database, "public_incident.follow_up_deleted_v1"),
    )
    await alice_and_follow_up(database)
    delivery = await the_delivery(database)

    with pytest.raises(NotFoundError):
        await run(database, webhook_deliveries.replay, other.id, delivery.id, now=NOW)
    with pytest.raises(NotFoundError):
        await run(database, webhook_deliveries.replay, mine.id, other.id, now=NOW)


async def test_nothing_is_replayed_to_an_endpoint_that_is_switched_off(database: Database) -> None:
    endpoint = await an_endpoint(database, CREATED)
    await alice_and_follow_up(database)
    await run(database, webhook_endpoints.change, endpoint.id, {"is_enabled": False}, now=NOW)

    with pytest.raises(EndpointDisabledError, match="enable it first"):
        await run(
            database, webhook_deliveries.replay, endpoint.id, (await the_delivery(database)).id, now=NOW
        )


async def test_a_range_is_replayed_in_pages_by_time_and_outcome(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_deliveries, "REPLAYED_AT_ONCE", 2)
    endpoint = await an_endpoint(database, CREATED)
    alice, made = await alice_and_follow_up(database)
    for hour in range(1, 6):
        draft = follow_ups.Draft(f"Work {hour}")
        await run(
            database, follow_ups.create, alice, made.incident.id, draft, now=NOW + timedelta(hours=hour)
        )
    every = await deliveries(database)
    await succeeds(database, every[2], NOW)
    await fails(database, every[0], NOW, is_gone=True)
    await run(database, webhook_endpoints.change, endpoint.id, {"is_enabled": True}, now=NOW)
    made_at = {delivery.created_at: delivery.id for delivery in await deliveries(database)}
    wanted: dict[str, Any] = {
        "since": NOW + timedelta(hours=1),
        "until": NOW + timedelta(hours=5),
        "states": (DeliveryState.FAILED,),
        "now": NOW + DAY,
    }

    first = await run(database, webhook_deliveries.replay_range, endpoint.id, **wanted)
    second = await run(database, webhook_deliveries.replay_range, endpoint.id, **wanted, after=first[1] or "")

    assert first == (2, made_at[NOW + timedelta(hours=3)])
    assert second == (1, None)
    pending = [found.created_at for found in await deliveries(database) if found.next_attempt_at]
    assert pending == [NOW + timedelta(hours=hour) for hour in (1, 3, 4)]


async def test_the_log_is_read_newest_first_by_page_and_state(database: Database) -> None:
    endpoint = await an_endpoint(database)
    await alice_and_follow_up(database)
    older, newer = await deliveries(database)
    await succeeds(database, older, NOW)
    log = webhook_deliveries.of_endpoint

    assert [found.id for found in await look(database, log, endpoint.id, limit=5)] == [newer.id, older.id]
    assert [found.id for found in await look(database, log, endpoint.id, limit=5, before=newer.id)] == [
        older.id
    ]
    delivered = await look(database, log, endpoint.id, limit=5, state=DeliveryState.DELIVERED)
    assert [(found.id, found.response_status, found.duration_ms) for found in delivered] == [
        (older.id, 200, 12)
    ]


async def test_the_log_is_forgotten_after_a_month_but_not_what_still_waits(database: Database) -> None:
    await an_endpoint(database)
    await alice_and_follow_up(database)
    ended, waiting = await deliveries(database)
    await succeeds(database, ended, NOW)

    assert await run(database, webhook_deliveries.sweep, before=NOW) == 0
    assert await run(database, webhook_deliveries.sweep, before=NOW + KEPT) == 1

    assert [found.id for found in await deliveries(database)] == [waiting.id]


async def test_a_change_in_a_channel_that_turned_private_is_a_private_event(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)
    await an_endpoint(database)
    channel = a_channel(is_private=True)
    async with database.write() as session:
        incident = await incidents.track(session, channel, prefixes=PREFIXES, now=LATER)
        await incidents.follow_channel(session, channel, prefixes=PREFIXES, asked_at=LATER, now=LATER)
        await access.replace_members(session, incident, [alice.slack_user_id or ""], LATER)

    await run(database, follow_ups.change, alice, made.id, {"title": "B"}, now=LATER)

    assert set(await events(database)) == {
        "private_incident.follow_up_updated_v1",
        "private_incident.follow_up_updated_v2",
    }
