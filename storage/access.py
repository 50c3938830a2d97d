"""Who may see what. Every path asks here, with ids taken as claims.

A private incident's follow-ups are for that channel's members; anyone else is told they do not exist.
Membership is kept in `channel_member`; whoever asks on a person's behalf first has it matched with Slack.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, literal, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.errors import InvalidFieldError, NotFoundError
from storage.inserting import InsertNew
from storage.models import ChannelMember, FollowUp, Incident, Person
from storage.records import CreatorKind, CreatorRecord, Visibility


def visible(actor: CreatorRecord) -> ColumnElement[bool]:
    """The condition on `incident` that holds for those the actor may see."""
    public = col(Incident.visibility) == Visibility.PUBLIC
    if actor.kind is not CreatorKind.USER:
        return public
    member = exists().where(
        col(ChannelMember.slack_channel_id) == col(Incident.slack_channel_id),
        col(ChannelMember.slack_user_id) == actor.slack_user_id,
    )
    return or_(public, member)


async def require_incident(session: AsyncSession, actor: CreatorRecord, incident_id: str) -> Incident:
    """The incident, if the actor may see it. Raises NotFoundError."""
    query = select(Incident).where(col(Incident.id) == incident_id, visible(actor))
    incident = (await session.exec(query)).one_or_none()
    if incident is None:
        raise NotFoundError(f"no incident {incident_id}")
    return incident


async def require_follow_up(session: AsyncSession, actor: CreatorRecord, follow_up_id: str) -> FollowUp:
    """The follow-up's row, locked for a change where the database has row locks. Raises NotFoundError."""
    query = (
        select(FollowUp)
        .join(Incident, col(Incident.id) == col(FollowUp.incident_id))
        .where(col(FollowUp.id) == follow_up_id, visible(actor))
        .with_for_update(of=FollowUp)
    )
    follow_up = (await session.exec(query)).one_or_none()
    if follow_up is None:
        raise NotFoundError(f"no follow-up {follow_up_id}")
    return follow_up


async def require_assignable(session: AsyncSession, incident: Incident, person_id: str) -> None:
    """Work can't be given to someone who may not see it. Raises InvalidFieldError."""
    if incident.visibility is not Visibility.PRIVATE:
        return
    in_channel = exists().where(
        col(ChannelMember.slack_channel_id) == incident.slack_channel_id,
        col(ChannelMember.slack_user_id) == col(Person.slack_user_id),
    )
    outside = select(Person.name).where(col(Person.id) == person_id, ~in_channel)
    name = (await session.exec(outside)).first()
    if name is not None:
        raise InvalidFieldError(
            "assignee_id", f"{name} is not in this private channel. Invite them there first."
        )


async def replace_members(
    session: AsyncSession, incident: Incident, slack_user_ids: Iterable[str], now: datetime
) -> None:
    """Make the channel's members exactly these."""
    # Two at once would each leave the other's members: PostgreSQL's DELETE sees only what is committed.
    await session.exec(select(Incident.id).where(col(Incident.id) == incident.id).with_for_update())
    await _remove_all(session, incident.slack_channel_id)
    members = [
        {"slack_channel_id": incident.slack_channel_id, "slack_user_id": user_id}
        for user_id in sorted(set(slack_user_ids))
    ]
    if members:
        await session.exec(InsertNew(ChannelMember), params=members)
    incident.members_checked_at = now
    session.add(incident)


async def forget_members(session: AsyncSession, incident: Incident) -> None:
    """Nobody is known to be in the channel, until Slack is asked again."""
    await _remove_all(session, incident.slack_channel_id)
    incident.members_checked_at = None
    session.add(incident)


async def move_members(session: AsyncSession, old_channel_id: str, new_channel_id: str) -> None:
    there = select(literal(new_channel_id), col(ChannelMember.slack_user_id)).where(
        col(ChannelMember.slack_channel_id) == old_channel_id
    )
    columns = ["slack_channel_id", "slack_user_id"]
    await session.exec(InsertNew(ChannelMember).from_select(columns, there))
    await _remove_all(session, old_channel_id)


async def _remove_all(session: AsyncSession, slack_channel_id: str) -> None:
    await session.exec(delete(ChannelMember).where(col(ChannelMember.slack_channel_id) == slack_channel_id))


async def add_member(session: AsyncSession, slack_channel_id: str, slack_user_id: str) -> None:
    member = {"slack_channel_id": slack_channel_id, "slack_user_id": slack_user_id}
    await session.exec(InsertNew(ChannelMember).values(member))


async def remove_member(session: AsyncSession, slack_channel_id: str, slack_user_id: str) -> None:
    await session.exec(
        delete(ChannelMember).where(
            col(ChannelMember.slack_channel_id) == slack_channel_id,
            col(ChannelMember.slack_user_id) == slack_user_id,
        )
    )
