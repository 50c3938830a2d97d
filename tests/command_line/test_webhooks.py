"""The commands `webhooks` and `secrets`, as they are typed beside a running bot."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from command_line.secrets import secrets
from command_line.webhooks import webhooks
from settings import Settings
from storage import webhook_deliveries, webhook_endpoints
from storage.database import Database
from storage.records import DeliveryState
from storage.secrets import Keyring, new_key
from tests.storage.builders import NOW, a_person, alice_and_follow_up, look, run
from tests.storage.webhooks import KEY, KEYRING, an_endpoint, deliveries, endpoint_now

CREATED = "public_incident.follow_up_created_v2"
HERE = "http://127.0.0.1:9/hooks/a-token"

Typed = Callable[..., Awaitable[Result]]


@pytest.fixture
def typed(database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Typed:
    """Types a command, with the settings of an installation."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("ENCRYPTION_KEYS", KEY)
    monkeypatch.setenv("WEBHOOK_ALLOWED_HOSTS", "127.0.0.1")

    async def typing(group: click.Group, *words: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, group, words)

    return typing


async def test_an_endpoint_is_added_listed_switched_on_and_removed(database: Database, typed: Typed) -> None:
    await run(database, a_person, "Alice")
    adding = ("add", HERE, "--event", CREATED, "--owner", "UALICE", "--description", "Our dashboard")

    added = await typed(webhooks, *adding)

    (endpoint,) = await look(database, webhook_endpoints.all_of_them)
    (secret,) = await look(database, webhook_endpoints.secrets_of, KEYRING, endpoint.id, NOW)
    assert (added.exit_code, added.output.splitlines()[-1]) == (0, secret)
    assert (endpoint.url, endpoint.events, endpoint.owner.name) == (HERE, (CREATED,), "Alice")

    listed = (await typed(webhooks, "list")).output
    assert f"{endpoint.id}  127.0.0.1:9  Our dashboard\n    on\n    {CREATED}" in listed
    assert "a-token" not in listed

    await run(database, webhook_endpoints.disable, endpoint.id, "It answered 410 Gone.", NOW)
    assert "off since 2026-11-23: It answered 410 Gone." in (await typed(webhooks, "list")).output
    assert (await typed(webhooks, "enable", endpoint.id)).exit_code == 0
    assert (await endpoint_now(database, endpoint)).disabled_at is None

    assert (await typed(webhooks, "remove", endpoint.id)).exit_code == 1  # nobody said yes
    assert (await typed(webhooks, "remove", "--yes", endpoint.id)).exit_code == 0
    assert (await typed(webhooks, "list")).output == "There is no webhook endpoint.\n"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("add", "https://10.0.0.1/", "--event", CREATED, "--owner", "UALICE"), "not a public address"),
        (("add", HERE, "--event", "lunch", "--owner", "UALICE"), "There is no event lunch"),
        (("add", HERE, "--event", CREATED, "--owner", "UNOBODY"), "The bot has not met UNOBODY yet"),
        (("add", HERE, "--owner", "UALICE"), "Missing option '--event'"),
        (("enable", "01KZZZZZZZ0000000000000099"), "There is no such endpoint"),
        (("rotate-secret", "01KZZZZZZZ0000000000000099"), "There is no such endpoint"),
        (("log", "01KZZZZZZZ0000000000000099"), "There is no such endpoint"),
        (("replay", "x", "--since", "yesterday", "--until", "2026-11-24"), "'yesterday' is no time"),
    ],
)
async def test_what_is_wrong_is_said_in_one_line(
    database: Database, typed: Typed, words: tuple[str, ...], why: str
) -> None:
    await run(database, a_person, "Alice")

    answer = await typed(webhooks, *words)

    assert answer.exit_code != 0
    assert why in answer.output
    assert "Traceback" not in answer.output
    assert await look(database, webhook_endpoints.all_of_them) == []


