"""A follow-up goes to another incident: its cards, its history, and what is told to whom."""

import asyncio
from typing import Any

import httpx
import pytest

from playground import seed
from storage import follow_ups, history, webhook_deliveries, webhook_endpoints
from storage.errors import ConflictError
from storage.models import Incident
from storage.records import FollowUpRecord
from storage.secrets import Keyring
from storage.webhook_endpoints import EndpointDraft
from tests.storage.builders import entries_of
from tests.storage.webhooks import KEY
from tests.web.conftest import ALL, Key, Server

NOWHERE = "01FCNDV6P870EA6S7TK1DSYDG0"


async def move(key: Key, id_: str, to: str, **more: Any) -> httpx.Response:
    return await key.http.post(f"/v3/follow_ups/{id_}/actions/move", json={"incident_id": to, **more})


def said(server: Server, incident: Incident) -> str:
    """All that the channel's members read: cards too."""
    messages = server.scenario.slack.workspace.messages_in(incident.channel_id)
    return "\n".join(f"{message.text} {message.blocks}" for message in messages)


def cards(server: Server, incident: Incident, title: str = "Rotate the certs") -> list[str]:
    messages = server.scenario.slack.workspace.messages_in(incident.channel_id)
    return [message.text for message in messages if title in str(message) and "card_edit" in str(message)]


async def at(server: Server, incident: Incident, **more: Any) -> FollowUpRecord:
    made = await server.follow_up(await server.person(), incident, **more)
    await server.scenario.is_quiet()
    assert len(cards(server, incident)) == 1
    return made


async def test_it_is_there_with_a_card_and_the_old_card_says_where_it_went(server: Server) -> None:
    key, old, new = await server.key(), await server.incident(), await server.incident("payments")
    made = await at(server, old)
    answer = await move(key, made.id, new.id)
    await server.scenario.is_quiet()

    moved = answer.json()["follow_up"]
    assert (answer.status_code, moved["incident_id"], moved["version"]) == (200, new.id, 2)
    assert answer.headers["ETag"] == '"2"'
    assert (len(cards(server, old)), len(cards(server, new))) == (0, 1)
    assert f"~Rotate the certs~ was moved to {new.reference}" in said(server, old)
    listed = await key.http.get("/v3/follow_ups", params={"incident_id": old.id})
    assert listed.json()["follow_ups"] == []


async def test_what_goes_to_a_private_incident_leaves_nothing_behind(server: Server) -> None:
    owner, old = await server.key(*ALL), await server.incident()
    new = await server.incident("breach", private_to=[seed.MAYA])
    made = await at(server, old)
    assert (await move(owner, made.id, new.id)).status_code == 200
    await owner.http.patch(f"/v3/follow_ups/{made.id}", json={"title": "Mask the tokens"})
    await server.scenario.is_quiet()

    assert "A follow-up was moved to another incident" in said(server, old)
    for secret in ("Rotate the certs", "Mask the tokens", new.reference, "breach"):
        assert secret not in said(server, old)
    assert len(cards(server, new, "Mask the tokens")) == 1


async def test_what_comes_from_a_private_incident_tells_nothing_of_it(server: Server) -> None:
    owner, stranger, new = await server.key(*ALL), await server.key(), await server.incident()
    old = await server.incident("breach", private_to=[seed.MAYA])
    made = await at(server, old)
    assert (await move(stranger, made.id, new.id)).status_code == 404
    assert (await move(owner, made.id, new.id)).status_code == 200
    await server.scenario.is_quiet()

    assert len(cards(server, new)) == 1
    assert old.reference not in said(server, new)
    assert "breach" not in said(server, new)
    assert f"~Rotate the certs~ was moved to {new.reference}" in said(server, old)
    assert (await stranger.http.get(f"/v3/follow_ups/{made.id}")).status_code == 200
    async with server.database.read() as session:
        (_, entry) = await history.of_follow_up(session, made.id)
    (change,) = entry.changes
    assert (change.before, change.after) == ("a private incident", new.reference)
    (kept,) = [one.changes for one in await entries_of(server.database, made.id) if one.event == "moved"]
    assert old.id not in str(kept)


