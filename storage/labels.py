"""Labels across follow-ups: listed, renamed and deleted, as far as whoever asks may see their follow-ups.

To rename one is to change each of its follow-ups: with a row of history, its card and its webhooks.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import access, catalogue, follow_ups, jobs
from storage.errors import InvalidFieldError, NotFoundError
from storage.models import FollowUp, FollowUpLabel, Incident, Label
from storage.records import CreatorKind, CreatorRecord, LabelRecord, Status
from storage.text import searchable

RELABEL = "relabel"
# Changed in one transaction, for which every other writer waits on SQLite.
AT_ONCE = 50


async def listed(
    session: AsyncSession,
    actor: CreatorRecord,
    slack_team_id: str,
    *,
    limit: int,
    containing: str = "",
    after: str | None = None,
) -> tuple[LabelRecord, ...]:
    """By name, whatever its case, beginning after a name: so pages hold when labels come and go."""
    query = select(Label.id, Label.name).where(*catalogue.offered(slack_team_id, containing, actor))
    if after is not None:
        query = query.where(col(Label.name_key) > searchable(after).strip())
    rows = (await session.exec(query.order_by(col(Label.name_key)).limit(limit))).all()
    return await _counted(session, actor, dict(rows))


async def get(session: AsyncSession, actor: CreatorRecord, slack_team_id: str, label_id: str) -> LabelRecord:
    """Raises NotFoundError: also for one that only hidden follow-ups have."""
    query = select(Label.id, Label.name).where(
        col(Label.id) == label_id, *catalogue.offered(slack_team_id, "", actor)
    )
    found = await _counted(session, actor, dict((await session.exec(query)).all()))
    if not found:
        raise NotFoundError(f"no label {label_id}")
    return found[0]


async def rename(
    session: AsyncSession,
    actor: CreatorRecord,
    slack_team_id: str,
    label_id: str,
    name: str,
    *,
    now: datetime,
) -> LabelRecord:
    """The label of that name, which may have been there before: then the two are one from now on.

    The first AT_ONCE follow-ups are changed now, a job changes the others. Raises NotFoundError,
    InvalidFieldError.
    """
    before = await get(session, actor, slack_team_id, label_id)
    wanted = _one_label(name)
    key = wanted.casefold()
    if key == before.name.casefold():
        await _respell(session, label_id, wanted)
        return await get(session, actor, slack_team_id, label_id)
    await relabel(session, actor, label_id, wanted, now=now)
    renamed = select(Label.id).where(col(Label.slack_team_id) == slack_team_id, col(Label.name_key) == key)
    return await get(session, actor, slack_team_id, (await session.exec(renamed)).one())


async def delete(
    session: AsyncSession, actor: CreatorRecord, slack_team_id: str, label_id: str, *, now: datetime
) -> None:
    """Taken off its follow-ups as `rename` changes them. Raises NotFoundError."""
    await get(session, actor, slack_team_id, label_id)
    await relabel(session, actor, label_id, None, now=now)


async def relabel(
    session: AsyncSession,
    actor: CreatorRecord,
    label_id: str,
    name: str | None,
    *,
    now: datetime,
    after: str = "",
) -> None:
    """The next AT_ONCE follow-ups after that id get the other label in its place, or None; a job the rest."""
    label = (await session.exec(select(Label).where(col(Label.id) == label_id))).one()
    having = (
        select(FollowUpLabel.follow_up_id)
        .join(FollowUp, col(FollowUp.id) == col(FollowUpLabel.follow_up_id))
        .join(Incident, col(Incident.id) == col(FollowUp.incident_id))
        .where(col(FollowUpLabel.label_id) == label_id, col(FollowUpLabel.follow_up_id) > after)
        .where(col(FollowUp.status) != Status.DELETED, access.visible(actor))
        .order_by(col(FollowUpLabel.follow_up_id))
        .limit(AT_ONCE)
    )
    found = (await session.exec(having)).all()
    for follow_up_id in found:
        await access.require_follow_up(session, actor, follow_up_id)
        kept = (await follow_ups.read(session, follow_up_id)).labels
        others = [name if one.casefold() == label.name_key else one for one in kept]
        changes = {"labels": tuple(one for one in others if one is not None)}
        await follow_ups.change(session, actor, follow_up_id, changes, now=now)
    if len(found) == AT_ONCE:
        payload = {"label_id": label_id, "name": name, "after": found[-1], "actor": _kept(actor)}
        await jobs.enqueue(session, RELABEL, payload, group_key=f"label:{label_id}", now=now)


async def go_on(session: AsyncSession, payload: Mapping[str, Any], *, now: datetime) -> None:
    """The job."""
    actor = CreatorRecord(**payload["actor"] | {"kind": CreatorKind(payload["actor"]["kind"])})
    await relabel(session, actor, payload["label_id"], payload["name"], now=now, after=payload["after"])


def _kept(actor: CreatorRecord) -> dict[str, Any]:
    return {
        "kind": actor.kind.value,
        "id": actor.id,
        "name": actor.name,
        "slack_user_id": actor.slack_user_id,
        "sees_private": actor.sees_private,
    }


def _one_label(name: str) -> str:
    try:
        labels = catalogue.clean_labels([name])
    except InvalidFieldError as error:
        raise InvalidFieldError("name", error.errors["labels"]) from None
    if not labels:
        raise InvalidFieldError("name", "Give the label a name.")
    return labels[0]


async def _respell(session: AsyncSession, label_id: str, name: str) -> None:
    label = (await session.exec(select(Label).where(col(Label.id) == label_id).with_for_update())).one()
    label.name = name
    session.add(label)
    await session.flush()


async def _counted(
    session: AsyncSession, actor: CreatorRecord, names: Mapping[str, str]
) -> tuple[LabelRecord, ...]:
    query = (
        select(FollowUpLabel.label_id, func.count())
        .join(FollowUp, col(FollowUp.id) == col(FollowUpLabel.follow_up_id))
        .join(Incident, col(Incident.id) == col(FollowUp.incident_id))
        .where(col(FollowUpLabel.label_id).in_(names), access.visible(actor))
        .where(col(FollowUp.status) != Status.DELETED)
        .group_by(col(FollowUpLabel.label_id))
    )
    counts = dict((await session.exec(query)).all())
    return tuple(LabelRecord(id_, name, counts.get(id_, 0)) for id_, name in names.items())
