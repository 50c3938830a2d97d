"""The list's own filters and orders, over HTTP."""

import base64
import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from playground import seed
from storage import catalogue
from storage.api_keys import PRIVATE_INCIDENTS
from storage.models import Category
from tests.web.conftest import ALL, Key, Server
from tests.web.test_bad_input import pointer

CATEGORY = "01FCNDV6P870EA6S7TK1DSYDG5"
PATHS = ("/v3/follow_ups", "/v2/follow_ups")
ALERT = {"alert": {"id": "01FCNDV6P870EA6S7TK1DSYDG1", "title": "Certificate expires"}}
LINEAR = {"provider": "linear", "url": "https://linear.app/harbour/issue/ENG-1"}


async def listed(key: Key, path: str = "/v3/follow_ups", **query: Any) -> list[str]:
    answer = await key.http.get(path, params=query)
    return [one["title"] for one in answer.json()["follow_ups"]]


async def made(key: Key, incident_id: str, title: str, **fields: Any) -> str:
    answer = await key.http.post(
        "/v3/follow_ups", json={"incident_id": incident_id, "title": title, **fields}
    )
    return str(answer.json()["follow_up"]["id"])


async def test_each_filter_lets_through_what_it_says(server: Server) -> None:
    key, priya, incident = await server.key(), await server.person(seed.PRIYA), await server.incident()
    async with server.database.write() as session:
        session.add(Category(id=CATEGORY, name="Process", rank=1))
        urgent = (await catalogue.priorities(session))[0]
    today = datetime.now(UTC).date()
    soon, later = [(today + timedelta(days=days)).isoformat() for days in (2, 9)]
    issue = await made(key, incident.id, "Rotate", labels=["tls", "Docs"], due_on=soon, assignee_id=priya.id)
    await key.http.post(f"/v3/follow_ups/{issue}/actions/connect_external_issue", json=LINEAR)
    chosen = {"follow_up_priority_option_id": urgent.id, "follow_up_category_id": CATEGORY}
    await made(key, incident.id, "Document", labels=["docs"], due_on=later, **chosen)
    done = await made(key, incident.id, "Alert", description="On the Œuvre", creator=ALERT)
    await key.http.put(f"/v3/follow_ups/{done}", json={"title": "Alert", "status": "completed"})
    server.scenario.clock.passes(days=4)

    for path in PATHS:
        for query, titles in (
            ({"status": "completed"}, ["Alert"]),
            ({"status": ["completed", "outstanding"]}, ["Rotate", "Document", "Alert"]),
            ({"status": "not_doing"}, []),
            ({"assignee_id": priya.id}, ["Rotate"]),
            ({"assigned": "true"}, ["Rotate"]),
            ({"assigned": "false"}, ["Document", "Alert"]),
            ({"priority_id": urgent.id}, ["Document"]),
            ({"category_id": CATEGORY}, ["Document"]),
            ({"label": "DOCS"}, ["Rotate", "Document"]),
            ({"label": ["docs", "tls"]}, ["Rotate"]),
            ({"creator_kind": "alert"}, ["Alert"]),
            ({"creator_kind": "api_key"}, ["Rotate", "Document"]),
            ({"due_on[gte]": soon}, ["Rotate", "Document"]),
            ({"due_on[lte]": soon}, ["Rotate"]),
            ({"due_on[gte]": soon, "due_on[lte]": soon}, ["Rotate"]),
            ({"overdue": "true"}, ["Rotate"]),
            ({"overdue": "false"}, ["Document", "Alert"]),
            ({"has_external_issue": "true"}, ["Rotate"]),
            ({"has_external_issue": "false"}, ["Document", "Alert"]),
            ({"text": "œuvre THE"}, ["Alert"]),
            ({"text": "ta"}, ["Rotate"]),
            ({"text": "docs"}, ["Rotate", "Document"]),
            ({"text": "docs", "assigned": "false"}, ["Document"]),
            ({"text": "100%"}, []),
        ):
            assert await listed(key, path, **query) == titles, (path, query)


