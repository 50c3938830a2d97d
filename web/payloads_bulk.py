"""What may be sent about many follow-ups at once. It is ours."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from web.payloads import FollowUpPatch, IdText, Payload

MOST = 500


class BulkItem(FollowUpPatch):
    id: IdText


class BulkUpdate(Payload):
    """`follow_ups`, each with its own changes; or `ids`, all with the same.

    The items are looked at one by one: one that is wrong is refused alone.
    """

    model_config = ConfigDict(extra="forbid")

    follow_ups: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MOST)] | None = None
    ids: Annotated[list[IdText], Field(min_length=1, max_length=MOST)] | None = None
    changes: FollowUpPatch | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "BulkUpdate":
        if (self.follow_ups is None) is (self.ids is None) or (self.ids is None) is not (
            self.changes is None
        ):
            raise ValueError("send follow_ups, or ids with changes")
        return self
