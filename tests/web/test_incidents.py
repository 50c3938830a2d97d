"""/v2/incidents, driven by the official client where it can say it."""

from typing import Any

from incident_io.api.incidents_v2 import (
    incidents_v2_create,
    incidents_v2_edit,
    incidents_v2_list,
    incidents_v2_show,
)
from incident_io.models import (
    IncidentEditPayloadV2,
    IncidentsCreatePayloadV2,
    IncidentsCreatePayloadV2Mode,
    IncidentsCreatePayloadV2Visibility,
    IncidentsCreateResultV2,
    IncidentsEditPayloadV2,
    IncidentsEditResultV2,
    IncidentsListResultV2,
    IncidentsShowResultV2,
    IncidentsV2ListSortBy,
    IncidentV2,
    RetrospectiveIncidentOptionsV2,
)
from incident_io.types import UNSET, Unset

from playground import seed
from storage.records import StatusCategory
from storage.statuses import STATUSES
from tests.scenarios.conftest import list_of
from tests.web.conftest import ALL, Key, Server

PUBLIC = IncidentsCreatePayloadV2Visibility.PUBLIC
MINOR, MAJOR, CRITICAL = (f"01KZZZZZZZ00000000000000{number}" for number in (11, 12, 13))
CLOSED = STATUSES[StatusCategory.CLOSED].id


async def made(key: Key, idempotency_key: str, **fields: Any) -> IncidentV2:
    payload = IncidentsCreatePayloadV2(idempotency_key=idempotency_key, visibility=PUBLIC, **fields)
    answer = await incidents_v2_create.asyncio(client=key.official, body=payload)
    assert isinstance(answer, IncidentsCreateResultV2)
    return answer.incident


async def edited(key: Key, id_: str, **fields: Any) -> IncidentV2:
    payload = IncidentsEditPayloadV2(incident=IncidentEditPayloadV2(**fields), notify_incident_channel=False)
    answer = await incidents_v2_edit.asyncio(id_, client=key.official, body=payload)
    assert isinstance(answer, IncidentsEditResultV2)
    return answer.incident


async def names(key: Key, *operators: tuple[str, str]) -> list[str]:
    """Newest first."""
    answer = await key.http.get("/v2/incidents", params=operators)
    body = answer.json()
    assert body["pagination_meta"]["total_record_count"] == len(body["incidents"])
    return [one["name"] for one in body["incidents"]]


async def test_an_incident_tracked_in_slack_is_listed_and_shown_by_id_and_by_number(server: Server) -> None:
    key, incident = await server.key(), await server.incident("Checkout is down")
    number = incident.reference.removeprefix("INC-")

    listed = await incidents_v2_list.asyncio(client=key.official)
    by_id, by_number = [
        await incidents_v2_show.asyncio(id_, client=key.official) for id_ in (incident.id, number)
    ]

    assert isinstance(listed, IncidentsListResultV2)
    assert [one.id for one in listed.incidents] == [incident.id]
    assert isinstance(by_id, IncidentsShowResultV2)
    assert by_id == by_number
    shown = by_id.incident
    assert (shown.name, shown.reference) == ("Checkout is down", incident.reference)
    assert (shown.slack_channel_id, shown.slack_team_id) == (incident.channel_id, seed.TEAM_ID)
    assert (shown.incident_status.name, shown.incident_status.category.value) == ("Active", "live")


async def test_an_incident_needs_no_channel_and_its_follow_ups_then_no_cards(server: Server) -> None:
    key = await server.key()
    incident = await made(key, "1", name="Checkout is down", summary="It is *down*.", severity_id=MAJOR)
    follow_up = await key.http.post(
        "/v3/follow_ups", json={"incident_id": incident.id, "title": "Rotate the certs"}
    )
    id_ = follow_up.json()["follow_up"]["id"]
    done = await key.http.put(f"/v3/follow_ups/{id_}", json={"title": "Rotate", "status": "completed"})
    await server.scenario.is_quiet()

    assert (incident.name, incident.summary, incident.slack_channel_id) == (
        "Checkout is down",
        "It is *down*.",
        "",
    )
    assert incident.severity
    assert (incident.severity.name, incident.severity.rank) == ("Major", 2)
    assert incident.creator.api_key
    assert incident.creator.api_key.name == "Deploy script"
    assert done.status_code == 200
    assert await server.scenario.jobs() == []


