"""Priorities, categories and labels over HTTP."""

import asyncio
from typing import Any

import pytest

from playground import seed
from storage.labels import AT_ONCE
from tests.web.conftest import ALL, Key, Server

NOWHERE = "01FCNDV6P870EA6S7TK1DSYDG0"
ONES = {"priorities": "follow_up_priority", "categories": "follow_up_category"}


async def add(key: Key, kind: str, **body: Any) -> dict[str, Any]:
    answer = await key.http.post(f"/v1/follow_up_{kind}", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()[ONES[kind]]
    return made


async def labels(key: Key, **params: Any) -> dict[str, int]:
    answer = await key.http.get("/v1/follow_up_labels", params=params)
    return {one["name"]: one["follow_ups"] for one in answer.json()["follow_up_labels"]}


async def label_id(key: Key, name: str) -> str:
    answer = await key.http.get("/v1/follow_up_labels", params={"text": name})
    (found,) = answer.json()["follow_up_labels"]
    return str(found["id"])


@pytest.mark.parametrize("kind", ONES)
async def test_one_is_made_shown_changed_used_and_deleted(server: Server, kind: str) -> None:
    key, maya, incident = await server.key(), await server.person(), await server.incident()
    made = await add(key, kind, name="Some day", description="Not soon")
    path, one = f"/v1/follow_up_{kind}/{made['id']}", ONES[kind]
    assert (await key.http.get(path)).json()[one] == made
    assert made in (await key.http.get(f"/v1/follow_up_{kind}")).json()[f"follow_up_{kind}"]

    changed = (await key.http.patch(path, json={"name": "Whenever", "rank": 7})).json()[one]
    assert changed == {**made, "name": "Whenever", "rank": 7}
    emptied = (await key.http.patch(path, json={"description": None, "name": None})).json()[one]
    assert "description" not in emptied
    assert emptied["name"] == "Whenever"

    column = "priority_id" if kind == "priorities" else "category_id"
    used = await server.follow_up(maya, incident, **{column: made["id"]})
    refused = await key.http.delete(path)
    assert refused.status_code == 409
    assert refused.json()["errors"][0]["code"] == "in_use"
    assert "1 follow-up has it" in refused.json()["errors"][0]["message"]
    assert (await key.http.delete(f"/v3/follow_ups/{used.id}")).status_code == 204
    assert (await key.http.delete(path)).status_code == 204
    for method in ("GET", "PATCH", "DELETE"):
        assert (await key.http.request(method, path, json={"name": "x"})).status_code == 404


async def test_the_form_in_slack_offers_what_was_just_made(server: Server) -> None:
    key = await server.key()
    await add(key, "priorities", name="Page me", rank=0, is_default=True)
    await add(key, "categories", name="Process")
    maya = server.scenario.maya
    await maya.types("/incident follow-up")
    form = await maya.modal("New follow-up")
    assert "Page me" in str(form.view)
    assert "Process" in str(form.view)


BAD: list[tuple[dict[str, Any], str]] = [
    ({}, "/name"),
    ({"name": None}, "/name"),
    ({"name": ""}, "/name"),
    ({"name": 5}, "/name"),
    ({"name": "x" * 76}, "/name"),
    ({"name": "Soon", "rank": "1"}, "/rank"),
    ({"name": "Soon", "rank": -1}, "/rank"),
    ({"name": "Soon", "rank": 10**30}, "/rank"),
    ({"name": "Soon", "description": "x" * 501}, "/description"),
    ({"name": "Soon", "description": ["x"]}, "/description"),
]


async def test_bad_values_are_refused_by_name(server: Server) -> None:
    key = await server.key()
    for kind in ONES:
        before = (await key.http.get(f"/v1/follow_up_{kind}")).json()
        for body, pointer in BAD:
            answer = await key.http.post(f"/v1/follow_up_{kind}", json=body)
            error = answer.json()["errors"][0]
            assert (answer.status_code, error["source"]["pointer"]) == (422, pointer), body
        assert (await key.http.get(f"/v1/follow_up_{kind}")).json() == before
    taken = await key.http.post("/v1/follow_up_priorities", json={"name": "uRGENT"})
    assert taken.json()["errors"][0]["message"] == "There is a priority of this name already: Urgent."


async def test_labels_are_listed_renamed_merged_and_deleted(server: Server) -> None:
    key, maya, incident = await server.key(), await server.person(), await server.incident()
    made = await server.follow_up(maya, incident, labels=("bug", "tls"))
    await server.follow_up(maya, incident, labels=("defect",))
    assert await labels(key) == {"bug": 1, "defect": 1, "tls": 1}
    assert await labels(key, text="DEF") == {"defect": 1}

    answer = await key.http.patch(
        f"/v1/follow_up_labels/{await label_id(key, 'bug')}", json={"name": "Defect"}
    )
    renamed = answer.json()["follow_up_label"]
    assert (renamed["name"], renamed["follow_ups"]) == ("defect", 2)
    assert (await key.http.get(f"/v1/follow_up_labels/{renamed['id']}")).json()["follow_up_label"] == renamed
    tls = f"/v1/follow_up_labels/{await label_id(key, 'tls')}"
    assert (await key.http.delete(tls)).status_code == 204
    for method in ("GET", "PATCH", "DELETE"):
        assert (await key.http.request(method, tls, json={"name": "x"})).status_code == 404

    shown = (await key.http.get(f"/v3/follow_ups/{made.id}")).json()["follow_up"]
    assert shown["labels"] == ["defect"]
    long = await key.http.patch(f"/v1/follow_up_labels/{renamed['id']}", json={"name": "x" * 51})
    assert (long.status_code, long.json()["errors"][0]["source"]["pointer"]) == (422, "/name")


async def test_pages_of_labels_have_each_once(server: Server) -> None:
    key, maya, incident = await server.key(), await server.person(), await server.incident()
    await server.follow_up(maya, incident, labels=tuple("abcde"))
    seen: list[str] = []
    params: dict[str, Any] = {"page_size": 2}
    while True:
        page = (await key.http.get("/v1/follow_up_labels", params=params)).json()
        seen += [one["name"] for one in page["follow_up_labels"]]
        if "after" not in page["pagination_meta"]:
            break
        params["after"] = page["pagination_meta"]["after"]
    assert seen == list("abcde")


async def test_a_label_of_a_private_incident_is_none_for_a_key_without_the_scope(server: Server) -> None:
    stranger, owner, maya = await server.key(), await server.key(*ALL), await server.person()
    private = await server.incident("breach", private_to=[seed.MAYA])
    made = await server.follow_up(maya, private, labels=("nightfall",))
    path = f"/v1/follow_up_labels/{await label_id(owner, 'nightfall')}"

    assert await labels(stranger) == {}
    for method in ("GET", "PATCH", "DELETE"):
        hidden = await stranger.http.request(method, path, json={"name": "x"})
        nothing = await stranger.http.request(method, f"/v1/follow_up_labels/{NOWHERE}", json={"name": "x"})
        assert (hidden.status_code, hidden.json()["errors"]) == (404, nothing.json()["errors"])
    shown = (await owner.http.get(f"/v3/follow_ups/{made.id}")).json()["follow_up"]
    assert shown["labels"] == ["nightfall"]


async def test_a_label_of_many_is_renamed_to_the_end(server: Server) -> None:
    key, maya, incident = await server.key(), await server.person(), await server.incident()
    for number in range(AT_ONCE + 2):
        await server.follow_up(maya, incident, f"Work {number}", labels=("bug",))
    await key.http.patch(f"/v1/follow_up_labels/{await label_id(key, 'bug')}", json={"name": "defect"})
    async with asyncio.timeout(60):
        while await labels(key) != {"defect": AT_ONCE + 2}:  # noqa: ASYNC110  a job has no event here
            await asyncio.sleep(0.05)
