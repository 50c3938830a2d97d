"""/v3/follow_ups, driven by the official client."""

from incident_io.api.follow_ups_v3 import follow_ups_v3_list, follow_ups_v3_show
from incident_io.models import FollowUpsListResultV3, FollowUpsShowResultV3

from tests.web.conftest import Server


async def test_a_follow_up_made_in_slack_is_listed_and_shown(server: Server) -> None:
    key = await server.key()
    maya = await server.person()
    made = await server.follow_up(maya, await server.incident(), "Rotate the certs", labels=("tls",))

    listed = await follow_ups_v3_list.asyncio(client=key.official)
    shown = await follow_ups_v3_show.asyncio(made.id, client=key.official)

    assert isinstance(listed, FollowUpsListResultV3)
    assert isinstance(shown, FollowUpsShowResultV3)
    assert [found.id for found in listed.follow_ups] == [made.id]
    assert shown.follow_up.title == "Rotate the certs"
    assert shown.follow_up.labels == ["tls"]
    assert shown.follow_up.creator.user
    assert shown.follow_up.creator.user.name == "Maya"


async def test_without_a_key_nothing_is_answered(server: Server) -> None:
    async with server.client() as client:
        answer = await client.get("/v3/follow_ups")
    assert answer.status_code == 401
    assert answer.json()["type"] == "authentication_error"
    assert answer.json()["errors"][0]["code"] == "missing_authorization_material"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
