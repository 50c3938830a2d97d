"""What may be sent about webhook endpoints."""

from typing import Annotated, Literal

from pydantic import Field

from web.payloads import IdText, Payload

Ended = Literal["failed", "withheld", "delivered"]


def _failed() -> list[Ended]:
    return ["failed"]


class EndpointCreate(Payload):
    """`owner_id` is the person to tell when the endpoint is switched off; without one the key owns it."""

    url: str
    events: list[str]
    description: str = ""
    allow_private_incidents: bool = False
    owner_id: IdText | None = None


class EndpointChange(Payload):
    """What is left out stays."""

    url: str | None = None
    events: list[str] | None = None
    description: str | None = None
    allow_private_incidents: bool | None = None
    is_enabled: bool | None = None


class RotateSecret(Payload):
    """For how many hours the old secret signs beside the new one."""

    overlap_hours: Annotated[int, Field(ge=0, le=168)] = 24


class Replay(Payload):
    """`after` is what the last answer said, when there was more."""

    since: str
    until: str
    states: list[Ended] = Field(default_factory=_failed, min_length=1)
    after: IdText | None = None
