"""What happened to a follow-up, over HTTP."""

from typing import Any

from playground import seed
from storage import follow_ups
from tests.web.conftest import ALL, Key, Server


async def history_of(key: Key, follow_up_id: str, **params: Any) -> dict[str, Any]:
    answer = await key.http.get(f"/v3/follow_ups/{follow_up_id}/history", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_each_entry_says_who_did_what_in_the_names_of_an_update(server: Server) -> None:
    key, maya, incident = await server.key(), await server.person(), await server.incident()
    made = await server.follow_up(maya, incident, labels=("tls",))
    urgent = (await key.http.get("/v3/follow_ups/stats")).json()["stats"]["by_priority"][0]["priority"]
    fields: dict[str, Any] = {
        "title": "Rotate all certs",
        "status": "completed",
        "assignee_id": maya.id,
        "follow_up_priority_option_id": None,
        "labels": [],
        "due_on": "2030-12-04",
    }
    assert (await key.http.put(f"/v3/follow_ups/{made.id}", json=fields)).status_code == 200

    created, completed = (await history_of(key, made.id))["history"]

    assert (created["event"], created["version"], created["changes"]) == ("created", 1, [])
    assert created["actor"] == {
        "user": {"id": maya.id, "name": "Maya", "slack_user_id": seed.MAYA, "role": "unset"}
    }
    assert (completed["event"], completed["version"]) == ("completed", 2)
    assert completed["actor"] == {"api_key": {"id": key.record.id, "name": "Deploy script"}}
    changes = {change.pop("field"): change for change in completed["changes"]}
    assert changes == {
        "title": {
            "before": "Rotate the certs",
            "after": "Rotate all certs",
            "before_words": "Rotate the certs",
            "after_words": "Rotate all certs",
        },
        "status": {
            "before": "outstanding",
            "after": "completed",
            "before_words": "Outstanding",
            "after_words": "Completed",
        },
        "assignee_id": {"after": maya.id, "after_words": "Maya"},
        "follow_up_priority_option_id": {"before": urgent["id"], "before_words": urgent["name"]},
        "labels": {"before": ["tls"], "before_words": "tls"},
        "due_on": {"after": "2030-12-04", "after_words": "2030-12-04"},
    }


async def test_workflows_and_alerts_are_shown_as_what_they_are(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    for creator in (
        {"workflow": {"id": "01FCNDV6P870EA6S7TK1DSYDG0", "name": "After an incident"}},
        {"alert": {"id": "01FCNDV6P870EA6S7TK1DSYDG0", "title": "Disk full"}},
    ):
        new = {"incident_id": incident.id, "title": "Rotate", "creator": creator}
        made = (await key.http.post("/v3/follow_ups", json=new)).json()["follow_up"]
        assert (await history_of(key, made["id"]))["history"][0]["actor"] == creator


async def test_pages_go_on_after_a_version(server: Server) -> None:
    key, maya, incident = await server.key(), await server.person(), await server.incident()
    made = await server.follow_up(maya, incident)
    for number in range(2, 6):
        async with server.database.write() as session:
            await follow_ups.change(
                session, maya, made.id, {"title": f"Version {number}"}, now=server.scenario.clock()
            )
    seen, after = [], "0"
    while after:
        page = await history_of(key, made.id, page_size=2, after=after)
        assert len(page["history"]) <= 2
        seen += [entry["version"] for entry in page["history"]]
        after = page["pagination_meta"].get("after")
    assert seen == [1, 2, 3, 4, 5]


async def test_what_is_deleted_keeps_its_history_for_those_who_might_see_it(server: Server) -> None:
    stranger, owner, maya = await server.key(), await server.key(*ALL), await server.person()
    for incident, keys in (
        (await server.incident(), (stranger, owner)),
        (await server.incident("breach", private_to=[seed.MAYA]), (owner,)),
    ):
        made = await server.follow_up(maya, incident)
        assert (await owner.http.delete(f"/v3/follow_ups/{made.id}")).status_code == 204
        for key in keys:
            entries = (await history_of(key, made.id))["history"]
            assert [entry["event"] for entry in entries] == ["created", "deleted"]
    hidden = await stranger.http.get(f"/v3/follow_ups/{made.id}/history")
    nothing = await stranger.http.get("/v3/follow_ups/01FCNDV6P870EA6S7TK1DSYDG0/history")
    assert hidden.status_code == nothing.status_code == 404
    assert hidden.json()["errors"] == nothing.json()["errors"]
    assert (await stranger.http.get("/v3/follow_ups/nothing/history")).status_code == 404
