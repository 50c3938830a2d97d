"""An example of everything that is sent or answered: a night at a company whose checkout was down."""

from collections.abc import Mapping
from typing import Any

from storage.webhook_events import EVENTS

Schema = dict[str, Any]

FOLLOW_UP = "01KB3V6Q4M8ZTQ2W0N5R7XJ9CD"
INCIDENT = "01KB3T9E6G2H4J8K0M1N3P5Q7R"
PERSON = "01KB3S0A2B4C6D8E0F1G3H5J7K"
TEAM = "01KB3S1M3N5P7Q9R0S2T4V6W8X"
PRIORITY = "01KB3R0000000000000000PR01"
CATEGORY = "01KB3R0000000000000000CA01"
ISSUE_URL = "https://linear.app/harbour/issue/ENG-123"
CREATED, UPDATED = "2026-11-24T02:41:07.120000Z", "2026-11-24T09:12:55.480000Z"

MAYA = {"id": PERSON, "name": "Maya Lindqvist", "slack_user_id": "U02AYNF2XJM", "role": "unset"}

# What is sent, and what can't be put together from its fields.
MODELS: Mapping[str, Any] = {
    "FollowUpCreate": {
        "incident_id": INCIDENT,
        "title": "Rotate the certificates by machine",
        "description": "The certificate of checkout expired at 02:30. Nobody had been told.",
        "assignee_id": PERSON,
        "follow_up_priority_option_id": PRIORITY,
        "labels": ["tls", "checkout"],
        "due_on": "2026-12-04",
        "due_zone": "Europe/Stockholm",
    },
    "FollowUpUpdate": {
        "title": "Rotate the certificates by machine",
        "status": "completed",
        "labels": ["tls", "checkout"],
    },
    "FollowUpPatch": {"status": "completed", "assignee_id": None},
    "ConvertAction": {
        "incident_id": INCIDENT,
        "action": {
            "id": FOLLOW_UP,
            "description": "Rotate the certificates by machine",
            "status": "outstanding",
            "assignee": {"slack_user_id": "U02AYNF2XJM"},
        },
    },
    "Move": {"incident_id": INCIDENT},
    "BulkUpdate": {
        "follow_ups": [{"id": FOLLOW_UP, "version": 3, "status": "completed"}],
    },
    "ConnectIssue": {"provider": "linear", "url": ISSUE_URL},
    "CreateFromLink": {"incident_id": INCIDENT, "url": ISSUE_URL},
    "IncidentCreate": {
        "idempotency_key": "alert-77",
        "visibility": "public",
        "name": "Checkout is down",
        "summary": "Payments fail since 02:30: the certificate of checkout has expired.",
        "mode": "standard",
    },
    "IncidentEdit": {"incident": {"name": "Checkout was down"}, "notify_incident_channel": False},
    "PriorityCreate": {"name": "Page me", "description": "It can’t wait for the morning.", "rank": 0},
    "PriorityChange": {"is_default": True},
    "CategoryCreate": {"name": "Monitoring", "description": "What should have told us.", "rank": 2},
    "CategoryChange": {"name": "Alerting"},
    "LabelChange": {"name": "certificates"},
    "EndpointCreate": {
        "url": "https://hooks.harbour.example/follow-ups",
        "events": [EVENTS[0]],
        "description": "The board in the office",
    },
    "EndpointChange": {"is_enabled": True},
    "RotateSecret": {"overlap_hours": 24},
    "Replay": {"since": "2026-11-24T02:00:00Z", "until": "2026-11-24T10:00:00Z", "states": ["failed"]},
    "Actor": {"user": MAYA},
    "User": MAYA,
    "UserWithRoles": {
        "id": PERSON,
        "name": "Maya Lindqvist",
        "slack_user_id": "U02AYNF2XJM",
        "is_active": True,
        "role": "unset",
        "base_role": {"id": "01KZZZZZZZ0000000000000031", "name": "Everybody", "slug": "everybody"},
        "custom_roles": [],
        "seats": {"on_call": "none", "response": "full_access"},
    },
    "Identity": {
        "name": "Deploy script",
        "roles": ["viewer"],
        "dashboard_url": "https://follow-ups.harbour.example",
        "team_roles": [],
        "teams": [],
        "scopes": ["actions.view", "follow_ups.create", "incidents.view"],
    },
    "FieldChange": {
        "field": "assignee_id",
        "after": PERSON,
        "after_words": "Maya Lindqvist",
    },
    "Severity": {
        "id": "01KZZZZZZZ0000000000000012",
        "name": "Major",
        "description": "Customers can’t do what they came for.",
        "rank": 2,
        "created_at": "2026-11-01T08:00:00Z",
        "updated_at": "2026-11-01T08:00:00Z",
    },
    "IncidentStatus": {
        "id": "01KZZZZZZZ0000000000000005",
        "name": "Live",
        "description": "Somebody is at work on it.",
        "category": "live",
        "rank": 2,
        "created_at": "2026-11-01T08:00:00Z",
        "updated_at": "2026-11-01T08:00:00Z",
    },
    "Team": {"id": TEAM, "name": "Payments"},
    "Ranked": {"id": CATEGORY, "name": "Monitoring", "rank": 2, "description": "What should have told us."},
    "Label": {"id": "01KB3R0000000000000000AB01", "name": "tls", "follow_ups": 3},
}
# By field; those of a model come first.
FIELDS: Mapping[str, Any] = {
    "FollowUp.id": FOLLOW_UP,
    "FollowUp.description": "The certificate of checkout expired at 02:30. Nobody had been told.",
    "FollowUp.priority": {"id": PRIORITY, "name": "Urgent", "rank": 1},
    "FollowUpV3.id": FOLLOW_UP,
    "FollowUpV3.description": "The certificate of checkout expired at 02:30. Nobody had been told.",
    "FollowUpV3.priority": {"id": PRIORITY, "name": "Urgent", "rank": 1},
    "Incident.id": INCIDENT,
    "Incident.name": "Checkout is down",
    "Incident.custom_field_entries": [],
    "Incident.incident_role_assignments": [],
    "Incident.team_ids": [],
    "Priority.id": PRIORITY,
    "Priority.name": "Urgent",
    "Priority.rank": 1,
    "Priority.description": "Before anything else.",
    "OfPriority.priority": {"id": PRIORITY, "name": "Urgent", "rank": 1},
    "ExternalIssue.provider": "linear",
    "Endpoint.id": "01KB3W0000000000000000EP01",
    "Endpoint.description": "The board in the office",
    "Endpoint.events": [EVENTS[0]],
    "Endpoint.disabled_at": None,
    "Endpoint.disabled_reason": None,
    "Endpoint.failing_since": None,
    "Endpoint.url": "https://hooks.harbour.example/follow-ups",
    "Delivery.id": "01KB3W0000000000000000DE01",
    "Delivery.error": None,
    "Delivery.next_attempt_at": None,
    "Delivery.state": "delivered",
    "TeamIncidents.id": TEAM,
    "TeamIncidents.name": "Payments",
    "TeamIncidents.members": [],
    "CatalogEntry.id": TEAM,
    "CatalogEntry.name": "Payments",
    "HistoryEntry.event": "changed",
    "Replayed.after": None,
    "id": "01KB3V6Q4M8ZTQ2W0N5R7XJ9CE",
    "incident_id": INCIDENT,
    "delivery_id": "01KB3W0000000000000000DE01",
    "follow_up_id": FOLLOW_UP,
    "assignee_id": PERSON,
    "assignee_team_id": TEAM,
    "title": "Rotate the certificates by machine",
    "labels": ["tls", "checkout"],
    "created_at": CREATED,
    "updated_at": UPDATED,
    "at": UPDATED,
    "completed_at": None,
    "due_on": "2026-12-04",
    "due_zone": "Europe/Stockholm",
    "due_at": "2026-12-04T23:00:00Z",
    "version": 3,
    "source_permalink": "https://harbour.slack.com/archives/C0CHECKOUT/p1764000000000100",
    "issue_name": "ENG-123",
    "issue_permalink": ISSUE_URL,
    "page_size": 25,
    "after": FOLLOW_UP,
    "total_record_count": 142,
    "reference": "INC-142",
    "summary": "Payments fail since 02:30: the certificate of checkout has expired.",
    "permalink": "https://harbour.slack.com/archives/C0CHECKOUT",
    "visibility": "public",
    "mode": "standard",
    "slack_team_id": "T0HARBOUR",
    "slack_channel_id": "C0CHECKOUT",
    "slack_channel_name": "inc-142-checkout",
    "slack_channel_url": "https://slack.com/app_redirect?team=T0HARBOUR&channel=C0CHECKOUT",
    "last_activity_at": UPDATED,
    "external_id": "S0PAYMENTS",
    "secret": "whsec_…",
    "is_enabled": True,
    "allow_private_incidents": False,
    "event_type": EVENTS[0],
    "attempts": 1,
    "response_status": 204,
    "duration_ms": 84,
    "attempted_at": UPDATED,
    "replayed": 12,
    "overdue": 2,
    "median_seconds_to_complete": 259200.0,
    "outstanding": 5,
    "completed": 31,
    "not_doing": 3,
    "created": 39,
    "is_default": False,
}
BY_TYPE: Mapping[str, Any] = {"string": "…", "integer": 1, "number": 1.5, "boolean": True, "object": {}}


