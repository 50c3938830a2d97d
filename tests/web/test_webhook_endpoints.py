"""/v1/webhook_endpoints: whoever may manage them does; what is wrong is said with a pointer."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from storage.api_keys import PRIVATE_INCIDENTS, WEBHOOKS
from storage.columns import new_id
from tests.outgoing.receiver import receiver, status
from tests.storage.webhooks import KEY
from tests.web.conftest import Key, Server

CREATED = "public_incident.follow_up_created_v2"
HOOKS = "/v1/webhook_endpoints"
HERE = "http://127.0.0.1:9/hooks"


@pytest.fixture
def more_settings() -> dict[str, Any]:
    return {"encryption_keys": KEY, "webhook_allowed_hosts": "127.0.0.1"}


async def made(key: Key, url: str = HERE, **more: Any) -> dict[str, Any]:
    answer = await key.http.post(HOOKS, json={"url": url, "events": [CREATED]} | more)
    assert answer.status_code == 201, answer.text
    endpoint: dict[str, Any] = answer.json()
    return endpoint


def refused(answer: httpx.Response, code: int) -> dict[str, Any]:
    assert answer.status_code == code, answer.text
    (error,) = answer.json()["errors"]
    found: dict[str, Any] = error
    return found


async def test_an_endpoint_is_made_shown_listed_changed_and_deleted(server: Server) -> None:
    key = await server.key(WEBHOOKS)
    answer = await made(key, description="Our dashboard")
    endpoint = answer["webhook_endpoint"]
    path = f"{HOOKS}/{endpoint['id']}"

    assert answer["secret"].startswith("whsec_")
    assert endpoint["is_enabled"] is True
    assert endpoint["owner"]["api_key"]["name"] == "Deploy script"
    assert (await key.http.get(path)).json() == {"webhook_endpoint": endpoint}
    assert (await key.http.get(HOOKS)).json() == {"webhook_endpoints": [endpoint]}

    changed = (await key.http.patch(path, json={"description": "Theirs", "is_enabled": False})).json()
    assert changed["webhook_endpoint"]["description"] == "Theirs"
    assert changed["webhook_endpoint"]["is_enabled"] is False
    assert changed["webhook_endpoint"]["disabled_reason"] == "Disabled by hand."
    assert changed["webhook_endpoint"]["events"] == [CREATED]

    assert (await key.http.delete(path)).status_code == 204
    assert refused(await key.http.get(path), 404)["code"] == "not_found"


async def test_a_person_can_own_it(server: Server) -> None:
    maya = await server.person()
    key = await server.key(WEBHOOKS)

    answer = await made(key, owner_id=maya.id)

    assert answer["webhook_endpoint"]["owner"]["user"]["name"] == "Maya"


@pytest.mark.parametrize(
    ("payload", "pointer", "why"),
    [
        ({"url": "ftp://example.com/"}, "/url", "not a URL like"),
        ({"url": "http://10.0.0.1/"}, "/url", "must begin with https://"),
        ({"url": "https://10.0.0.1/"}, "/url", "not a public address"),
        ({"url": "https://localhost/"}, "/url", "not a public address"),
        ({"url": "https://169.254.169.254/latest/"}, "/url", "not a public address"),
        ({"url": "https://hooks.invalid/"}, "/url", "has no address"),
        ({"url": "https://\ud800.example/"}, "/url", "half a character"),
        ({"url": None}, "/url", ""),
        ({"events": []}, "/events", "Name at least one event"),
        ({"events": ["lunch"]}, "/events", "There is no event lunch"),
        ({"events": "lunch"}, "/events", ""),
        ({"events": ["x" * 10_000]}, "/events", "There is no event xxx"),
        ({"description": "x" * 201}, "/description", "at most 200"),
        ({"allow_private_incidents": "yes"}, "/allow_private_incidents", ""),
        ({"owner_id": "me"}, "/owner_id", ""),
        ({"owner_id": "01KZZZZZZZ0000000000000099"}, "/owner_id", "There is no such person"),
    ],
)
async def test_what_is_wrong_is_named_with_a_pointer(
    server: Server, payload: dict[str, Any], pointer: str, why: str
) -> None:
    key = await server.key(WEBHOOKS)
    body = {"url": HERE, "events": [CREATED]} | payload

    as_json = {"Content-Type": "application/json"}
    error = refused(await key.http.post(HOOKS, content=json.dumps(body), headers=as_json), 422)

    assert error["source"]["pointer"] == pointer
    assert why in error["message"]
    assert (await key.http.get(HOOKS)).json() == {"webhook_endpoints": []}


ROUTES = [
    ("GET", ""),
    ("POST", ""),
    ("GET", "/{id}"),
    ("PATCH", "/{id}"),
    ("DELETE", "/{id}"),
    ("POST", "/{id}/actions/rotate_secret"),
    ("GET", "/{id}/deliveries"),
    ("POST", "/{id}/deliveries/{id}/actions/replay"),
    ("POST", "/{id}/actions/replay"),
]


async def test_a_key_without_the_scope_may_do_nothing_and_a_stranger_less(server: Server) -> None:
    owner = await server.key(WEBHOOKS)
    endpoint_id = (await made(owner))["webhook_endpoint"]["id"]
    member = await server.key("actions.view", "follow_ups.create", PRIVATE_INCIDENTS)
    async with server.client() as stranger:
        for method, path in ROUTES:
            url = HOOKS + path.format(id=endpoint_id)
            body: dict[str, Any] | None = {} if method in {"POST", "PATCH"} else None
            assert refused(await member.http.request(method, url, json=body), 403)["code"] == "missing_scope"
            assert (await stranger.request(method, url, json=body)).status_code == 401

    assert len((await owner.http.get(HOOKS)).json()["webhook_endpoints"]) == 1


async def test_another_key_with_the_scope_manages_it_as_well(server: Server) -> None:
    endpoint_id = (await made(await server.key(WEBHOOKS)))["webhook_endpoint"]["id"]
    other = await server.key(WEBHOOKS, name="Another")

    assert (await other.http.get(f"{HOOKS}/{endpoint_id}")).status_code == 200
    assert (await other.http.delete(f"{HOOKS}/{endpoint_id}")).status_code == 204


async def test_only_a_key_that_sees_private_incidents_can_have_them_sent(server: Server) -> None:
    key = await server.key(WEBHOOKS)
    sees = await server.key(WEBHOOKS, PRIVATE_INCIDENTS)
    body = {"url": HERE, "events": [CREATED], "allow_private_incidents": True}
    plain = f"{HOOKS}/{(await made(key))['webhook_endpoint']['id']}"
    full = f"{HOOKS}/{(await made(sees, allow_private_incidents=True))['webhook_endpoint']['id']}"

    for attempt in (
        key.http.post(HOOKS, json=body),
        key.http.patch(plain, json={"allow_private_incidents": True}),
        key.http.patch(full, json={"url": "http://127.0.0.1:9/mine"}),
        key.http.patch(full, json={"is_enabled": True}),
        key.http.post(f"{full}/actions/rotate_secret", json={}),
    ):
        error = refused(await attempt, 403)
        assert (error["code"], PRIVATE_INCIDENTS in error["message"]) == ("missing_scope", True)
    assert (await sees.http.get(full)).json()["webhook_endpoint"]["url"] == HERE
    assert (await sees.http.patch(full, json={"allow_private_incidents": False})).status_code == 200


@pytest.mark.parametrize("missing", ["01KZZZZZZZ0000000000000099", "me", "%00", "x" * 500])
async def test_what_is_not_there_is_not_found(server: Server, missing: str) -> None:
    key = await server.key(WEBHOOKS)
    bodies: dict[str, Any] = {
        "": {"description": "Ours"},
        "/actions/replay": {"since": "2026-11-01", "until": "2026-11-02"},
    }
    for method, path in ROUTES[2:]:
        suffix = path.removeprefix("/{id}").format(id=new_id())
        body = bodies.get(suffix, {}) if method in {"POST", "PATCH"} else None
        answer = await key.http.request(method, f"{HOOKS}/{missing}{suffix}", json=body)
        assert refused(answer, 404)["code"] == "not_found", (method, path)


async def test_a_rotated_secret_signs_from_then_on(server: Server) -> None:
    key = await server.key(WEBHOOKS)
    async with receiver() as receiving:
        answer = await made(key, receiving.url)
        path = f"{HOOKS}/{answer['webhook_endpoint']['id']}"
        rotated = await key.http.post(f"{path}/actions/rotate_secret", json={"overlap_hours": 1})
        await server.follow_up(await server.person(), await server.incident())
        (received,) = await receiving.has_received(1)

    for secret in (answer["secret"], rotated.json()["secret"]):
        assert Webhook(secret).verify(received.body, received.headers)["event_type"] == CREATED


@pytest.mark.parametrize("hours", [-1, 169, "1", 1.5, True])
async def test_an_overlap_that_is_none_is_refused(server: Server, hours: Any) -> None:
    key = await server.key(WEBHOOKS)
    path = f"{HOOKS}/{(await made(key))['webhook_endpoint']['id']}"

    answer = await key.http.post(f"{path}/actions/rotate_secret", json={"overlap_hours": hours})

    assert refused(answer, 422)["source"]["pointer"] == "/overlap_hours"


async def test_the_log_says_how_each_went_and_one_can_be_replayed(server: Server) -> None:
    key = await server.key(WEBHOOKS)
    async with receiver(status(500), status(200)) as receiving:
        path = f"{HOOKS}/{(await made(key, receiving.url))['webhook_endpoint']['id']}"
        await server.follow_up(await server.person(), await server.incident())
        await receiving.has_received(1)
        log = await until_logged(key, path, "pending", attempts=1)
        assert log["error"] == "It answered 500 Internal Server Error."
        assert (log["event_type"], log["response_status"]) == (CREATED, 500)

        again = await key.http.post(f"{path}/deliveries/{log['id']}/actions/replay", json={})
        assert again.json()["delivery"]["attempts"] == 0
        first, second = await receiving.has_received(2)
        assert (await until_logged(key, path, "delivered", attempts=1))["id"] == log["id"]

    assert first.headers["webhook-id"] == second.headers["webhook-id"] == log["id"]


async def until_logged(key: Key, path: str, state: str, *, attempts: int) -> dict[str, Any]:
    """The newest delivery in that state, once it has been attempted so often."""
    while True:
        answer = await key.http.get(f"{path}/deliveries", params={"state": state})
        for found in answer.json()["deliveries"]:
            if found["attempts"] == attempts:
                logged: dict[str, Any] = found
                return logged


async def test_the_log_comes_in_pages_newest_first(server: Server) -> None:
    key = await server.key(WEBHOOKS)
    async with receiver() as receiving:
        path = f"{HOOKS}/{(await made(key, receiving.url))['webhook_endpoint']['id']}/deliveries"
        maya, incident = await server.person(), await server.incident()
        for title in ("A", "B", "C"):
            await server.follow_up(maya, incident, title)
        await receiving.has_received(3)

    first = (await key.http.get(path, params={"page_size": 2})).json()
    rest = (
        await key.http.get(path, params={"page_size": 2, "after": first["pagination_meta"]["after"]})
    ).json()
    ids = [found["id"] for found in [*first["deliveries"], *rest["deliveries"]]]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 3
    assert "after" not in rest["pagination_meta"]


async def test_a_range_is_replayed_by_time_and_outcome(server: Server) -> None:
    key = await server.key(WEBHOOKS)
    now = server.scenario.clock()
    range_ = {
        "since": (now - timedelta(hours=1)).isoformat(),
        "until": (now + timedelta(hours=1)).isoformat(),
    }
    async with receiver() as receiving:
        path = f"{HOOKS}/{(await made(key, receiving.url))['webhook_endpoint']['id']}"
        await server.follow_up(await server.person(), await server.incident())
        await until_logged(key, path, "delivered", attempts=1)

        none = await key.http.post(f"{path}/actions/replay", json=range_)
        before = {"since": range_["since"], "until": range_["since"], "states": ["delivered"]}
        too_early = await key.http.post(f"{path}/actions/replay", json=before)
        one = await key.http.post(f"{path}/actions/replay", json=range_ | {"states": ["delivered"]})
        await receiving.has_received(2)

    assert [answer.json() for answer in (none, too_early, one)] == [
        {"replayed": 0},
        {"replayed": 0},
        {"replayed": 1},
    ]


@pytest.mark.parametrize(
    ("payload", "pointer"),
    [
        ({"since": "yesterday"}, "/since"),
        ({"since": None}, "/since"),
        ({"until": "2026-11-24T10:00:00"}, "/until"),
        ({"until": "0001-01-01T00:00:00+14:00"}, "/until"),
        ({"states": []}, "/states"),
        ({"states": ["pending"]}, "/states/0"),
        ({"after": "x"}, "/after"),
    ],
)
async def test_a_range_that_is_none_is_refused(server: Server, payload: dict[str, Any], pointer: str) -> None:
    key = await server.key(WEBHOOKS)
    path = f"{HOOKS}/{(await made(key))['webhook_endpoint']['id']}"
    body = {"since": "2026-11-01", "until": "2026-11-02"} | payload

    answer = await key.http.post(f"{path}/actions/replay", json=body)

    assert refused(answer, 422)["source"]["pointer"] == pointer


async def test_nothing_is_replayed_to_an_endpoint_that_is_off(server: Server) -> None:
    key = await server.key(WEBHOOKS)
    path = f"{HOOKS}/{(await made(key))['webhook_endpoint']['id']}"
    await key.http.patch(path, json={"is_enabled": False})

    answer = await key.http.post(
        f"{path}/actions/replay", json={"since": "2026-11-01", "until": "2026-11-02"}
    )

    assert refused(answer, 409)["code"] == "endpoint_disabled"


class TestWithoutEncryptionKeys:
    @pytest.fixture
    def more_settings(self) -> dict[str, Any]:
        return {"webhook_allowed_hosts": "127.0.0.1"}

    async def test_an_endpoint_is_refused_with_how_to_mend_it(self, server: Server) -> None:
        key = await server.key(WEBHOOKS)

        answer = await key.http.post(HOOKS, json={"url": HERE, "events": [CREATED]})

        error = refused(answer, 503)
        assert error["code"] == "no_encryption_key"
        assert "ENCRYPTION_KEYS is not set" in error["message"]
        assert (await key.http.get(HOOKS)).json() == {"webhook_endpoints": []}
