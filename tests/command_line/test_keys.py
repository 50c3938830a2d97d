"""`python app.py keys`: made, listed and revoked by whoever runs the program."""

import re
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url

from storage import api_keys
from storage.api_keys import SCOPES
from storage.database import Database
from tests.command_line.said import Said, run
from tests.storage.anything import everything
from tests.storage.builders import look

Keys = Callable[..., Awaitable[Said]]


@pytest.fixture
def keys(database_url: str, tmp_path: Path) -> Keys:
    async def keys(*arguments: str) -> Said:
        return await run("keys", *arguments, at=tmp_path, DATABASE_URL=database_url)

    return keys


async def test_a_key_is_shown_once_then_listed_without_its_secret_then_revoked(
    database: Database, keys: Keys
) -> None:
    made = await keys("create", "--name", "Deploy script", "--scopes", "all", "--quiet")
    secret = made.out.strip()
    assert made.code == 0
    assert re.fullmatch(r"fu_[0-9a-f]{64}", secret)
    assert secret not in str(await everything(database))

    line = (await keys("list")).out
    assert secret[:11] in line
    assert secret not in line
    assert "Deploy script  (good, never used)  all scopes" in line
    assert (await keys("revoke", line.split()[0])).code == 0
    assert "(revoked" in (await keys("list")).out


async def test_a_key_can_be_limited_to_scopes_and_days(database: Database, keys: Keys) -> None:
    limits = ("--scopes", "actions.view, users.view", "--expires-in-days", "30")
    said = await keys("create", "--name", "Reader", *limits)
    assert said.code == 0
    assert "not shown again" in said.out

    (key,) = await look(database, api_keys.every)
    assert key.scopes == {"actions.view", "users.view"}
    assert key.expires_at is not None
    assert key.expires_at - key.created_at == timedelta(days=30)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("create", "--name", "x", "--scopes", "nothing"), "There is no scope nothing."),
        (("create", "--name", " ", "--scopes", "all"), "Give the key a name"),
        (("create", "--scopes", "all"), "Missing option '--name'"),
        (("revoke", "01FCNDV6P870EA6S7TK1DSYDG0"), "There is no key"),
    ],
)
async def test_what_is_wrong_is_said_in_one_line(
    database: Database, keys: Keys, arguments: tuple[str, ...], sentence: str
) -> None:
    said = await keys(*arguments)
    assert said.code != 0
    assert sentence in said.err
    assert await look(database, api_keys.every) == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_a_database_that_another_program_locks_is_named(database_url: str, keys: Keys) -> None:
    other = sqlite3.connect(str(make_url(database_url).database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    said = await keys("create", "--name", "x", "--scopes", "all")
    other.close()
    assert said.code == 1
    assert said.err.endswith("is locked by another program. Try again in a moment.\n")


async def test_every_scope_is_explained(keys: Keys) -> None:
    said = await keys("scopes")
    assert all(f"{scope} " in said.out for scope in SCOPES)
