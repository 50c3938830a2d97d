"""Incidents made through the API: with a channel, without one, and tied to one later."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from storage import access, declared, follow_ups, history, incidents
from storage.consequences import CARD
from storage.database import Database
from storage.declared import IncidentDraft
from storage.errors import InvalidFieldError, NotFoundError
from storage.incidents import Channel
from storage.models import Incident
from storage.records import Status, Visibility
from tests.storage.builders import (
    API_KEY,
    LATER,
    NOW,
    PREFIXES,
    TEAM,
    a_channel,
    a_follow_up,
    a_person,
    jobs_waiting,
    look,
    run,
)

OWNER = replace(API_KEY, sees_private=True)
DRAFT = IncidentDraft(TEAM, "1", "Payments are late")


async def made(database: Database, draft: IncidentDraft = DRAFT, channel: Channel | None = None) -> Incident:
    id_ = await run(database, declared.create, OWNER, draft, now=NOW, channel=channel, prefixes=PREFIXES)
    found = await look(database, incidents.by_id, id_)
    assert found is not None
    return found


async def refused(do: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> dict[str, str]:
    with pytest.raises(InvalidFieldError) as error:
        await run(*args[:1], do, *args[1:], **kwargs)
    return error.value.errors


async def test_many_at_the_same_time_get_a_number_each(database: Database) -> None:
    drafts = [replace(DRAFT, idempotency_key=str(number)) for number in range(8)]
    found = await asyncio.gather(*(made(database, draft) for draft in drafts))
    assert sorted(incident.number for incident in found) == list(range(1, 9))


async def test_the_same_draft_at_the_same_time_makes_one(database: Database) -> None:
    found = await asyncio.gather(*(made(database) for _ in range(6)))
    assert len({incident.id for incident in found}) == 1


async def test_without_a_channel_a_change_has_no_jobs_and_leaves_nothing_to_be_told(
    database: Database,
) -> None:
    incident = await made(database)
    follow_up = await run(database, a_follow_up, OWNER, incident)
    await run(database, follow_ups.complete, OWNER, follow_up.id, now=LATER)
    assert await jobs_waiting(database) == []
    assert await look(database, history.unannounced, incident.id) == ()


async def test_one_without_a_channel_is_for_full_members_and_no_guests(database: Database) -> None:
    incident = await made(database)
    alice = await run(database, a_person, "Alice")
    olga = await run(database, a_person, "Olga", is_guest=True)

    assert await look(database, access.require_incident, alice, incident.id)
    with pytest.raises(NotFoundError):
        await look(database, access.require_incident, olga, incident.id)
    assert list(await refused(a_follow_up, database, alice, incident, assignee_id=olga.id)) == ["assignee_id"]


async def test_a_private_one_without_a_channel_is_seen_by_keys_with_the_scope_only(
    database: Database,
) -> None:
    incident = await made(database, replace(DRAFT, visibility=Visibility.PRIVATE))
    alice = await run(database, a_person, "Alice")
    assert await look(database, access.require_incident, OWNER, incident.id)
    for actor in (API_KEY, alice):
        with pytest.raises(NotFoundError):
            await look(database, access.require_incident, actor, incident.id)
    another = replace(DRAFT, idempotency_key="2", visibility=Visibility.PRIVATE)
    assert list(await refused(declared.create, database, API_KEY, another, now=NOW)) == ["visibility"]


async def test_a_channel_found_later_gets_the_cards_of_what_is_outstanding(database: Database) -> None:
    incident = await made(database)
    open_, closed = [await run(database, a_follow_up, OWNER, incident, title) for title in ("Open", "Closed")]
    await run(database, follow_ups.change, OWNER, closed.id, {"status": Status.NOT_DOING}, now=LATER)
    channel = a_channel("payments")

    await run(database, declared.edit, OWNER, incident.id, {}, now=LATER, channel=channel)

    told = {"actor_kind": "api_key", "actor_id": OWNER.id}
    card = (CARD, channel.slack_channel_id, {"follow_up_id": open_.id, **told})
    assert await jobs_waiting(database) == [card]
    tied = await look(database, incidents.by_channel, channel.slack_channel_id)
    assert tied is not None
    assert (tied.id, tied.slack_channel_name) == (incident.id, "payments")


async def test_a_channel_belongs_to_one_incident_and_an_incident_to_one_channel(database: Database) -> None:
    channel = a_channel("payments")
    first = await made(database, channel=channel)
    second = await made(database, replace(DRAFT, idempotency_key="2"))
    edit = declared.edit
    taken = await refused(edit, database, OWNER, second.id, {}, now=LATER, channel=channel)
    moved = await refused(edit, database, OWNER, first.id, {}, now=LATER, channel=a_channel("other"))
    assert taken == {"slack_channel_id": "This channel is another incident’s already."}
    assert moved == {"slack_channel_id": f"{first.reference} has #payments already."}
    await run(database, edit, OWNER, first.id, {"name": "Same"}, now=LATER, channel=channel)


async def test_an_incident_is_as_private_as_its_channel(database: Database) -> None:
    public, private = a_channel("public"), a_channel("private", is_private=True)
    secret = await made(database, replace(DRAFT, visibility=Visibility.PRIVATE))
    await refused(declared.edit, database, OWNER, secret.id, {}, now=LATER, channel=public)
    open_ = await made(database, replace(DRAFT, idempotency_key="2"))
    await run(database, declared.edit, OWNER, open_.id, {}, now=LATER, channel=private)
    with pytest.raises(NotFoundError):
        await look(database, access.require_incident, API_KEY, open_.id)


def named(name: str) -> Callable[[Database, Channel], Awaitable[Incident]]:
    async def track(database: Database, channel: Channel) -> Incident:
        return await run(database, incidents.track, channel, prefixes=PREFIXES, now=LATER, name=name)

    return track


async def test_tracking_a_channel_by_a_reference_ties_the_incident_that_waits(database: Database) -> None:
    waiting = await made(database)
    tied = await named(" inc-1 ")(database, a_channel("payments"))
    assert (tied.id, tied.name, tied.slack_channel_name) == (waiting.id, "Payments are late", "payments")


async def test_a_reference_that_nobody_waits_under_is_a_name_like_another(database: Database) -> None:
    secret = await made(database, replace(DRAFT, visibility=Visibility.PRIVATE))
    tied = await made(database, replace(DRAFT, idempotency_key="2"), channel=a_channel("tied"))
    for number, incident in enumerate((secret, tied)):
        other = await named(incident.reference)(database, a_channel(f"other-{number}", is_private=True))
        assert other.id != incident.id
        assert other.name == incident.reference


async def test_values_are_cleaned_and_refused_by_name(database: Database) -> None:
    incident = await made(
        database, replace(DRAFT, name="  Payments\nare\x00 late ", summary=" so \ud800late ")
    )
    assert (incident.name, incident.summary) == ("Payments are late", "so late")
    for field, value in {"name": "x" * 151, "summary": "x" * 10_001, "severity_id": "nothing"}.items():
        values: dict[str, Any] = {field: value}
        draft = replace(DRAFT, idempotency_key="2", **values)
        assert list(await refused(declared.create, database, OWNER, draft, now=NOW)) == [field]
        assert list(await refused(declared.edit, database, OWNER, incident.id, values, now=NOW)) == [field]
    assert list(
        await refused(
            declared.create, database, OWNER, replace(DRAFT, idempotency_key="3", name=None), now=NOW
        )
    ) == ["name"]
