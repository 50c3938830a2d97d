"""What may be sent about incidents, in the published words."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from web.errors import invalid
from web.payloads import IdText, Payload

ChannelId = Annotated[str, Field(pattern=r"^[CG][A-Z0-9]{1,20}$")]
NOT_KEPT = "This is not kept here: leave it out."


class Incomplete(Payload):
    """Some of what is published has no place here. It is refused unless empty: nothing is lost in silence."""

    UNKEPT: ClassVar[tuple[str, ...]] = ()

    def refuse_unkept(self, inside: str = "") -> None:
        """Raises ApiError."""
        for name in self.UNKEPT:
            if getattr(self, name):
                raise invalid(f"{inside}/{name}", NOT_KEPT, "not_supported")


class Retrospective(Incomplete):
    UNKEPT = ("postmortem_document_url",)

    slack_channel_id: ChannelId | None = None
    external_id: Annotated[int, Field(ge=1, le=999_999_999)] | None = None
    postmortem_document_url: str | None = None


class IncidentFields(Incomplete):
    """`slack_channel_id` is ours: the channel the incident is about."""

    UNKEPT: ClassVar[tuple[str, ...]] = (
        "call_url",
        "custom_field_entries",
        "incident_role_assignments",
        "incident_timestamp_values",
        "slack_channel_name_override",
    )

    name: str | None = None
    summary: str | None = None
    severity_id: IdText | None = None
    incident_status_id: IdText | None = None
    slack_channel_id: ChannelId | None = None
    call_url: str | None = None
    custom_field_entries: list[Any] | None = None
    incident_role_assignments: list[Any] | None = None
    incident_timestamp_values: list[Any] | None = None
    slack_channel_name_override: str | None = None


class IncidentCreate(IncidentFields):
    UNKEPT = (*IncidentFields.UNKEPT, "incident_type_id")

    idempotency_key: Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[\x20-\x7e]+$")]
    visibility: Literal["public", "private"]
    incident_type_id: str | None = None
    mode: Literal["standard", "retrospective", "test", "tutorial"] = "standard"
    slack_team_id: str | None = None
    retrospective_incident_options: Retrospective = Retrospective()


class IncidentEdit(Payload):
    """Nothing is posted, whatever `notify_incident_channel` says."""

    incident: IncidentFields
    notify_incident_channel: bool = False
