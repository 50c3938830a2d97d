"""A POST under an Idempotency-Key has one effect, whatever happens between the two of it."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlmodel import col, select, update

from playground import seed
from storage import api_keys, idempotency, secrets
from storage.api_keys import PRIVATE_INCIDENTS, ApiKey
from storage.columns import new_id
from storage.models import KeptAnswer
from storage.once import Once
from storage.secrets import Keyring, new_key
from tests.storage.webhooks import KEY
from tests.web.conftest import ALL, ALL_PUBLIC, Key, Server
from tests.web.routes import ROUTES

REPLAYED = "Idempotency-Replayed"
HOOKS = "/v1/webhook_endpoints"
HOOK = {"url": "http://127.0.0.1:9/hooks", "events": ["public_incident.follow_up_created_v2"]}


@pytest.fixture
def more_settings() -> dict[str, Any]:
    return {"encryption_keys": KEY, "webhook_allowed_hosts": "127.0.0.1"}


async def post(key: Key, path: str, body: Any = None, *, once: str = "deploy-77") -> httpx.Response:
    return await key.http.post(path, json=body, headers={"Idempotency-Key": once})


async def add(
    key: Key, incident_id: str, title: str = "Rotate", *, once: str = "deploy-77"
) -> httpx.Response:
    return await post(key, "/v3/follow_ups", {"incident_id": incident_id, "title": title}, once=once)


async def titles(key: Key) -> list[str]:
    return [one["title"] for one in (await key.http.get("/v3/follow_ups")).json()["follow_ups"]]


async def kept(server: Server) -> list[KeptAnswer]:
    async with server.database.read() as session:
        return list(await session.exec(select(KeptAnswer)))


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["code"]


async def test_a_repeat_is_answered_as_the_first_was_and_has_no_effect(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    first = await add(key, incident.id)
    await key.http.patch(f"/v3/follow_ups/{first.json()['follow_up']['id']}", json={"title": "Changed"})
    again = await add(key, incident.id)
    await server.scenario.is_quiet()

    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert (first.status_code, first.headers.get(REPLAYED)) == (201, None)
    assert (again.headers[REPLAYED], again.headers["ETag"]) == ("true", first.headers["ETag"])
    assert await titles(key) == ["Changed"]
    cards = [
        message
        for message in server.scenario.slack.workspace.messages_in(incident.channel_id)
        if "Changed" in str(message)
    ]
    assert len(cards) == 1


async def test_every_post_of_the_api_has_one_effect(server: Server) -> None:
    key, maya, incident = await server.key(*ALL), await server.person(), await server.incident()
    hook = (await key.http.post(HOOKS, json=HOOK)).json()["webhook_endpoint"]["id"]
    for number, call in enumerate(call for call in ROUTES if call.method == "POST"):
        if "create_from_link" in call.path or "{delivery}" in call.path:
            continue
        follow_up = await server.follow_up(maya, incident)
        request = call.filled(follow_up=follow_up.id, incident=incident.id, webhook_endpoint=hook)
        if call.path == HOOKS:
            request["json"] = HOOK
        headers = {"Idempotency-Key": f"number-{number}"}
        first = await key.http.request(**request, headers=headers)
        again = await key.http.request(**request, headers=headers)
        assert first.is_success, (call, first.text)
        assert again.headers.get(REPLAYED) == "true", call
        assert (again.status_code, again.content) == (first.status_code, first.content), call
    assert len((await key.http.get(HOOKS)).json()["webhook_endpoints"]) == 2


async def test_ten_at_once_have_one_effect(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    answers = await asyncio.gather(*(add(key, incident.id) for _ in range(10)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert sorted(answer.headers.get(REPLAYED, "") for answer in answers) == ["", *["true"] * 9]
    assert await titles(key) == ["Rotate"]


@pytest.mark.parametrize(("backend", "replicas"), [("postgresql", 2)])
async def test_ten_at_once_have_one_effect_on_two_replicas(server: Server) -> None:
    await test_ten_at_once_have_one_effect(server)


async def test_another_request_under_the_same_key_is_refused(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    await add(key, incident.id)
    other_body = await add(key, incident.id, "Fix the alert")
    other_route = await post(key, "/v2/follow_ups", {"incident_id": incident.id, "title": "Rotate"})
    for answer in (other_body, other_route):
        assert code(answer) == (422, "idempotency_key_reused")
        assert answer.json()["errors"][0]["source"]["pointer"] == "/Idempotency-Key"
    assert await titles(key) == ["Rotate"]


async def test_the_order_of_the_fields_and_spaces_make_no_other_request(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    headers = {"Idempotency-Key": "1", "Content-Type": "application/json"}
    for body in (
        f'{{"incident_id":"{incident.id}","title":"Rotate"}}',
        f'{{ "title": "Rotate", "incident_id": "{incident.id}" }}',
    ):
        assert (await key.http.post("/v3/follow_ups", content=body, headers=headers)).status_code == 201
    assert await titles(key) == ["Rotate"]


async def test_each_api_key_has_idempotency_keys_of_its_own(server: Server) -> None:
    one, other, incident = await server.key(), await server.key(), await server.incident()
    answers = [await add(key, incident.id) for key in (one, other)]
    assert [answer.headers.get(REPLAYED) for answer in answers] == [None, None]
    assert len(await titles(one)) == 2


@pytest.mark.parametrize("once", ["", "x" * 256, "two words", "na\xefve"])
async def test_what_is_no_key_is_refused(server: Server, once: str) -> None:
    key, incident = await server.key(), await server.incident()
    body = {"incident_id": incident.id, "title": "Rotate"}
    headers = [(b"Idempotency-Key", once.encode("latin-1"))]
    answer = await key.http.post("/v3/follow_ups", json=body, headers=headers)
    twice = [("Idempotency-Key", "1"), ("Idempotency-Key", "2")]
    both = await key.http.post("/v3/follow_ups", json=body, headers=twice)
    for refused in (answer, both):
        assert code(refused) == (422, "invalid_value")
        assert refused.json()["errors"][0]["source"]["pointer"] == "/Idempotency-Key"
    assert await titles(key) == []


async def test_the_longest_key_and_a_header_on_other_methods_are_no_trouble(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    assert (await add(key, incident.id, once="!~" + "x" * 253)).status_code == 201
    assert (await key.http.get("/v3/follow_ups", headers={"Idempotency-Key": ""})).status_code == 200


async def test_what_was_refused_had_no_effect_and_may_come_again_mended(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    assert (await add(key, incident.id, "")).status_code == 422
    assert (await add(key, new_id())).status_code == 422
    made = await add(key, incident.id)
    assert (made.status_code, made.headers.get(REPLAYED)) == (201, None)
    assert await titles(key) == ["Rotate"]


async def test_what_failed_before_its_answer_was_kept_had_no_effect(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the process dies: the effect and the answer are one transaction."""
    key, incident = await server.key(), await server.incident()

    async def dies(*_: Any) -> None:
        raise RuntimeError("died")

    with monkeypatch.context() as patched:
        patched.setattr(idempotency, "keep", dies)
        assert (await add(key, incident.id)).status_code == 500
    assert (await titles(key), await kept(server), await server.scenario.jobs("card")) == ([], [], [])
    assert (await add(key, incident.id)).status_code == 201
    assert await titles(key) == ["Rotate"]