async def test_the_old_card_has_the_title_that_it_left_with(server: Server) -> None:
    key, old, new = await server.key(), await server.incident(), await server.incident("payments")
    made = await at(server, old)
    server.scenario.slack.faults.add("chat.update", "rate_limited", retry_after=1)
    await move(key, made.id, new.id)
    await key.http.patch(f"/v3/follow_ups/{made.id}", json={"title": "Mask the tokens"})
    await server.scenario.is_quiet()
    assert f"~Rotate the certs~ was moved to {new.reference}" in said(server, old)
    assert "Mask the tokens" not in said(server, old)


async def test_lines_of_what_happened_before_don_t_tell_what_it_is_called_since(server: Server) -> None:
    """The last message of updates is written anew when there is more to tell."""
    owner, old = await server.key(*ALL), await server.incident()
    new = await server.incident("breach", private_to=[seed.MAYA])
    made, other = await at(server, old), await server.follow_up(await server.person(), old, "Fix the alert")
    await server.scenario.is_quiet()
    await owner.http.patch(f"/v3/follow_ups/{made.id}", json={"status": "completed"})
    await move(owner, made.id, new.id)
    await owner.http.patch(f"/v3/follow_ups/{made.id}", json={"title": "Mask the tokens"})
    await owner.http.patch(f"/v3/follow_ups/{other.id}", json={"status": "completed"})
    await server.scenario.is_quiet()

    assert "completed *a follow-up that has been moved*" in said(server, old)
    assert "completed *Fix the alert*" in said(server, old)
    assert "Mask the tokens" not in said(server, old)


async def test_there_and_back_again_it_has_one_card(server: Server) -> None:
    key, old, new = await server.key(), await server.incident(), await server.incident("payments")
    made = await at(server, old)
    await move(key, made.id, new.id)
    await move(key, made.id, old.id)
    await server.scenario.is_quiet()
    assert (len(cards(server, old)), len(cards(server, new))) == (1, 0)
    await move(key, made.id, new.id)
    await server.scenario.is_quiet()
    await move(key, made.id, old.id)
    await server.scenario.is_quiet()
    assert (len(cards(server, old)), len(cards(server, new))) == (1, 0)
    shown = await key.http.patch(f"/v3/follow_ups/{made.id}", json={"title": "Rotate the certs now"})
    await server.scenario.is_quiet()
    assert shown.json()["follow_up"]["version"] == 6
    assert len(cards(server, old, "Rotate the certs now")) == 1


async def test_moved_before_its_card_was_posted_it_has_one_in_the_new_channel_only(server: Server) -> None:
    key, old, new = await server.key(), await server.incident(), await server.incident("payments")
    made = await server.follow_up(await server.person(), old)
    assert (await move(key, made.id, new.id)).status_code == 200
    await server.scenario.is_quiet()
    assert (len(cards(server, old)), len(cards(server, new))) == (0, 1)


@pytest.mark.parametrize("fault", ["slow", "hung", "lost_reply"])
async def test_moved_while_its_card_is_posted_it_leaves_none_behind(server: Server, fault: str) -> None:
    key, old, new = await server.key(), await server.incident(), await server.incident("payments")
    server.scenario.slack.faults.add("chat.postMessage", fault, delay=1.0)
    made = await server.follow_up(await server.person(), old)
    async with asyncio.timeout(10):
        while [job.attempts for job in await server.scenario.jobs("card")] != [1]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert (await move(key, made.id, new.id)).status_code == 200
    await server.scenario.is_quiet()
    assert (len(cards(server, old)), len(cards(server, new))) == (0, 1)


