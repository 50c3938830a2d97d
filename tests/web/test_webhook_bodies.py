"""What a webhook says of a public and of a private incident, held against the published schemas."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from sqlmodel import col, select

from storage import access, follow_ups, incidents
from storage.database import Database
from storage.models import ExternalIssue, FollowUp, Incident, Person, Priority, Team
from storage.records import CreatorRecord, DeliveryState, FollowUpRecord, Placed, Status
from storage.webhook_events import EVENTS
from tests.outgoing.receiver import receiver
from tests.storage.builders import NOW, PREFIXES, a_channel, a_follow_up, a_person, an_incident, look, run
from tests.storage.webhooks import an_endpoint, deliveries
from tests.web.sending import NoNews, attempted, sending

SCHEMAS = json.loads((Path(__file__).parent / "webhook_schemas.json").read_text())
OURS = "deleted_v1"
PUBLISHED = [event for event in EVENTS if not event.endswith(OURS)]
CREATED = "public_incident.follow_up_created_v2"


def now() -> datetime:
    return datetime.now(UTC)


def complaints(event: str, body: Any) -> list[str]:
    """public_incident.follow_up_created_v2 is WebhooksPublicIncidentFollowUpCreatedV2ResponseBody."""
    name = "".join(word.title() for word in event.replace(".", "_").split("_"))
    schema = {**SCHEMAS, "$ref": f"#/components/schemas/Webhooks{name}ResponseBody"}
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(body)]


async def with_every_field(database: Database, actor: CreatorRecord, incident: Incident) -> FollowUpRecord:
    async with database.write() as session:
        bob = Person(slack_team_id="T1", slack_user_id="UBOB", name="Bob", refreshed_at=NOW)
        team = Team(slack_team_id="T1", slack_usergroup_id="S1", name="Platform", handle="platform")
        issue = ExternalIssue(provider="linear", issue_name="ENG-1", issue_permalink="https://linear.app/1")
        session.add_all([bob, team, issue])
        if incident.visibility == "private":
            await access.replace_members(session, incident, [actor.slack_user_id or "", "UBOB"], NOW)
        urgent = (await session.exec(select(Priority.id).where(col(Priority.name) == "Urgent"))).one()
        await session.flush()
        made = await a_follow_up(
            session,
            actor,
            incident,
            description="By machine",
            labels=("tls",),
            priority_id=urgent,
            assignee_id=bob.id,
            assignee_team_id=team.id,
            due_on=date(2099, 1, 2),
        )
        row = (await session.exec(select(FollowUp).where(col(FollowUp.id) == made.id))).one()
        row.external_issue_id = issue.id
    return await look(database, follow_ups.read, made.id)


HAPPENED: dict[str, dict[str, Any]] = {
    "updated": {"status": Status.COMPLETED},
    "deleted": {"status": Status.DELETED},
}


async def sent(
    database: Database, event: str, *, slack: NoNews | None = None, **endpoint: Any
) -> tuple[dict[str, Any], FollowUpRecord]:
    """The body of one event, and the follow-up it tells of."""
    alice = await run(database, a_person)
    is_private = event.startswith("private")
    incident = await run(database, an_incident, private_to=[alice] if is_private else None)
    async with receiver() as receiving:
        if "created" in event:
            await an_endpoint(database, event, url=receiving.url, now=now(), **endpoint)
        made = await with_every_field(database, alice, incident)
        if "created" not in event:
            await an_endpoint(database, event, url=receiving.url, now=now(), **endpoint)
            change = HAPPENED["deleted" if "deleted" in event else "updated"]
            await run(database, follow_ups.change, alice, made.id, change, now=now())
        async with sending(database, slack=lambda: slack or NoNews()):
            (received,) = await receiving.has_received(1)
            await attempted(database)
    return json.loads(received.body), await look(database, follow_ups.read, made.id)


@pytest.mark.parametrize("event", PUBLISHED)
async def test_each_published_event_has_its_published_shape(database: Database, event: str) -> None:
    body, found = await sent(database, event)

    assert complaints(event, body) == []
    assert body["event_type"] == event
    assert body[event]["id"] == found.id
    assert b"null" not in json.dumps(body).encode()


@pytest.mark.parametrize("event", [event for event in EVENTS if event.startswith("private")])
async def test_of_a_private_incident_only_an_id_is_told(database: Database, event: str) -> None:
    body, found = await sent(database, event)

    assert body == {"event_type": event, event: {"id": found.id}}


@pytest.mark.parametrize("event", [event for event in EVENTS if event.startswith("private")])
async def test_an_endpoint_that_is_allowed_more_is_told_all(database: Database, event: str) -> None:
    body, _ = await sent(database, event, allow_private_incidents=True)
    twin = event.replace("private", "public")

    as_public = {"event_type": twin, twin: body[event]}
    assert "created_at" in body[event]
    assert event.endswith(OURS) or complaints(twin, as_public) == []


async def test_v2_holds_every_field_that_the_follow_up_has(database: Database) -> None:
    event = "public_incident.follow_up_updated_v2"
    body, found = await sent(database, event)
    told = body[event]

    assert told["title"] == "Rotate the certs"
    assert told["description"] == "By machine"
    assert told["status"] == "completed"
    assert told["labels"] == ["tls"]
    assert told["priority"]["name"] == "Urgent"
    assert told["assignee"]["slack_user_id"] == "UBOB"
    assert told["assignee_team"]["name"] == "Platform"
    assert told["external_issue_reference"]["issue_name"] == "ENG-1"
    assert told["creator"]["user"]["name"] == "Alice"
    assert told["due_on"] == "2099-01-02"
    assert found.completed_at is not None
    assert datetime.fromisoformat(told["completed_at"]) == found.completed_at
    assert "category" not in told


async def test_v1_is_the_older_action_with_the_title_as_its_description(database: Database) -> None:
    event = "public_incident.follow_up_updated_v1"
    body, found = await sent(database, event)
    told = body[event]

    assert told.keys() == {
        "id",
        "incident_id",
        "description",
        "status",
        "follow_up",
        "created_at",
        "updated_at",
        "assignee",
        "completed_at",
        "external_issue_reference",
    }
    assert (told["id"], told["follow_up"], told["description"]) == (found.id, True, "Rotate the certs")


async def test_a_deletion_is_told_in_the_shape_of_v2(database: Database) -> None:
    event = "public_incident.follow_up_deleted_v1"
    body, found = await sent(database, event)

    assert (body["event_type"], body[event]["id"]) == (event, found.id)
    assert (body[event]["status"], body[event]["title"]) == ("deleted", "Rotate the certs")


async def test_a_delayed_event_shows_the_follow_up_as_it_is(database: Database) -> None:
    async with receiver() as receiving:
        await an_endpoint(database, CREATED, url=receiving.url, now=now())
        alice, incident = await run(database, a_person), await run(database, an_incident)
        made = await run(database, a_follow_up, alice, incident)
        await run(database, follow_ups.complete, alice, made.id, now=now())
        async with sending(database):
            (received,) = await receiving.has_received(1)

    assert json.loads(received.body)[CREATED]["status"] == "completed"


class TurnedPrivate(NoNews):
    """Slack knows what nobody has told us: the channel is private by now."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def recheck(self, shown: Sequence[Placed]) -> bool:
        channel = a_channel(is_private=True)
        async with self._database.write() as session:
            incident = await incidents.by_channel(session, channel.slack_channel_id)
            assert incident is not None
            at = now()
            await incidents.follow_channel(session, channel, prefixes=PREFIXES, asked_at=at, now=at)
        return True


