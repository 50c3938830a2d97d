"""What is read most is written past Pydantic: it is what the documented shapes would have been."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as some
from pydantic import BaseModel

from playground import seed
from storage.records import (
    CategoryRecord,
    CreatorKind,
    CreatorRecord,
    ExternalIssueRecord,
    FollowUpRecord,
    IncidentRecord,
    PersonRecord,
    PriorityRecord,
    Status,
    TeamRecord,
)
from storage.rows import FollowUpRow
from storage.selection import SEPARATOR
from tests.web.conftest import ALL_PUBLIC, Server
from web import objects, shapes_v2, shapes_v3
from web.answers import written

WORDS = some.text(some.characters(exclude_categories=["Cs"], exclude_characters=SEPARATOR), min_size=1)
TIMES = some.datetimes(timezones=some.just(UTC)) | some.just(datetime(2026, 11, 23, 9, 30, tzinfo=UTC))
MAYBE_WORDS = some.none() | WORDS
RANKS = some.integers(0, 1000)

RECORDS = some.builds(
    FollowUpRecord,
    id=WORDS,
    title=WORDS,
    status=some.sampled_from(Status),
    incident=some.builds(
        IncidentRecord, WORDS, WORDS, WORDS, WORDS, MAYBE_WORDS, WORDS, severity=MAYBE_WORDS
    ),
    creator=some.builds(CreatorRecord, some.sampled_from(CreatorKind), WORDS, WORDS, MAYBE_WORDS),
    version=some.integers(1, 1000),
    created_at=TIMES,
    updated_at=TIMES,
    description=MAYBE_WORDS,
    labels=some.lists(WORDS, max_size=3).map(tuple),
    priority=some.none() | some.builds(PriorityRecord, WORDS, WORDS, RANKS, MAYBE_WORDS),
    category=some.none() | some.builds(CategoryRecord, WORDS, WORDS, RANKS, MAYBE_WORDS),
    assignee=some.none() | some.builds(PersonRecord, WORDS, WORDS, WORDS),
    assignee_team=some.none() | some.builds(TeamRecord, WORDS, WORDS, WORDS),
    external_issue=some.none() | some.builds(ExternalIssueRecord, WORDS, WORDS, WORDS, WORDS),
    due_on=some.none() | some.dates(),
    due_zone=some.none() | some.just("Europe/Berlin"),
    due_at=some.none() | TIMES,
    source_permalink=MAYBE_WORDS,
    completed_at=some.none() | TIMES,
)


def columns(prefix: str, record: Any, *names: str) -> dict[str, Any]:
    return {f"{prefix}_{name}": getattr(record, name, None) for name in names}


def row_of(record: FollowUpRecord) -> FollowUpRow:
    """As it is read where its creator is still called what they were called then."""
    same = {name: getattr(record, name) for name in FollowUpRow._fields if hasattr(record, name)}
    issue = record.external_issue
    return FollowUpRow(
        **same
        | columns("creator", record.creator, "kind", "id", "name")
        | columns("priority", record.priority, "id", "name", "rank", "description")
        | columns("category", record.category, "id", "name", "rank", "description")
        | columns("assignee", record.assignee, "id", "slack_user_id", "name")
        | columns("team", record.assignee_team, "id", "name")
        | {
            "labels": SEPARATOR.join(record.labels) or None,
            "person_name": None,
            "person_slack_user_id": record.creator.slack_user_id,
            "issue_provider": issue and issue.provider,
            "issue_name": issue and issue.issue_name,
            "issue_permalink": issue and issue.issue_permalink,
            "issue_id": issue and issue.id,
            "incident_id": record.incident.id,
            "slack_channel_id": record.incident.slack_channel_id,
            "visibility": record.incident.visibility,
            "is_archived": record.incident.is_archived,
        }
    )


def pairs(made: bytes) -> Any:
    """With the keys in their order."""
    return json.loads(made, object_pairs_hook=list)


def documented(shape: BaseModel) -> Any:
    return pairs(written(shape))


@given(RECORDS)
def test_it_is_the_documented_object(record: FollowUpRecord) -> None:
    row = row_of(record)
    v3 = objects.written(objects.follow_up(row, with_category=True))
    assert pairs(v3) == documented(shapes_v3.follow_up(record))
    v2 = objects.written(objects.follow_up(row, with_category=False))
    assert pairs(v2) == documented(shapes_v2.follow_up(record))


async def test_what_is_read_is_what_was_told_when_it_was_written(server: Server) -> None:
    key, maya = await server.key(*ALL_PUBLIC), await server.person()
    incident = await server.incident()
    everything = {
        "incident_id": incident.id,
        "title": "Rotate “the” certs 🔴",
        "description": 'Line\n\t\\ "quoted" <@U1>',
        "assignee_id": maya.id,
        "labels": ["tls", "zoë"],
        "creator": {"workflow": {"id": "01FCNDV6P870EA6S7TK1DSYDG0", "name": "Retro"}},
    }
    for version in ("v2", "v3"):
        for new in (everything, {"incident_id": incident.id, "title": "Nothing else"}):
            told = (await key.http.post(f"/{version}/follow_ups", json=new)).json()
            id_ = told["follow_up"]["id"]
            link = {"provider": "linear", "url": "https://linear.app/harbour/issue/ENG-1"}
            told = (
                await key.http.post(f"/{version}/follow_ups/{id_}/actions/connect_external_issue", json=link)
            ).json()
            assert (await key.http.get(f"/{version}/follow_ups/{id_}")).json() == told
            listed = (await key.http.get(f"/{version}/follow_ups", params={"page_size": 250})).json()
            assert listed["follow_ups"][-1] == told["follow_up"]
            filtered = await key.http.get(f"/{version}/follow_ups", params={"incident_id": incident.id})
            assert filtered.json()["follow_ups"][-1] == told["follow_up"]


async def test_a_page_after_one_that_was_deleted_begins_where_it_stood(server: Server) -> None:
    key, maya = await server.key(*ALL_PUBLIC), await server.person(seed.MAYA)
    incident = await server.incident()
    made = [await server.follow_up(maya, incident, f"Step {number}") for number in range(4)]

    async def after(id_: str) -> list[str]:
        answer = await key.http.get("/v3/follow_ups", params={"page_size": 2, "after": id_})
        return [item["id"] for item in answer.json()["follow_ups"]]

    assert await after(made[0].id) == [made[1].id, made[2].id]
    await key.http.delete(f"/v3/follow_ups/{made[0].id}")
    assert await after(made[0].id) == [made[1].id, made[2].id]
    assert await after(made[2].id) == [made[3].id]
    assert await after(made[3].id) == []
