"""`python app.py webhooks …`: where events are sent, while the bot runs."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import click
from sqlmodel.ext.asyncio.session import AsyncSession

import settings as settings_
from command_line.transactions import in_transaction
from outgoing.targets import RefusedTargetError
from outgoing.transport import looked_up
from settings import Settings
from storage import people, webhook_deliveries, webhook_endpoints
from storage.errors import InvalidFieldError, NotFoundError
from storage.records import CreatorKind, CreatorRecord, DeliveryRecord, DeliveryState, EndpointRecord
from storage.webhook_endpoints import OVERLAP, EndpointDraft

T = TypeVar("T")

WITHOUT_EFFECT: tuple[DeliveryState, ...] = (DeliveryState.FAILED, DeliveryState.WITHHELD)
ENDED = (*WITHOUT_EFFECT, DeliveryState.DELIVERED)
NONE = "There is no webhook endpoint."
HOURS = int(OVERLAP.total_seconds() // 3600)


class Moment(click.ParamType[datetime]):
    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            moment = datetime.fromisoformat(value)
            return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no time: write 2026-11-24 or 2026-11-24T09:30+01:00.", param, ctx)


@click.group()
def webhooks() -> None:
    """Look at the endpoints of webhooks, add and remove them, and send again what they missed."""


@webhooks.command("list")
def list_endpoints() -> None:
    """List every endpoint: id, state, host, description, events."""

    async def show(session: AsyncSession) -> str:
        found = await webhook_endpoints.all_of_them(session)
        return "\n".join(map(_line, found)) if found else NONE

    _say(show)


def _line(endpoint: EndpointRecord) -> str:
    """Of the URL only the host: its path may hold a token."""
    state = "on"
    if endpoint.disabled_at is not None:
        state = f"off since {endpoint.disabled_at:%Y-%m-%d}: {endpoint.disabled_reason}"
    elif endpoint.failing_since is not None:
        state = f"failing since {endpoint.failing_since:%Y-%m-%d %H:%M} UTC"
    host = urlsplit(endpoint.url).netloc
    called = f"  {endpoint.description}" if endpoint.description else ""
    return f"{endpoint.id}  {host}{called}\n    {state}\n    {', '.join(endpoint.events)}"


@webhooks.command()
@click.argument("url")
@click.option("--event", "events", multiple=True, required=True, help="Repeat it for each event.")
@click.option("--owner", required=True, help="Slack member id, U…, of whoever is told when it stops working.")
@click.option("--description", default="", help="What the receiver is, in a few words.")
@click.option("--allow-private-incidents", is_flag=True, help="Send more than ids of private incidents.")
def add(
    url: str, events: tuple[str, ...], owner: str, description: str, allow_private_incidents: bool
) -> None:
    """Send events to URL. Prints the secret that signs them, which is shown only now."""
    settings = settings_.load()
    try:
        asyncio.run(looked_up(settings.webhook_targets, url))
    except RefusedTargetError as error:
        raise click.ClickException(str(error)) from None
    draft = EndpointDraft(url, events, description, allow_private_incidents)

    async def make(session: AsyncSession) -> str:
        owned_by = await _owner(session, owner)
        made, secret = await webhook_endpoints.create(
            session, settings.keyring, owned_by, draft, now=datetime.now(UTC)
        )
        return f"Added {made.id}. Its secret, shown only now:\n{secret}"

    _say(make, settings)


async def _owner(session: AsyncSession, slack_user_id: str) -> CreatorRecord:
    found = await people.listed(session, limit=1, slack_user_id=slack_user_id)
    if not found:
        raise InvalidFieldError(
            "owner", f"The bot has not met {slack_user_id} yet: let them type its command in Slack once."
        )
    return CreatorRecord(CreatorKind.USER, found[0].id, found[0].name, found[0].slack_user_id)


@webhooks.command()
@click.argument("endpoint_id", metavar="ID")
@click.confirmation_option(prompt="Its secrets and its log go with it. Remove the endpoint?")
def remove(endpoint_id: str) -> None:
    """Send nothing more there, and forget the endpoint. Asks first, unless --yes is given."""

    async def away(session: AsyncSession) -> str:
        await webhook_endpoints.delete(session, endpoint_id)
        return f"Removed {endpoint_id}."

    _say(away)


@webhooks.command()
@click.argument("endpoint_id", metavar="ID")
def enable(endpoint_id: str) -> None:
    """Switch an endpoint on again."""

    async def on(session: AsyncSession) -> str:
        await webhook_endpoints.change(session, endpoint_id, {"is_enabled": True}, now=datetime.now(UTC))
        return (
            f"{endpoint_id} is on. `webhooks replay` sends again what it missed before it was switched off."
        )

    _say(on)


@webhooks.command("rotate-secret")
@click.argument("endpoint_id", metavar="ID")
@click.option("--overlap-hours", default=HOURS, show_default=True, help="How long the old one signs as well.")
def rotate_secret(endpoint_id: str, overlap_hours: int) -> None:
    """Make a new secret for an endpoint. Prints it; it is shown only now."""
    settings = settings_.load()

    async def make(session: AsyncSession) -> str:
        return await webhook_endpoints.rotate_secret(
            session,
            settings.keyring,
            endpoint_id,
            now=datetime.now(UTC),
            overlap=timedelta(hours=overlap_hours),
        )

    _say(make, settings)


@webhooks.command()
@click.argument("endpoint_id", metavar="ID")
@click.option("--limit", default=50, show_default=True, help="Show at most so many, newest first.")
def log(endpoint_id: str, limit: int) -> None:
    """List an endpoint's deliveries and how they went."""

    async def show(session: AsyncSession) -> str:
        found = await webhook_deliveries.of_endpoint(session, endpoint_id, limit=limit)
        return "\n".join(map(_delivery_line, found)) or "Nothing has been sent to it."

    _say(show)


def _delivery_line(found: DeliveryRecord) -> str:
    at = f"{found.created_at:%Y-%m-%d %H:%M:%S}"
    return f"{at}  {found.id}  {found.state.value:<9}  {found.event}  {found.error or ''}".rstrip()


@webhooks.command()
@click.argument("endpoint_id", metavar="ID")
@click.option("--since", type=Moment(), required=True, help="A date or a time; UTC unless it says otherwise.")
@click.option("--until", type=Moment(), required=True, help="Up to then, not including it.")
@click.option("--all", "everything", is_flag=True, help="What was delivered too, not only what failed.")
def replay(endpoint_id: str, since: datetime, until: datetime, everything: bool) -> None:
    """Send again what was first to be sent in that time."""
    states = ENDED if everything else WITHOUT_EFFECT
    settings = settings_.load()
    total, after = 0, ""

    async def again(session: AsyncSession) -> tuple[int, str | None]:
        return await webhook_deliveries.replay_range(
            session, endpoint_id, since=since, until=until, states=states, now=datetime.now(UTC), after=after
        )

    while True:
        count, more = _done(settings, again)
        total += count
        if more is None:
            break
        after = more
    click.echo(f"To be sent again: {total}.")


def _say(do: Callable[[AsyncSession], Awaitable[str]], settings: Settings | None = None) -> None:
    click.echo(_done(settings or settings_.load(), do))


def _done(settings: Settings, do: Callable[[AsyncSession], Awaitable[T]]) -> T:
    try:
        return in_transaction(settings, do)
    except NotFoundError:
        raise click.ClickException("There is no such endpoint: `webhooks list` shows them.") from None