async def test_an_event_of_a_channel_that_turned_private_is_told_as_a_private_one(database: Database) -> None:
    private = CREATED.replace("public", "private")
    async with receiver() as receiving:
        await an_endpoint(database, CREATED, private, url=receiving.url, now=now())
        alice, incident = await run(database, a_person), await run(database, an_incident)
        made = await run(database, a_follow_up, alice, incident)
        async with sending(database, slack=lambda: TurnedPrivate(database)):
            (received,) = await receiving.has_received(1)
            delivery = await attempted(database)

    assert json.loads(received.body) == {"event_type": private, private: {"id": made.id}}
    assert (delivery.event, delivery.state) == (private, DeliveryState.DELIVERED)


async def test_it_is_withheld_from_an_endpoint_that_hears_nothing_of_private_incidents(
    database: Database,
) -> None:
    async with receiver() as receiving:
        await an_endpoint(database, CREATED, url=receiving.url, now=now())
        alice, incident = await run(database, a_person), await run(database, an_incident)
        await run(database, a_follow_up, alice, incident)
        async with sending(database, slack=lambda: TurnedPrivate(database)):
            delivery = await attempted(database)

        assert receiving.connections == 0
    assert (delivery.state, delivery.attempts) == (DeliveryState.WITHHELD, 0)
    assert delivery.error is not None
    assert "The incident has turned private" in delivery.error
    assert len(await deliveries(database)) == 1
