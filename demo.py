"""The playground beside the bot, and the follow-ups it begins with."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml
from sqlmodel.ext.asyncio.session import AsyncSession

from playground import Playground, seed
from settings import Settings, SettingsError
from storage import access, catalogue, follow_ups, incidents, people
from storage.database import Database
from storage.follow_ups import Draft
from storage.incidents import Channel
from storage.models import Incident
from storage.people import SlackUser
from storage.records import CreatorKind, CreatorRecord, Status
from views.gallery import gallery

HERE = Path(__file__).parent
PREFIXES = ("inc-", "incident-")
THEIR_ZONE = ZoneInfo("Europe/Stockholm")
NAMES = {
    seed.CHECKOUT: "Checkout is down",
    seed.WEBHOOKS: "Webhooks are late",
    seed.BREACH: "Leaked deploy token",
}


@dataclass(frozen=True, slots=True)
class Planned:
    """`added` and `due` are days from now; `done` is the status it has by now."""

    channel: str
    adder: str
    title: str
    added: float
    assignee: str | None = None
    priority: str = "Medium"
    due: int | None = None
    labels: tuple[str, ...] = ()
    description: str | None = None
    done: Status | None = field(default=None)


# Newest last: it stands at the channel's end and at the list's top.
PLANNED = (
    Planned(
        seed.CHECKOUT,
        seed.TOM,
        "Move the status page to another provider",
        -5.2,
        priority="Low",
        done=Status.NOT_DOING,
    ),
    Planned(
        seed.CHECKOUT,
        seed.PRIYA,
        "Upgrade the checkout client to 4.2",
        -5.1,
        seed.PRIYA,
        done=Status.COMPLETED,
    ),
    Planned(
        seed.CHECKOUT,
        seed.MAYA,
        "Ask the payment provider for a test endpoint",
        -4.3,
        seed.MAYA,
        "Low",
    ),
    Planned(
        seed.CHECKOUT,
        seed.MAYA,
        "Alert 14 days before any certificate expires",
        -4.2,
        None,
        "High",
        5,
        ("alerting",),
    ),
    Planned(
        seed.CHECKOUT,
        seed.TOM,
        "Correct the issuer in the TLS runbook",
        -4.1,
        seed.TOM,
        "High",
        1,
        ("docs",),
    ),
    Planned(
        seed.CHECKOUT,
        seed.PRIYA,
        "Renew the edge certificates automatically",
        -4,
        seed.PRIYA,
        "Urgent",
        -2,
        description="cert-manager can do it; *edge-eu-2* was left out of the rollout in March.",
    ),
    Planned(seed.WEBHOOKS, seed.TOM, "Limit webhook deliveries per endpoint", -1, seed.TOM, "High", 7),
    Planned(seed.BREACH, seed.MAYA, "Mask tokens in build logs", -3, seed.PRIYA, "Urgent", 2, ("security",)),
)


DATABASE_URL = "sqlite+aiosqlite:///data/playground.db"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def require_loopback(settings: Settings) -> None:
    """In the playground everybody is whoever they say. Raises SettingsError where others could reach it."""
    if settings.host not in LOOPBACK:
        raise SettingsError(
            "SLACK_BOT_TOKEN is missing, and the playground, which starts without it, is for this machine "
            f"only: set the token, or HOST to 127.0.0.1 instead of {settings.host}."
        )


def database_url(settings: Settings) -> str:
    """Its own, unless one was chosen."""
    return settings.database_url if "database_url" in settings.model_fields_set else DATABASE_URL


def pointed_at_playground(settings: Settings) -> Settings:
    """The settings of a bot whose Slack is on its own port, with secrets that live as long as the process."""
    socket = settings.playground_transport == "socket"
    return settings.model_copy(
        update={
            "database_url": database_url(settings),
            "slack_bot_token": f"xoxb-{secrets.token_hex(16)}",
            "slack_app_token": f"xapp-{secrets.token_hex(16)}" if socket else None,
            "slack_signing_secret": None if socket else secrets.token_hex(16),
            "slack_api_url": f"http://{settings.host}:{settings.port}/playground/slack/api/",
        }
    )


def playground(settings: Settings) -> Playground:
    """The Slack that `pointed_at_playground` speaks of."""
    origin = f"http://{settings.host}:{settings.port}"
    return Playground(
        yaml.safe_load((HERE / "manifest.yml").read_text()),
        signing_secret=settings.slack_signing_secret or "",
        bot_token=settings.slack_bot_token or "",
        app_token=settings.slack_app_token or "",
        base_url=f"{origin}/playground",
        request_url=f"{origin}/slack/events",
        state_path=Path(settings.playground_state),
        gallery=lambda: gallery(datetime.now(UTC)),
        transport="socket" if settings.uses_socket_mode else "http",
        command=settings.slack_command,
    )


async def fill(database: Database, slack: Playground) -> None:
    """Once, into a database without incidents."""
    now = datetime.now(UTC)
    state = slack.workspace.state
    async with database.write() as session:
        if await incidents.channels_checked_before(session, now):
            return
        actors: dict[str, CreatorRecord] = {}
        for slack_user_id in (seed.MAYA, seed.PRIYA, seed.TOM):
            user = state.users[slack_user_id]
            described = SlackUser(state.team.id, user.id, user.shown_name, user.tz)
            person = await people.remember(session, described, now)
            actors[user.id] = CreatorRecord(CreatorKind.USER, person.id, person.name, user.id)
        tracked: dict[str, Incident] = {}
        for channel_id, name in NAMES.items():
            described_channel = state.channels[channel_id]
            channel = Channel(
                state.team.id, channel_id, described_channel.name, is_private=described_channel.is_private
            )
            incident = await incidents.track(session, channel, prefixes=PREFIXES, now=now, name=name)
            await access.replace_members(session, incident, described_channel.members, now)
            tracked[channel_id] = incident
        priorities = {priority.name: priority.id for priority in await catalogue.priorities(session)}
        for planned in PLANNED:
            await _add(
                session,
                planned,
                tracked[planned.channel].id,
                actors=actors,
                priorities=priorities,
                now=now,
            )


async def _add(
    session: AsyncSession,
    planned: Planned,
    incident_id: str,
    *,
    actors: dict[str, CreatorRecord],
    priorities: dict[str, str],
    now: datetime,
) -> None:
    added = now + timedelta(days=planned.added)
    due = now.astimezone(THEIR_ZONE) + timedelta(days=planned.due) if planned.due is not None else None
    adder = actors[planned.adder]
    draft = Draft(
        planned.title,
        description=planned.description,
        assignee_id=actors[planned.assignee].id if planned.assignee else None,
        priority_id=priorities[planned.priority],
        labels=planned.labels,
        due_on=due.date() if due else None,
        due_zone=THEIR_ZONE.key,
    )
    made = await follow_ups.create(session, adder, incident_id, draft, now=added)
    if planned.done is not None:
        done_at = added + timedelta(days=1)
        await follow_ups.change(session, adder, made.id, {"status": planned.done}, now=done_at)
