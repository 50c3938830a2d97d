"""Models list, add, change and count follow-ups by the rules of the API."""

from typing import Any

import pytest
from mcp import MCPError
from structlog.testing import capture_logs

from playground import seed
from storage import database as database_module
from storage import people
from storage.people import SlackUsergroup
from tests.faults.test_sqlite_in_trouble import locked
from tests.web import contract
from tests.web.conftest import Server
from tests.web.models import REVISIONS, connected, refusal, result, told

NOWHERE = "01FCNDV6P870EA6S7TK1DSYDG0"
LINK = "https://linear.app/harbour/issue/ENG-123/rotate"


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_model_adds_lists_changes_and_counts(server: Server, revision: str) -> None:
    key, priya, incident = await server.key(), await server.person(seed.PRIYA), await server.incident()
    async with connected(key, revision) as client:
        made = (
            await result(
                client,
                "follow_up_create",
                incident_id=incident.id,
                title="Rotate the certs",
                labels=["tls"],
                assignee_id=priya.id,
                due_on="2026-12-04",
            )
        )["follow_up"]
        changed = await result(
            client, "follow_up_update", id=made["id"], status="completed", assignee_id=None, version=1
        )
        listed = await result(client, "follow_up_list", incident_id=incident.id)
        counted = await result(client, "follow_up_stats", incident_id=incident.id)

    assert made["creator"] == {"api_key": {"id": key.record.id, "name": "Deploy script"}}
    assert (made["assignee"]["id"], made["labels"], made["due_on"]) == (priya.id, ["tls"], "2026-12-04")
    assert contract.complaints("FollowUpV3", made) == []
    after = changed["follow_up"]
    assert (after["status"], after["title"], after["labels"]) == ("completed", "Rotate the certs", ["tls"])
    assert "assignee" not in after
    assert listed["follow_ups"] == [after]
    assert counted["stats"]["by_status"] == {"outstanding": 0, "completed": 1, "not_doing": 0}


async def test_the_results_are_those_of_the_api(server: Server) -> None:
    key, maya, incident = await server.key(), await server.person(), await server.incident()
    for title in ("Rotate the certs", "Fix the alert"):
        await server.follow_up(maya, incident, title, description="Soon.")
    async with connected(key) as client:
        listed = await result(client, "follow_up_list", page_size=1)
        counted = await result(client, "follow_up_stats", period_gte="2026-01-01")
    assert listed == (await key.http.get("/v3/follow_ups", params={"page_size": 1})).json()
    period = {"period[gte]": "2026-01-01"}
    assert counted == (await key.http.get("/v3/follow_ups/stats", params=period)).json()


async def test_a_list_is_narrowed_and_paged(server: Server) -> None:
    key, maya = await server.key(), await server.person()
    incident, other = await server.incident(), await server.incident("billing")
    async with server.database.write() as session:
        groups = [SlackUsergroup("S1", "SRE", "sre")]
        team = (await people.remember_teams(session, seed.TEAM_ID, groups))[0]
    old = await server.follow_up(maya, incident, "Old")
    server.scenario.clock.passes(days=3)
    today = server.scenario.clock().date().isoformat()
    new = await server.follow_up(maya, incident, "New", assignee_team_id=team.id)
    elsewhere = await server.follow_up(maya, other, "Elsewhere")

    async with connected(key) as client:

        async def ids(**filters: Any) -> set[str]:
            return {one["id"] for one in (await result(client, "follow_up_list", **filters))["follow_ups"]}

        assert await ids() == {old.id, new.id, elsewhere.id}
        assert await ids(incident_id=incident.id) == {old.id, new.id}
        assert await ids(created_at_gte=today) == {new.id, elsewhere.id}
        assert await ids(created_at_lte=today, incident_mode="standard") == {old.id}
        assert await ids(updated_at_date_range=f"{today}~{today}") == {new.id, elsewhere.id}
        assert await ids(assignee_team_id=team.id, incident_id=None) == {new.id}
        assert await ids(incident_mode="test") == set()

        seen, after = set[str](), None
        for _ in range(3):
            page = await result(client, "follow_up_list", page_size=1, after=after)
            after = page["pagination_meta"]["after"]
            seen |= {one["id"] for one in page["follow_ups"]}
        assert seen == {old.id, new.id, elsewhere.id}


