"""Where requests may go when somebody else wrote the address: to the public internet, over https.

A server that posts to any URL can be sent to its own network, to the machine it runs on or to the cloud's
metadata service, which hands out credentials (https://owasp.org/www-community/attacks/Server_Side_Request_Forgery).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from httpx2 import URL, InvalidURL

LONGEST_URL = 2048
HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|[0-9a-f:.]+")

Address = IPv4Address | IPv6Address

# `is_global` of Python 3.11 lets these through; the registries of IANA don't
# (https://www.iana.org/assignments/iana-ipv4-special-registry). The last is where Azure answers its machines.
REFUSED_V4 = tuple(
    IPv4Network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32")
)
GLOBAL_UNICAST = IPv6Network("2000::/3")
REFUSED_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
    )  # 2002: 6to4 hides an IPv4 address
)
NAT64 = IPv6Network("64:ff9b::/96")


class RefusedTargetError(Exception):
    """A sentence for whoever gave the URL: what is wrong with it and what to do."""


def is_public(address: Address) -> bool:
    """Whether anybody on the internet could reach it too."""
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in network for network in REFUSED_V4)
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if address in NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    return address in GLOBAL_UNICAST and not any(address in network for network in REFUSED_V6)


@dataclass(frozen=True, slots=True)
class AllowedHost:
    """One entry of WEBHOOK_ALLOWED_HOSTS: a name, an address or a network, and perhaps one port of it."""

    name: str
    port: int | None = None
    network: IPv4Network | IPv6Network | None = None

    @classmethod
    def parse(cls, written: str) -> "AllowedHost":
        """Reads `hooks.internal`, `10.0.0.7:8080`, `[fd00::7]:8080` or `10.0.0.0/8`. Raises ValueError."""
        if "/" in written:
            return cls(written, network=ip_network(written))
        url = _parsed(f"http://{written if written.count(':') < 2 or '[' in written else f'[{written}]'}")
        if url is None or not HOST.fullmatch(_host(url)) or url.userinfo or url.path != "/" or url.query:
            raise ValueError(f"{written} is neither a host, an address nor a network")
        return cls(_host(url), port=url.port)

    def covers(self, host: str, port: int, addresses: Iterable[Address] = ()) -> bool:
        if self.network is not None:
            return any(address in self.network for address in addresses)
        return self.name == host and self.port in {None, port}


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that may be asked for. `is_allowed` ones may be anywhere; others must be public."""

    scheme: str
    host: str
    port: int
    is_allowed: bool


@dataclass(frozen=True, slots=True)
class Targets:
    """The rule: public addresses over https, on 443 or above 1023, and whatever hosts are allowed besides."""

    allowed: tuple[AllowedHost, ...] = ()

    @classmethod
    def allowing(cls, written: Iterable[str]) -> "Targets":
        """Raises ValueError for what is neither a host nor a network."""
        return cls(tuple(AllowedHost.parse(entry) for entry in written))

    def check_url(self, written: str) -> Target:
        """Whatever can be said without looking the host up. Raises RefusedTargetError."""
        if len(written) > LONGEST_URL:
            raise RefusedTargetError(f"The URL has more than {LONGEST_URL} characters.")
        url = _parsed(written)
        if url is None or url.scheme not in {"https", "http"} or not HOST.fullmatch(_host(url)):
            raise RefusedTargetError("This is not a URL like https://example.com/hooks.")
        if url.userinfo:
            raise RefusedTargetError("Leave the user name and password out of the URL.")
        if url.fragment:
            raise RefusedTargetError("Leave out what follows the # in the URL: it would not be sent.")
        host = _host(url)
        port = {"https": 443, "http": 80}[url.scheme] if url.port is None else url.port
        literal = _address(host)
        is_allowed = self._allows(host, port, [literal] if literal else [])
        if not is_allowed:
            if url.scheme != "https":
                raise RefusedTargetError(f"The URL must begin with https://. {_mend(host)}")
            if port != 443 and not 1024 <= port <= 65535:
                raise RefusedTargetError(f"Port {port} is refused: use 443 or one above 1023. {_mend(host)}")
            if literal is not None:
                self.check_addresses(Target(url.scheme, host, port, is_allowed), [literal])
        return Target(url.scheme, host, port, is_allowed)

    def check_addresses(self, target: Target, addresses: Iterable[Address]) -> None:
        """All that the name leads to must be public. Raises RefusedTargetError."""
        if target.is_allowed:
            return
        for address in addresses:
            if not is_public(address) and not self._allows(target.host, target.port, [address]):
                is_literal = target.host == str(address)
                where = f"{address}" if is_literal else f"{target.host} is {address}, which"
                raise RefusedTargetError(f"{where} is not a public address. {_mend(target.host)}")

    def _allows(self, host: str, port: int, addresses: list[Address]) -> bool:
        return any(entry.covers(host, port, addresses) for entry in self.allowed)


def _mend(host: str) -> str:
    return f"Whoever runs the bot can allow it: WEBHOOK_ALLOWED_HOSTS={host}"


def _parsed(written: str) -> URL | None:
    try:
        return URL(written)
    except (InvalidURL, ValueError, TypeError):
        return None


def _host(url: URL) -> str:
    """As it will be looked up: in ASCII, without the dot of a full name."""
    return url.raw_host.decode("ascii").rstrip(".").lower()


def _address(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
