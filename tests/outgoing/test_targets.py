"""Where somebody else's URL may lead: the public internet, and what is allowed by name."""

from ipaddress import ip_address

import pytest

from outgoing.targets import RefusedTargetError, Targets, is_public

NOTHING_ALLOWED = Targets()


def refusal(url: str, targets: Targets = NOTHING_ALLOWED) -> str:
    with pytest.raises(RefusedTargetError) as refused:
        targets.check_url(url)
    return str(refused.value)


@pytest.mark.parametrize("address", ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "64:ff9b::101:101"])
def test_what_anybody_can_reach_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104  this machine, on Linux
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "169.254.170.2",
        "172.16.0.1",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_what_is_private_reserved_or_a_disguise_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.com/hooks", "must begin with https://"),
        ("ftp://example.com/hooks", "not a URL like"),
        ("//example.com/hooks", "not a URL like"),
        ("example.com", "not a URL like"),
        ("https://", "not a URL like"),
        ("https:///hooks", "not a URL like"),
        ("https://exa mple.com/", "not a URL like"),
        ("https://[::1", "not a URL like"),
        ("https://\u2488.com/", "not a URL like"),
        ("https://[fe80::1%25eth0]/", "not a URL like"),
        ("https://-.example.com/", "not a URL like"),
        ("javascript:alert(1)", "not a URL like"),
        ("https://0177.0.0.1/", "not a URL like"),
        ("https://me:secret@example.com/", "user name and password"),
        ("https://example.com\\@127.0.0.1/", "user name and password"),
        ("https://example.com/#hooks", "what follows the #"),
        ("https://example.com:22/", "Port 22 is refused"),
        ("https://example.com:0/", "Port 0 is refused"),
        ("https://example.com:65536/", "Port 65536 is refused"),
        ("https://127.0.0.1/", "127.0.0.1 is not a public address"),
        ("https://[::1]:8443/", "::1 is not a public address"),
        ("https://[::ffff:10.0.0.1]/", "is not a public address"),
        ("https://example.com/" + "x" * 2048, "more than 2048 characters"),
    ],
)
def test_a_url_is_refused_with_the_reason(url: str, why: str) -> None:
    assert why in refusal(url)


@pytest.mark.parametrize(
    "url", ["https://example.com/hooks?a=1", "https://example.com:8443/", "https://münchen.example/"]
)
def test_a_public_https_url_is_fine(url: str) -> None:
    assert NOTHING_ALLOWED.check_url(url).scheme == "https"


def test_what_may_be_allowed_is_said_with_the_setting_to_allow_it() -> None:
    assert "WEBHOOK_ALLOWED_HOSTS=10.0.0.7" in refusal("https://10.0.0.7/hooks")
    assert "WEBHOOK_ALLOWED_HOSTS=hooks.internal" in refusal("http://hooks.internal/")


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        ("hooks.internal", "http://hooks.internal:81/"),
        ("Hooks.Internal.", "https://hooks.internal./"),
        ("10.0.0.0/8", "http://10.9.9.9/"),
        ("10.0.0.7:8080", "http://10.0.0.7:8080/"),
        ("fd00::7", "http://[fd00::7]/"),
        ("[fd00::7]:8080", "http://[fd00::7]:8080/"),
    ],
)
def test_an_allowed_host_may_be_private_plain_and_on_any_port(allowed: str, url: str) -> None:
    targets = Targets.allowing([allowed])
    target = targets.check_url(url)
    targets.check_addresses(target, [ip_address("127.0.0.1")])


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        ("hooks.internal", "http://other.internal/"),
        ("hooks.internal", "http://hooks.internal.example.com/"),
        ("10.0.0.7:8080", "http://10.0.0.7:9090/"),
        ("10.0.0.0/8", "http://11.0.0.1/"),
    ],
)
def test_allowing_one_host_allows_no_other(allowed: str, url: str) -> None:
    refusal(url, Targets.allowing([allowed]))


def test_a_network_is_allowed_for_names_that_lead_there_over_https() -> None:
    targets = Targets.allowing(["10.0.0.0/8"])
    target = targets.check_url("https://hooks.internal/")

    targets.check_addresses(target, [ip_address("10.1.2.3")])
    with pytest.raises(RefusedTargetError):
        targets.check_addresses(target, [ip_address("10.1.2.3"), ip_address("127.0.0.1")])


@pytest.mark.parametrize("written", ["10.0.0.1/8", "http://hooks.internal", "a b", "me@host", "host/path"])
def test_an_entry_that_is_neither_host_nor_network_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Targets.allowing([written])