class Examples:
    """Put together from the schemas of a document; what a model has under `examples` itself comes first."""

    def __init__(self, schemas: Mapping[str, Schema]) -> None:
        self._schemas = schemas

    def of(self, schema: Schema, model: str = "", name: str = "") -> Any:
        """Of that field of the model, or by itself. None where the field is best left out."""
        for known in (f"{model}.{name}", name):
            if name and known in FIELDS:
                return FIELDS[known]
        if (reference := schema.get("$ref")) is not None:
            model = reference.rpartition("/")[2]
            schema = self._schemas[model]
        if examples := schema.get("examples"):
            return examples[0]
        if reference is not None and model in MODELS:
            return MODELS[model]
        return self._composed(schema, model, name)

    def _composed(self, schema: Schema, model: str, name: str) -> Any:
        if "properties" in schema:
            composed = {key: self.of(inner, model, key) for key, inner in schema["properties"].items()}
            return {key: value for key, value in composed.items() if value is not None}
        for alternative in schema.get("anyOf", ()):
            return self.of(alternative, model, name)
        if "default" in schema or "enum" in schema:
            return schema.get("default", schema.get("enum", [None])[0])
        if schema.get("type") == "array":
            return [self.of(schema["items"], model)]
        return BY_TYPE.get(schema.get("type", "null"))
