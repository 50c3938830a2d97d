"""An action of incident.io becomes a follow-up, once."""

from typing import Any

import httpx
import pytest

from playground import seed
from storage import history
from tests.web.conftest import ALL_PUBLIC, Key, Server

ID = "01KAACT10N00000000000000AB"


async def convert(key: Key, incident_id: str, **action: Any) -> httpx.Response:
    body = {"incident_id": incident_id, "action": {"id": ID, "description": "Call the fire brigade"} | action}
    return await key.http.post("/v3/follow_ups/actions/convert_action", json=body)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["source"]["pointer"]


async def test_its_words_status_and_assignee_are_kept(server: Server) -> None:
    key, incident = await server.key(), await server.incident()

    answer = await convert(
        key,
        incident.id,
        description="Call the fire brigade\n\nThey have the new number.",
        status="completed",
        assignee={"id": "01FCNDV6P870EA6S7TK1DSYDG0", "name": "Maya", "slack_user_id": seed.MAYA},
        created_at="2026-11-20T10:00:00Z",
    )

    made = answer.json()["follow_up"]
    assert answer.status_code == 201
    assert (made["id"], made["title"], made["status"]) == (ID, "Call the fire brigade", "completed")
    assert made["description"] == "Call the fire brigade\n\nThey have the new number."
    assert made["assignee"]["slack_user_id"] == seed.MAYA
    async with server.database.read() as session:
        assert [entry.event for entry in await history.of_follow_up(session, ID)] == ["created", "completed"]


async def test_the_same_again_makes_no_second_and_undoes_nothing(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    await convert(key, incident.id, status="completed")
    await key.http.patch(f"/v3/follow_ups/{ID}", json={"status": "outstanding"})

    again = await convert(key, incident.id, status="completed")

    assert (again.status_code, again.json()["follow_up"]["status"]) == (201, "outstanding")
    listed = await key.http.get("/v3/follow_ups", params={"incident_id": incident.id})
    assert [one["id"] for one in listed.json()["follow_ups"]] == [ID]


async def test_a_line_too_long_for_a_title_is_whole_in_the_description(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    made = (await convert(key, incident.id, description="call " * 60)).json()["follow_up"]
    assert (len(made["title"]), made["title"][-1]) == (255, "…")
    assert made["description"].split() == ["call"] * 60


@pytest.mark.parametrize(
    ("action", "pointer"),
    [
        ({"status": "deleted"}, "/action/status"),
        ({"description": " \n "}, "/action/description"),
        ({"description": ""}, "/action/description"),
        ({"assignee": {"slack_user_id": "maya"}}, "/action/assignee/slack_user_id"),
        ({"assignee": {"slack_user_id": "U0N0B0DY"}}, "/action/assignee/slack_user_id"),
        ({"id": "77"}, "/action/id"),
    ],
)
async def test_what_can_not_be_kept_is_refused(server: Server, action: dict[str, Any], pointer: str) -> None:
    key, incident = await server.key(), await server.incident()
    assert refusal(await convert(key, incident.id, **action)) == (422, pointer)


async def test_a_private_incident_is_not_there_for_a_key_that_may_not_see_it(server: Server) -> None:
    secret = await server.incident("breach", private_to=[seed.MAYA])
    answer = await convert(await server.key(*ALL_PUBLIC), secret.id)
    assert refusal(answer) == (422, "/incident_id")
