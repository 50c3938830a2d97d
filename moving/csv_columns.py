"""The columns of a CSV file of follow-ups: how each is written, and how it is read."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

from moving.cells import joined, parted
from storage.columns import is_id
from storage.import_catalogue import SLACK_USER, SLACK_USERGROUP
from storage.records import CreatorKind, CreatorRecord, FollowUpRecord, Status
from storage.zones import zone

Reader = Callable[[str], Any]


class CellError(Exception):
    """A sentence about one cell; `column` is named where it is not the one being read."""

    def __init__(self, words: str, column: str = "") -> None:
        super().__init__(words)
        self.column = column


def _moment(value: datetime | None) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value else ""


def _creator_id(creator: CreatorRecord) -> str:
    return creator.slack_user_id or creator.id


WRITTEN: Mapping[str, Callable[[FollowUpRecord], str]] = MappingProxyType(
    {
        "id": lambda found: found.id,
        "incident": lambda found: found.incident.reference,
        "incident_id": lambda found: found.incident.id,
        "incident_name": lambda found: found.incident.name,
        "title": lambda found: found.title,
        "description": lambda found: found.description or "",
        "status": lambda found: found.status.value,
        "priority": lambda found: found.priority.name if found.priority else "",
        "category": lambda found: found.category.name if found.category else "",
        "assignee": lambda found: found.assignee.slack_user_id if found.assignee else "",
        "assignee_name": lambda found: found.assignee.name if found.assignee else "",
        "team": lambda found: found.assignee_team.slack_usergroup_id if found.assignee_team else "",
        "team_name": lambda found: found.assignee_team.name if found.assignee_team else "",
        "labels": lambda found: joined(found.labels),
        "due_on": lambda found: found.due_on.isoformat() if found.due_on else "",
        "due_zone": lambda found: found.due_zone or "",
        "issue_provider": lambda found: found.external_issue.provider if found.external_issue else "",
        "issue_name": lambda found: found.external_issue.issue_name if found.external_issue else "",
        "issue_url": lambda found: found.external_issue.issue_permalink if found.external_issue else "",
        "source_permalink": lambda found: found.source_permalink or "",
        "creator_kind": lambda found: found.creator.kind.value,
        "creator_id": lambda found: _creator_id(found.creator),
        "creator_name": lambda found: found.creator.name,
        "created_at": lambda found: _moment(found.created_at),
        "updated_at": lambda found: _moment(found.updated_at),
        "completed_at": lambda found: _moment(found.completed_at),
        "version": lambda found: str(found.version),
    }
)
COLUMNS = tuple(WRITTEN)


def row_of(found: FollowUpRecord) -> list[str]:
    return [write(found) for write in WRITTEN.values()]


def _id(cell: str) -> str:
    if not is_id(cell.upper()):
        raise CellError("This is no id: one has 26 letters and digits.")
    return cell.upper()


def _status(cell: str) -> Status:
    allowed = [status.value for status in Status if status is not Status.DELETED]
    if cell not in allowed:
        raise CellError(f"“{cell}” is no status: write {', '.join(allowed)}.")
    return Status(cell)


def _slack_user(cell: str) -> str:
    if not SLACK_USER.fullmatch(cell):
        raise CellError(f"“{cell}” is no Slack id of a person: one looks like U02AYNF2XJM.")
    return cell


def _slack_usergroup(cell: str) -> str:
    if not SLACK_USERGROUP.fullmatch(cell):
        raise CellError(f"“{cell}” is no Slack id of a user group: one looks like S02AYNF2XJM.")
    return cell


def _labels(cell: str) -> tuple[str, ...]:
    try:
        return parted(cell)
    except ValueError as error:
        raise CellError(f"The labels can’t be told apart: {error}.") from None


def _day(cell: str) -> date:
    try:
        return date.fromisoformat(cell)
    except ValueError:
        raise CellError(f"“{cell}” is no date: write it as 2026-11-24.") from None


def _zone(cell: str) -> str:
    if zone(cell).key != cell:
        raise CellError(f"No time zone “{cell}” is known: write it as Europe/Berlin.")
    return cell


def _time(cell: str) -> datetime:
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not 1970 <= moment.year <= 9000:
        raise CellError(f"“{cell}” is no time with a zone: write it as 2026-11-24T09:30:00Z.")
    return moment.astimezone(UTC)


def _url(cell: str) -> str:
    if not cell.startswith(("https://", "http://")) or any(map(str.isspace, cell)) or len(cell) > 2000:
        raise CellError("This is no address: it begins with https:// and has no spaces.")
    return cell


def _kind(cell: str) -> CreatorKind:
    if cell not in set(CreatorKind):
        raise CellError(f"“{cell}” is no kind: write {', '.join(CreatorKind)}.")
    return CreatorKind(cell)


def _version(cell: str) -> int:
    if not cell.isascii() or not cell.isdecimal() or not 0 < int(cell) < 2**31:
        raise CellError(f"“{cell}” is no version: it is a number from 1.")
    return int(cell)


# Names are there for whoever reads the file; an import goes by ids.
READ: Mapping[str, Reader | None] = MappingProxyType(
    {
        "id": _id,
        "incident": str,
        "incident_id": _id,
        "incident_name": None,
        "title": str,
        "description": str,
        "status": _status,
        "priority": str,
        "category": str,
        "assignee": _slack_user,
        "assignee_name": None,
        "team": _slack_usergroup,
        "team_name": None,
        "labels": _labels,
        "due_on": _day,
        "due_zone": _zone,
        "issue_provider": str,
        "issue_name": str,
        "issue_url": _url,
        "source_permalink": _url,
        "creator_kind": _kind,
        "creator_id": str,
        "creator_name": str,
        "created_at": _time,
        "updated_at": _time,
        "completed_at": _time,
        "version": _version,
    }
)