async def test_work_in_an_incident_without_a_channel_is_its_assignees_to_do_in_slack(server: Server) -> None:
    key, maya = await server.key(), server.scenario.maya
    incident = await made(key, "1", name="Checkout is down")
    work = {
        "incident_id": incident.id,
        "title": "Rotate the certs",
        "assignee_id": (await server.person()).id,
    }
    created = await key.http.post("/v3/follow_ups", json=work)
    assert created.status_code == 201
    server.scenario.clock.passes(seconds=61)

    await maya.opens_home()
    home = await maya.home()
    assert incident.reference in home.beside("Rotate the certs")
    await home.clicks("Complete", beside="Rotate the certs")
    await home.shows("0 outstanding · 1 done")
    await server.scenario.is_quiet()
    assert {job.kind for job in await server.scenario.jobs()} == {"slack_event"}


async def test_the_same_idempotency_key_makes_one_incident_for_each_key(server: Server) -> None:
    key, other = await server.key(), await server.key(name="Other")
    first, again = [await made(key, "1", name=name) for name in ("Checkout is down", "Checkout is up")]
    others = await made(other, "1", name="Another")
    assert first.id == again.id
    assert again.name == "Checkout is down"
    assert others.id != first.id
    assert {first.reference, others.reference} == {"INC-1", "INC-2"}


async def test_an_incident_is_tied_to_a_channel_that_the_bot_sees(server: Server) -> None:
    key = await server.key()
    channel = server.scenario.slack.acts.create(seed.MAYA, "payments-are-late")
    body = {"idempotency_key": "1", "visibility": "public", "slack_channel_id": channel.id}

    incident = (await key.http.post("/v2/incidents", json=body)).json()["incident"]
    unseen = await key.http.post(
        "/v2/incidents", json={**body, "idempotency_key": "2", "slack_channel_id": "C0NOWHERE"}
    )
    taken = await key.http.post("/v2/incidents", json={**body, "idempotency_key": "3"})

    assert (incident["name"], incident["slack_channel_name"]) == ("Payments are late", "payments-are-late")
    assert unseen.json()["errors"][0]["source"]["pointer"] == "/slack_channel_id"
    assert "Invite it" in unseen.json()["errors"][0]["message"]
    assert taken.json()["errors"][0]["message"] == f"This channel is {incident['reference']} already."


async def test_a_channel_that_became_an_incident_by_its_name_is_taken_over(server: Server) -> None:
    """Else it would be a race who is first, the script or Slack's event."""
    key, scenario = await server.key(), server.scenario
    channel = scenario.slack.acts.create(seed.MAYA, "inc-204-payments")
    scenario.slack.acts.invite(seed.MAYA, channel.id, seed.BOT)
    await scenario.is_quiet()
    options = RetrospectiveIncidentOptionsV2(slack_channel_id=channel.id)

    incident = await made(
        key, "1", name="Payments are late", severity_id=CRITICAL, retrospective_incident_options=options
    )

    assert (incident.reference, incident.name) == ("INC-204", "Payments are late")
    assert await names(key) == ["Payments are late"]


async def test_a_past_incident_keeps_its_number(server: Server) -> None:
    key = await server.key()
    mode = IncidentsCreatePayloadV2Mode.RETROSPECTIVE
    old = await made(
        key,
        "1",
        name="Old",
        mode=mode,
        retrospective_incident_options=RetrospectiveIncidentOptionsV2(external_id=77),
    )
    again = await key.http.post(
        "/v2/incidents",
        json={
            "idempotency_key": "2",
            "visibility": "public",
            "name": "Other",
            "retrospective_incident_options": {"external_id": 77},
        },
    )
    assert old.reference == "INC-77"
    assert again.status_code == 422
    assert again.json()["errors"][0]["source"]["pointer"] == "/retrospective_incident_options/external_id"


