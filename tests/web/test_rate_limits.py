"""The bucket of a key: 1,200 requests at once, 20 more each second, for all replicas together."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

from storage import api_keys
from storage.api_keys import CAPACITY
from tests.web.conftest import Key, Server
from web.context import Context
from web.errors import ApiError
from web.keys import Keys


class At:
    """A clock that stands until it is moved: buckets refill by the hundredth of a second."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


async def admitted(keys: Keys, key: Key, clock: At, requests: int, *, at_once: int = 50) -> Counter[int]:
    """How many were let in, by status."""
    turns = asyncio.Semaphore(at_once)

    async def one() -> int:
        async with turns:
            try:
                await keys.admit(key.secret, clock())
            except ApiError as error:
                return error.status
            return 200

    return Counter(await asyncio.gather(*(one() for _ in range(requests))))


def replicas(server: Server, clock: At, count: int) -> list[Keys]:
    return [Keys(Context(server.database, lambda: None, clock)) for _ in range(count)]


async def test_what_a_key_has_left_is_in_each_answer(server: Server) -> None:
    key = await server.key()
    for spent in (1, 2, 3):
        answer = await key.http.get("/v1/identity")
        left = int(answer.headers["x-ratelimit-remaining"])
        assert answer.headers["x-ratelimit-limit"] == "1200, 1200;window=60"
        # Between two requests some have come back.
        assert CAPACITY - spent <= left <= CAPACITY - 1
        assert int(answer.headers["x-ratelimit-used"]) == CAPACITY - left
        assert 0 <= int(answer.headers["x-ratelimit-reset"]) - server.scenario.clock().timestamp() <= 2
    refused = await key.http.get("/v3/follow_ups/nothing")
    assert refused.status_code == 404
    assert "x-ratelimit-remaining" in refused.headers


async def test_a_full_bucket_lets_in_exactly_what_it_holds(server: Server) -> None:
    key, clock = await server.key(), At()
    (keys,) = replicas(server, clock, 1)
    assert await admitted(keys, key, clock, 1300) == {200: 1200, 429: 100}
    clock.now += timedelta(seconds=1)
    assert await admitted(keys, key, clock, 30) == {200: 20, 429: 10}
    clock.now += timedelta(hours=1)
    assert await admitted(keys, key, clock, 1300) == {200: 1200, 429: 100}


async def test_replicas_let_in_no_more_than_one_would(server: Server) -> None:
    key, clock = await server.key(), At()
    three = replicas(server, clock, 3)
    found = await asyncio.gather(*(admitted(keys, key, clock, 500) for keys in three))
    together = sum(found, Counter())
    assert together[200] <= CAPACITY
    # What one has taken and not used the others lack: a handful, since less is taken of an emptier bucket.
    assert together[200] >= CAPACITY - 3 * 20


async def test_keys_have_a_bucket_each(server: Server) -> None:
    one, other, clock = await server.key(), await server.key(), At()
    (keys,) = replicas(server, clock, 1)
    await admitted(keys, one, clock, 1200)
    assert await admitted(keys, other, clock, 1) == {200: 1}


async def test_most_requests_cost_no_trip_to_the_database(server: Server) -> None:
    key, clock = await server.key(), At()
    (keys,) = replicas(server, clock, 1)
    await admitted(keys, key, clock, 40, at_once=1)
    known = await api_keys.by_secret(server.database, key.secret)
    assert known is not None
    _, full_at = known
    assert api_keys.left(full_at, clock.now.timestamp()) == CAPACITY - 40


async def test_an_empty_bucket_is_answered_as_published(server: Server) -> None:
    key = await server.key(name="Deploy script")
    now = server.scenario.clock()
    assert await api_keys.take(server.database, key.record.id, CAPACITY, now + timedelta(seconds=30))
    answer = await key.http.get("/v3/follow_ups")

    assert answer.status_code == 429
    assert 29 <= int(answer.headers["retry-after"]) <= 31
    assert answer.headers["x-ratelimit-remaining"] == "0"
    body = answer.json()
    assert body["type"] == "too_many_requests"
    limit = body["rate_limit"]
    assert (limit["name"], limit["limit"], limit["remaining"]) == ("Deploy script", CAPACITY, 0)
    again = datetime.fromisoformat(limit["retry_after"])
    assert timedelta(seconds=28) < again - now < timedelta(seconds=33)
    server.scenario.clock.passes(seconds=32)
    assert (await key.http.get("/v3/follow_ups")).status_code == 200
