"""A part of the program that is loaded when it is first asked for."""

import asyncio
import subprocess
import sys
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from deferred import Deferred

ROOT = Path(__file__).parents[1]


def test_a_process_that_only_serves_slack_loads_nothing_of_the_api() -> None:
    heavy = ("alembic", "cryptography", "fastapi", "httpx2", "mcp", "standardwebhooks", "web")
    loaded = f"import app, sys; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


async def test_it_is_loaded_once_by_whoever_asks_first_and_only_for_its_paths() -> None:
    loads: list[str] = []

    def load() -> ASGIApp:
        loads.append("load")
        return PlainTextResponse("loaded")

    app = Starlette(
        routes=[Route("/slack", lambda _request: PlainTextResponse("slack")), Deferred(("/v3/",), load)]
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await client.get("/slack")).text == "slack"
        assert (await client.get("/v2/follow_ups")).status_code == 404
        assert loads == []
        answers = await asyncio.gather(*(client.get("/v3/follow_ups") for _ in range(5)))
    assert [answer.text for answer in answers] == ["loaded"] * 5
    assert loads == ["load"]
