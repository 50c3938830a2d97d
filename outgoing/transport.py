"""An HTTP transport that connects only to where its targets allow, and to the very address it checked."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from ipaddress import ip_address

import httpx2

from outgoing.targets import Address, RefusedTargetError, Target, Targets

ADDRESSES_TRIED = 3
LOOKUP_SECONDS = 5.0

Resolve = Callable[[str, int], Awaitable[list[Address]]]


async def resolve(host: str, port: int) -> list[Address]:
    """The addresses of a name, the one to try first at the front. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [ip_address(str(sockaddr[0]).partition("%")[0]) for *_, sockaddr in found]
    return list(dict.fromkeys(addresses))


async def looked_up(targets: Targets, url: str, resolve: Resolve = resolve) -> tuple[Target, list[Address]]:
    """Where a request for the URL may connect to. Raises RefusedTargetError."""
    target = targets.check_url(url)
    try:
        async with asyncio.timeout(LOOKUP_SECONDS):
            addresses = await resolve(target.host, target.port)
    except (OSError, UnicodeError, TimeoutError):
        addresses = []
    if not addresses:
        raise RefusedTargetError(f"{target.host} has no address: check its spelling.")
    targets.check_addresses(target, addresses)
    return target, addresses


class GuardedTransport(httpx2.AsyncBaseTransport):
    """For `httpx2.AsyncClient(transport=…)`. Raises RefusedTargetError beside what httpx2 raises.

    A name is looked up once and its address connected to, so that a second answer of its name server can't
    lead elsewhere; certificate and Host header stay the name's. Proxies of the environment are not used: they
    would look the name up themselves.
    """

    def __init__(
        self, targets: Targets, *, resolve: Resolve = resolve, verify: ssl.SSLContext | bool = True
    ) -> None:
        self._targets = targets
        self._resolve = resolve
        # The pool tells connections apart by address: one kept alive might serve another name with the
        # certificate of the first.
        limits = httpx2.Limits(max_connections=100, max_keepalive_connections=0)
        self._transport = httpx2.AsyncHTTPTransport(verify=verify, limits=limits)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        target, addresses = await looked_up(self._targets, str(request.url), self._resolve)
        *others, last = addresses[:ADDRESSES_TRIED]
        for address in others:
            try:
                return await self._send(request, target, address)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
        return await self._send(request, target, last)

    async def _send(self, request: httpx2.Request, target: Target, address: Address) -> httpx2.Response:
        pinned = httpx2.Request(
            request.method,
            request.url.copy_with(host=str(address)),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": target.host},
        )
        return await self._transport.handle_async_request(pinned)

    async def aclose(self) -> None:
        await self._transport.aclose()
