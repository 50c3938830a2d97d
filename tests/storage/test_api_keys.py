"""Keys: made and shown once, found by their secret, revoked; and the bucket of requests each has."""

import asyncio
from datetime import timedelta

import pytest

from storage import api_keys
from storage.api_keys import CAPACITY, PRIVATE_INCIDENTS, SCOPES
from storage.database import Database
from storage.errors import InvalidFieldError
from storage.records import CreatorKind
from tests.storage.builders import NOW, look, run


async def test_a_key_is_found_by_its_secret_and_by_nothing_near_it(database: Database) -> None:
    key, secret = await run(database, api_keys.create, "Deploy script", ["actions.view"], now=NOW)
    found = await api_keys.by_secret(database, secret)
    assert found is not None
    assert found[0] == key
    assert secret.startswith(key.prefix)
    for near in (secret[:-1], secret + "0", key.prefix, secret.upper(), ""):
        assert await api_keys.by_secret(database, near) is None


async def test_a_key_acts_as_itself_and_sees_what_its_scopes_say(database: Database) -> None:
    plain, _ = await run(database, api_keys.create, "Plain", ["actions.view"], now=NOW)
    every, _ = await run(database, api_keys.create, "Every", list(SCOPES), now=NOW)
    assert (plain.actor.kind, plain.actor.id, plain.actor.name) == (CreatorKind.API_KEY, plain.id, "Plain")
    assert not plain.actor.sees_private
    assert PRIVATE_INCIDENTS in every.scopes
    assert every.actor.sees_private


@pytest.mark.parametrize(
    ("name", "scopes", "field"),
    [
        ("", ["actions.view"], "name"),
        (" \u200b", ["actions.view"], "name"),
        ("x" * 101, ["actions.view"], "name"),
        ("Deploy", ["actions.view", "nothing.view"], "scopes"),
        ("Deploy", [], "scopes"),
    ],
)
async def test_a_key_needs_a_name_and_scopes_that_exist(
    database: Database, name: str, scopes: list[str], field: str
) -> None:
    with pytest.raises(InvalidFieldError) as refused:
        await run(database, api_keys.create, name, scopes, now=NOW)
    assert list(refused.value.errors) == [field]


async def test_a_key_is_good_until_it_expires_or_is_revoked(database: Database) -> None:
    until = NOW + timedelta(days=1)
    key, secret = await run(database, api_keys.create, "Deploy", ["actions.view"], now=NOW, expires_at=until)
    assert key.is_usable(until - timedelta(seconds=1))
    assert not key.is_usable(until)
    with pytest.raises(InvalidFieldError):
        await run(database, api_keys.create, "Late", ["actions.view"], now=NOW, expires_at=NOW)

    first = await run(database, api_keys.revoke, key.id, NOW)
    again = await run(database, api_keys.revoke, key.id, until)
    assert first is not None
    assert again is not None
    assert first.revoked_at == again.revoked_at == NOW
    found = await api_keys.by_secret(database, secret)
    assert found is not None
    assert not found[0].is_usable(NOW)
    assert await run(database, api_keys.revoke, "01FCNDV6P870EA6S7TK1DSYDG0", NOW) is None


async def test_every_key_is_listed_oldest_first(database: Database) -> None:
    made = [(await run(database, api_keys.create, name, ["actions.view"], now=NOW))[0] for name in "abc"]
    assert await look(database, api_keys.every) == made


async def test_a_bucket_gives_what_it_holds_and_refills_with_time(database: Database) -> None:
    key, _ = await run(database, api_keys.create, "Deploy", ["actions.view"], now=NOW)
    assert await api_keys.take(database, key.id, CAPACITY, NOW) == (NOW.timestamp() + 60, key.scopes)
    assert await api_keys.take(database, key.id, 1, NOW) is None
    second = NOW + timedelta(seconds=1)
    assert await api_keys.take(database, key.id, 21, second) is None
    assert await api_keys.take(database, key.id, 20, second) is not None
    assert await api_keys.take(database, key.id, CAPACITY, NOW + timedelta(hours=1)) is not None
    assert await api_keys.take(database, "01FCNDV6P870EA6S7TK1DSYDG0", 1, NOW) is None


async def test_what_two_take_at_the_same_time_is_taken_once_each(database: Database) -> None:
    key, _ = await run(database, api_keys.create, "Deploy", ["actions.view"], now=NOW)
    taken = await asyncio.gather(*(api_keys.take(database, key.id, 100, NOW) for _ in range(20)))
    assert len([full_at for full_at in taken if full_at is not None]) == 12
