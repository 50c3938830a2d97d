"""/v3/follow_ups, driven by the official client."""

from datetime import UTC, datetime, timedelta
from typing import Any

from incident_io.api.follow_ups_v3 import (
    follow_ups_v3_connect_external_issue,
    follow_ups_v3_create,
    follow_ups_v3_create_from_link,
    follow_ups_v3_delete,
    follow_ups_v3_list,
    follow_ups_v3_show,
    follow_ups_v3_update,
)
from incident_io.models import (
    ErrorResponse,
    FollowUpsConnectExternalIssuePayloadV3,
    FollowUpsConnectExternalIssuePayloadV3Provider,
    FollowUpsConnectExternalIssueResultV3,
    FollowUpsCreateFromLinkPayloadV3,
    FollowUpsCreatePayloadV3,
    FollowUpsCreateResultV3,
    FollowUpsListResultV3,
    FollowUpsShowResultV3,
    FollowUpsUpdatePayloadV3,
    FollowUpsUpdatePayloadV3Status,
    FollowUpsUpdateResultV3,
    FollowUpsV3ListCreatedAt,
    FollowUpsV3ListIncidentMode,
    FollowUpV3,
)
from incident_io.types import UNSET

from playground import seed
from storage import catalogue, people
from storage.people import SlackUsergroup
from tests.web.conftest import Key, Server

COMPLETED = FollowUpsUpdatePayloadV3Status.COMPLETED
OUTSTANDING = FollowUpsUpdatePayloadV3Status.OUTSTANDING


async def created(key: Key, incident_id: str, title: str = "Rotate the certs", **more: Any) -> FollowUpV3:
    payload = FollowUpsCreatePayloadV3(incident_id=incident_id, title=title, **more)
    answer = await follow_ups_v3_create.asyncio_detailed(client=key.official, body=payload)
    assert answer.status_code == 201
    assert isinstance(answer.parsed, FollowUpsCreateResultV3)
    return answer.parsed.follow_up


async def updated(key: Key, id_: str, **fields: Any) -> FollowUpV3:
    payload = FollowUpsUpdatePayloadV3(**{"title": "Rotate the certs", "status": OUTSTANDING} | fields)
    answer = await follow_ups_v3_update.asyncio(id_, client=key.official, body=payload)
    assert isinstance(answer, FollowUpsUpdateResultV3)
    return answer.follow_up


async def listed(key: Key, **query: Any) -> FollowUpsListResultV3:
    answer = await follow_ups_v3_list.asyncio(client=key.official, **query)
    assert isinstance(answer, FollowUpsListResultV3)
    return answer


async def titles(key: Key, **query: Any) -> list[str]:
    return [one.title for one in (await listed(key, **query)).follow_ups]


async def test_a_follow_up_made_in_slack_is_listed_and_shown(server: Server) -> None:
    key, maya, incident = await server.key(), await server.person(), await server.incident()
    made = await server.follow_up(maya, incident, labels=("tls",))

    shown = await follow_ups_v3_show.asyncio(made.id, client=key.official)

    assert isinstance(shown, FollowUpsShowResultV3)
    assert [one.id for one in (await listed(key)).follow_ups] == [made.id]
    assert (shown.follow_up.title, shown.follow_up.labels) == ("Rotate the certs", ["tls"])
    assert shown.follow_up.creator.user
    assert shown.follow_up.creator.user.slack_user_id == seed.MAYA


async def test_a_new_one_has_every_field_and_the_key_as_its_creator(server: Server) -> None:
    key, priya, incident = await server.key(), await server.person(seed.PRIYA), await server.incident()
    async with server.database.write() as session:
        team = (await people.remember_teams(session, seed.TEAM_ID, [SlackUsergroup("S1", "SRE", "sre")]))[0]
        urgent = (await catalogue.priorities(session))[0]

    made = await created(
        key,
        incident.id,
        description="All of *edge*.",
        assignee_id=priya.id,
        assignee_team_id=team.id,
        labels=["tls", "TLS", "docs"],
        follow_up_priority_option_id=urgent.id,
    )

    assert made.creator.api_key
    assert (made.creator.api_key.id, made.creator.api_key.name) == (key.record.id, "Deploy script")
    assert made.assignee
    assert made.assignee.id == priya.id
    assert made.assignee_team
    assert made.assignee_team.name == "SRE"
    assert made.priority
    assert (made.priority.name, made.priority.rank) == ("Urgent", 1)
    assert (made.description, made.labels) == ("All of *edge*.", ["tls", "docs"])
    assert made.completed_at is UNSET


