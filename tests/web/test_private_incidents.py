"""A key without the scope is told of a private incident what it is told of one that does not exist."""

from typing import Any

import httpx

from playground import seed
from tests.web.conftest import ALL, Key, Server
from tests.web.routes import OF_ONE

NOWHERE = "01FCNDV6P870EA6S7TK1DSYDG0"


def told(answer: httpx.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json()["errors"]


async def test_who_may_not_see_it_is_told_the_same_as_of_nothing(server: Server) -> None:
    stranger, maya = await server.key(), await server.person()
    incident = await server.incident("breach", private_to=[seed.MAYA])
    made = await server.follow_up(maya, incident)
    for call in OF_ONE:
        private = await stranger.http.request(**call.filled(follow_up=made.id, incident=incident.id))
        nothing = await stranger.http.request(**call.filled(follow_up=NOWHERE, incident=NOWHERE))
        assert told(private) == told(nothing), call
        assert private.status_code in {404, 422}, call
    number = incident.reference.removeprefix("INC-")
    assert (await stranger.http.get(f"/v2/incidents/{number}")).status_code == 404


async def test_who_may_see_it_can_do_all_with_it(server: Server) -> None:
    owner, maya = await server.key(*ALL), await server.person()
    incident = await server.incident("breach", private_to=[seed.MAYA])
    for call in OF_ONE:
        made = await server.follow_up(maya, incident)
        answer = await owner.http.request(**call.filled(follow_up=made.id, incident=incident.id))
        if "create_from_link" in call.path:
            assert answer.json()["errors"][0]["code"] == "tracker_not_connected"
        else:
            assert answer.is_success, call


async def seen(key: Key, path: str, **params: str) -> set[str]:
    """Ids of whatever is listed there."""
    answer = await key.http.get(path, params=params)
    ((_, items),) = [(name, value) for name, value in answer.json().items() if name != "pagination_meta"]
    return {item["id"] for item in items}


async def test_lists_have_private_ones_for_those_who_may_see_them(server: Server) -> None:
    stranger, owner, maya = await server.key(), await server.key(*ALL), await server.person()
    public, private = await server.incident(), await server.incident("breach", private_to=[seed.MAYA])
    of_public, of_private = [await server.follow_up(maya, one) for one in (public, private)]
    for path in ("/v2/follow_ups", "/v3/follow_ups"):
        assert await seen(stranger, path) == {of_public.id}
        assert await seen(stranger, path, incident_id=private.id) == set()
        assert await seen(owner, path) == {of_public.id, of_private.id}
        refused = await stranger.http.get(path, params={"after": of_private.id})
        nothing = await stranger.http.get(path, params={"after": NOWHERE})
        assert told(refused) == told(nothing)
        assert refused.status_code == 422
    assert await seen(stranger, "/v2/incidents") == {public.id}
    assert await seen(owner, "/v2/incidents") == {public.id, private.id}
    count = (await stranger.http.get("/v2/incidents")).json()["pagination_meta"]["total_record_count"]
    assert count == 1


async def test_a_channel_turned_private_is_hidden_before_anything_of_it_is_shown(server: Server) -> None:
    """Slack sends no event of it."""
    stranger, maya = await server.key(), await server.person()
    for path in (
        "/v3/follow_ups",
        "/v2/follow_ups",
        "/v3/follow_ups/{}",
        "/v3/follow_ups/{}/history",
        "/v2/incidents",
        "/v2/incidents/{}",
    ):
        name = path.replace("/", "").replace("{}", "-one")
        incident = await server.incident(name)
        made = await server.follow_up(maya, incident)
        await server.scenario.is_quiet()  # so that nothing is still asking when the minute passes
        server.scenario.slack.acts.make_private(seed.MAYA, incident.channel_id)
        server.scenario.clock.passes(seconds=61)
        one = incident.id if "incidents" in path else made.id
        answer = await stranger.http.get(path.format(one))
        if "{}" in path:
            assert answer.status_code == 404
        else:
            assert one not in answer.text


async def test_only_a_key_with_the_scope_makes_an_incident_private(server: Server) -> None:
    stranger, owner = await server.key(), await server.key(*ALL)
    new = {"idempotency_key": "1", "visibility": "private", "name": "Breach"}
    refused = await stranger.http.post("/v2/incidents", json=new)
    made = await owner.http.post("/v2/incidents", json=new)
    assert refused.status_code == 403
    assert made.json()["incident"]["visibility"] == "private"
    assert await seen(stranger, "/v2/incidents") == set()


async def test_a_private_channel_is_no_channel_for_a_key_without_the_scope(server: Server) -> None:
    stranger, owner = await server.key(), await server.key(*ALL)
    acts = server.scenario.slack.acts
    channel = acts.create(seed.MAYA, "breach", is_private=True)
    acts.invite(seed.MAYA, channel.id, seed.BOT)
    new = {"idempotency_key": "1", "visibility": "public", "slack_channel_id": channel.id}

    private = await stranger.http.post("/v2/incidents", json=new)
    nothing = await stranger.http.post("/v2/incidents", json={**new, "slack_channel_id": "C0NOWHERE"})
    made = await owner.http.post("/v2/incidents", json={**new, "visibility": "private"})

    assert told(private) == told(nothing)
    assert made.json()["incident"]["slack_channel_id"] == channel.id


async def test_work_is_not_given_to_someone_outside_a_private_channel(server: Server) -> None:
    owner, priya = await server.key(*ALL), await server.person(seed.PRIYA)
    incident = await server.incident("breach", private_to=[seed.MAYA])
    new = {"incident_id": incident.id, "title": "Mask tokens", "assignee_id": priya.id}
    refused = await owner.http.post("/v3/follow_ups", json=new)
    server.scenario.slack.acts.invite(seed.MAYA, incident.channel_id, seed.PRIYA)
    await server.scenario.is_quiet()
    assert refused.json()["errors"][0]["source"]["pointer"] == "/assignee_id"
    assert (await owner.http.post("/v3/follow_ups", json=new)).status_code == 201


async def test_an_issue_of_a_private_incident_is_none_for_a_key_without_the_scope(server: Server) -> None:
    stranger, owner, maya = await server.key(), await server.key(*ALL), await server.person()
    public, private = await server.incident(), await server.incident("breach", private_to=[seed.MAYA])
    made = await server.follow_up(maya, private)
    link = {"provider": "linear", "url": "https://linear.app/harbour/issue/ENG-1"}
    answer = await owner.http.post(f"/v3/follow_ups/{made.id}/actions/connect_external_issue", json=link)
    issue_id = answer.json()["follow_up"]["external_issue_reference"]["id"]
    new = {"incident_id": public.id, "title": "Spy", "external_issue_reference_id": issue_id}
    refused = await stranger.http.post("/v3/follow_ups", json=new)
    nothing = await stranger.http.post("/v3/follow_ups", json={**new, "external_issue_reference_id": NOWHERE})
    assert told(refused) == told(nothing)
    assert (await owner.http.post("/v3/follow_ups", json=new)).status_code == 201
