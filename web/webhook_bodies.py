"""What a webhook says: the event and, under a key of its name, the follow-up as it is now."""

from datetime import datetime
from typing import Literal

import orjson

from storage import webhook_events
from storage.records import FollowUpRecord, Status
from web import shapes_v2
from web.shapes import ExternalIssue, Shape, User, follow_up_values


class Resource(Shape):
    """All that is told of a private incident's follow-up, unless the endpoint is allowed more."""

    id: str


class LegacyAction(Shape):
    """A follow-up as it was before follow-ups had titles: an action with `follow_up: true`."""

    id: str
    incident_id: str
    description: str
    status: Status
    follow_up: Literal[True] = True
    created_at: datetime
    updated_at: datetime
    assignee: User | None = None
    completed_at: datetime | None = None
    external_issue_reference: ExternalIssue | None = None


def body(event: str, found: FollowUpRecord, *, in_full: bool) -> bytes:
    shape = _shape(event, found) if in_full else Resource(id=found.id)
    return orjson.dumps({"event_type": event, event: shape.model_dump(mode="json", exclude_none=True)})


def _shape(event: str, found: FollowUpRecord) -> Shape:
    if webhook_events.is_legacy(event):
        return LegacyAction.model_validate({**follow_up_values(found), "description": found.title})
    return shapes_v2.follow_up(found)
