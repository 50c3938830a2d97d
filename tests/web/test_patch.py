"""PATCH of a follow-up, and changes that hold only for the version that somebody saw."""

import asyncio
from typing import Any

import httpx
import pytest

from playground import seed
from storage import follow_ups
from storage.errors import ConflictError
from tests.web.conftest import ALL, Key, Server

NOWHERE = "01FCNDV6P870EA6S7TK1DSYDG0"
ISSUE = {"provider": "linear", "url": "https://linear.app/harbour/issue/ENG-123/rotate"}


async def made(server: Server, key: Key, **more: Any) -> dict[str, Any]:
    incident = await server.incident()
    new = {"incident_id": incident.id, "title": "Rotate the certs", **more}
    follow_up: dict[str, Any] = (await key.http.post("/v3/follow_ups", json=new)).json()["follow_up"]
    return follow_up


async def patch(key: Key, id_: str, if_match: str | None = None, **fields: Any) -> httpx.Response:
    headers = {} if if_match is None else {"If-Match": if_match}
    return await key.http.patch(f"/v3/follow_ups/{id_}", json=fields, headers=headers)


async def shown(key: Key, id_: str) -> dict[str, Any]:
    follow_up: dict[str, Any] = (await key.http.get(f"/v3/follow_ups/{id_}")).json()["follow_up"]
    return follow_up


def pointers(answer: httpx.Response) -> list[str]:
    return [error["source"]["pointer"] for error in answer.json()["errors"]]


async def test_what_is_left_out_stays_and_null_empties(server: Server) -> None:
    key, priya = await server.key(), await server.person(seed.PRIYA)
    before = await made(
        server,
        key,
        description="All of edge.",
        labels=["tls", "docs"],
        assignee_id=priya.id,
        due_on="2030-01-01",
        due_zone="Europe/Berlin",
    )

    titled = (await patch(key, before["id"], title="Rotate all certs")).json()["follow_up"]
    emptied = await patch(
        key, before["id"], description=None, labels=None, assignee_id=None, due_on=None, status="completed"
    )

    changed = {"title", "version", "updated_at"}
    assert titled["title"] == "Rotate all certs"
    assert {name: titled[name] for name in titled if name not in changed} == {
        name: before[name] for name in before if name not in changed
    }
    after = emptied.json()["follow_up"]
    assert (after["status"], after["title"], after["labels"]) == ("completed", "Rotate all certs", [])
    assert not after.keys() & {"description", "assignee", "due_on", "due_zone", "due_at"}


async def test_an_empty_change_changes_nothing(server: Server) -> None:
    key = await server.key()
    before = await made(server, key)
    answer = await patch(key, before["id"])
    assert (answer.json()["follow_up"], answer.headers["ETag"]) == (before, '"1"')


async def test_an_issue_is_taken_away_and_given_to_another(server: Server) -> None:
    key = await server.key()
    one = await made(server, key)
    new = {"incident_id": one["incident_id"], "title": "Fix the alert"}
    other = (await key.http.post("/v3/follow_ups", json=new)).json()["follow_up"]
    connected = await key.http.post(f"/v3/follow_ups/{one['id']}/actions/connect_external_issue", json=ISSUE)
    issue = connected.json()["follow_up"]["external_issue_reference"]

    given = await patch(key, other["id"], external_issue_reference_id=issue["id"])
    taken = await patch(key, one["id"], external_issue_reference_id=None)
    nothing = await patch(key, one["id"], external_issue_reference_id=NOWHERE)

    assert given.json()["follow_up"]["external_issue_reference"] == issue
    assert "external_issue_reference" not in taken.json()["follow_up"]
    assert pointers(nothing) == ["/external_issue_reference_id"]


async def test_an_issue_of_a_private_incident_can_not_be_claimed(server: Server) -> None:
    stranger, owner, maya = await server.key(), await server.key(*ALL), await server.person()
    secret = await server.follow_up(maya, await server.incident("breach", private_to=[seed.MAYA]))
    answer = await owner.http.post(f"/v3/follow_ups/{secret.id}/actions/connect_external_issue", json=ISSUE)
    issue_id = answer.json()["follow_up"]["external_issue_reference"]["id"]
    ours = await made(server, stranger)

    claimed = await patch(stranger, ours["id"], external_issue_reference_id=issue_id)
    nothing = await patch(stranger, ours["id"], external_issue_reference_id=NOWHERE)

    assert (claimed.status_code, claimed.json()["errors"]) == (422, nothing.json()["errors"])
    assert "external_issue_reference" not in await shown(stranger, ours["id"])


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"title": None}, "/title"),
    ({"title": " "}, "/title"),
    ({"title": "x" * 256}, "/title"),
    ({"status": "deleted"}, "/status"),
    ({"status": None}, "/status"),
    ({"labels": ["tls", 7]}, "/labels/1"),
    ({"labels": "tls"}, "/labels"),
    ({"assignee_id": NOWHERE}, "/assignee_id"),
    ({"follow_up_priority_option_id": NOWHERE}, "/follow_up_priority_option_id"),
    ({"due_on": "tomorrow"}, "/due_on"),
    ({"due_zone": "Europe/Berlin"}, "/"),
    ({"version": 0}, "/version"),
    ({"version": "3"}, "/version"),
    ({"staus": "completed"}, "/staus"),
    ({"incident_id": NOWHERE}, "/incident_id"),
]


