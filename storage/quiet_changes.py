"""Follow-ups written without telling anybody: one row of history, no line in a channel, no webhook.

A card that is posted already is brought up to date, which rings nowhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import catalogue, channel_messages, consequences, fields, history
from storage.inserting import InsertNew
from storage.models import ExternalIssue, FollowUp, FollowUpLabel, Incident, Label
from storage.records import CreatorRecord, ExternalIssueRecord

# Beside these an issue, which is compared by what it says and not by its id.
COLUMNS = (
    "title",
    "description",
    "status",
    "priority_id",
    "category_id",
    "assignee_id",
    "assignee_team_id",
    "due_on",
    "due_zone",
    "source_permalink",
    "completed_at",
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A follow-up's row, locked, with what is in other tables."""

    row: FollowUp
    labels: tuple[str, ...]
    issue: ExternalIssueRecord | None

    @property
    def values(self) -> dict[str, Any]:
        columns = {name: getattr(self.row, name) for name in COLUMNS}
        return columns | {"labels": self.labels, "external_issue": self.issue}


@dataclass(frozen=True, slots=True)
class Made:
    """A follow-up to be; what its row says of search and issue comes from the rest."""

    row: FollowUp
    labels: tuple[str, ...]
    issue: ExternalIssueRecord | None


async def kept(session: AsyncSession, ids: Sequence[str], *, lock: bool = True) -> dict[str, Kept]:
    """By id, those that there are, whatever their status."""
    query = select(FollowUp).where(col(FollowUp.id).in_(ids)).order_by(col(FollowUp.id))
    rows = list(await session.exec(query.with_for_update() if lock else query))
    labelled = (
        select(FollowUpLabel.follow_up_id, Label.name)
        .join(Label, col(Label.id) == col(FollowUpLabel.label_id))
        .where(col(FollowUpLabel.follow_up_id).in_(ids))
        .order_by(col(FollowUpLabel.position))
    )
    labels: dict[str, list[str]] = {}
    for follow_up_id, name in await session.exec(labelled):
        labels.setdefault(follow_up_id, []).append(name)
    issues = {issue.id: issue for issue in await _issues(session, rows)}
    return {
        row.id: Kept(row, tuple(labels.get(row.id, ())), _issue_of(issues.get(row.external_issue_id or "")))
        for row in rows
    }


async def _issues(session: AsyncSession, rows: Sequence[FollowUp]) -> list[ExternalIssue]:
    ids = [row.external_issue_id for row in rows if row.external_issue_id is not None]
    if not ids:
        return []
    return list(await session.exec(select(ExternalIssue).where(col(ExternalIssue.id).in_(ids))))


def _issue_of(issue: ExternalIssue | None) -> ExternalIssueRecord | None:
    if issue is None:
        return None
    return ExternalIssueRecord(issue.provider, issue.issue_name, issue.issue_permalink)


def comparable(values: Mapping[str, Any]) -> dict[str, Any]:
    """For a comparison: labels whatever their case, an issue whatever its id, times as text."""
    issue = values["external_issue"]
    return dict(values) | {
        "labels": [label.casefold() for label in values["labels"]],
        "external_issue": [issue.provider, issue.issue_name, issue.issue_permalink] if issue else None,
        "completed_at": values["completed_at"].timestamp() if values["completed_at"] else None,
    }


async def make(
    session: AsyncSession,
    actor: CreatorRecord,
    incident: Incident,
    made: Made,
    *,
    now: datetime,
) -> bool:
    """Insert it; False, and nothing else is done, where its id is taken."""
    follow_up, labels = made.row, made.labels
    follow_up.search_text = fields.search_text(follow_up.title, follow_up.description, labels)
    follow_up.external_issue_id = await _keep_issue(session, made.issue)
    inserted = await session.exec(InsertNew(FollowUp).values(follow_up.model_dump()))
    if inserted.rowcount == 0:
        return False
    if labels:
        await catalogue.set_labels(session, actor, incident.slack_team_id, follow_up.id, labels)
    session.add(history.entry(follow_up, actor, history.CREATED, {}, announce=False, now=now))
    return True


async def _keep_issue(session: AsyncSession, issue: ExternalIssueRecord | None) -> str | None:
    """Under its own id, where it has one that is free."""
    if issue is None:
        return None
    new = ExternalIssue(
        **({"id": issue.id} if issue.id else {}),
        provider=issue.provider,
        issue_name=issue.issue_name,
        issue_permalink=issue.issue_permalink,
    )
    await session.exec(InsertNew(ExternalIssue).values(new.model_dump()))
    there = (await session.exec(select(ExternalIssue).where(col(ExternalIssue.id) == new.id))).one()
    said = (there.provider, there.issue_name, there.issue_permalink)
    if said == (issue.provider, issue.issue_name, issue.issue_permalink):
        return there.id
    anew = ExternalIssueRecord(issue.provider, issue.issue_name, issue.issue_permalink)
    return await _keep_issue(session, anew)


async def change(
    session: AsyncSession,
    actor: CreatorRecord,
    incident: Incident,
    before: Kept,
    values: Mapping[str, Any],
    *,
    now: datetime,
    updated_at: datetime,
    version: int = 0,
) -> None:
    """Give the follow-up these of its values; its version is at least the one given."""
    row, was = before.row, before.values
    there, here = comparable(was | dict(values)), comparable(was)
    changed = {name: value for name, value in values.items() if there[name] != here[name]}
    told_before, told_after = {}, {}
    for name, value in changed.items():
        if name == "external_issue":
            told_before["external_issue_id"] = row.external_issue_id
            row.external_issue_id = await _keep_issue(session, value)
            told_after["external_issue_id"] = row.external_issue_id
        elif name in fields.COLUMNS or name == "labels":
            told_before[name], told_after[name] = was[name], value
    for name in changed.keys() & set(COLUMNS):
        setattr(row, name, changed[name])
    if changed.keys() & {"due_on", "due_zone"}:
        row.due_at = fields.due(row.due_on, row.due_zone or "UTC")["due_at"]
    labels = changed.get("labels", before.labels)
    row.search_text = fields.search_text(row.title, row.description, labels)
    row.version = max(row.version + 1, version)
    row.updated_at = updated_at
    session.add(row)
    await session.flush()
    if "labels" in changed:
        await catalogue.set_labels(session, actor, incident.slack_team_id, row.id, labels)
    event = history.STATUS_EVENTS[row.status] if "status" in changed else history.CHANGED
    said = await _in_words(session, told_before, told_after)
    session.add(history.entry(row, actor, event, said, announce=False, now=now))
    await session.flush()
    await _freshen_card(session, actor, incident, row, now)


async def _in_words(
    session: AsyncSession, before: dict[str, Any], after: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    words_before, words_after = await fields.in_words(session, before), await fields.in_words(session, after)
    return {
        name: {
            "before": fields.plain(before[name]),
            "after": fields.plain(value),
            "before_words": words_before[name],
            "after_words": words_after[name],
        }
        for name, value in after.items()
    }


async def _freshen_card(
    session: AsyncSession, actor: CreatorRecord, incident: Incident, row: FollowUp, now: datetime
) -> None:
    if incident.slack_channel_id is None or await channel_messages.card_of(session, row.id) is None:
        return
    told = {"follow_up_id": row.id, "actor_kind": actor.kind.value, "actor_id": actor.id}
    await consequences.sync_card(session, told, consequences.edits_of(incident.slack_channel_id), now)
