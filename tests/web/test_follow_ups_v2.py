"""/v2/follow_ups, driven by the official client: what v3 does, in the shapes from before."""

import warnings
from typing import Any

import pytest
from incident_io.api.follow_ups_v2 import (
    follow_ups_v2_connect_external_issue,
    follow_ups_v2_create,
    follow_ups_v2_delete,
    follow_ups_v2_list,
    follow_ups_v2_show,
    follow_ups_v2_update,
)
from incident_io.models import (
    FollowUpsConnectExternalIssuePayloadV2,
    FollowUpsConnectExternalIssuePayloadV2Provider,
    FollowUpsConnectExternalIssueResultV2,
    FollowUpsCreatePayloadV2,
    FollowUpsCreateResultV2,
    FollowUpsListResultV2,
    FollowUpsShowResultV2,
    FollowUpsUpdatePayloadV2,
    FollowUpsUpdatePayloadV2Status,
    FollowUpsUpdateResultV2,
)

from storage.models import Category
from tests.storage.builders import many_follow_ups
from tests.web.conftest import Key, Server


@pytest.fixture(autouse=True)
def _deprecated() -> Any:
    with warnings.catch_warnings(action="ignore"):
        yield


async def listed(key: Key, **query: Any) -> list[str]:
    answer = await follow_ups_v2_list.asyncio(client=key.official, **query)
    assert isinstance(answer, FollowUpsListResultV2)
    return [one.id for one in answer.follow_ups]


async def test_a_follow_up_lives_its_life(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    new = FollowUpsCreatePayloadV2(incident_id=incident.id, title="Rotate the certs", labels=["tls"])
    made = await follow_ups_v2_create.asyncio(client=key.official, body=new)
    assert isinstance(made, FollowUpsCreateResultV2)
    id_ = made.follow_up.id

    issue = FollowUpsConnectExternalIssuePayloadV2(
        provider=FollowUpsConnectExternalIssuePayloadV2Provider.GITHUB,
        url="https://github.com/harbour/checkout/issues/7",
    )
    connected = await follow_ups_v2_connect_external_issue.asyncio(id_, client=key.official, body=issue)
    done = FollowUpsUpdatePayloadV2(title="Rotated", status=FollowUpsUpdatePayloadV2Status.COMPLETED)
    updated = await follow_ups_v2_update.asyncio(id_, client=key.official, body=done)
    shown = await follow_ups_v2_show.asyncio(id_, client=key.official)
    deleted = await follow_ups_v2_delete.asyncio_detailed(id_, client=key.official)

    assert isinstance(connected, FollowUpsConnectExternalIssueResultV2)
    assert connected.follow_up.external_issue_reference
    assert connected.follow_up.external_issue_reference.issue_name == "harbour/checkout#7"
    assert isinstance(updated, FollowUpsUpdateResultV2)
    assert isinstance(shown, FollowUpsShowResultV2)
    assert (shown.follow_up.title, shown.follow_up.status.value) == ("Rotated", "completed")
    assert shown.follow_up.labels == ["tls"]
    assert deleted.status_code == 204
    assert await listed(key) == []


async def test_everything_comes_at_once_however_much_it_is(server: Server) -> None:
    key, maya, incident = await server.key(), await server.person(), await server.incident()
    async with server.database.write() as session:
        made = await many_follow_ups(session, maya, incident, 601)
    assert await listed(key) == made[::-1]
    assert await listed(key, incident_id=incident.id) == made[::-1]


async def test_a_page_comes_where_one_is_asked_for(server: Server) -> None:
    key, maya, incident = await server.key(), await server.person(), await server.incident()
    ids = [(await server.follow_up(maya, incident, f"Work {number}")).id for number in range(3)]

    page = (await key.http.get("/v2/follow_ups", params={"page_size": 2})).json()
    rest = (await key.http.get("/v2/follow_ups", params={"after": ids[0]})).json()

    assert [one["id"] for one in page["follow_ups"]] == ids[:2]
    assert page["pagination_meta"] == {"page_size": 2, "after": ids[1]}
    assert [one["id"] for one in rest["follow_ups"]] == ids[1:]


async def test_the_category_is_in_v3_only(server: Server) -> None:
    key, maya, incident = await server.key(), await server.person(), await server.incident()
    async with server.database.write() as session:
        category = Category(name="Reliability", rank=1)
        session.add(category)
    made = await server.follow_up(maya, incident, category_id=category.id)

    v2 = (await key.http.get(f"/v2/follow_ups/{made.id}")).json()["follow_up"]
    v3 = (await key.http.get(f"/v3/follow_ups/{made.id}")).json()["follow_up"]

    assert v3.pop("category") == {"id": category.id, "name": "Reliability", "rank": 1}
    assert v2 == v3
