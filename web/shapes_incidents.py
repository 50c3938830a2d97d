"""Incidents, severities, statuses, people and teams, as published."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from ulid import ULID

from storage.models import Person
from storage.records import (
    IncidentDetails,
    Mode,
    SeverityRecord,
    StatusCategory,
    TeamRecord,
    Visibility,
)
from storage.statuses import STATUSES
from web.shapes import Actor, PaginationMeta, Shape, actor


class Severity(Shape):
    """`rank`: the lower, the less severe."""

    id: str
    name: str
    description: str
    rank: int
    created_at: datetime
    updated_at: datetime


class IncidentStatus(Shape):
    id: str
    name: str
    description: str
    category: StatusCategory
    rank: int
    created_at: datetime
    updated_at: datetime


class Incident(Shape):
    """Roles, custom fields and owning teams are not kept here: those lists are empty.

    `slack_channel_id` is empty for an incident without a channel.
    """

    id: str
    reference: str
    name: str
    summary: str | None = None
    permalink: str | None = None
    creator: Actor
    visibility: Visibility
    mode: Mode
    incident_status: IncidentStatus
    severity: Severity | None = None
    slack_team_id: str
    slack_channel_id: str
    slack_channel_name: str | None = None
    slack_channel_url: str | None = None
    created_at: datetime
    updated_at: datetime
    last_activity_at: datetime
    incident_role_assignments: tuple[str, ...] = ()
    custom_field_entries: tuple[str, ...] = ()
    team_ids: tuple[str, ...] = ()


class TotalPaginationMeta(PaginationMeta):
    total_record_count: int


class IncidentShown(Shape):
    incident: Incident


class IncidentsListed(Shape):
    incidents: tuple[Incident, ...]
    pagination_meta: TotalPaginationMeta


class SeverityShown(Shape):
    severity: Severity


class SeveritiesListed(Shape):
    severities: tuple[Severity, ...]


class StatusesListed(Shape):
    incident_statuses: tuple[IncidentStatus, ...]


class Role(Shape):
    id: str
    name: str
    slug: str


class Seats(Shape):
    on_call: Literal["full_access", "viewer_only", "none"] = "none"
    response: Literal["full_access", "viewer_only", "none"] = "full_access"


# Nobody has a role here: everybody in Slack may do everything.
EVERYBODY = Role(id="01KZZZZZZZ0000000000000031", name="Everybody", slug="everybody")


class UserWithRoles(Shape):
    id: str
    name: str
    slack_user_id: str
    is_active: bool
    role: Literal["unset"] = "unset"
    base_role: Role = EVERYBODY
    custom_roles: tuple[Role, ...] = ()
    seats: Seats = Seats()


class UserShown(Shape):
    user: UserWithRoles


class UsersListed(Shape):
    users: tuple[UserWithRoles, ...]
    pagination_meta: PaginationMeta


class CatalogEntry(Shape):
    id: str
    name: str
    external_id: str


class Team(Shape):
    """A Slack user group, which is also its entry in the catalogue. Its members are not listed."""

    id: str
    name: str
    catalog_entry: CatalogEntry
    members: tuple[str, ...] = ()


class TeamShown(Shape):
    team: Team


class TeamsListed(Shape):
    teams: tuple[Team, ...]
    pagination_meta: PaginationMeta


def _made(id_: str) -> datetime:
    """Ids hold the time they were made."""
    return ULID.from_str(id_).datetime.astimezone(UTC)


def severity(found: SeverityRecord) -> Severity:
    made = _made(found.id)
    return Severity(
        id=found.id,
        name=found.name,
        description=found.description or "",
        rank=found.rank,
        created_at=made,
        updated_at=made,
    )


def status(category: StatusCategory) -> IncidentStatus:
    found = STATUSES[category]
    made = _made(found.id)
    return IncidentStatus(
        id=found.id,
        name=found.name,
        description=found.description,
        category=category,
        rank=found.rank,
        created_at=made,
        updated_at=made,
    )


def incident(found: IncidentDetails) -> Incident:
    kept = found.incident
    return Incident(
        id=kept.id,
        reference=kept.reference,
        name=kept.name,
        summary=found.summary,
        permalink=found.permalink,
        creator=actor(found.creator) if found.creator else Actor(),
        visibility=kept.visibility,
        mode=kept.mode,
        incident_status=status(kept.status_category),
        severity=severity(found.severity) if found.severity else None,
        slack_team_id=kept.slack_team_id,
        slack_channel_id=kept.slack_channel_id or "",
        slack_channel_name=kept.slack_channel_name or None,
        slack_channel_url=_channel_url(kept.slack_team_id, kept.slack_channel_id),
        created_at=found.created_at,
        updated_at=found.updated_at,
        last_activity_at=found.updated_at,
    )


def _channel_url(slack_team_id: str, slack_channel_id: str | None) -> str | None:
    if slack_channel_id is None:
        return None
    return f"https://slack.com/app_redirect?team={slack_team_id}&channel={slack_channel_id}"


def incidents(found: Sequence[IncidentDetails], page_size: int, total: int) -> IncidentsListed:
    after = found[-1].incident.id if len(found) == page_size else None
    meta = TotalPaginationMeta(page_size=page_size, after=after, total_record_count=total)
    return IncidentsListed(incidents=tuple(map(incident, found)), pagination_meta=meta)


def user_with_roles(person: Person) -> UserWithRoles:
    return UserWithRoles(
        id=person.id,
        name=person.name,
        slack_user_id=person.slack_user_id,
        is_active=not person.is_deleted,
    )


def team(found: TeamRecord) -> Team:
    entry = CatalogEntry(id=found.id, name=found.name, external_id=found.slack_usergroup_id)
    return Team(id=found.id, name=found.name, catalog_entry=entry)