async def test_who_may_not_see_the_new_incident_can_not_keep_the_work(server: Server) -> None:
    owner, priya, old = await server.key(*ALL), await server.person(seed.PRIYA), await server.incident()
    new = await server.incident("breach", private_to=[seed.MAYA])
    made = await at(server, old, assignee_id=priya.id)
    refused = await move(owner, made.id, new.id)
    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["source"]["pointer"]) == (422, "/incident_id")
    assert "Priya is not in this private channel" in error["message"]
    assert (await owner.http.get(f"/v3/follow_ups/{made.id}")).json()["follow_up"]["version"] == 1

    server.scenario.slack.acts.invite(seed.MAYA, new.channel_id, seed.PRIYA)
    server.scenario.clock.passes(seconds=6)
    assert (await move(owner, made.id, new.id)).status_code == 200


async def test_a_private_incident_is_none_for_a_key_without_the_scope(server: Server) -> None:
    stranger, old = await server.key(), await server.incident()
    secret = await server.incident("breach", private_to=[seed.MAYA])
    made = await at(server, old)
    private, nothing = await move(stranger, made.id, secret.id), await move(stranger, made.id, NOWHERE)
    assert private.json()["errors"] == nothing.json()["errors"]
    assert private.json()["errors"][0]["source"]["pointer"] == "/incident_id"
    assert private.status_code == nothing.status_code == 422


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/incident_id"),
        ({"incident_id": "INC-1"}, "/incident_id"),
        ({"incident_id": None}, "/incident_id"),
        ({"incident_id": NOWHERE, "version": "1"}, "/version"),
        ({"incident_id": NOWHERE, "title": "x"}, "/title"),
    ],
)
async def test_what_is_wrong_is_pointed_at(server: Server, body: Any, pointer: str) -> None:
    key = await server.key()
    answer = await key.http.post(f"/v3/follow_ups/{NOWHERE}/actions/move", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["source"]["pointer"]) == (422, pointer)


async def test_it_moves_only_at_the_version_seen_and_to_where_it_is_not(server: Server) -> None:
    key, old, new = await server.key(), await server.incident(), await server.incident("payments")
    made = await at(server, old)
    here = await move(key, made.id, old.id, version=1)
    late = await move(key, made.id, new.id, version=2)
    assert here.json()["follow_up"]["version"] == 1
    assert (late.status_code, late.json()["follow_up"]) == (409, here.json()["follow_up"])
    assert (await move(key, made.id, new.id, version=1)).status_code == 200


async def test_the_history_and_who_has_the_form_open_read_where_it_went(server: Server) -> None:
    key, maya = await server.key(), await server.person()
    old, new = await server.incident(), await server.incident("payments")
    made = await at(server, old)
    await move(key, made.id, new.id)
    async with server.database.write() as session:
        with pytest.raises(ConflictError) as conflict:
            await follow_ups.change(session, maya, made.id, {}, now=server.scenario.clock(), version=1)
    (entry,) = conflict.value.since
    (change,) = entry.changes
    assert (entry.event, entry.actor_name, change.field) == ("moved", "Deploy script", "incident")
    assert (change.before, change.after) == (old.reference, new.reference)


async def test_webhooks_hear_of_an_update_as_the_new_incident_is(server: Server) -> None:
    owner, maya, old = await server.key(*ALL), await server.person(), await server.incident()
    new = await server.incident("breach", private_to=[seed.MAYA])
    made = await at(server, old)
    events = (
        "public_incident.follow_up_updated_v2",
        "private_incident.follow_up_updated_v2",
    )
    now = server.scenario.clock()
    async with server.database.write() as session:
        draft = EndpointDraft("http://127.0.0.1:9/", events)
        endpoint, _ = await webhook_endpoints.create(session, Keyring.parse(KEY), maya, draft, now=now)
    await move(owner, made.id, new.id)
    async with server.database.read() as session:
        (delivery,) = await webhook_deliveries.of_endpoint(session, endpoint.id, limit=10)
    assert (delivery.event, delivery.follow_up_id) == (events[1], made.id)
