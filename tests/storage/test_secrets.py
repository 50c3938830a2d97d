"""Secrets at rest: unreadable without their key, bound to their row, and moved to a new key on request."""

import pytest
from sqlmodel import select

from storage import secrets, webhook_endpoints
from storage.database import Database
from storage.models import WebhookSecret
from storage.secrets import Keyring, NoKeyError, UnreadableSecretError, new_key, place
from storage.webhook_endpoints import EndpointDraft
from storage.webhook_events import EVENTS
from tests.storage.builders import API_KEY, NOW, look, run

OLD, NEW = new_key("k1"), new_key("k2")
HERE = place("webhook_secret", "01A", "sealed")


def test_a_secret_comes_back_as_it_was_and_is_not_kept_plain() -> None:
    keyring = Keyring.parse(OLD)

    sealed = keyring.seal("whsec_plain", HERE)

    assert sealed.startswith("v1:k1:")
    assert "plain" not in sealed
    assert keyring.open(sealed, HERE) == "whsec_plain"


def test_the_same_secret_is_sealed_differently_each_time() -> None:
    keyring = Keyring.parse(OLD)
    assert keyring.seal("same", HERE) != keyring.seal("same", HERE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        place("webhook_secret", "01B", "sealed"),
        place("webhook_secret", "01A", "other"),
        place("tracker", "01A", "sealed"),
    ],
)
def test_a_secret_copied_to_another_place_can_not_be_read(elsewhere: str) -> None:
    keyring = Keyring.parse(OLD)
    with pytest.raises(UnreadableSecretError, match="the row was copied"):
        keyring.open(keyring.seal("whsec_plain", HERE), elsewhere)


def test_the_first_key_encrypts_and_every_key_decrypts() -> None:
    sealed = Keyring.parse(OLD).seal("old", HERE)
    both = Keyring.parse(f"{NEW}, {OLD}")

    assert both.open(sealed, HERE) == "old"
    assert both.seal("new", HERE).startswith("v1:k2:")
    assert not both.is_current(sealed)


def test_a_missing_key_and_a_changed_key_are_named() -> None:
    sealed = Keyring.parse(OLD).seal("old", HERE)

    with pytest.raises(UnreadableSecretError, match="key k1, which is not in ENCRYPTION_KEYS"):
        Keyring.parse(NEW).open(sealed, HERE)
    with pytest.raises(UnreadableSecretError, match="does not open with key k1"):
        Keyring.parse(new_key("k1")).open(sealed, HERE)


def test_without_a_key_nothing_is_sealed() -> None:
    with pytest.raises(NoKeyError, match="ENCRYPTION_KEYS is not set"):
        Keyring({}).seal("whsec_plain", HERE)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("c2VjcmV0", "key 1 has no id"),
        ("k1:c2VjcmV0", "key k1 has 6 bytes instead of 32"),
        ("k1:c2VjcmV0!", "key k1 is not base64"),
        pytest.param(f"{OLD},{OLD}", "two keys have the id k1", id="an id twice"),
        ("k 1:c2VjcmV0", "key 1 has no id"),
    ],
)
def test_keys_that_are_none_are_named_without_showing_them(written: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refused:
        Keyring.parse(written)
    assert "c2VjcmV0" not in str(refused.value)
    assert OLD.partition(":")[2] not in str(refused.value)


def test_a_keyring_shown_holds_no_key() -> None:
    assert repr(Keyring.parse(f"{NEW},{OLD}")) == "Keyring(k2, k1)"


async def an_endpoint(database: Database, keyring: Keyring) -> tuple[str, str]:
    draft = EndpointDraft("https://example.com/", EVENTS)
    endpoint, secret = await run(database, webhook_endpoints.create, keyring, API_KEY, draft, now=NOW)
    return endpoint.id, secret


async def kept(database: Database) -> list[str]:
    async with database.read() as session:
        return list(await session.exec(select(WebhookSecret.sealed)))


async def test_rotating_encrypts_everything_with_the_first_key(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "BATCH", 2)
    old, both, new = Keyring.parse(OLD), Keyring.parse(f"{NEW},{OLD}"), Keyring.parse(NEW)
    made = [await an_endpoint(database, old) for _ in range(5)]

    assert await secrets.rotate(database, both) == 5
    assert await secrets.rotate(database, both) == 0

    assert {sealed.split(":")[1] for sealed in await kept(database)} == {"k2"}
    for endpoint_id, secret in made:
        assert await look(database, webhook_endpoints.secrets_of, new, endpoint_id, NOW) == (secret,)


async def test_rotating_without_the_old_key_says_so_and_changes_nothing(database: Database) -> None:
    await an_endpoint(database, Keyring.parse(OLD))
    before = await kept(database)

    with pytest.raises(UnreadableSecretError, match="k1"):
        await secrets.rotate(database, Keyring.parse(NEW))

    assert await kept(database) == before


async def test_rotating_without_any_key_says_so(database: Database) -> None:
    with pytest.raises(NoKeyError):
        await secrets.rotate(database, Keyring({}))
