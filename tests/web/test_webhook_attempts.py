"""One attempt: what a receiver is sent, and what becomes of each kind of answer."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError
from structlog.testing import capture_logs

from storage import follow_ups, webhook_endpoints
from storage.database import Database
from storage.records import DeliveryState
from storage.secrets import Keyring
from storage.webhook_deliveries import WEBHOOK
from tests.outgoing.receiver import OK, Answer, Received, Receiver, receiver, status
from tests.storage.builders import alice_and_follow_up, look, run
from tests.storage.queue import failed, until
from tests.storage.webhooks import KEYRING, an_endpoint, deliveries, endpoint_now
from tests.web.sending import NoNews, attempted, sending
from web import webhook_posts

CREATED = "public_incident.follow_up_created_v2"


def now() -> datetime:
    return datetime.now(UTC)


async def a_change(database: Database, receiving: Receiver, *events: str, **more: Any) -> str:
    """An endpoint at that receiver and a follow-up for it to hear of. The endpoint's id."""
    endpoint = await an_endpoint(database, *(events or (CREATED,)), url=receiving.url, now=now(), **more)
    await alice_and_follow_up(database)
    return endpoint.id


async def secrets_of(database: Database, endpoint_id: str) -> tuple[str, ...]:
    return await look(database, webhook_endpoints.secrets_of, KEYRING, endpoint_id, now())


def verified(secret: str, received: Received) -> Any:
    return Webhook(secret).verify(received.body, received.headers)


async def test_the_official_verifier_accepts_what_is_sent(database: Database) -> None:
    async with receiver() as receiving, sending(database):
        endpoint_id = await a_change(database, receiving)
        delivery = await attempted(database)

    (received,) = receiving.received
    (secret,) = await secrets_of(database, endpoint_id)
    event = verified(secret, received)
    assert event["event_type"] == CREATED
    assert event[CREATED]["title"] == "Rotate the certs"
    assert received.line == "POST /hooks HTTP/1.1"
    assert received.headers["content-type"] == "application/json"
    assert received.headers["webhook-id"] == delivery.id
    assert (delivery.state, delivery.response_status, delivery.error) == (DeliveryState.DELIVERED, 200, None)
    assert delivery.duration_ms is not None
    with pytest.raises(WebhookVerificationError):
        verified("whsec_c29tZWJvZHkgZWxzZQ==", received)


async def test_both_secrets_sign_while_one_takes_over_from_the_other(database: Database) -> None:
    async with receiver() as receiving:
        endpoint_id = await a_change(database, receiving)
        (old,) = await secrets_of(database, endpoint_id)
        new = await run(database, webhook_endpoints.rotate_secret, KEYRING, endpoint_id, now=now())
        async with sending(database):
            await attempted(database)

    (received,) = receiving.received
    assert len(received.headers["webhook-signature"].split(" ")) == 2
    assert verified(old, received) == verified(new, received)


async def test_after_the_overlap_only_the_new_secret_signs(database: Database) -> None:
    async with receiver() as receiving:
        endpoint_id = await a_change(database, receiving)
        (old,) = await secrets_of(database, endpoint_id)
        rotate = webhook_endpoints.rotate_secret
        earlier = now() - timedelta(hours=25)
        new = await run(database, rotate, KEYRING, endpoint_id, now=earlier, overlap=timedelta(hours=24))
        async with sending(database):
            await attempted(database)

    (received,) = receiving.received
    assert verified(new, received)
    with pytest.raises(WebhookVerificationError):
        verified(old, received)


@pytest.mark.parametrize("code", [200, 201, 202, 204, 299])
async def test_any_2xx_is_success(database: Database, code: int) -> None:
    async with receiver(status(code)) as receiving, sending(database):
        await a_change(database, receiving)
        delivery = await attempted(database)

    assert (delivery.state, delivery.response_status) == (DeliveryState.DELIVERED, code)


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (status(500), 500, "It answered 500 Internal Server Error."),
        (status(404, body=b"no such page"), 404, "It answered 404 Not Found."),
        (status(429), 429, "It answered 429 Too Many Requests."),
        (status(799), 799, "It answered 799."),
        (
            status(302, "Location: http://127.0.0.1:1/"),
            302,
            "It answered 302 Found. Redirects are not followed: use the URL that it leads to.",
        ),
        (b"", None, "The connection broke before an answer came."),
        (b"220 smtp.example.com\r\n\r\n", None, "The connection broke before an answer came."),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000, None, "The connection broke before an answer came."),
    ],
)
async def test_anything_else_is_said_in_words_and_tried_again(
    database: Database, answer: Answer, code: int | None, words: str
) -> None:
    async with receiver(answer) as receiving, sending(database):
        endpoint_id = await a_change(database, receiving)
        delivery = await attempted(database)

    assert (delivery.state, delivery.response_status, delivery.error) == (DeliveryState.PENDING, code, words)
    assert delivery.next_attempt_at is not None
    assert (await look(database, webhook_endpoints.get, endpoint_id)).failing_since is not None


