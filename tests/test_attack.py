"""The real program while strangers send it what they like: refused, not remembered, nobody waits for it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import psutil
import pytest

from playground import Person
from playground.doors import signature
from playground.seed import CHECKOUT, MAYA
from tests.process import Running, running

SECRET = "attacked"
MARK = b"wombat-1729 "
TEN_MEGABYTES = 10_000_000
MEBIBYTE = 2**20

Send = Callable[["Attack"], Awaitable[int]]


class Attack:
    def __init__(self, program: Running, session: aiohttp.ClientSession) -> None:
        self.url = f"{program.address}/slack/events"
        self.session = session
        self.program = program

    async def post(self, body: bytes | AsyncIterator[bytes], **headers: str) -> int:
        async with self.session.post(self.url, data=body, headers=headers) as answer:
            assert await answer.text() == ""
            return answer.status

    @property
    def memory(self) -> float:
        """Mebibytes."""
        return float(psutil.Process(self.program.process.pid).memory_info().rss) / MEBIBYTE


@pytest.fixture
async def attack(tmp_path: Path) -> AsyncIterator[Attack]:
    async with (
        running(
            tmp_path,
            bot_token="xoxb-attacked",
            app_token="xapp-attacked",
            signing_secret=SECRET,
            transport="http",
            LOG_LEVEL="DEBUG",
        ) as program,
        aiohttp.ClientSession() as session,
    ):
        yield Attack(program, session)
        assert program.process.returncode is None
        assert "Traceback" not in program.log
        assert MARK.decode().strip() not in program.log


def signed(body: bytes) -> dict[str, str]:
    now = str(int(time.time()))
    return {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": signature(SECRET, now, body)}


async def chunks() -> AsyncIterator[bytes]:
    for _ in range(100):
        yield MARK * (TEN_MEGABYTES // 100 // len(MARK))


LARGE = MARK * (TEN_MEGABYTES // len(MARK))
FITTING = MARK * (999_000 // len(MARK))


async def says_its_size(attack: Attack) -> int:
    return await attack.post(LARGE)


async def does_not_say_its_size(attack: Attack) -> int:
    return await attack.post(chunks())


async def is_signed(attack: Attack) -> int:
    return await attack.post(LARGE, **signed(LARGE))


async def fits_but_is_not_signed(attack: Attack) -> int:
    return await attack.post(FITTING, **signed(b"another"))


async def has_too_many_fields(attack: Attack) -> int:
    body = b"command=/incident&" + b"a=&" * 300_000
    return await attack.post(body, **signed(body))


async def is_deep(attack: Attack) -> int:
    body = b'{"type":' + b"[" * 900_000
    return await attack.post(body, **signed(body))


EXPECTED: dict[Send, int] = {
    says_its_size: 413,
    does_not_say_its_size: 413,
    is_signed: 413,
    fits_but_is_not_signed: 401,
    has_too_many_fields: 400,
    is_deep: 400,
}


async def test_large_bodies_are_refused_and_leave_no_memory_behind(attack: Attack) -> None:
    async def all_of_them(times: int) -> None:
        for send, status in EXPECTED.items():
            for _ in range(times):
                assert await send(attack) == status

    async def many() -> None:
        await asyncio.gather(*(all_of_them(3) for _ in range(6)))

    await many()  # what the first ones leave is the allocator's own
    before, highest = attack.memory, 0.0
    sending = asyncio.create_task(many())
    while not sending.done():
        highest = max(highest, attack.memory)
        await asyncio.sleep(0.02)
    await sending
    assert attack.memory - before < 20
    assert highest - before < 60  # six at once, a megabyte each, some of it taken apart


async def test_while_a_hundred_drip_a_person_is_answered(attack: Attack) -> None:
    reached: list[asyncio.StreamWriter] = []
    host, port = "127.0.0.1", int(attack.program.address.rpartition(":")[2])
    for number in range(100):
        _, writer = await asyncio.open_connection(host, port)
        head = b"POST /slack/events HTTP/1.1\r\nHost: x\r\n"
        body = b"Content-Length: 900000\r\n\r\n" + MARK if number % 2 else b""
        writer.write(head + body)
        reached.append(writer)
    maya = Person(attack.program.slack, MAYA).in_channel(CHECKOUT)
    await maya.types("/incident follow-ups")
    await maya.modal("Follow-ups", within=20)
    async with asyncio.timeout(60):
        for writer in reached:
            await writer.wait_closed() if writer.is_closing() else await hung_up(writer)
    await maya.types("/incident help")


async def hung_up(writer: asyncio.StreamWriter) -> None:
    """Goes on dripping until the program has had enough."""
    try:
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.2)
    except ConnectionError:
        return


async def test_a_flood_of_unsigned_requests_is_refused_while_people_are_answered(attack: Attack) -> None:
    maya = Person(attack.program.slack, MAYA).in_channel(CHECKOUT)

    async def flood() -> set[int]:
        return {await attack.post(MARK * 50) for _ in range(100)}

    flooding = [asyncio.create_task(flood()) for _ in range(5)]
    for _ in range(3):
        await maya.types("/incident follow-ups")
        await (await maya.modal("Follow-ups", within=20)).closes()
    assert set().union(*await asyncio.gather(*flooding)) == {401}


async def test_what_was_recorded_and_is_sent_again_has_no_second_effect(attack: Attack) -> None:
    """Byte for byte, with the signature and the time it had."""
    slack = attack.program.slack
    maya = Person(slack, MAYA).in_channel(CHECKOUT)
    recorded: list[tuple[dict[str, str], bytes]] = []
    headers = slack.http.headers

    def recording(content_type: str, body: bytes, retry: object) -> dict[str, str]:
        recorded.append((headers(content_type, body, None), body))
        return recorded[-1][0]

    slack.http.headers = recording  # type: ignore[method-assign]
    await maya.types("/incident follow-up Rotate the certs")
    assert await (await maya.modal("New follow-up")).submits() == {}
    card = await maya.channel.shows("Rotate the certs")
    await card.clicks("Complete")
    await card.shows("Reopen")
    await maya.types("/incident help")
    await card.clicks("Reopen")
    await card.shows("Complete")
    await maya.channel.shows("reopened")
    before = [message.text for message in maya.channel.messages], len(slack.calls_of("views.open"))
    for given, body in recorded:
        assert await attack.post(body, **given) == 200
    await maya.types("/incident follow-up Renew the certs")  # what comes after it is served after it
    assert await (await maya.modal("New follow-up")).submits() == {}
    await maya.channel.shows("Renew the certs")
    after = [message.text for message in maya.channel.messages if "Renew" not in message]
    assert (after, len(slack.calls_of("views.open")) - 1) == before