async def test_what_failed_after_its_answer_was_kept_is_answered_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, incident = await server.key(), await server.incident()
    keep = Once.keep

    async def dies(once: Once, answer: Any) -> None:
        await keep(once, answer)
        raise RuntimeError("died")

    with monkeypatch.context() as patched:
        patched.setattr(Once, "keep", dies)
        assert (await add(key, incident.id)).status_code == 500
    again = await add(key, incident.id)
    assert (again.status_code, again.headers[REPLAYED]) == (201, "true")
    assert await titles(key) == ["Rotate"]


@pytest.mark.parametrize("backend", ["postgresql"])
async def test_what_is_at_work_for_too_long_is_to_be_asked_for_later(server: Server) -> None:
    """On SQLite nobody else can write meanwhile, which is the database's trouble."""
    key, incident = await server.key(), await server.incident()
    now = server.scenario.clock()
    at_work = idempotency.Repeatable(key.record.id, "deploy-77", "another", sees_private=False)
    async with server.database.write() as session:
        assert await idempotency.claim(session, at_work, idempotency.WHOLE, now)
        answer = await add(key, incident.id)
        await session.rollback()
    assert code(answer) == (409, "idempotency_key_in_use")
    assert answer.headers["Retry-After"] == "1"
    assert (await add(key, incident.id)).status_code == 201
    assert await titles(key) == ["Rotate"]