async def test_a_port_where_nobody_listens_is_said_to_be_one(database: Database) -> None:
    async with receiver() as receiving:
        await a_change(database, receiving)
    async with sending(database):
        delivery = await attempted(database)

    assert delivery.error == "It can't be connected to."


async def says_nothing(_writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def drips_its_headers(writer: asyncio.StreamWriter) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"y" * 1000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def drips_its_body(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(1000):
        writer.write(b"y")
        await writer.drain()
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("answer", [says_nothing, drips_its_headers])
async def test_a_receiver_that_takes_for_ever_is_given_up(
    database: Database, monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    monkeypatch.setattr(webhook_posts, "TOTAL_SECONDS", 0.5)
    async with receiver(answer) as receiving, sending(database):
        await a_change(database, receiving)
        delivery = await attempted(database)

    assert (delivery.state, delivery.response_status) == (DeliveryState.PENDING, None)
    assert delivery.error is not None
    assert delivery.error.startswith("No answer came within")


async def test_of_an_endless_answer_only_a_little_is_read(database: Database) -> None:
    sent = 0

    async def never_stops(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
        while True:
            writer.write(b"y" * 65_536)
            await writer.drain()
            sent += 65_536

    async with receiver(never_stops) as receiving, sending(database):
        await a_change(database, receiving)
        delivery = await attempted(database)

    assert delivery.state is DeliveryState.DELIVERED
    assert sent < 50_000_000  # what the network holds on the way


async def test_the_status_counts_however_long_the_rest_goes_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_posts, "TOTAL_SECONDS", 0.5)
    async with receiver(drips_its_body) as receiving, sending(database):
        await a_change(database, receiving)
        delivery = await attempted(database)

    assert (delivery.state, delivery.response_status) == (DeliveryState.DELIVERED, 200)


async def test_after_a_lost_reply_the_same_event_comes_under_the_same_id(database: Database) -> None:
    ahead = timedelta()
    async with receiver(b"", OK) as receiving, sending(database, clock=lambda: now() + ahead):
        endpoint_id = await a_change(database, receiving)
        await attempted(database)
        ahead = timedelta(seconds=10)
        delivery = await attempted(database, times=2)

    first, second = receiving.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == delivery.id
    assert first.headers["webhook-timestamp"] < second.headers["webhook-timestamp"]
    (secret,) = await secrets_of(database, endpoint_id)
    assert verified(secret, first) == verified(secret, second)
    assert delivery.state is DeliveryState.DELIVERED


@pytest.mark.parametrize("asked", ["600", "%a, %d %b %Y %H:%M:%S GMT"])
async def test_retry_after_is_honoured_in_seconds_and_as_a_date(database: Database, asked: str) -> None:
    asked = (now() + timedelta(seconds=600)).strftime(asked)
    async with receiver(status(503, f"Retry-After: {asked}")) as receiving, sending(database):
        await a_change(database, receiving)
        delivery = await attempted(database)

    assert delivery.next_attempt_at is not None
    assert delivery.next_attempt_at - now() > timedelta(seconds=400)


@pytest.mark.parametrize("asked", ["soon", "-5", "٣", "Wed, 31 Feb 2099 00:00:00 GMT", "9" * 400])
async def test_a_retry_after_without_sense_is_no_reason_to_fail(database: Database, asked: str) -> None:
    header = f"Retry-After: {asked}"
    async with receiver(status(503, header)) as receiving, sending(database):
        await a_change(database, receiving)
        delivery = await attempted(database)

    assert delivery.error == "It answered 503 Service Unavailable."


async def test_gone_is_taken_at_its_word(database: Database) -> None:
    async with receiver(status(410)) as receiving, sending(database):
        endpoint_id = await a_change(database, receiving)
        delivery = await attempted(database)

    assert (delivery.state, delivery.attempts) == (DeliveryState.FAILED, 1)
    assert (await look(database, webhook_endpoints.get, endpoint_id)).disabled_reason == (
        "It answered 410 Gone."
    )


async def test_a_private_address_is_never_asked_and_the_log_says_how_to_allow_it(database: Database) -> None:
    async with receiver() as receiving, sending(database, allowed=()):
        await a_change(database, receiving)
        delivery = await attempted(database)

        assert receiving.connections == 0
    assert delivery.error is not None
    assert "WEBHOOK_ALLOWED_HOSTS=127.0.0.1" in delivery.error


async def test_without_the_key_nothing_is_sent_and_the_endpoint_is_not_blamed(database: Database) -> None:
    async with receiver() as receiving, sending(database, keyring=Keyring({})):
        endpoint_id = await a_change(database, receiving)
        delivery = await attempted(database)

        assert receiving.connections == 0
    assert delivery.error is not None
    assert "key k1, which is not in ENCRYPTION_KEYS" in delivery.error
    assert (await look(database, webhook_endpoints.get, endpoint_id)).failing_since is None


async def test_cookies_are_never_sent_back(database: Database) -> None:
    async with receiver(status(200, "Set-Cookie: who=me; Path=/")) as receiving, sending(database):
        await a_change(database, receiving, CREATED, "public_incident.follow_up_created_v1")
        await receiving.has_received(2)

    assert all("cookie" not in received.headers for received in receiving.received)


async def test_a_dead_endpoint_holds_up_no_other(database: Database) -> None:
    async with receiver(says_nothing) as dead, receiver() as alive, sending(database):
        for _ in range(3):
            await an_endpoint(database, url=dead.url, now=now())
        await an_endpoint(database, url=alive.url, now=now())
        alice, made = await alice_and_follow_up(database)
        for title in ("B", "C"):
            await run(database, follow_ups.change, alice, made.id, {"title": title}, now=now())

        await alive.has_received(6)


async def test_a_failed_delivery_holds_up_no_other_to_the_same_endpoint(database: Database) -> None:
    async with receiver(status(500), OK) as receiving, sending(database):
        await a_change(database, receiving, CREATED, "public_incident.follow_up_updated_v2")
        await attempted(database)
        alice, made = await alice_and_follow_up(database)
        await receiving.has_received(2)
        await run(database, follow_ups.change, alice, made.id, {"title": "C"}, now=now())
        await receiving.has_received(3)

    states = [delivery.state for delivery in await deliveries(database)]
    assert states == [DeliveryState.PENDING, DeliveryState.DELIVERED, DeliveryState.DELIVERED]


async def test_while_slack_can_not_be_asked_nothing_is_sent(database: Database) -> None:
    slack: NoNews | None = None
    async with receiver() as receiving, sending(database, slack=lambda: slack):
        await a_change(database, receiving)
        job = await until(database, WEBHOOK, failed)
        assert (job.last_error, receiving.connections) == ("The bot is starting or stopping", 0)
        slack = NoNews()
        await receiving.has_received(1)


async def test_the_log_holds_no_address_no_secret_and_nothing_that_was_said(database: Database) -> None:
    with capture_logs() as said:
        async with receiver(status(500, body=b"their words")) as receiving, sending(database):
            endpoint_id = await a_change(database, receiving)
            await attempted(database)

    (secret,) = await secrets_of(database, endpoint_id)
    shown = json.dumps(said, default=str)
    assert "webhook_failed" in shown
    for kept_back in (secret, "/hooks", "Rotate the certs", "their words"):
        assert kept_back not in shown


async def test_an_endpoint_that_recovers_is_well_again(database: Database) -> None:
    ahead = timedelta()
    async with receiver(status(500), OK) as receiving, sending(database, clock=lambda: now() + ahead):
        endpoint_id = await a_change(database, receiving)
        await attempted(database)
        ahead = timedelta(seconds=10)
        await attempted(database, times=2)

    endpoint = await look(database, webhook_endpoints.get, endpoint_id)
    assert (await endpoint_now(database, endpoint)).failing_since is None