async def test_orders_go_both_ways_and_what_has_no_value_comes_last(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    async with server.database.write() as session:
        ranked = [one.id for one in await catalogue.priorities(session)]
    days = [(datetime.now(UTC).date() + timedelta(days=days)).isoformat() for days in (9, 5)]
    for number, title in enumerate(("A", "B", "C")):
        due = {"due_on": days[number]} if number < len(days) else {}
        await made(key, incident.id, title, follow_up_priority_option_id=ranked[number], **due)
        server.scenario.clock.passes(seconds=1)
    first = (await key.http.get("/v3/follow_ups")).json()["follow_ups"][0]["id"]
    await key.http.put(f"/v3/follow_ups/{first}", json={"title": "A", "status": "completed"})

    for path in PATHS:
        for sort, ascending, descending in (
            ("created_at", "ABC", "CBA"),
            ("updated_at", "BCA", "ACB"),
            ("due_on", "BAC", "ABC"),
            ("priority", "ABC", "CBA"),
        ):
            assert await listed(key, path, sort=sort) == list(ascending), sort
            assert await listed(key, path, sort=sort, order="desc") == list(descending), sort
        assert await listed(key, path, order="desc") == ["C", "B", "A"]


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", ["created_at", "updated_at", "due_on", "priority"])
async def test_pages_skip_and_repeat_nothing_whatever_is_added_or_changed_meanwhile(
    server: Server, sort: str, order: str
) -> None:
    key, incident = await server.key(), await server.incident()
    today = datetime.now(UTC).date()
    before = set()
    for number in range(9):
        due = {"due_on": (today + timedelta(days=number % 3)).isoformat()} if number % 2 else {}
        before.add(await made(key, incident.id, f"Work {number}", **due))
    seen: list[str] = []
    after: dict[str, str] = {}
    for number in itertools.count():
        query: dict[str, Any] = {"sort": sort, "order": order, "page_size": 2, **after}
        answer = (await key.http.get("/v3/follow_ups", params=query)).json()
        seen += [one["id"] for one in answer["follow_ups"]]
        if "after" not in answer["pagination_meta"]:
            break
        after = {"after": answer["pagination_meta"]["after"]}
        if number > 2:
            continue
        await made(key, incident.id, "Meanwhile", due_on=today.isoformat())
        await made(key, incident.id, "Meanwhile, undated")
        # The last of the page moves away in each order but that by creation.
        moved = {
            "title": "Moved",
            "status": "outstanding",
            "due_on": None if sort == "due_on" else "2100-01-01",
        }
        if sort != "updated_at" and seen[-1] in before:
            await key.http.put(f"/v3/follow_ups/{seen[-1]}", json=moved)

    assert before <= set(seen)
    if sort != "due_on":
        assert len(seen) == len(set(seen))


async def test_a_cursor_is_of_its_order_only(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    for number in range(3):
        await made(key, incident.id, f"Work {number}")
    query: dict[str, Any] = {"sort": "due_on", "page_size": 1}
    after = (await key.http.get("/v3/follow_ups", params=query)).json()["pagination_meta"]["after"]

    parts = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
    others: list[Any] = [
        [2, *parts[1:]],
        [*parts[:3], "tomorrow", parts[4]],
        [*parts[:3], 5, parts[4]],
        [*parts[:4], "x"],
        [*parts, 1],
        {},
        None,
    ]
    forged = [base64.urlsafe_b64encode(json.dumps(value).encode()).decode() for value in others]
    for other in (
        {"sort": "created_at", "after": after},
        {"sort": "due_on", "order": "desc", "after": after},
        {"after": after},
        *({"sort": "due_on", "after": value} for value in (incident.id, "!", after[:-2], "é", *forged)),
    ):
        refused = await key.http.get("/v3/follow_ups", params=other)
        assert (refused.status_code, pointer(refused)) == (422, "/after"), other
    assert (await key.http.get("/v3/follow_ups", params={**query, "after": after})).status_code == 200


async def test_private_ones_are_found_by_keys_that_see_them_and_by_nobody_else(server: Server) -> None:
    owner, stranger = await server.key(*ALL), await server.key()
    narrow = await server.key("actions.view", PRIVATE_INCIDENTS)
    maya = await server.person()
    public, private = await server.incident(), await server.incident("breach", private_to=[seed.MAYA])
    fields = {"labels": ("leak",), "assignee_id": maya.id}
    for incident, title in ((public, "Rotate public"), (private, "Rotate secret")):
        await server.follow_up(maya, incident, title, **fields)
    queries: list[dict[str, str]] = [
        *({"sort": sort, "order": order} for sort in SORTS for order in ("asc", "desc")),
        {"text": "rotate"},
        {"text": "ro"},
        {"label": "leak"},
        {"label": "leak", "sort": "due_on"},
        {"status": "outstanding"},
        {"assignee_id": maya.id},
        {"assigned": "true"},
        {"creator_kind": "user"},
        {"has_external_issue": "false"},
        {"overdue": "false"},
    ]
    for query in queries:
        for path in PATHS:
            assert await listed(stranger, path, **query) == ["Rotate public"], query
            for key in (owner, narrow):
                assert set(await listed(key, path, **query)) == {"Rotate public", "Rotate secret"}, query
    assert await listed(stranger, text="secret") == []
    assert await listed(owner, text="secret") == ["Rotate secret"]


SORTS = ("created_at", "updated_at", "due_on", "priority")