async def test_after_a_day_the_key_is_free_and_its_answer_forgotten(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    await add(key, incident.id)
    server.scenario.clock.passes(hours=23, minutes=59)
    assert (await add(key, incident.id)).headers[REPLAYED] == "true"
    server.scenario.clock.passes(minutes=2)
    assert REPLAYED not in (await add(key, incident.id, "Fix the alert")).headers
    assert await titles(key) == ["Rotate", "Fix the alert"]

    server.scenario.clock.passes(hours=25)
    server.database.jobs_ready.set()
    async with asyncio.timeout(10):
        while await kept(server):  # noqa: ASYNC110  the database has no event for it
            await asyncio.sleep(0.01)


async def test_a_secret_is_shown_again_and_kept_encrypted(server: Server) -> None:
    key = await server.key(*ALL)
    first = await post(key, HOOKS, HOOK)
    again = await post(key, HOOKS, HOOK)
    (row,) = await kept(server)

    assert again.json() == first.json()
    assert row.body is None
    assert row.sealed
    assert row.sealed.startswith("v1:k1:")
    renewed = Keyring.parse(f"{new_key('k2')},{KEY}")
    assert await secrets.rotate(server.database, renewed) == 2
    (row,) = await kept(server)
    assert row.sealed
    assert row.sealed.startswith("v1:k2:")


class TestWithoutEncryption:
    @pytest.fixture
    def more_settings(self) -> dict[str, Any]:
        return {"webhook_allowed_hosts": "127.0.0.1"}

    async def test_answers_without_a_secret_are_kept_as_they_are(self, server: Server) -> None:
        key, incident = await server.key(*ALL), await server.incident()
        first = await add(key, incident.id)
        again = await add(key, incident.id)
        refused = await post(key, HOOKS, HOOK, once="hook")
        (row,) = await kept(server)
        assert (again.content, again.headers[REPLAYED]) == (first.content, "true")
        assert (row.body, row.sealed) == (first.text, None)
        assert code(refused) == (503, "no_encryption_key")


async def rescoped(server: Server, key: Key, *scopes: str) -> None:
    async with server.database.write() as session:
        this = update(ApiKey).where(col(ApiKey.id) == key.record.id)
        await session.exec(this.values(scopes=list(scopes)))
    server.scenario.clock.passes(seconds=2)


async def test_a_key_that_lost_its_rights_is_not_answered_again(server: Server) -> None:
    key = await server.key(*ALL)
    secret = await server.incident("breach", private_to=[seed.MAYA])
    assert (await add(key, secret.id, "Mask tokens")).status_code == 201

    await rescoped(server, key, *ALL_PUBLIC)
    assert code(await add(key, secret.id, "Mask tokens")) == (404, "not_found")
    await rescoped(server, key, PRIVATE_INCIDENTS)
    assert code(await add(key, secret.id, "Mask tokens")) == (403, "missing_scope")
    await rescoped(server, key, *ALL)
    assert (await add(key, secret.id, "Mask tokens")).headers[REPLAYED] == "true"
    async with server.database.write() as session:
        await api_keys.revoke(session, key.record.id, server.scenario.clock())
    server.scenario.clock.passes(seconds=2)
    assert (await add(key, secret.id, "Mask tokens")).status_code == 401


async def test_what_has_turned_private_is_not_told_again(server: Server) -> None:
    """Slack sends no event of it: it is asked."""
    key, owner, incident = await server.key(), await server.key(*ALL), await server.incident()
    assert (await add(key, incident.id)).status_code == 201
    assert (await add(owner, incident.id)).status_code == 201
    server.scenario.slack.acts.make_private(seed.MAYA, incident.channel_id)
    server.scenario.clock.passes(seconds=61)
    assert code(await add(key, incident.id)) == (404, "not_found")
    assert (await add(owner, incident.id)).headers[REPLAYED] == "true"
