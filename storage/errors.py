"""What storage refuses, in terms a caller can show to a person."""

from collections.abc import Mapping, Sequence
from typing import Any

from storage.records import FollowUpRecord, HistoryRecord


class NotFoundError(Exception):
    """Nothing of that id exists, or the actor may not see it: a stranger is told the same for both."""


class InvalidFieldError(Exception):
    """Values are refused. `errors` maps each refused column to a sentence for a person."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.errors = {field: message}

    @classmethod
    def of_all(cls, refused: Sequence["InvalidFieldError"]) -> "InvalidFieldError":
        together = cls(*next(iter(refused[0].errors.items())))
        for error in refused[1:]:
            together.errors |= error.errors
        return together


class InUseError(Exception):
    """A priority or category can't be deleted while follow-ups have it.

    `count` is how many of those the actor may see; there may be others.
    """

    def __init__(self, noun: str, count: int) -> None:
        those = f"{count:,} follow-up{'s have' if count != 1 else ' has'} it"
        hidden = "follow-ups that this key may not see have it"
        super().__init__(f"This {noun} is in use: {those if count else hidden}. Give them another first.")
        self.count = count


class EndpointDisabledError(Exception):
    """Nothing is sent to this webhook endpoint until someone enables it."""

    def __init__(self, endpoint_id: str) -> None:
        super().__init__(f"The webhook endpoint {endpoint_id} is disabled: enable it first.")


class ConflictError(Exception):
    """The follow-up changed since the version the caller had seen.

    `base` holds its columns as they were then, `since` what happened from there, oldest first.
    """

    def __init__(
        self, base: Mapping[str, Any], current: FollowUpRecord, since: tuple[HistoryRecord, ...]
    ) -> None:
        super().__init__(f"{current.id} has moved on to version {current.version}")
        self.base = base
        self.current = current
        self.since = since


class UnavailableError(Exception):
    """The change makes no sense any more: already completed, deleted, taken. `last` is what got in first."""

    def __init__(self, current: FollowUpRecord, last: HistoryRecord | None) -> None:
        super().__init__(f"{current.id} is {current.status}")
        self.current = current
        self.last = last


class UnansweredError(Exception):
    """Slack was asked, and has no answer now."""
