"""Many follow-ups changed in one request: each by itself, and each channel told once."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from playground import seed
from storage import bulk
from storage.models import Incident
from storage.trouble import DatabaseTroubleError, Trouble
from tests.storage.builders import many_follow_ups
from tests.web.conftest import ALL, Key, Server

NOWHERE = "01FCNDV6P870EA6S7TK1DSYDG0"
PATH = "/v3/follow_ups/actions/bulk_update"


async def update(key: Key, *items: dict[str, Any], once: str | None = None) -> httpx.Response:
    headers = {} if once is None else {"Idempotency-Key": once}
    return await key.http.post(PATH, json={"follow_ups": items}, headers=headers)


async def update_all(key: Key, ids: Sequence[str], **changes: Any) -> httpx.Response:
    return await key.http.post(PATH, json={"ids": ids, "changes": changes})


async def several(server: Server, incident: Incident, count: int) -> list[str]:
    maya = await server.person()
    return [(await server.follow_up(maya, incident, f"Work {number}")).id for number in range(count)]


async def shown(key: Key, id_: str) -> dict[str, Any]:
    follow_up: dict[str, Any] = (await key.http.get(f"/v3/follow_ups/{id_}")).json()["follow_up"]
    return follow_up


def results(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def refusal(result: dict[str, Any]) -> tuple[int, str, Any]:
    (error,) = result["errors"]
    return result["status"], error["code"], error.get("source", {}).get("pointer")


async def test_each_has_its_own_changes_and_its_result_in_the_order_sent(server: Server) -> None:
    key, priya, incident = await server.key(), await server.person(seed.PRIYA), await server.incident()
    ids = await several(server, incident, 3)
    sent: list[dict[str, Any]] = [
        {"id": ids[2], "title": "Third", "labels": ["tls"]},
        {"id": ids[0], "status": "completed", "version": 1},
        {"id": ids[1], "assignee_id": priya.id, "due_on": "2030-01-01", "due_zone": "Europe/Berlin"},
    ]
    found = results(await update(key, *sent))
    assert [(one["id"], one["status"]) for one in found] == [(ids[2], 200), (ids[0], 200), (ids[1], 200)]
    assert [one["follow_up"] for one in found] == [await shown(key, one["id"]) for one in found]
    assert (found[0]["follow_up"]["title"], found[0]["follow_up"]["labels"]) == ("Third", ["tls"])
    assert found[1]["follow_up"]["status"] == "completed"
    assert found[2]["follow_up"]["assignee"]["id"] == priya.id


async def test_the_same_changes_are_made_to_all_of_some_ids(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    ids = await several(server, incident, 3)
    found = results(await update_all(key, ids, status="not_doing"))
    assert [one["follow_up"]["status"] for one in found] == ["not_doing"] * 3
    refused = results(await update_all(key, ids, assignee_id=NOWHERE))
    assert {refusal(one) for one in refused} == {(422, "invalid_value", "/changes/assignee_id")}


async def test_one_that_is_refused_stops_no_other(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    ids = await several(server, incident, 8)
    await key.http.delete(f"/v3/follow_ups/{ids[5]}")
    found = results(
        await update(
            key,
            {"id": ids[0], "title": "Changed"},
            {"id": ids[1], "title": "", "labels": ["left out"]},
            {"id": ids[2], "title": 7},
            {"id": NOWHERE, "title": "Nothing"},
            {"id": "first", "title": "Nothing"},
            {"title": "Nothing"},
            {"id": ids[3], "status": "deleted"},
            {"id": ids[4], "title": "Late", "version": 7},
            {"id": ids[5], "title": "Deleted"},
            {"id": ids[6], "staus": "completed"},
            {"id": ids[7], "title": "Changed too"},
        )
    )
    assert [one["status"] for one in found if "errors" not in one] == [200, 200]
    assert [refusal(one) for one in found if "errors" in one] == [
        (422, "invalid_value", "/follow_ups/1/title"),
        (422, "invalid_value", "/follow_ups/2/title"),
        (404, "not_found", None),
        (422, "invalid_value", "/follow_ups/4/id"),
        (422, "is_required", "/follow_ups/5/id"),
        (422, "invalid_value", "/follow_ups/6/status"),
        (409, "version_mismatch", None),
        (404, "not_found", None),
        (422, "invalid_value", "/follow_ups/9/staus"),
    ]
    assert found[7]["follow_up"] == await shown(key, ids[4])
    listed = (await key.http.get("/v3/follow_ups")).json()["follow_ups"]
    titles = ["Changed", "Work 1", "Work 2", "Work 3", "Work 4", "Work 6", "Changed too"]
    assert [one["title"] for one in listed] == titles
    assert [one["version"] for one in listed] == [2, 1, 1, 1, 1, 1, 2]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"follow_ups": [{"id": NOWHERE}] * 501}, ["/follow_ups"]),
        ({"ids": [NOWHERE] * 501, "changes": {}}, ["/ids"]),
        ({"follow_ups": []}, ["/follow_ups"]),
        ({"follow_ups": [{"id": NOWHERE}, {"id": NOWHERE}]}, ["/follow_ups/1/id"]),
        ({"ids": [NOWHERE, NOWHERE, NOWHERE], "changes": {}}, ["/ids/1", "/ids/2"]),
        ({"ids": ["first"], "changes": {}}, ["/ids/0"]),
        ({"ids": [NOWHERE]}, ["/"]),
        ({"changes": {}}, ["/"]),
        ({"ids": [NOWHERE], "changes": {}, "follow_ups": [{"id": NOWHERE}]}, ["/"]),
        ({"ids": [NOWHERE], "changes": {"title": 7}}, ["/changes/title"]),
        ({"ids": [NOWHERE], "changes": {"status": "deleted"}}, ["/status"]),
        ({"follow_ups": ["first"]}, ["/follow_ups/0"]),
        ({"follow_ups": {"id": NOWHERE}}, ["/follow_ups"]),
        ({"follow_ups": [{"id": NOWHERE}], "dry_run": True}, ["/dry_run"]),
    ],
)
async def test_what_is_wrong_as_a_whole_is_refused_as_a_whole(
    server: Server, body: Any, pointers: list[str]
) -> None:
    key = await server.key()
    answer = await key.http.post(PATH, json=body)
    assert answer.status_code == 422
    assert [error["source"]["pointer"] for error in answer.json()["errors"]] == pointers


async def test_a_private_one_is_nothing_to_who_may_not_see_it(server: Server) -> None:
    stranger, owner, maya = await server.key(), await server.key(*ALL), await server.person()
    secret = await server.follow_up(maya, await server.incident("breach", private_to=[seed.MAYA]))
    (open_,) = await several(server, await server.incident(), 1)
    sent = [{"id": secret.id, "title": "Told"}, {"id": NOWHERE, "title": "Told"}, {"id": open_, "title": "x"}]
    private, nothing, public = results(await update(stranger, *sent))
    assert (private["status"], private["errors"]) == (404, nothing["errors"])
    assert public["status"] == 200
    priya = await server.person(seed.PRIYA)
    found = results(await update(owner, {"id": secret.id, "assignee_id": priya.id}))
    assert refusal(found[0]) == (422, "invalid_value", "/follow_ups/0/assignee_id")
    server.scenario.slack.acts.invite(seed.MAYA, secret.incident.channel_id, seed.PRIYA)
    server.scenario.clock.passes(seconds=6)
    assert results(await update(owner, {"id": secret.id, "assignee_id": priya.id}))[0]["status"] == 200


async def test_what_has_turned_private_is_found_out_first(server: Server) -> None:
    stranger, incident = await server.key(), await server.incident()
    ids = await several(server, incident, 1)
    server.scenario.slack.acts.make_private(seed.MAYA, incident.channel_id)
    server.scenario.clock.passes(seconds=61)
    assert results(await update_all(stranger, ids, title="Told"))[0]["status"] == 404


def lines(server: Server, incident: Incident) -> list[str]:
    said = server.scenario.slack.workspace.messages_in(incident.channel_id)
    return [message.text for message in said if "completed" in message.text]


async def test_fifty_in_a_channel_are_told_in_one_message(server: Server) -> None:
    key, maya = await server.key(), await server.person()
    incident, other = await server.incident(), await server.incident("payments")
    async with server.database.write() as session:
        ids = await many_follow_ups(session, maya, incident, 50)
        ids += await many_follow_ups(session, maya, other, 2)
    found = results(await update_all(key, ids, status="completed"))
    assert {one["status"] for one in found} == {200}

    async with asyncio.timeout(20):
        while not (lines(server, incident) and lines(server, other)):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    (told,), (of_other,) = lines(server, incident), lines(server, other)
    assert told.count("Deploy script completed") == 10
    assert "and 40 more · 0 outstanding" in told
    assert of_other.count("Deploy script completed") == 2


async def test_five_hundred_are_changed(server: Server) -> None:
    key, maya, incident = await server.key(), await server.person(), await server.incident()
    async with server.database.write() as session:
        ids = await many_follow_ups(session, maya, incident, 500)
    found = results(await update_all(key, ids, follow_up_category_id=None, title="Same"))
    assert [(one["id"], one["follow_up"]["title"]) for one in found] == [(id_, "Same") for id_ in ids]


async def test_cut_short_it_goes_on_where_it_was_under_its_idempotency_key(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What others have changed since is left alone."""
    key, maya, incident = await server.key(), await server.person(), await server.incident()
    async with server.database.write() as session:
        ids = await many_follow_ups(session, maya, incident, 120)
    sent = [{"id": id_, "title": "Changed", "version": 1} for id_ in ids]
    change, parts = bulk.change, 0

    async def failing(*args: Any, **kwargs: Any) -> Any:
        nonlocal parts
        parts += 1
        if parts == 3:
            raise DatabaseTroubleError(Trouble.GONE)
        return await change(*args, **kwargs)

    monkeypatch.setattr(bulk, "change", failing)
    assert (await update(key, *sent, once="bulk-1")).status_code == 503
    assert (await shown(key, ids[0]))["version"] == 2
    assert (await shown(key, ids[-1]))["version"] == 1
    await key.http.patch(f"/v3/follow_ups/{ids[0]}", json={"title": "Changed since"})
    again = await update(key, *sent, once="bulk-1")
    replayed = await update(key, *sent, once="bulk-1")

    assert parts == 4
    assert {(one["status"], one["follow_up"]["version"]) for one in results(again)} == {(200, 2)}
    assert (await shown(key, ids[0]))["title"] == "Changed since"
    assert (await shown(key, ids[-1]))["version"] == 2
    assert (replayed.content, replayed.headers["Idempotency-Replayed"]) == (again.content, "true")


async def test_two_at_once_and_a_click_don_t_wait_for_each_other_for_good(server: Server) -> None:
    key, maya = await server.key(), await server.person()
    incidents = [await server.incident(), await server.incident("payments")]
    async with server.database.write() as session:
        ids = [id_ for one in incidents for id_ in await many_follow_ups(session, maya, one, 20)]
    answers = await asyncio.gather(
        update_all(key, ids, status="completed"),
        update_all(key, ids[::-1], status="not_doing"),
        *(key.http.patch(f"/v3/follow_ups/{id_}", json={"status": "completed"}) for id_ in ids[::5]),
    )
    assert {answer.status_code for answer in answers} == {200}
    assert {one["status"] for answer in answers[:2] for one in results(answer)} == {200}
