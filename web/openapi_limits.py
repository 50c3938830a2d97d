"""What storage refuses of what is sent, in the words of JSON Schema: the types alone don't say it."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from storage.fields import LATEST, SOONEST
from storage.limits import (
    DESCRIPTION_LIMIT,
    INCIDENT_NAME_LIMIT,
    LABEL_LIMIT,
    LABELS_PER_FOLLOW_UP,
    OPTION_DESCRIPTION_LIMIT,
    OPTION_NAME_LIMIT,
    SUMMARY_LIMIT,
    TITLE_LIMIT,
)
from storage.options import LAST_RANK
from storage.webhook_endpoints import DESCRIPTION_LIMIT as ENDPOINT_DESCRIPTION_LIMIT
from storage.webhook_events import EVENTS
from web.issue_links import LONGEST
from web.payloads_incidents import IncidentCreate, Retrospective

Schema = dict[str, Any]

SEEN = r"\S"


def _name(longest: int) -> Schema:
    return {"minLength": 1, "maxLength": longest, "pattern": SEEN}


FOLLOW_UP: Mapping[str, Schema] = {
    "title": _name(TITLE_LIMIT),
    "description": {"maxLength": DESCRIPTION_LIMIT},
    "labels": {
        "maxItems": LABELS_PER_FOLLOW_UP,
        "items": {"type": "string", "maxLength": LABEL_LIMIT},
    },
    "due_on": {"description": f"A day from {SOONEST} to {LATEST}; one that has passed is refused."},
    "due_zone": {"description": "A name of the tz database, such as Europe/Berlin; UTC unless given."},
}
OPTION: Mapping[str, Schema] = {
    "name": _name(OPTION_NAME_LIMIT),
    "description": {"maxLength": OPTION_DESCRIPTION_LIMIT},
    "rank": {"minimum": 0, "maximum": LAST_RANK},
}
ISSUE: Mapping[str, Schema] = {"url": {"format": "uri", "maxLength": LONGEST}}
ENDPOINT: Mapping[str, Schema] = {
    "url": {"format": "uri"},
    "description": {"maxLength": ENDPOINT_DESCRIPTION_LIMIT},
    "events": {"minItems": 1, "items": {"type": "string", "enum": list(EVENTS)}},
}
UNKEPT: Mapping[str, Schema] = {
    name: {"description": "Not kept here: refused unless it is empty."}
    for name in (*IncidentCreate.UNKEPT, *Retrospective.UNKEPT)
}
# By the name of what is sent.
LIMITS: Mapping[str, Mapping[str, Schema]] = {
    "FollowUp*": FOLLOW_UP,
    "BulkItem": FOLLOW_UP,
    "Priority*": OPTION,
    "Category*": OPTION,
    "LabelChange": {"name": _name(LABEL_LIMIT)},
    "Incident*": {
        "name": {"maxLength": INCIDENT_NAME_LIMIT},
        "summary": {"maxLength": SUMMARY_LIMIT},
        **UNKEPT,
    },
    "Retrospective": UNKEPT,
    "ConnectIssue": ISSUE,
    "CreateFromLink": ISSUE,
    "Endpoint*": ENDPOINT,
    "Replay": {
        "since": {"description": "A date, or a time with its zone."},
        "until": {"description": "A date, or a time with its zone."},
    },
}


def limit(model: str, schema: Schema) -> None:
    """Adds to the schema of what is sent under that name."""
    for name, limits in _of(model):
        if (described := schema.get("properties", {}).get(name)) is not None:
            _typed(described).update(limits)


def _of(model: str) -> Iterator[tuple[str, Schema]]:
    for pattern, limits in LIMITS.items():
        if fnmatchcase(model, pattern):
            yield from limits.items()


def _typed(schema: Schema) -> Schema:
    """Where the type stands: what may be null has it among alternatives."""
    alternatives: list[Schema] = schema.get("anyOf", [])
    return next((one for one in alternatives if one.get("type") != "null"), schema)
