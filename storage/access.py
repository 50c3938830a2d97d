"""Who may see what. Every path asks here, with ids taken as claims.

A public incident's follow-ups are for the full members of its workspace, a private one's for its channel's
members. A guest is in a workspace only where they are in a channel. Anyone else is told they do not exist.
Membership is kept in `channel_member`; whoever asks on a person's behalf first has it matched with Slack.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, literal, or_, true
from sqlalchemy.orm import aliased
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
        return true() if actor.sees_private else public
    person = aliased(Person)
    # Neither depends on the incident: the database asks once, however many incidents there are.
    known = select(person.slack_team_id).where(
        col(person.id) == actor.id,
        col(person.slack_user_id) == actor.slack_user_id,
        ~or_(col(person.is_stranger), col(person.is_bot), col(person.is_deleted)),
    )
    full_member = known.where(col(person.is_guest).is_(False)).exists()
    in_channel = _in_channel(col(Incident.slack_channel_id), actor.slack_user_id)
    of_their_workspace = col(Incident.slack_team_id) == known.scalar_subquery()
    return and_(of_their_workspace, or_(and_(public, full_member), in_channel))


def _in_channel(slack_channel_id: Any, slack_user_id: Any) -> ColumnElement[bool]:
    return exists().where(
        col(ChannelMember.slack_channel_id) == slack_channel_id,
        col(ChannelMember.slack_user_id) == slack_user_id,
    )


async def has_private(session: AsyncSession, actor: CreatorRecord) -> bool:
    """Whether the person is in a private incident's channel as far as is known, or has work in one."""
    assigned = exists().where(
        col(FollowUp.incident_id) == col(Incident.id), col(FollowUp.assignee_id) == actor.id
    )
    concerned = or_(_in_channel(col(Incident.slack_channel_id), actor.slack_user_id), assigned)
    private = select(Incident.id).where(col(Incident.visibility) == Visibility.PRIVATE, concerned)
    return (await session.exec(private.limit(1))).first() is not None


async def require_incident(
    session: AsyncSession, actor: CreatorRecord, incident_id: str, *, held: bool = False
) -> Incident:
    """The incident, if the actor may see it. Raises NotFoundError.

    `held`: while this transaction lasts, it gets no channel.
    """
    if held:
        incident = (await hold_incidents(session, actor, [incident_id])).get(incident_id)
    else:
        query = select(Incident).where(col(Incident.id) == incident_id, visible(actor))
        incident = (await session.exec(query)).one_or_none()
    if incident is None:
        raise NotFoundError(f"no incident {incident_id}")
    return incident


async def hold_incidents(
    session: AsyncSession, actor: CreatorRecord, incident_ids: Collection[str]
) -> dict[str, Incident]:
    """Those of them that the actor may see. While this transaction lasts, none of them gets a channel."""
    query = select(Incident).where(col(Incident.id).in_(incident_ids), visible(actor))
    held = query.order_by(col(Incident.id)).with_for_update(read=True, key_share=True, of=Incident)
    return {incident.id: incident for incident in await session.exec(held)}


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


async def require_issue(session: AsyncSession, actor: CreatorRecord, issue_id: str) -> None:
    """An issue is known by the follow-ups that have it. Raises InvalidFieldError."""
    known = (
        select(FollowUp.id)
        .join(Incident, col(Incident.id) == col(FollowUp.incident_id))
        .where(col(FollowUp.external_issue_id) == issue_id, visible(actor))
    )
    if (await session.exec(known.limit(1))).first() is None:
        raise InvalidFieldError("external_issue_id", "There is no such issue here.")


async def require_assignable(session: AsyncSession, incident: Incident, person_id: str) -> None:
    """Work can't be given to someone who may not see it. Raises InvalidFieldError."""
    query = select(Person.name, Person.is_guest).where(
        col(Person.id) == person_id, ~_in_channel(incident.slack_channel_id, col(Person.slack_user_id))
    )
    outside = (await session.exec(query)).first()
    if outside is None:
        return
    name, is_guest = outside
    if incident.visibility is Visibility.PRIVATE:
        raise InvalidFieldError(
            "assignee_id", f"{name} is not in this private channel. Invite them there first."
        )
    if is_guest:
        raise InvalidFieldError(
            "assignee_id", f"{name} is a guest who is not in this channel. Invite them there first."
        )


async def is_member(session: AsyncSession, slack_channel_id: str, slack_user_id: str) -> bool:
    """As far as is known."""
    return await session.get(ChannelMember, (slack_channel_id, slack_user_id)) is not None


async def replace_members(
    session: AsyncSession, incident: Incident, slack_user_ids: Iterable[str], now: datetime
) -> None:
    """Make the channel's members exactly these."""
    # Two at once would each leave the other's members: PostgreSQL's DELETE sees only what is committed.
    await session.exec(select(Incident.id).where(col(Incident.id) == incident.id).with_for_update())
    await _remove_all(session, incident.channel_id)
    members = [
        {"slack_channel_id": incident.channel_id, "slack_user_id": user_id}
        for user_id in sorted(set(slack_user_ids))
    ]
    if members:
        await session.exec(InsertNew(ChannelMember), params=members)
    incident.members_checked_at = now
    session.add(incident)


async def replace_channels(
    session: AsyncSession, slack_team_id: str, slack_user_id: str, slack_channel_ids: Collection[str]
) -> None:
    """Of the channels with incidents, make the person a member of exactly these."""
    theirs = col(ChannelMember.slack_user_id) == slack_user_id
    gone = col(ChannelMember.slack_channel_id).not_in(slack_channel_ids)
    await session.exec(delete(ChannelMember).where(theirs, gone))
    tracked = select(col(Incident.slack_channel_id), literal(slack_user_id)).where(
        col(Incident.slack_team_id) == slack_team_id, col(Incident.slack_channel_id).in_(slack_channel_ids)
    )
    columns = ["slack_channel_id", "slack_user_id"]
    await session.exec(InsertNew(ChannelMember).from_select(columns, tracked))


async def forget_members(session: AsyncSession, incident: Incident) -> None:
    """Nobody is known to be in the channel, until Slack is asked again."""
    await _remove_all(session, incident.channel_id)
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


async def remove_member(session: AsyncSession, slack_channel_id: str, slack_user_id: str) -> None:
    await session.exec(
        delete(ChannelMember).where(
            col(ChannelMember.slack_channel_id) == slack_channel_id,
            col(ChannelMember.slack_user_id) == slack_user_id,
        )
    )