async def test_a_refused_field_is_pointed_at_and_changes_nothing(server: Server) -> None:
    key = await server.key()
    before = await made(server, key)
    for fields, expected in REFUSED:
        answer = await patch(key, before["id"], **{"description": "Changed", **fields})
        assert (answer.status_code, pointers(answer)) == (422, [expected]), fields
    assert await shown(key, before["id"]) == before


async def test_every_answer_with_a_follow_up_has_its_version_as_etag(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    for prefix in ("/v3/follow_ups", "/v2/follow_ups"):
        new = {"incident_id": incident.id, "title": "Rotate the certs"}
        created = await key.http.post(prefix, json=new)
        one = f"{prefix}/{created.json()['follow_up']['id']}"
        updated = await key.http.put(one, json={"title": "Rotate", "status": "outstanding"})
        connected = await key.http.post(f"{one}/actions/connect_external_issue", json=ISSUE)
        answers = (created, updated, connected, await key.http.get(one))
        assert [answer.headers["ETag"] for answer in answers] == ['"1"', '"2"', '"3"', '"3"']


@pytest.mark.parametrize("tag", ['"1"', '"7", "1"', "*", '"abc","1"', ', "1",'])
async def test_a_matching_tag_lets_the_change_through(server: Server, tag: str) -> None:
    key = await server.key()
    before = await made(server, key)
    answer = await patch(key, before["id"], tag, title="Rotate all certs")
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')


@pytest.mark.parametrize("tag", ['"2"', 'W/"1"', '"abc"', '"0"', '"01"', '"99999999999999999999"', '""'])
async def test_another_tag_is_answered_412_with_what_is_there(server: Server, tag: str) -> None:
    key = await server.key()
    before = await made(server, key)
    one = f"/v3/follow_ups/{before['id']}"
    put = {"title": "Rotate all certs", "status": "outstanding"}
    for method, body in (("PATCH", {"title": "x"}), ("PUT", put), ("DELETE", None)):
        answer = await key.http.request(method, one, json=body, headers={"If-Match": tag})
        assert (answer.status_code, answer.json()["type"]) == (412, "precondition_failed"), method
        assert answer.json()["errors"][0]["code"] == "version_mismatch"
        assert (answer.json()["follow_up"], answer.headers["ETag"]) == (before, '"1"')
    assert await shown(key, before["id"]) == before


@pytest.mark.parametrize("tag", ["1", '"1', "", '"1" "2"', "*, *", "W/1"])
async def test_what_is_no_tag_is_refused(server: Server, tag: str) -> None:
    key = await server.key()
    before = await made(server, key)
    answer = await patch(key, before["id"], tag, title="x")
    assert (answer.status_code, pointers(answer)) == (422, ["/If-Match"])


async def test_a_version_in_the_body_is_answered_409_with_what_is_there(server: Server) -> None:
    key = await server.key()
    before = await made(server, key)
    first = await patch(key, before["id"], version=1, title="Rotate all certs")
    for version in (1, 3, 10**30):
        late = await patch(key, before["id"], version=version, title="Rotate none")
        assert (late.status_code, late.json()["type"]) == (409, "conflict")
        assert late.json()["follow_up"] == first.json()["follow_up"]


async def test_of_many_who_saw_the_same_version_one_is_let_through(server: Server) -> None:
    key = await server.key()
    before = await made(server, key)
    answers = await asyncio.gather(
        *(patch(key, before["id"], '"1"', title=f"Title {number}") for number in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    (won,) = (answer for answer in answers if answer.is_success)
    assert await shown(key, before["id"]) == won.json()["follow_up"]


async def test_a_version_is_told_to_nobody_who_may_not_see_it(server: Server) -> None:
    stranger, maya = await server.key(), await server.person()
    secret = await server.follow_up(maya, await server.incident("breach", private_to=[seed.MAYA]))
    for tag in ('"1"', '"2"', "*"):
        answer = await patch(stranger, secret.id, tag, title="x")
        assert answer.status_code == 404
        assert "follow_up" not in answer.json()


async def test_a_deleted_one_is_not_there_whatever_the_tag(server: Server) -> None:
    key = await server.key()
    before = await made(server, key)
    deleted = await key.http.delete(f"/v3/follow_ups/{before['id']}", headers={"If-Match": '"1"'})
    assert deleted.status_code == 204
    for tag in (None, "*", '"1"', '"2"'):
        assert (await patch(key, before["id"], tag, title="x")).status_code == 404


async def test_the_channel_and_the_history_hear_of_a_patch(server: Server) -> None:
    key, maya, incident = await server.key(), await server.person(), await server.incident()
    follow_up = await server.follow_up(maya, incident)
    await patch(key, follow_up.id, status="completed")
    await server.scenario.is_quiet()
    messages = server.scenario.slack.workspace.messages_in(incident.channel_id)
    assert "Deploy script completed *Rotate the certs*" in " ".join(message.text for message in messages)
    async with server.database.write() as session:
        with pytest.raises(ConflictError) as conflict:
            await follow_ups.change(session, maya, follow_up.id, {}, now=server.scenario.clock(), version=1)
    assert [entry.actor_name for entry in conflict.value.since] == ["Deploy script"]