async def test_an_incident_is_edited(server: Server) -> None:
    key, incident = await server.key(), await server.incident("Checkout is down")
    changed = await edited(
        key, incident.id, name="Payments are late", severity_id=CRITICAL, incident_status_id=CLOSED
    )
    kept = await edited(key, incident.id, summary="It was the *certs*.")

    assert (changed.name, changed.incident_status.category.value) == ("Payments are late", "closed")
    assert kept.severity
    assert (kept.name, kept.severity.name, kept.summary) == (
        "Payments are late",
        "Critical",
        "It was the *certs*.",
    )


async def test_a_channel_given_later_gets_the_cards(server: Server) -> None:
    key, scenario = await server.key(), server.scenario
    incident = await made(key, "1", name="Payments are late")
    await key.http.post("/v3/follow_ups", json={"incident_id": incident.id, "title": "Rotate the certs"})
    channel = scenario.slack.acts.create(seed.MAYA, "payments")
    scenario.slack.acts.invite(seed.MAYA, channel.id, seed.BOT)

    answer = await key.http.post(
        f"/v2/incidents/{incident.id}/actions/edit", json={"incident": {"slack_channel_id": channel.id}}
    )
    await scenario.is_quiet()

    assert answer.json()["incident"]["slack_channel_id"] == channel.id
    said = [message.text for message in scenario.slack.workspace.messages_in(channel.id)]
    assert any("added *Rotate the certs*" in text for text in said)


async def test_people_give_an_incident_its_channel_by_its_reference(server: Server) -> None:
    key, scenario = await server.key(), server.scenario
    incident = await made(key, "1", name="Payments are late")
    await key.http.post("/v3/follow_ups", json={"incident_id": incident.id, "title": "Rotate the certs"})
    channel = scenario.slack.acts.create(seed.MAYA, "payments")
    scenario.slack.acts.invite(seed.MAYA, channel.id, seed.BOT)
    maya = scenario.maya.in_channel(channel.id)

    await maya.types("/incident follow-ups")
    asked = await maya.modal("Follow-ups")
    await asked.submits(**{"Incident name": "inc-1"})

    await (await list_of(maya)).shows("Rotate the certs")
    shown = (await key.http.get(f"/v2/incidents/{incident.id}")).json()["incident"]
    assert (shown["name"], shown["slack_channel_id"]) == ("Payments are late", channel.id)


