"""`python app.py` when something is in its way: one line that says what, and no traceback."""

import asyncio
import json
import os
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount

from app import to_json
from playground import Playground
from playground.serving import LocalServer

ROOT = Path(__file__).parents[1]


async def started(tmp_path: Path, **environment: str) -> str:
    """What the program says before it gives up."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    own: dict[str, str] = {"PORT": "0", "DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'own.db'}"}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "app.py"),
        cwd=tmp_path,
        env=kept | own | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(20):
            output, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        raise
    assert process.returncode == 1
    said = output.decode().strip()
    assert "Traceback" not in said
    return said.splitlines()[-1]


@pytest.fixture
async def slack() -> AsyncIterator[dict[str, str]]:
    """A Slack that knows other tokens, and where it is."""
    server = LocalServer()
    manifest: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text())
    playground = Playground(
        manifest,
        signing_secret="s",
        bot_token="xoxb-right",
        app_token="xapp-right",
        base_url=f"{server.url}/playground",
    )
    async with playground:
        await server.start(Starlette(routes=[Mount("/playground", playground.asgi)]))
        yield {"SLACK_API_URL": f"{server.url}/playground/slack/api/", "SLACK_BOT_TOKEN": "xoxb-right"}
    await server.stop()


async def test_the_playground_is_for_this_machine_only(tmp_path: Path) -> None:
    said = await started(tmp_path, HOST="0.0.0.0")  # noqa: S104  what is refused
    assert said.startswith("SLACK_BOT_TOKEN is missing")
    assert "HOST to 127.0.0.1" in said


async def test_a_slack_in_trouble_is_not_the_tokens_fault(tmp_path: Path) -> None:
    server = LocalServer()
    await server.start(Response("<html>Bad Gateway</html>", 502))
    try:
        said = await started(
            tmp_path,
            SLACK_API_URL=f"{server.url}/api/",
            SLACK_BOT_TOKEN="xoxb-1",
            SLACK_SIGNING_SECRET="s",
        )
    finally:
        await server.stop()
    assert said.startswith("Slack does not answer as it should")


async def test_a_missing_variable_is_named(tmp_path: Path) -> None:
    assert (await started(tmp_path, SLACK_BOT_TOKEN="xoxb-1")).startswith("SLACK_SIGNING_SECRET is missing")


async def test_a_bot_token_that_slack_refuses_is_named(tmp_path: Path, slack: dict[str, str]) -> None:
    wrong = slack | {"SLACK_BOT_TOKEN": "xoxb-wrong", "SLACK_SIGNING_SECRET": "s"}
    said = await started(tmp_path, **wrong)
    assert said.startswith("SLACK_BOT_TOKEN is refused by Slack (invalid_auth)")
    assert "xoxb-wrong" not in said


async def test_an_app_token_that_slack_refuses_is_named(tmp_path: Path, slack: dict[str, str]) -> None:
    said = await started(tmp_path, **slack, SLACK_APP_TOKEN="xapp-wrong")
    assert said.startswith("SLACK_APP_TOKEN is refused by Slack (invalid_auth)")


async def test_a_slack_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    nowhere = {"SLACK_API_URL": "http://127.0.0.1:9/api/", "SLACK_SIGNING_SECRET": "s"}
    said = await started(tmp_path, SLACK_BOT_TOKEN="xoxb-1", **nowhere)
    assert said.startswith("SLACK_API_URL can't be reached")


async def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = await started(tmp_path, PORT=port)
    assert said.startswith(f"PORT {port} on HOST 127.0.0.1 can't be listened on")


async def test_a_database_path_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = await started(tmp_path, DATABASE_URL=f"sqlite+aiosqlite:///{tmp_path}/file/follow-ups.db")
    assert "can't be used" in said
    assert "file/follow-ups.db" in said


@pytest.mark.parametrize("url", ["mysql://me:s3cret@host/x", "sqlite+aiosqlite://", "not a url"])
async def test_a_database_of_another_kind_is_named(tmp_path: Path, url: str) -> None:
    said = await started(tmp_path, DATABASE_URL=url)
    assert said.startswith("DATABASE_URL is")
    assert "s3cret" not in said


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "own.db").write_bytes(b"not a database" * 100)
    assert "own.db can't be used" in await started(tmp_path)


async def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "own.db") as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999_needs_9999')")
    said = await started(tmp_path)
    assert said.startswith("The database is at revision 9999")
    assert "a newer one has migrated it" in said


@pytest.mark.parametrize("typed", ["certificate 🔏 *&<>*", "half of \ud83d", {"a": [1, None, True]}])
def test_what_is_sent_to_slack_reads_back_the_same_even_half_a_character(typed: Any) -> None:
    assert json.loads(to_json({"text": typed})) == {"text": typed}
