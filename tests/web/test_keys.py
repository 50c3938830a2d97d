"""Who gets in: keys, what they may do, and for how long."""

import re
from datetime import timedelta

from incident_io import AuthenticatedClient
from incident_io.api.follow_ups_v3 import follow_ups_v3_list
from incident_io.models import ErrorResponse
from sqlmodel import select

from bot import directory
from storage import api_keys
from storage.api_keys import SCOPES, ApiKey
from storage.columns import new_id
from storage.models import Incident
from tests.web.conftest import Key, Server
from tests.web.routes import PLACES, ROUTES
from web.api import ROUTERS
from web.keys import SCOPES_KEY, KeyedRoute

PLACE = re.compile(r"\{\w+\}")
SEVERITY = "01KZZZZZZZ0000000000000011"


async def ids(server: Server, incident: Incident) -> dict[str, str]:
    maya = await server.person()
    follow_up = await server.follow_up(maya, incident)
    (team, *_) = await directory.teams(server.scenario.context)
    return {
        "follow_up": follow_up.id,
        "incident": incident.id,
        "user": maya.id,
        "team": team.id,
        "severity": SEVERITY,
        "priorities": new_id(),
        "categories": new_id(),
        "label": new_id(),
        "webhook_endpoint": new_id(),
        "delivery": new_id(),
    }


def test_every_route_is_in_the_table_of_these_tests_with_its_scope() -> None:
    served = {
        (method, PLACE.sub("-", route.path), *(route.openapi_extra or {}).get(SCOPES_KEY, [None]))
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, KeyedRoute)
        for method in route.methods or ()
    }
    tabled = {
        (
            call.method,
            call.path.format(**dict.fromkeys(PLACES, "-")),
            call.scope,
        )
        for call in ROUTES
    }
    assert served == tabled


async def test_each_route_needs_its_scope_and_no_other(server: Server) -> None:
    incident = await server.incident()
    known = await ids(server, incident)
    for call in ROUTES:
        if call.scope is None:
            continue
        without = await server.key(*(scope for scope in SCOPES if scope != call.scope))
        only = await server.key(call.scope)
        refused = await without.http.request(**call.filled(**known))
        answered = await only.http.request(**call.filled(**known))

        assert refused.status_code == 403, call
        assert call.scope in refused.json()["errors"][0]["message"]
        assert answered.status_code != 403, call
        if call.method == "DELETE":
            known["follow_up"] = (await server.follow_up(await server.person(), incident)).id


async def refused(server: Server, authorization: str | bytes | None) -> str:
    headers = {} if authorization is None else {"Authorization": authorization}
    async with server.client(headers) as client:
        answer = await client.get("/v1/identity")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    code: str = answer.json()["errors"][0]["code"]
    return code


async def test_without_a_good_key_nobody_gets_in(server: Server) -> None:
    key = await server.key()
    assert await refused(server, None) == "missing_authorization_material"
    assert await refused(server, "Bearer") == "missing_authorization_material"
    assert await refused(server, f"Basic {key.secret}") == "missing_authorization_material"
    wrong = (f"{key.secret}0", key.secret[:-1], key.record.prefix, key.record.id, "x" * 5000)
    assert await refused(server, "Bearer fu_ü".encode()) == "authentication_failed"
    for secret in wrong:
        assert await refused(server, f"Bearer {secret}") == "authentication_failed"


async def test_the_official_client_reads_the_refusal(server: Server) -> None:
    client = AuthenticatedClient(base_url=server.base_url, token="fu_wrong")
    answer = await follow_ups_v3_list.asyncio(client=client)
    assert isinstance(answer, ErrorResponse)
    assert (answer.status, answer.type_.value) == (401, "authentication_error")


async def test_a_revoked_key_is_refused_a_second_later_at_most(server: Server) -> None:
    key = await server.key()
    assert (await key.http.get("/v1/identity")).status_code == 200
    async with server.database.write() as session:
        await api_keys.revoke(session, key.record.id, server.scenario.clock())
    server.scenario.clock.passes(seconds=1)
    assert (await key.http.get("/v1/identity")).status_code == 401


async def test_an_expired_key_is_refused(server: Server) -> None:
    key = await server.key(expires_at=server.scenario.clock() + timedelta(days=1))
    assert (await key.http.get("/v1/identity")).status_code == 200
    server.scenario.clock.passes(days=1)
    assert (await key.http.get("/v1/identity")).status_code == 401


async def test_the_secret_is_kept_nowhere_and_its_use_is_noted_once_a_minute(server: Server) -> None:
    key = await server.key()

    async def kept() -> ApiKey:
        async with server.database.read() as session:
            return (await session.exec(select(ApiKey))).one()

    first = await used(server, key)
    assert key.secret not in str((await kept()).model_dump())
    server.scenario.clock.passes(seconds=30)
    assert await used(server, key) == first
    server.scenario.clock.passes(seconds=31)
    assert await used(server, key) > first


async def used(server: Server, key: Key) -> str:
    await key.http.get("/v1/identity")
    async with server.database.read() as session:
        (found,) = await api_keys.every(session)
    return str(found.last_used_at)