async def test_without_a_key_nothing_is_added(
    database: Database, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ENCRYPTION_KEYS")
    await run(database, a_person, "Alice")

    answer = await typed(webhooks, "add", HERE, "--event", CREATED, "--owner", "UALICE")

    assert answer.exit_code == 1
    assert "python app.py secrets new-key" in answer.output
    assert await look(database, webhook_endpoints.all_of_them) == []


async def test_a_new_secret_is_printed_alone(database: Database, typed: Typed) -> None:
    endpoint = await an_endpoint(database)

    rotated = await typed(webhooks, "rotate-secret", endpoint.id, "--overlap-hours", "0")

    signing = await look(database, webhook_endpoints.secrets_of, KEYRING, endpoint.id, NOW)
    assert (rotated.output.strip(),) == signing


async def gone(database: Database, at: datetime) -> None:
    for delivery in await deliveries(database):
        await run(
            database,
            webhook_deliveries.failed,
            delivery,
            event=delivery.event,
            error="It answered 410 Gone.",
            at=at,
            is_gone=True,
        )


@pytest.mark.parametrize(
    ("more", "states"),
    [
        ((), [DeliveryState.DELIVERED, DeliveryState.PENDING]),
        (("--all",), [DeliveryState.PENDING, DeliveryState.PENDING]),
    ],
)
async def test_a_range_is_sent_again(
    database: Database,
    typed: Typed,
    monkeypatch: pytest.MonkeyPatch,
    more: tuple[str, ...],
    states: list[DeliveryState],
) -> None:
    monkeypatch.setattr(webhook_deliveries, "REPLAYED_AT_ONCE", 1)
    endpoint = await an_endpoint(database, CREATED, "public_incident.follow_up_created_v1")
    await alice_and_follow_up(database)
    first, _ = await deliveries(database)
    await run(
        database,
        webhook_deliveries.delivered,
        first,
        event=first.event,
        status=200,
        took=timedelta(seconds=1),
        at=NOW,
    )
    await gone(database, NOW)
    await typed(webhooks, "enable", endpoint.id)

    answer = await typed(
        webhooks, "replay", endpoint.id, "--since", "2026-11-23", "--until", "2026-11-24T00:00+00:00", *more
    )

    assert answer.output == f"To be sent again: {states.count(DeliveryState.PENDING)}.\n"
    assert [found.state for found in await deliveries(database)] == states


async def test_nothing_is_sent_again_to_an_endpoint_that_is_off(database: Database, typed: Typed) -> None:
    endpoint = await an_endpoint(database, CREATED)
    await alice_and_follow_up(database)
    await gone(database, NOW)

    answer = await typed(webhooks, "replay", endpoint.id, "--since", "2026-11-23", "--until", "2026-11-24")

    assert answer.exit_code == 1
    assert "is disabled: enable it first" in answer.output


async def test_the_log_shows_how_each_went(database: Database, typed: Typed) -> None:
    endpoint = await an_endpoint(database, CREATED)
    assert (await typed(webhooks, "log", endpoint.id)).output == "Nothing has been sent to it.\n"
    await alice_and_follow_up(database)
    await gone(database, NOW)
    (delivery,) = await deliveries(database)

    answer = await typed(webhooks, "log", endpoint.id)

    assert answer.output == (
        f"2026-11-23 09:00:00  {delivery.id}  failed     {CREATED}  It answered 410 Gone.\n"
    )


async def test_a_printed_key_serves_and_takes_over_from_the_old_one(
    database: Database, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = await an_endpoint(database)
    printed = (await typed(secrets, "new-key", "k2")).output.strip()
    monkeypatch.setenv("ENCRYPTION_KEYS", f"{printed},{KEY}")

    assert (await typed(secrets, "rotate")).output == "Encrypted anew: 1.\n"

    new = Keyring.parse(printed)
    assert len(await look(database, webhook_endpoints.secrets_of, new, endpoint.id, NOW)) == 1


async def test_rotating_without_the_old_key_says_which_is_missing(
    database: Database, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    await an_endpoint(database)
    monkeypatch.setenv("ENCRYPTION_KEYS", new_key("k2"))

    answer = await typed(secrets, "rotate")

    assert answer.exit_code == 1
    assert "key k1, which is not in ENCRYPTION_KEYS" in answer.output


async def test_a_key_needs_a_name_that_can_be_written(typed: Typed) -> None:
    answer = await typed(secrets, "new-key", "a:b")
    assert answer.exit_code == 2
    assert "letters, digits" in answer.output
