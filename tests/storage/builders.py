"""People, incidents and follow-ups in a few words. `run` gives each call a transaction of its own."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import insert, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import access, follow_ups, incidents, people
from storage.columns import new_id
from storage.database import Database
from storage.follow_ups import Draft
from storage.incidents import Channel
from storage.jobs import Job
from storage.models import FollowUp, HistoryEntry, Incident
from storage.people import SlackUser
from storage.records import CreatorKind, CreatorRecord, FollowUpRecord

P = ParamSpec("P")
T = TypeVar("T")

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
TEAM = "T1"
PREFIXES = ("inc-",)
API_KEY = CreatorRecord(CreatorKind.API_KEY, "01KAPKEY000000000000000001", "Deploy script")


async def run(
    database: Database,
    function: Callable[Concatenate[AsyncSession, P], Awaitable[T]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    async with database.write() as session:
        return await function(session, *args, **kwargs)


async def look(
    database: Database,
    function: Callable[Concatenate[AsyncSession, P], Awaitable[T]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    async with database.read() as session:
        return await function(session, *args, **kwargs)


def a_slack_user(name: str, **described: Any) -> SlackUser:
    return SlackUser(**{"slack_team_id": TEAM, "slack_user_id": f"U{name.upper()}", "name": name} | described)


def a_channel(name: str = "inc-142-checkout-is-down", **described: Any) -> Channel:
    return Channel(**{"slack_team_id": TEAM, "slack_channel_id": f"C-{name}", "name": name} | described)


async def a_person(session: AsyncSession, /, name: str = "Alice", **described: Any) -> CreatorRecord:
    person = await people.remember(session, a_slack_user(name, **described), NOW)
    return CreatorRecord(CreatorKind.USER, person.id, person.name, person.slack_user_id)


async def an_incident(
    session: AsyncSession,
    channel_name: str = "inc-142-checkout-is-down",
    *,
    private_to: Iterable[CreatorRecord] | None = None,
) -> Incident:
    """Public, or private to the members given."""
    channel = a_channel(channel_name, is_private=private_to is not None)
    incident = await incidents.track(session, channel, prefixes=PREFIXES, now=NOW)
    if private_to is not None:
        members = [member.slack_user_id or "" for member in private_to]
        await access.replace_members(session, incident, members, NOW)
    return incident


async def a_follow_up(
    session: AsyncSession,
    /,
    actor: CreatorRecord,
    incident: Incident,
    title: str = "Rotate the certs",
    **more: Any,
) -> FollowUpRecord:
    return await follow_ups.create(session, actor, incident.id, Draft(title, **more), now=NOW)


async def alice_and_incident(database: Database) -> tuple[CreatorRecord, Incident]:
    return await run(database, a_person, "Alice"), await run(database, an_incident)


async def alice_and_follow_up(database: Database, **more: Any) -> tuple[CreatorRecord, FollowUpRecord]:
    alice, incident = await alice_and_incident(database)
    return alice, await run(database, a_follow_up, alice, incident, **more)


async def many_follow_ups(
    session: AsyncSession, actor: CreatorRecord, incident: Incident, count: int
) -> list[str]:
    """Outstanding ones straight into the table, without history. Their ids, newest first."""
    ids = [new_id() for _ in range(count)]
    shared = {
        "incident_id": incident.id,
        "status": "outstanding",
        "creator_kind": actor.kind,
        "creator_id": actor.id,
        "creator_name": actor.name,
        "version": 1,
        "created_at": NOW,
        "updated_at": NOW,
    }
    rows = [
        {**shared, "id": id_, "title": f"Work {number}", "search_text": f"work {number}"}
        for number, id_ in enumerate(ids)
    ]
    connection = await session.connection()
    await connection.execute(insert(FollowUp), rows)
    await connection.execute(text("ANALYZE follow_up"))  # as both databases do in time by themselves
    return ids[::-1]


async def jobs_waiting(database: Database) -> list[tuple[str, str | None, dict[str, Any]]]:
    """Kind, group and payload of each, in the order they will run."""
    async with database.read() as session:
        found = await session.exec(select(Job).order_by(col(Job.run_at), col(Job.id)))
        return [(job.kind, job.group_key, job.payload) for job in found]


async def no_jobs(session: AsyncSession) -> None:
    for job in await session.exec(select(Job)):
        await session.delete(job)


async def entries_of(database: Database, follow_up_id: str) -> list[HistoryEntry]:
    async with database.read() as session:
        query = select(HistoryEntry).where(col(HistoryEntry.follow_up_id) == follow_up_id)
        return list(await session.exec(query.order_by(col(HistoryEntry.version))))