async def test_the_channel_sees_a_card_of_what_a_key_adds_and_a_line_of_what_it_completes(
    server: Server,
) -> None:
    key, incident = await server.key(), await server.incident()
    made = await created(key, incident.id)
    await updated(key, made.id, status=COMPLETED)
    await server.scenario.is_quiet()

    said = " ".join(
        message.text for message in server.scenario.slack.workspace.messages_in(incident.channel_id)
    )
    assert "Deploy script added" in said
    assert "Deploy script completed *Rotate the certs*" in said


async def test_what_an_update_leaves_out_stays_and_null_empties(server: Server) -> None:
    key, priya, incident = await server.key(), await server.person(seed.PRIYA), await server.incident()
    made = await created(key, incident.id, description="Why", assignee_id=priya.id, labels=["tls"])

    kept = await updated(key, made.id, title="Rotate all certs")
    emptied = await key.http.put(
        f"/v3/follow_ups/{made.id}",
        json={"title": "Rotate all certs", "status": "outstanding", "assignee_id": None, "description": None},
    )

    assert kept.title == "Rotate all certs"
    assert kept.assignee
    assert (kept.description, kept.labels) == ("Why", ["tls"])
    follow_up = emptied.json()["follow_up"]
    assert "assignee" not in follow_up
    assert "description" not in follow_up
    assert follow_up["labels"] == ["tls"]
    assert follow_up["version"] == 3


