"""Jobs: one attempt to deliver one event to one endpoint, signed by Standard Webhooks."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol

import structlog
from standardwebhooks import Webhook

from outgoing.targets import Targets
from outgoing.transport import GuardedTransport
from storage import follow_ups, webhook_deliveries, webhook_endpoints, webhook_events
from storage.database import Database
from storage.errors import NotFoundError
from storage.leases import ClaimedJob
from storage.records import (
    DeliveryRecord,
    DeliveryState,
    EndpointRecord,
    FollowUpRecord,
    IncidentRecord,
    Visibility,
)
from storage.secrets import Keyring, UnreadableSecretError
from storage.worker import Completion, JobError
from web.webhook_bodies import body
from web.webhook_posts import Posted, client, post

DISABLED = "The endpoint was disabled before this could be sent."
TURNED_PRIVATE = "The incident has turned private, and the endpoint does not subscribe to {event}."

log = structlog.get_logger("webhooks")


class Privacy(Protocol):
    async def recheck(self, shown: Sequence[IncidentRecord]) -> bool:
        """Before incidents are shown: whether they are public is no older than a minute.

        True when Slack was asked about one: then what was read before may hold no longer.
        """


class Webhooks:
    """`slack` is None while the bot is starting or stopping: nothing is sent unless it can be asked."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        targets: Targets,
        *,
        slack: Callable[[], Privacy | None],
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._client = client(GuardedTransport(targets))
        self._slack = slack
        self._clock = clock

    async def close(self) -> None:
        await self._client.aclose()

    async def send(self, job: ClaimedJob) -> Completion | None:
        """The receiver may get it twice, under the same id: when the process dies before the commit."""
        found = await self._due(job.payload["delivery_id"])
        if found is None:
            return None
        delivery, endpoint, follow_up = found
        event = webhook_events.seen_as(delivery.event, follow_up.incident.visibility)
        end = partial(webhook_deliveries.end_unsent, delivery=delivery, at=self._clock())
        if endpoint.disabled_at is not None:
            return partial(end, state=DeliveryState.FAILED, error=DISABLED)
        if event != delivery.event and event not in endpoint.events:
            return partial(end, state=DeliveryState.WITHHELD, error=TURNED_PRIVATE.format(event=event))
        return await self._attempt(delivery, endpoint, event, follow_up)

    async def _due(self, delivery_id: str) -> tuple[DeliveryRecord, EndpointRecord, FollowUpRecord] | None:
        """None when there is nothing to do any more."""
        async with self._database.read() as session:
            delivery = await webhook_deliveries.due(session, delivery_id, self._clock())
            if delivery is None:
                return None
            try:
                endpoint = await webhook_endpoints.get(session, delivery.endpoint_id)
            except NotFoundError:
                return None
            follow_up = await follow_ups.read(session, delivery.follow_up_id)
        return delivery, endpoint, await self._checked(follow_up)

    async def _checked(self, follow_up: FollowUpRecord) -> FollowUpRecord:
        """Slack sends no event when a channel turns private: ask before anything public leaves the house."""
        slack = self._slack()
        if slack is None:
            raise JobError("The bot is starting or stopping", retry_after=1)
        if not await slack.recheck([follow_up.incident]):
            return follow_up
        async with self._database.read() as session:
            return await follow_ups.read(session, follow_up.id)

    async def _attempt(
        self, delivery: DeliveryRecord, endpoint: EndpointRecord, event: str, follow_up: FollowUpRecord
    ) -> Completion:
        in_full = follow_up.incident.visibility is Visibility.PUBLIC or endpoint.allow_private_incidents
        content = body(event, follow_up, in_full=in_full)
        at = self._clock()
        results: dict[str, Any] = {"delivery": delivery, "event": event, "at": at}
        try:
            async with self._database.read() as session:
                secrets = await webhook_endpoints.secrets_of(session, self._keyring, endpoint.id, at)
        except UnreadableSecretError as error:
            return partial(webhook_deliveries.failed, **results, error=str(error), is_ours=True)
        started = asyncio.get_running_loop().time()
        posted = await post(self._client, endpoint.url, content, signed(secrets, delivery.id, at, content))
        results["took"] = timedelta(seconds=asyncio.get_running_loop().time() - started)
        results["status"] = posted.status
        _log(delivery, posted)
        if posted.error is None:
            return partial(webhook_deliveries.delivered, **results)
        return partial(
            webhook_deliveries.failed,
            **results,
            error=posted.error,
            is_gone=posted.is_gone,
            not_before=posted.retry_after(at),
        )


def signed(secrets: Iterable[str], webhook_id: str, at: datetime, content: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks, with a signature by each secret."""
    at = at.astimezone(UTC)
    signatures = (Webhook(secret).sign(webhook_id, at, content.decode()) for secret in secrets)
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _log(delivery: DeliveryRecord, posted: Posted) -> None:
    """Neither the URL, which may hold a token, nor anything that was said."""
    said = log.info if posted.error is None else log.warning
    said(
        "webhook_sent" if posted.error is None else "webhook_failed",
        delivery=delivery.id,
        endpoint=delivery.endpoint_id,
        status=posted.status,
        attempt=delivery.attempts + 1,
    )
