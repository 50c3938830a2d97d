"""The server under those who open connections and send little, or much, or never an end."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

import server

HEAD = b"POST /slack/events HTTP/1.1\r\nHost: x\r\n"


@dataclass
class Served:
    port: int

    async def sends(self, *parts: bytes, pause: float = 0.0) -> bytes:
        """What comes back before the server hangs up, or before two seconds have passed."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(pause)
        except ConnectionError:
            pass  # it has hung up already
        try:
            async with asyncio.timeout(10):
                return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(f"{len(body)} bytes", headers={"Connection": "close"})(scope, receive, send)


@pytest.fixture
async def served(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    monkeypatch.setattr(server, "ARRIVAL", 0.5)
    listening, left = server.bound("127.0.0.1", 0), asyncio.Event()

    async def leave() -> None:
        left.set()

    serving = server.Server(echo, leave)
    task = asyncio.create_task(serving.serve(sockets=[listening]))
    yield Served(int(listening.getsockname()[1]))
    serving.should_exit = True
    await task
    assert left.is_set()


async def test_a_request_that_comes_in_pieces_is_answered(served: Served) -> None:
    answer = await served.sends(HEAD, b"Content-Length: 4\r\n", b"\r\nab", b"cd", pause=0.05)
    assert answer.endswith(b"4 bytes")


async def test_a_head_may_be_long(served: Served) -> None:
    answer = await served.sends(HEAD + b"X: " + b"x" * 30_000 + b"\r\nContent-Length: 0\r\n\r\n")
    assert answer.endswith(b"0 bytes")


@pytest.mark.parametrize(
    "parts",
    [(), (b"PO",), (HEAD,), (HEAD + b"Content-Length: 9\r\n\r\n", b"ab")],
    ids=["silence", "half a word", "half a head", "half a body"],
)
async def test_a_request_that_does_not_come_is_not_waited_for(
    served: Served, parts: tuple[bytes, ...]
) -> None:
    assert await served.sends(*parts) == b""


async def test_a_head_that_drips_for_ever_is_hung_up_on(served: Served) -> None:
    drips = [f"X-{number}: x\r\n".encode() for number in range(40)]
    assert await served.sends(HEAD, *drips, pause=0.05) == b""


async def test_a_head_without_an_end_is_hung_up_on(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "ARRIVAL", 60)
    for endless in (b"X: " + b"x" * 1_000, b"X: x\r\n" * 200, b""):
        assert await served.sends(HEAD, *[endless or b"x" * 1_000] * 200) == b""


async def test_an_address_without_an_end_is_hung_up_on(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "ARRIVAL", 60)
    assert await served.sends(b"POST /", *[b"x" * 1_000] * 200) == b""


async def test_one_connection_may_ask_again_and_again(served: Served) -> None:
    """Each request has its own time and its own length of head."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    for _ in range(3):
        writer.write(b"GET /x HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 30_000 + b"\r\n\r\n")
        await writer.drain()
    async with asyncio.timeout(5):
        assert b"0 bytes" in await reader.read()
    writer.close()