async def test_completing_sets_the_time_and_reopening_takes_it_away(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    made = await created(key, incident.id)
    assert (await updated(key, made.id, status=COMPLETED)).completed_at
    assert (await updated(key, made.id)).completed_at is UNSET


async def test_deleting_is_for_good_and_not_a_status_to_give(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    made = await created(key, incident.id)
    refused = await key.http.put(f"/v3/follow_ups/{made.id}", json={"title": "x", "status": "deleted"})
    gone = await follow_ups_v3_delete.asyncio_detailed(made.id, client=key.official)

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["source"] == {"field": "status", "pointer": "/status"}
    assert gone.status_code == 204
    for again in (
        await key.http.get(f"/v3/follow_ups/{made.id}"),
        await key.http.delete(f"/v3/follow_ups/{made.id}"),
        await key.http.put(f"/v3/follow_ups/{made.id}", json={"title": "x", "status": "outstanding"}),
    ):
        assert again.status_code == 404
    assert await titles(key) == []


async def test_pages_follow_each_other_to_the_end_whatever_is_added_meanwhile(server: Server) -> None:
    key, maya, incident = await server.key(), await server.person(), await server.incident()
    made = [(await server.follow_up(maya, incident, f"Work {number}")).id for number in range(60)]

    first = await listed(key)
    second = await listed(key, after=first.pagination_meta.after)
    made.append((await server.follow_up(maya, incident, "Late")).id)
    third = await listed(key, after=second.pagination_meta.after)

    pages = [[one.id for one in page.follow_ups] for page in (first, second, third)]
    assert [len(page) for page in pages] == [25, 25, 11]
    assert [one for page in pages for one in page] == made
    assert third.pagination_meta.after is UNSET
    assert (await listed(key, page_size=250)).pagination_meta.after is UNSET
    assert (await listed(key, page_size=61)).pagination_meta.after == made[-1]


async def test_a_page_can_begin_after_one_that_was_deleted(server: Server) -> None:
    key, maya, incident = await server.key(), await server.person(), await server.incident()
    first, second = [await server.follow_up(maya, incident, title) for title in ("One", "Two")]
    await key.http.delete(f"/v3/follow_ups/{first.id}")
    assert await titles(key, after=first.id) == ["Two"]
    assert await titles(key, after=second.id) == []


async def test_the_list_is_narrowed_by_incident_team_and_mode(server: Server) -> None:
    key, maya = await server.key(), await server.person()
    one, other = await server.incident("one"), await server.incident("other")
    drill = await key.http.post(
        "/v2/incidents",
        json={"idempotency_key": "1", "visibility": "public", "name": "Drill", "mode": "test"},
    )
    async with server.database.write() as session:
        team = (await people.remember_teams(session, seed.TEAM_ID, [SlackUsergroup("S1", "SRE", "sre")]))[0]
    await server.follow_up(maya, one, "Of one", assignee_team_id=team.id)
    await server.follow_up(maya, other, "Of other")
    await created(key, drill.json()["incident"]["id"], "Of drill")

    assert await titles(key) == ["Of one", "Of other"]
    assert await titles(key, incident_id=other.id) == ["Of other"]
    assert await titles(key, assignee_team_id=team.id) == ["Of one"]
    assert await titles(key, incident_mode=FollowUpsV3ListIncidentMode.TEST) == ["Of drill"]
    assert await titles(key, incident_mode=FollowUpsV3ListIncidentMode.STANDARD) == ["Of one", "Of other"]


async def test_the_list_is_narrowed_by_when_they_were_made_or_changed(server: Server) -> None:
    key, maya, incident = await server.key(), await server.person(), await server.incident()
    old = await server.follow_up(maya, incident, "Old")
    server.scenario.clock.passes(days=3)
    new = await server.follow_up(maya, incident, "New")
    await updated(key, old.id, title="Old, changed")

    def at(**operators: str) -> FollowUpsV3ListCreatedAt:
        return FollowUpsV3ListCreatedAt.from_dict({name: [value] for name, value in operators.items()})

    day, later = (moment.date().isoformat() for moment in (old.created_at, new.created_at))
    between = (old.created_at + timedelta(days=1)).isoformat()
    assert await titles(key, created_at=at(gte=between)) == ["New"]
    assert await titles(key, created_at=at(lte=between)) == ["Old, changed"]
    assert await titles(key, created_at=at(gte=new.created_at.isoformat())) == ["New"]
    assert await titles(key, created_at=at(date_range=f"{day}~{day}")) == ["Old, changed"]
    assert await titles(key, created_at=at(date_range=f"{day}~{later}")) == ["Old, changed", "New"]
    assert await titles(key, created_at=at(lte=day)) == []
    changed = {"updated_at[gte]": later}
    shown = (await key.http.get("/v3/follow_ups", params=changed)).json()["follow_ups"]
    assert {one["title"] for one in shown} == {"Old, changed", "New"}


async def test_a_due_date_is_the_end_of_that_day_in_its_zone(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    due = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    fields = {"incident_id": incident.id, "title": "Rotate", "due_on": due, "due_zone": "Asia/Tokyo"}

    made = (await key.http.post("/v3/follow_ups", json=fields)).json()["follow_up"]
    cleared = await key.http.put(
        f"/v3/follow_ups/{made['id']}", json={"title": "Rotate", "status": "outstanding", "due_on": None}
    )

    assert (made["due_on"], made["due_zone"]) == (due, "Asia/Tokyo")
    assert made["due_at"] == f"{due}T15:00:00Z"
    assert {"due_on", "due_zone", "due_at"}.isdisjoint(cleared.json()["follow_up"])


async def test_an_issue_is_connected_once_and_can_be_referred_to(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    made = await created(key, incident.id)
    payload = FollowUpsConnectExternalIssuePayloadV3(
        provider=FollowUpsConnectExternalIssuePayloadV3Provider.LINEAR,
        url="https://linear.app/harbour/issue/ENG-123/rotate-the-certs",
    )

    connected, again = [
        await follow_ups_v3_connect_external_issue.asyncio(made.id, client=key.official, body=payload)
        for _ in range(2)
    ]

    assert isinstance(connected, FollowUpsConnectExternalIssueResultV3)
    reference = connected.follow_up.external_issue_reference
    assert reference
    assert (reference.provider.value, reference.issue_name) == ("linear", "ENG-123")
    assert isinstance(again, ErrorResponse)
    assert (again.status, again.errors[0].message) == (
        422,
        "This follow-up is connected to ENG-123 already.",
    )
    same = await created(
        key, incident.id, "Also this", external_issue_reference_id=reference.additional_properties["id"]
    )
    assert same.external_issue_reference
    assert same.external_issue_reference.issue_permalink == payload.url


async def test_a_follow_up_cannot_be_made_from_a_link_while_no_tracker_is_connected(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    payload = FollowUpsCreateFromLinkPayloadV3(
        incident_id=incident.id, url="https://github.com/harbour/checkout/issues/7"
    )
    answer = await follow_ups_v3_create_from_link.asyncio(client=key.official, body=payload)
    assert isinstance(answer, ErrorResponse)
    assert answer.status == 422
    assert answer.errors[0].code == "tracker_not_connected"
    assert await titles(key) == []


async def test_automation_is_shown_as_what_it_is_where_the_key_may_say_so(server: Server) -> None:
    incident = await server.incident()
    may, may_not = await server.key(), await server.key("follow_ups.create")
    workflow = {"workflow": {"id": "01FCNDV6P870EA6S7TK1DSYDG0", "name": "Nightly review"}}
    alert = {"alert": {"id": "01FCNDV6P870EA6S7TK1DSYDG1", "title": "Certificate expires"}}
    fields = {"incident_id": incident.id, "title": "Rotate the certs"}

    for creator in (workflow, alert):
        made = await may.http.post("/v3/follow_ups", json={**fields, "creator": creator})
        assert made.json()["follow_up"]["creator"] == creator
    refused = await may_not.http.post("/v3/follow_ups", json={**fields, "creator": alert})

    assert refused.status_code == 403
    assert "follow_ups.set_creator" in refused.json()["errors"][0]["message"]
