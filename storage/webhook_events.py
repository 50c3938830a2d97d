"""The events a webhook endpoint can subscribe to."""

from storage import history
from storage.records import Visibility

CREATED, UPDATED, DELETED = "created", "updated", "deleted"

# The published events have no word for a deletion: `deleted_v1` is ours, in the shape of v2.
VERSIONS = {CREATED: ("v1", "v2"), UPDATED: ("v1", "v2"), DELETED: ("v1",)}
LEGACY = "v1"


def named(visibility: Visibility, happened: str, version: str) -> str:
    return f"{visibility.value}_incident.follow_up_{happened}_{version}"


EVENTS = tuple(
    named(visibility, happened, version)
    for visibility in (Visibility.PUBLIC, Visibility.PRIVATE)
    for happened, versions in VERSIONS.items()
    for version in versions
)


def of_change(visibility: Visibility, history_event: str) -> tuple[str, ...]:
    """What to call one entry of history, once for each version of the event."""
    happened = {history.CREATED: CREATED, history.DELETED: DELETED}.get(history_event, UPDATED)
    return tuple(named(visibility, happened, version) for version in VERSIONS[happened])


def seen_as(event: str, visibility: Visibility) -> str:
    """The event's name while the incident is public or private."""
    return f"{visibility.value}_incident.{event.partition('.')[2]}"


def is_private(event: str) -> bool:
    return event.startswith(Visibility.PRIVATE.value)


def is_legacy(event: str) -> bool:
    """Whether its object is the old action with `follow_up: true`."""
    return event.endswith(LEGACY) and DELETED not in event
