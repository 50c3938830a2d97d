"""One SELECT that reads follow-ups with every name resolved, and its rows as records."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Table, and_, func, true
from sqlmodel import SQLModel, select

from storage.models import (
    Category,
    ExternalIssue,
    FollowUp,
    FollowUpLabel,
    Incident,
    Label,
    Person,
    Priority,
    Severity,
    Team,
)
from storage.records import (
    CategoryRecord,
    CreatorKind,
    CreatorRecord,
    ExternalIssueRecord,
    FollowUpRecord,
    IncidentRecord,
    PersonRecord,
    PriorityRecord,
    TeamRecord,
)


def _table(model: type[SQLModel]) -> Table:
    return SQLModel.metadata.tables[str(model.__tablename__)]


# Tables, not models: reading through the ORM costs more than the query does.
_follow_up, _incident, _severity = _table(FollowUp), _table(Incident), _table(Severity)
_priority, _category, _team = _table(Priority), _table(Category), _table(Team)
_label, _follow_up_label, _issue = _table(Label), _table(FollowUpLabel), _table(ExternalIssue)
_assignee, _creator = _table(Person).alias("assignee"), _table(Person).alias("creator")

# A control character, which a label cannot hold.
SEPARATOR = "\x1f"

_ordered_labels = (
    select(_label.c.name)
    .join(_follow_up_label, _follow_up_label.c.label_id == _label.c.id)
    .where(_follow_up_label.c.follow_up_id == _follow_up.c.id)
    .order_by(_follow_up_label.c.position)
    .correlate(_follow_up)
    .subquery("ordered_labels")
)
LABELS = select(func.aggregate_strings(_ordered_labels.c.name, SEPARATOR)).scalar_subquery().label("labels")

INCIDENT_COLUMNS: tuple[Any, ...] = (
    _incident.c.id,
    _incident.c.reference,
    _incident.c.name,
    _incident.c.slack_team_id,
    _incident.c.slack_channel_id,
    _incident.c.slack_channel_name,
    _incident.c.visibility,
    _incident.c.mode,
    _incident.c.status_category,
    _severity.c.name.label("severity"),
    _incident.c.is_archived,
)

FOLLOW_UP_COLUMNS: tuple[Any, ...] = (
    _follow_up.c.id,
    _follow_up.c.title,
    _follow_up.c.status,
    _follow_up.c.creator_kind,
    _follow_up.c.creator_id,
    _follow_up.c.creator_name,
    _follow_up.c.version,
    _follow_up.c.created_at,
    _follow_up.c.updated_at,
    _follow_up.c.description,
    _follow_up.c.due_on,
    _follow_up.c.due_zone,
    _follow_up.c.due_at,
    _follow_up.c.source_permalink,
    _follow_up.c.completed_at,
    LABELS,
    _priority.c.id,
    _priority.c.name,
    _priority.c.rank,
    _priority.c.description,
    _priority.c.is_default,
    _category.c.id,
    _category.c.name,
    _category.c.rank,
    _category.c.description,
    _assignee.c.id,
    _assignee.c.slack_user_id,
    _assignee.c.name,
    _assignee.c.timezone,
    _team.c.id,
    _team.c.slack_usergroup_id,
    _team.c.name,
    _creator.c.name,
    _creator.c.slack_user_id,
    _issue.c.provider,
    _issue.c.issue_name,
    _issue.c.issue_permalink,
    _issue.c.id,
)

INCIDENTS = _incident.outerjoin(_severity, _severity.c.id == _incident.c.severity_id)


def named(follow_ups: FromClause) -> FromClause:
    """Joined with all that FOLLOW_UP_COLUMNS are read from."""
    return (
        follow_ups.outerjoin(_priority, _priority.c.id == _follow_up.c.priority_id)
        .outerjoin(_category, _category.c.id == _follow_up.c.category_id)
        .outerjoin(_assignee, _assignee.c.id == _follow_up.c.assignee_id)
        .outerjoin(_team, _team.c.id == _follow_up.c.assignee_team_id)
        .outerjoin(
            _creator,
            and_(_follow_up.c.creator_kind == CreatorKind.USER, _creator.c.id == _follow_up.c.creator_id),
        )
        .outerjoin(_issue, _issue.c.id == _follow_up.c.external_issue_id)
    )


FOLLOW_UPS: Any = select(*FOLLOW_UP_COLUMNS, *INCIDENT_COLUMNS).select_from(
    named(_follow_up.join(INCIDENTS, _incident.c.id == _follow_up.c.incident_id))
)

# What a FollowUpRow has.
_UNSHOWN: tuple[Any, ...] = (_priority.c.is_default, _assignee.c.timezone, _team.c.slack_usergroup_id)
_INCIDENT_SHOWN = (
    _incident.c.id,
    _incident.c.slack_channel_id,
    _incident.c.visibility,
    _incident.c.is_archived,
)
_SHOWN: tuple[Any, ...] = (
    *(column for column in FOLLOW_UP_COLUMNS if all(column is not unshown for unshown in _UNSHOWN)),
    *_INCIDENT_SHOWN,
)
FOLLOW_UP_ROWS: Any = select(*_SHOWN).select_from(
    named(_follow_up.join(_incident, _incident.c.id == _follow_up.c.incident_id))
)


def follow_ups_of(ids: Select[Any]) -> Any:
    """FOLLOW_UP_ROWS of few ids. They come first in it: of so many tables PostgreSQL keeps the order."""
    few = ids.subquery("few")
    followed = few.join(_follow_up, _follow_up.c.id == few.c.id)
    joined = followed.join(_incident, _incident.c.id == _follow_up.c.incident_id)
    return select(*_SHOWN).select_from(named(joined))


def opening(
    slack_channel_id: ColumnElement[str], matching: ColumnElement[bool], counts: Iterable[Any], *, limit: int
) -> Any:
    """A channel's incident, its counts and its first follow-ups, in one statement.

    A row for each follow-up, or one row without: FOLLOW_UP_COLUMNS, INCIDENT_COLUMNS, counts.
    """
    here = _incident.c.slack_channel_id == slack_channel_id
    # LIMIT makes SQLite count once, not for each row.
    place = select(*INCIDENT_COLUMNS, *counts).select_from(INCIDENTS).where(here).limit(1).subquery("place")
    incident_id = select(_incident.c.id).where(here).scalar_subquery()
    first = (
        select(*FOLLOW_UP_COLUMNS)
        .select_from(named(_follow_up))
        .where(_follow_up.c.incident_id == incident_id, matching)
        .order_by(_follow_up.c.id.desc())
        .limit(limit)
        .subquery("first")
    )
    return select(*first.c, *place.c).select_from(place.outerjoin(first, true())).order_by(first.c.id.desc())


def incident_record(row: tuple[Any, ...]) -> IncidentRecord:
    """From INCIDENT_COLUMNS."""
    return IncidentRecord(*row)


def follow_up_record(row: tuple[Any, ...], incident: IncidentRecord | None = None) -> FollowUpRecord:
    """From FOLLOW_UP_COLUMNS and INCIDENT_COLUMNS, or the incident that is known already.

    Positional, because a list reads twenty of these within a few milliseconds.
    """
    (
        id_,
        title,
        status,
        creator_kind,
        creator_id,
        creator_name,
        version,
        created_at,
        updated_at,
        description,
        due_on,
        due_zone,
        due_at,
        source_permalink,
        completed_at,
        labels,
    ) = row[:16]
    priority_id, priority_name, priority_rank, priority_description, is_default = row[16:21]
    category_id, category_name, category_rank, category_description = row[21:25]
    person, slack_creator = row[25:29], row[32:34]
    return FollowUpRecord(
        id=id_,
        title=title,
        status=status,
        incident=incident or incident_record(row[38:]),
        creator=CreatorRecord(creator_kind, creator_id, slack_creator[0] or creator_name, slack_creator[1]),
        version=version,
        created_at=created_at,
        updated_at=updated_at,
        description=description,
        labels=tuple(labels.split(SEPARATOR)) if labels else (),
        priority=PriorityRecord(priority_id, priority_name, priority_rank, priority_description, is_default)
        if priority_id
        else None,
        category=CategoryRecord(category_id, category_name, category_rank, category_description)
        if category_id
        else None,
        assignee=PersonRecord(*person) if person[0] else None,
        assignee_team=TeamRecord(*row[29:32]) if row[29] else None,
        external_issue=ExternalIssueRecord(*row[34:38]) if row[34] else None,
        due_on=due_on,
        due_zone=due_zone,
        due_at=due_at,
        source_permalink=source_permalink,
        completed_at=completed_at,
    )
