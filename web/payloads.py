"""What may be sent, in the published words. Types are strict: a number is no text and `true` is no number."""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from storage.zones import zone

ULID = r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$"
SLACK_USER_ID = r"^[UW][A-Z0-9]{1,20}$"
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

Provider = Literal[
    "asana",
    "azure_devops",
    "click_up",
    "freshservice",
    "github",
    "gitlab",
    "jira",
    "jira_server",
    "linear",
    "notion",
    "salesforce",
    "service_now",
    "shortcut",
]


def is_ulid(text: str) -> bool:
    return re.fullmatch(ULID, text) is not None


def _day(value: Any) -> Any:
    """Pydantic alone would take a number of seconds for a date."""
    if isinstance(value, str) and DAY.fullmatch(value):
        return date.fromisoformat(value)
    if value is None:
        return None
    raise ValueError("write a date as 2026-11-24")


def _zone(value: Any) -> Any:
    if isinstance(value, str) and zone(value).key != value:
        raise ValueError("no time zone of this name is known; write it as Europe/Berlin")
    return value


IdText = Annotated[str, Field(pattern=ULID)]
Day = Annotated[date, BeforeValidator(_day)]
Zone = Annotated[str, BeforeValidator(_zone)]


class Payload(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class WorkflowPayload(Payload):
    id: IdText
    name: Annotated[str, Field(min_length=1, max_length=255)]


class AlertPayload(Payload):
    id: IdText
    title: Annotated[str, Field(min_length=1, max_length=255)]


class CreatorPayload(Payload):
    """Who shall stand as the creator, instead of the key."""

    workflow: WorkflowPayload | None = None
    alert: AlertPayload | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "CreatorPayload":
        if (self.workflow is None) is (self.alert is None):
            raise ValueError("name a workflow or an alert, and only one of them")
        return self


class FollowUpFields(Payload):
    """What a follow-up can be given. `due_on` and `due_zone` are ours."""

    description: str | None = None
    assignee_id: IdText | None = None
    assignee_team_id: IdText | None = None
    follow_up_priority_option_id: IdText | None = None
    follow_up_category_id: IdText | None = None
    due_on: Day | None = None
    due_zone: Zone | None = None


class FollowUpCreate(FollowUpFields):
    """`source_permalink` and `creator` are ours."""

    incident_id: IdText
    title: str
    labels: list[str] = []
    external_issue_reference_id: IdText | None = None
    source_permalink: Annotated[str, Field(pattern=r"^https://\S+$", max_length=2000)] | None = None
    creator: CreatorPayload | None = None


class FollowUpUpdate(FollowUpFields):
    """What is left out stays; null empties it."""

    title: str
    status: Literal["outstanding", "completed", "not_doing", "deleted"]
    labels: list[str] = []


class FollowUpPatch(FollowUpFields):
    """Ours: what is left out stays, null empties, and a field that does not exist is refused.

    With `version`, the change holds only if the follow-up has it still.
    """

    model_config = ConfigDict(extra="forbid")

    title: str = ""
    status: Literal["outstanding", "completed", "not_doing", "deleted"] = "outstanding"
    labels: list[str] | None = None
    external_issue_reference_id: IdText | None = None
    version: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _has_a_day(self) -> "FollowUpPatch":
        if "due_zone" in self.model_fields_set and self.due_on is None:
            raise ValueError("due_zone is the time zone of a date: send due_on beside it")
        return self


class Move(Payload):
    """Ours: to another incident; with `version`, only if the follow-up has it still."""

    model_config = ConfigDict(extra="forbid")

    incident_id: IdText
    version: Annotated[int, Field(ge=1)] | None = None


class ConnectIssue(Payload):
    provider: Provider
    url: str


class CreateFromLink(Payload):
    incident_id: IdText
    url: str
