"""Requests reach the address that was checked, under the name that was asked for."""

import asyncio
import socket
import ssl
from ipaddress import ip_address
from pathlib import Path

import httpx2
import pytest

from outgoing.targets import RefusedTargetError, Targets
from outgoing.transport import GuardedTransport, Resolve, looked_up
from tests.outgoing.certificates import tls_for
from tests.outgoing.receiver import OK, receiver


def leads_to(*addresses: str) -> Resolve:
    async def resolve(_host: str, _port: int) -> list[object]:
        return [ip_address(address) for address in addresses]

    return resolve  # type: ignore[return-value]


async def get(url: str, resolve: Resolve, *allowed: str, verify: ssl.SSLContext | bool = True) -> str:
    transport = GuardedTransport(Targets.allowing(allowed), resolve=resolve, verify=verify)
    async with httpx2.AsyncClient(transport=transport) as client, asyncio.timeout(20):
        return (await client.get(url)).text


async def test_the_checked_address_is_asked_under_the_name(tmp_path: Path) -> None:
    server, trust = tls_for("hooks.example.test", tmp_path)
    async with receiver(tls=server) as receiving:
        url = f"https://hooks.example.test:{receiving.port}/hooks"

        assert await get(url, leads_to("127.0.0.1"), "hooks.example.test", verify=trust) == "ok"

    assert receiving.received[0].headers["host"] == f"hooks.example.test:{receiving.port}"
    assert receiving.server_names == ["hooks.example.test"]


async def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    server, trust = tls_for("other.example.test", tmp_path)
    async with receiver(tls=server) as receiving:
        url = f"https://hooks.example.test:{receiving.port}/hooks"

        with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await get(url, leads_to("127.0.0.1"), "hooks.example.test", verify=trust)

    assert receiving.received == []


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["93.184.215.14", "127.0.0.1"], ["::ffff:127.0.0.1"]])
async def test_a_name_that_leads_to_a_private_address_is_never_connected_to(addresses: list[str]) -> None:
    async with receiver() as receiving:
        with pytest.raises(RefusedTargetError, match=r"hooks\.example\.test is .*not a public"):
            await get(f"https://hooks.example.test:{receiving.port}/", leads_to(*addresses))

        assert receiving.connections == 0


async def test_a_name_server_that_changes_its_answer_is_asked_only_once() -> None:
    asked = []

    async def rebinding(host: str, _port: int) -> list[object]:
        asked.append(host)
        return [ip_address("127.0.0.1" if len(asked) == 1 else "127.0.0.2")]

    async with receiver() as receiving:
        url = f"http://hooks.example.test:{receiving.port}/"

        assert await get(url, rebinding, "hooks.example.test") == "ok"  # type: ignore[arg-type]

    assert asked == ["hooks.example.test"]


@pytest.mark.parametrize("spelling", ["2130706433", "0x7f000001", "127.1", "localhost"])
async def test_this_machine_is_found_out_however_it_is_spelt(spelling: str) -> None:
    with pytest.raises(RefusedTargetError, match="not a public address"):
        await looked_up(Targets(), f"https://{spelling}:8443/")


async def test_a_name_without_an_address_is_said_to_have_none() -> None:
    async def nowhere(_host: str, _port: int) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(RefusedTargetError, match=r"hooks\.example\.test has no address"):
        await get("https://hooks.example.test/", nowhere)  # type: ignore[arg-type]


async def test_the_next_address_is_tried_when_the_first_lets_nobody_in() -> None:
    async with receiver() as receiving:
        url = f"http://hooks.example.test:{receiving.port}/"

        assert await get(url, leads_to("127.0.0.2", "127.0.0.1"), "hooks.example.test") == "ok"


async def test_a_redirect_is_an_answer_not_a_place_to_go() -> None:
    async with receiver() as elsewhere:
        moved = f"HTTP/1.1 302 Found\r\nLocation: {elsewhere.url}\r\nContent-Length: 5\r\n\r\nmoved".encode()
        async with receiver(moved) as receiving:
            url = f"http://hooks.example.test:{receiving.port}/"

            assert await get(url, leads_to("127.0.0.1"), "hooks.example.test") == "moved"

        assert elsewhere.connections == 0


async def test_two_names_at_one_address_never_share_a_connection() -> None:
    async with receiver(OK) as receiving:
        transport = GuardedTransport(Targets.allowing(["a.test", "b.test"]), resolve=leads_to("127.0.0.1"))
        async with httpx2.AsyncClient(transport=transport) as client:
            for name in ("a.test", "b.test"):
                await client.get(f"http://{name}:{receiving.port}/")

    assert receiving.connections == 2


async def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiver() as proxy, receiver() as receiving:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")

        url = f"http://hooks.example.test:{receiving.port}/"
        assert await get(url, leads_to("127.0.0.1"), "hooks.example.test") == "ok"

        assert proxy.connections == 0
