"""Follow-ups as the objects of `web/shapes`, but past Pydantic: these are read most, 25 at a time.

A test holds both to the same. A key without a value is left out; orjson writes times and dates.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from fastapi import Response

from storage.records import CreatorKind
from storage.rows import FollowUpRow
from storage.selection import SEPARATOR
from web.answers import JSON

Object = dict[str, Any]

ROLE = "unset"
DATES = ("completed_at", "due_on", "due_zone", "due_at")


def written(made: Object) -> bytes:
    return orjson.dumps(made, option=orjson.OPT_UTC_Z)


def shown(found: FollowUpRow, *, with_category: bool) -> Response:
    made = {"follow_up": follow_up(found, with_category=with_category)}
    return Response(written(made), headers={"ETag": f'"{found.version}"'}, media_type=JSON)


def listed(
    found: Sequence[FollowUpRow], page_size: int, after: str | None, *, with_category: bool
) -> Response:
    """A page. `after` is where the next one begins."""
    meta: Object = {"page_size": page_size}
    if after is not None:
        meta["after"] = after
    items = [follow_up(one, with_category=with_category) for one in found]
    return Response(written({"follow_ups": items, "pagination_meta": meta}), media_type=JSON)


def follow_up(found: FollowUpRow, *, with_category: bool) -> Object:
    """The keys in the order of the shape. v2 has no category."""
    made: Object = {
        "id": found.id,
        "incident_id": found.incident_id,
        "title": found.title,
        "status": found.status,
        "labels": found.labels.split(SEPARATOR) if found.labels else [],
        "creator": _creator(found),
        "created_at": found.created_at,
        "updated_at": found.updated_at,
    }
    if found.description is not None:
        made["description"] = found.description
    _add_assigned(made, found)
    if found.issue_provider is not None:
        made["external_issue_reference"] = {
            "id": found.issue_id,
            "provider": found.issue_provider,
            "issue_name": found.issue_name,
            "issue_permalink": found.issue_permalink,
        }
    for name in DATES:
        if (value := getattr(found, name)) is not None:
            made[name] = value
    made["version"] = found.version
    if found.source_permalink is not None:
        made["source_permalink"] = found.source_permalink
    if with_category and found.category_id is not None:
        made["category"] = _ranked(
            found.category_id, found.category_name, found.category_rank, found.category_description
        )
    return made


def _add_assigned(made: Object, found: FollowUpRow) -> None:
    if found.assignee_id is not None:
        made["assignee"] = _user(found.assignee_id, found.assignee_name, found.assignee_slack_user_id)
    if found.team_id is not None:
        made["assignee_team"] = {"id": found.team_id, "name": found.team_name}
    if found.priority_id is not None:
        made["priority"] = _ranked(
            found.priority_id, found.priority_name, found.priority_rank, found.priority_description
        )


def _creator(found: FollowUpRow) -> Object:
    """As somebody known here is called now; else as they were called then."""
    name, kind = found.person_name or found.creator_name, found.creator_kind
    if kind == CreatorKind.USER:
        return {"user": _user(found.creator_id, name, found.person_slack_user_id)}
    return {str(kind): {"id": found.creator_id, "title" if kind == CreatorKind.ALERT else "name": name}}


def _user(id_: str, name: str, slack_user_id: str | None) -> Object:
    if slack_user_id is None:
        return {"id": id_, "name": name, "role": ROLE}
    return {"id": id_, "name": name, "slack_user_id": slack_user_id, "role": ROLE}


def _ranked(id_: str, name: str, rank: int, description: str | None) -> Object:
    if description is None:
        return {"id": id_, "name": name, "rank": rank}
    return {"id": id_, "name": name, "rank": rank, "description": description}