async def test_a_private_incident_is_not_given_a_public_channel(server: Server) -> None:
    key = await server.key(*ALL)
    body = {"idempotency_key": "1", "visibility": "private", "name": "Breach"}
    incident = (await key.http.post("/v2/incidents", json=body)).json()["incident"]
    channel = server.scenario.slack.acts.create(seed.MAYA, "payments")
    edit = {"incident": {"slack_channel_id": channel.id}}

    answer = await key.http.post(f"/v2/incidents/{incident['id']}/actions/edit", json=edit)
    tied = await key.http.post(
        "/v2/incidents", json={**body, "idempotency_key": "2", "slack_channel_id": channel.id}
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["source"]["pointer"] == "/incident/slack_channel_id"
    assert tied.json()["errors"][0]["source"]["pointer"] == "/visibility"


async def test_the_list_is_filtered_sorted_and_paged(server: Server) -> None:
    key = await server.key()
    mode = IncidentsCreatePayloadV2Mode.TEST
    incidents: dict[str, dict[str, Any]] = {
        "minor": {"severity_id": MINOR},
        "critical, closed": {"severity_id": CRITICAL, "incident_status_id": CLOSED},
        "none": {},
        "drill": {"mode": mode},
    }
    for number, (name, fields) in enumerate(incidents.items()):
        await made(key, str(number), name=name, **fields)
        server.scenario.clock.passes(days=1)

    assert await names(key) == ["none", "critical, closed", "minor"]
    assert await names(key, ("mode[one_of]", "test"), ("mode[one_of]", "standard")) == [
        "drill",
        "none",
        "critical, closed",
        "minor",
    ]
    assert await names(key, ("severity[gte]", MAJOR)) == ["critical, closed"]
    assert await names(key, ("severity[lte]", MAJOR)) == ["minor"]
    assert await names(key, ("severity[one_of]", MINOR), ("severity[one_of]", CRITICAL)) == [
        "critical, closed",
        "minor",
    ]
    assert await names(key, ("severity[not_in]", MINOR)) == ["none", "critical, closed"]
    assert await names(key, ("status[one_of]", CLOSED)) == ["critical, closed"]
    assert await names(key, ("status_category[not_in]", "closed")) == ["none", "minor"]
    both = (("status_category[one_of]", "closed"), ("severity[one_of]", MINOR))
    assert await names(key, *both) == []
    assert await names(key, *both, ("filter_mode", "any")) == ["critical, closed", "minor"]
    today = server.scenario.clock().date()
    assert await names(key, ("created_at[gte]", today.isoformat())) == []

    oldest = IncidentsV2ListSortBy.CREATED_AT_OLDEST_FIRST
    seen: list[str] = []
    after: str | Unset = UNSET
    while True:
        page = await incidents_v2_list.asyncio(client=key.official, sort_by=oldest, page_size=2, after=after)
        assert isinstance(page, IncidentsListResultV2)
        assert page.pagination_meta
        assert page.pagination_meta.total_record_count == 3
        seen += [one.name for one in page.incidents]
        after = page.pagination_meta.after
        if isinstance(after, Unset):
            break
    assert seen == ["minor", "critical, closed", "none"]


async def test_what_is_not_kept_is_refused_by_name(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    new = {"idempotency_key": "1", "visibility": "public", "name": "x"}
    refused: dict[str, dict[str, Any]] = {
        "/incident_type_id": {"incident_type_id": "01FCNDV6P870EA6S7TK1DSYDG0"},
        "/custom_field_entries": {"custom_field_entries": [{"custom_field_id": "1", "values": []}]},
        "/retrospective_incident_options/postmortem_document_url": {
            "retrospective_incident_options": {"postmortem_document_url": "https://x.example"}
        },
        "/slack_team_id": {"slack_team_id": seed.OTHER_TEAM_ID},
    }
    for pointer, fields in refused.items():
        answer = await key.http.post("/v2/incidents", json={**new, **fields})
        assert answer.json()["errors"][0]["source"]["pointer"] == pointer
    edit = {"incident": {"call_url": "https://x.example"}}
    answer = await key.http.post(f"/v2/incidents/{incident.id}/actions/edit", json=edit)
    assert answer.json()["errors"][0]["source"]["pointer"] == "/incident/call_url"
    assert (await key.http.post("/v2/incidents", json={**new, "custom_field_entries": []})).status_code == 200


async def test_who_tracked_a_channel_is_its_incidents_creator_and_nobody_where_its_name_did(
    server: Server,
) -> None:
    key, maya = await server.key(), server.scenario.maya.in_channel("general")
    form = await list_of(maya)
    assert await form.submits(**{"Incident name": "Slow coffee"}) == {}
    await list_of(server.scenario.maya.in_channel("inc-142-checkout"))

    listed = (await key.http.get("/v2/incidents")).json()["incidents"]

    creators = {one["name"]: one["creator"] for one in listed}
    person = await server.person()
    user = {"id": person.id, "name": "Maya", "slack_user_id": seed.MAYA, "role": "unset"}
    assert creators.pop("Slow coffee") == {"user": user}
    assert list(creators.values()) == [{}]
