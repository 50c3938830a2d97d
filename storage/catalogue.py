"""Priorities, categories and labels: what a follow-up can be given."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from unicodedata import category

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import access
from storage.columns import new_id
from storage.errors import InvalidFieldError
from storage.inserting import InsertNew
from storage.limits import LABEL_LIMIT, LABELS_PER_FOLLOW_UP
from storage.models import Category, FollowUp, FollowUpLabel, Incident, Label, Priority
from storage.records import CategoryRecord, CreatorRecord, PriorityRecord, Status, Visibility
from storage.text import is_blank, one_line, searchable

OFFERED = 100


async def priorities(session: AsyncSession) -> list[PriorityRecord]:
    query = select(Priority).order_by(col(Priority.rank), col(Priority.name))
    return [
        PriorityRecord(row.id, row.name, row.rank, row.description, row.is_default)
        for row in await session.exec(query)
    ]


async def categories(session: AsyncSession) -> list[CategoryRecord]:
    query = select(Category).order_by(col(Category.rank), col(Category.name))
    return [CategoryRecord(row.id, row.name, row.rank, row.description) for row in await session.exec(query)]


def clean_labels(names: Sequence[str]) -> tuple[str, ...]:
    """Trimmed, each once whatever its case, in the order given. Raises InvalidFieldError."""
    labels: dict[str, str] = {}
    for name in names:
        label = " ".join("".join(char for char in one_line(name) if category(char) != "Cf").split())
        if is_blank(label):
            continue
        if len(label) > LABEL_LIMIT:
            raise InvalidFieldError(
                "labels", f"A label has at most {LABEL_LIMIT} characters; “{label[:20]}…” has {len(label)}."
            )
        labels.setdefault(label.casefold(), label)
    if len(labels) > LABELS_PER_FOLLOW_UP:
        raise InvalidFieldError(
            "labels", f"A follow-up has at most {LABELS_PER_FOLLOW_UP} labels; these are {len(labels)}."
        )
    return tuple(labels.values())


def offered(slack_team_id: str, containing: str, actor: CreatorRecord | None) -> tuple[Any, ...]:
    """The conditions on a label: that it contains the text, and that something seen has it."""
    seen = access.visible(actor) if actor else col(Incident.visibility) == Visibility.PUBLIC
    # Label by label, from the last follow-up that has it, until one is seen. PostgreSQL would make a join of
    # EXISTS, take any label to be in wide use, and look for a rare one among all follow-ups.
    is_seen = (
        select(FollowUp.id)
        .join(Incident, col(Incident.id) == col(FollowUp.incident_id))
        .where(col(FollowUp.id) == col(FollowUpLabel.follow_up_id))
        .where(col(FollowUp.status) != Status.DELETED, seen)
        .correlate(FollowUpLabel)
        .scalar_subquery()
        .is_not(None)
    )
    last_seen = (
        select(FollowUpLabel.follow_up_id)
        .where(col(FollowUpLabel.label_id) == col(Label.id), is_seen)
        .order_by(col(FollowUpLabel.follow_up_id).desc())
        .limit(1)
        .correlate(Label)
        .scalar_subquery()
    )
    return (
        col(Label.slack_team_id) == slack_team_id,
        col(Label.name_key).contains(searchable(containing).strip(), autoescape=True),
        last_seen.is_not(None),
    )


async def labels_in_use(
    session: AsyncSession, slack_team_id: str, containing: str = "", *, actor: CreatorRecord | None = None
) -> list[str]:
    """Names that contain the text, whatever its case; at most as many as a Slack picker holds.

    A label tells what its incident is about: only those on follow-ups that the actor may see, or that
    anyone may.
    """
    query = (
        select(Label.name)
        .where(*offered(slack_team_id, containing, actor))
        .order_by(col(Label.name_key))
        .limit(OFFERED)
    )
    return list(await session.exec(query))


async def _known(session: AsyncSession, slack_team_id: str, keys: Iterable[str]) -> dict[str, Label]:
    query = select(Label).where(col(Label.slack_team_id) == slack_team_id, col(Label.name_key).in_(keys))
    return {label.name_key: label for label in await session.exec(query)}


async def labels_of(session: AsyncSession, follow_up_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Each one's labels in their order; those without have no entry."""
    query = (
        select(FollowUpLabel.follow_up_id, Label.name)
        .join(Label, col(Label.id) == col(FollowUpLabel.label_id))
        .where(col(FollowUpLabel.follow_up_id).in_(follow_up_ids))
        .order_by(col(FollowUpLabel.follow_up_id), col(FollowUpLabel.position))
    )
    labels: dict[str, tuple[str, ...]] = {}
    for follow_up_id, name in await session.exec(query):
        labels[follow_up_id] = (*labels.get(follow_up_id, ()), name)
    return labels


async def _seen(
    session: AsyncSession, actor: CreatorRecord, slack_team_id: str, keys: Iterable[str]
) -> dict[str, str]:
    """The names of those that the actor may see on a follow-up, by their keys."""
    query = select(Label.name_key, Label.name).where(
        col(Label.name_key).in_(keys), *offered(slack_team_id, "", actor)
    )
    return dict((await session.exec(query)).all())


async def as_known(
    session: AsyncSession, actor: CreatorRecord, slack_team_id: str, names: Sequence[str]
) -> tuple[str, ...]:
    """The labels as the actor sees them written: who types `bug` where they see `Bug` means that one."""
    seen = await _seen(session, actor, slack_team_id, [name.casefold() for name in names])
    return tuple(seen.get(name.casefold(), name) for name in names)


async def set_labels(
    session: AsyncSession, actor: CreatorRecord, slack_team_id: str, follow_up_id: str, names: Sequence[str]
) -> None:
    """Give the follow-up exactly these labels, adding to the workspace's those that are new."""
    keys = {name.casefold(): name for name in names}
    known = await _known(session, slack_team_id, keys)
    # In one order for all, so that two transactions that add the same labels can't wait for each other.
    if missing := sorted(keys.keys() - known.keys()):
        rows = [
            {"id": new_id(), "slack_team_id": slack_team_id, "name": keys[key], "name_key": key}
            for key in missing
        ]
        await session.exec(InsertNew(Label).values(rows))
        known = await _known(session, slack_team_id, keys)
    await _respell_unseen(session, actor, slack_team_id, keys, known)
    await session.exec(delete(FollowUpLabel).where(col(FollowUpLabel.follow_up_id) == follow_up_id))
    session.add_all(
        FollowUpLabel(follow_up_id=follow_up_id, label_id=known[key].id, position=position)
        for position, key in enumerate(keys)
    )
    await session.flush()


async def _respell_unseen(
    session: AsyncSession,
    actor: CreatorRecord,
    slack_team_id: str,
    names: Mapping[str, str],
    known: Mapping[str, Label],
) -> None:
    """What the actor sees nowhere is spelled as they type it: its own would tell that it is there."""
    different = sorted(key for key, name in names.items() if known[key].name != name)
    if different:
        seen = await _seen(session, actor, slack_team_id, different)
        for key in different:
            if key not in seen:
                known[key].name = names[key]
                session.add(known[key])
