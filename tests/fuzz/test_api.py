"""schemathesis, with all its checks, against the running API as /openapi.json describes it."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import update

from storage import api_keys
from storage.api_keys import ApiKey
from tests.storage.webhooks import KEY
from tests.web.conftest import ALL, Server, server

__all__ = ["server"]

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "tests/fuzz/schemathesis.toml"
# The phase that tries the bounds of every field by itself makes thousands of requests: it is for `make fuzz`,
# as is PostgreSQL.
PHASES, EXAMPLES, BACKENDS = "examples,fuzzing,stateful", 3, ["sqlite"]
if "FUZZ_EXAMPLES" in os.environ:
    PHASES, EXAMPLES = "examples,coverage,fuzzing,stateful", int(os.environ["FUZZ_EXAMPLES"]) // 10
    BACKENDS = ["sqlite", "postgresql"]
SEED = os.environ.get("FUZZ_SEED", "1")


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def more_settings() -> dict[str, Any]:
    """Webhooks may go to this machine, where nothing listens."""
    return {"webhook_allowed_hosts": "127.0.0.0/8", "encryption_keys": KEY}


@pytest.fixture(autouse=True)
def names_of_this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever name an address has, nothing is sent anywhere."""
    look_up = socket.getaddrinfo

    def looked_up(_host: str, *args: Any, **kwargs: Any) -> Any:
        return look_up("127.0.0.1", *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)


@pytest.fixture
async def secret(server: Server) -> AsyncIterator[str]:
    """Of a key whose bucket is filled again and again: it is not the limit that is tried here."""
    async with server.database.write() as session:
        _, secret = await api_keys.create(session, "Schemathesis", ALL, now=server.scenario.clock())

    async def refill() -> None:
        while True:
            async with server.database.write() as session:
                await session.exec(update(ApiKey).values(bucket_full_at=0.0))
            await asyncio.sleep(1)

    refilling = asyncio.create_task(refill())
    yield secret
    refilling.cancel()
    with suppress(asyncio.CancelledError):
        await refilling


async def ids(server: Server) -> dict[str, str]:
    """One that is there of each collection."""
    async with server.client({"Authorization": f"Bearer {(await server.key(*ALL)).secret}"}) as http:
        maya = await server.person()
        incident = await server.incident()
        follow_up = await server.follow_up(maya, incident, labels=("tls",))
        hook = {"url": "https://hooks.example/", "events": ["public_incident.follow_up_updated_v2"]}
        made = await http.post("/v1/webhook_endpoints", json=hook)
        await http.post("/v1/follow_up_categories", json={"name": "Monitoring"})
        await http.put(f"/v3/follow_ups/{follow_up.id}", json={"title": "Rotate", "status": "completed"})
        endpoint = made.json()["webhook_endpoint"]["id"]
        listed = {
            "teams": "/v3/teams",
            "severities": "/v1/severities",
            "follow_up_priorities": "/v1/follow_up_priorities",
            "follow_up_categories": "/v1/follow_up_categories",
            "follow_up_labels": "/v1/follow_up_labels",
            "deliveries": f"/v1/webhook_endpoints/{endpoint}/deliveries",
        }
        first = {name: (await http.get(path)).json()[name][0]["id"] for name, path in listed.items()}
    return {
        **first,
        "follow_ups": follow_up.id,
        "incidents": incident.id,
        "users": maya.id,
        "webhook_endpoints": endpoint,
    }


async def test_schemathesis_finds_nothing(server: Server, secret: str, tmp_path: Path) -> None:
    known = await ids(server)
    command = [
        str(Path(sys.executable).with_name("st")),
        "--config-file",
        str(CONFIG),
        "run",
        f"{server.base_url}/openapi.json",
        "--header",
        f"Authorization: Bearer {secret}",
        "--phases",
        PHASES,
        "--max-examples",
        str(EXAMPLES),
        "--seed",
        SEED,
    ]
    running = await asyncio.create_subprocess_exec(
        *command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "KNOWN_IDS": json.dumps(known)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await running.communicate()
    assert running.returncode == 0, said.decode()