async def test_slack_and_the_history_tell_what_the_key_did(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    async with connected(key) as client:
        made = await result(client, "follow_up_create", incident_id=incident.id, title="Rotate the certs")
        id_ = made["follow_up"]["id"]
        await result(client, "follow_up_update", id=id_, status="completed")
    await server.scenario.is_quiet()

    messages = server.scenario.slack.workspace.messages_in(incident.channel_id)
    said = " ".join(message.text for message in messages)
    assert "Deploy script added" in said
    assert "Deploy script completed" in said
    history = (await key.http.get(f"/v3/follow_ups/{id_}/history")).json()["history"]
    assert [(entry["event"], entry["actor"]["api_key"]["id"]) for entry in history] == [
        ("created", key.record.id),
        ("completed", key.record.id),
    ]


async def test_nobodys_change_is_lost(server: Server) -> None:
    key, maya, incident = await server.key(), await server.person(), await server.incident()
    made = await server.follow_up(maya, incident)
    await key.http.patch(f"/v3/follow_ups/{made.id}", json={"title": "Rotate all certs"})
    async with connected(key) as client:
        refused = await refusal(client, "follow_up_update", id=made.id, title="Mine", version=1)
        assert told(refused) == (409, "version_mismatch", None)
        assert (refused["follow_up"]["title"], refused["follow_up"]["version"]) == ("Rotate all certs", 2)
        changed = await result(client, "follow_up_update", id=made.id, title="Mine", version=2)
    assert changed["follow_up"]["title"] == "Mine"


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_refusal_says_why_and_points_at_the_argument(server: Server, revision: str) -> None:
    key, maya, incident = await server.key(), await server.person(), await server.incident()
    made = await server.follow_up(maya, incident)
    new = {"incident_id": incident.id, "title": "Rotate"}
    cases: list[tuple[str, dict[str, Any], tuple[int, str, str | None]]] = [
        ("follow_up_list", {"page_size": 251}, (422, "invalid_value", "/page_size")),
        ("follow_up_list", {"page_size": True}, (422, "invalid_value", "/page_size")),
        ("follow_up_list", {"created_at_gte": "soon"}, (422, "invalid_value", "/created_at_gte")),
        ("follow_up_list", {"incident_id": {"is": "INC-1"}}, (422, "invalid_value", "/incident_id")),
        ("follow_up_list", {"created_at[gte]": "2026-11-24"}, (422, "unknown_parameter", "/created_at[gte]")),
        ("follow_up_stats", {"period_date_range": "2026"}, (422, "invalid_value", "/period_date_range")),
        ("follow_up_create", {"incident_id": incident.id}, (422, "is_required", "/title")),
        ("follow_up_create", {**new, "title": "x" * 256}, (422, "invalid_value", "/title")),
        ("follow_up_create", {**new, "labels": ["a", 1]}, (422, "invalid_value", "/labels/1")),
        ("follow_up_create", {**new, "priority": "high"}, (422, "unknown_parameter", "/priority")),
        ("follow_up_create", {**new, "incident_id": NOWHERE}, (422, "not_found", "/incident_id")),
        ("follow_up_create", {**new, "idempotency_key": "a b"}, (422, "invalid_value", "/idempotency_key")),
        ("follow_up_update", {"title": "Rotate"}, (422, "is_required", "/id")),
        ("follow_up_update", {"id": NOWHERE, "title": "x"}, (404, "not_found", None)),
        ("follow_up_update", {"id": made.id, "title": 5}, (422, "invalid_value", "/title")),
        ("follow_up_update", {"id": made.id, "status": "deleted"}, (422, "invalid_value", "/status")),
    ]
    async with connected(key, revision) as client:
        for tool, arguments, expected in cases:
            refused = await refusal(client, tool, **arguments)
            assert contract.complaints("ErrorResponse", refused) == [], arguments
            assert told(refused) == expected, arguments
    listed = (await key.http.get("/v3/follow_ups")).json()["follow_ups"]
    assert [(one["title"], one["version"]) for one in listed] == [("Rotate the certs", 1)]


async def test_an_import_by_link_is_refused_in_words_while_no_tracker_is_connected(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    async with connected(key) as client:
        refused = await refusal(client, "follow_up_import_from_link", incident_id=incident.id, url=LINK)
        elsewhere = await refusal(
            client, "follow_up_import_from_link", incident_id=incident.id, url="https://example.com/1"
        )
    assert told(refused) == (422, "tracker_not_connected", "/url")
    assert "No issue tracker is connected" in refused["errors"][0]["message"]
    assert told(elsewhere) == (422, "invalid_value", "/url")
    assert (await key.http.get("/v3/follow_ups")).json()["follow_ups"] == []


async def test_called_again_with_its_idempotency_key_a_tool_has_no_further_effect(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    new = {"incident_id": incident.id, "title": "Rotate"}
    async with connected(key) as client:
        first = await result(client, "follow_up_create", **new, idempotency_key="1")
        again = await result(client, "follow_up_create", **new, idempotency_key="1")
        other = await refusal(client, "follow_up_create", **{**new, "title": "Another"}, idempotency_key="1")
    over_http = await key.http.post("/v3/follow_ups", json=new, headers={"Idempotency-Key": "1"})
    assert again == first == over_http.json()
    assert told(other) == (422, "idempotency_key_reused", "/idempotency_key")
    assert len((await key.http.get("/v3/follow_ups")).json()["follow_ups"]) == 1


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_failure_of_ours_is_told_by_its_id_and_its_reason_is_in_the_log(
    server: Server, revision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("the disk is on fire")

    key = await server.key()
    async with connected(key, revision) as client:
        monkeypatch.setattr("web.follow_ups.page", fails)
        with capture_logs() as logs:
            refused = await refusal(client, "follow_up_list")
    assert told(refused) == (500, "api_error", None)
    assert "disk" not in str(refused)
    (entry,) = [entry for entry in logs if entry["event"] == "tool_failed"]
    assert (entry["request_id"], entry["tool"]) == (refused["request_id"], "follow_up_list")
    assert str(entry["exc_info"]) == "the disk is on fire"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_a_database_that_another_program_locks_is_named_and_nothing_is_added(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "WAIT", 1.0)
    key, incident = await server.key(), await server.incident()
    async with connected(key) as client:
        await result(client, "follow_up_list")
        await server.scenario.is_quiet()
        async with locked(server.scenario):
            refused = await refusal(client, "follow_up_create", incident_id=incident.id, title="Rotate")
        assert told(refused) == (503, "database_unavailable", None)
        assert "the database is locked by another program" in refused["errors"][0]["message"]
        assert (await result(client, "follow_up_list"))["follow_ups"] == []


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_tool_that_does_not_exist_is_named_among_those_that_do(server: Server, revision: str) -> None:
    async with connected(await server.key(), revision) as client:
        with pytest.raises(MCPError, match="There is no such tool; there are follow_up_list"):
            await client.call_tool("follow_up_delete", {"id": NOWHERE})


@pytest.mark.parametrize("replicas", [2])
@pytest.mark.parametrize("revision", REVISIONS)
async def test_any_replica_answers_any_message(server: Server, revision: str) -> None:
    key, incident = await server.key(), await server.incident()
    async with connected(key, revision) as client:
        for number in range(4):
            await result(client, "follow_up_create", incident_id=incident.id, title=f"Number {number}")
        assert len((await result(client, "follow_up_list"))["follow_ups"]) == 4
