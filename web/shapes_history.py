"""What happened to a follow-up. It is ours: the published API has no history."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from storage.records import ColumnChange, EntryRecord
from web.follow_ups import COLUMNS
from web.shapes import Actor, PaginationMeta, Shape, actor

# What a create or an update calls each column.
NAMES: Mapping[str, str] = MappingProxyType({column: name for name, column in COLUMNS.items()})


class FieldChange(Shape):
    """`before` and `after` are what an update of this field takes; the words are those of that time.

    What was or is empty is left out.
    """

    field: str
    before: str | list[str] | None = None
    after: str | list[str] | None = None
    before_words: str | None = None
    after_words: str | None = None


class HistoryEntry(Shape):
    id: str
    event: str
    at: datetime
    version: int
    actor: Actor
    changes: tuple[FieldChange, ...]


class HistoryListed(Shape):
    history: tuple[HistoryEntry, ...]
    pagination_meta: PaginationMeta


def _change(found: ColumnChange) -> FieldChange:
    return FieldChange(
        field=NAMES.get(found.column, found.column),
        before=found.before or None,
        after=found.after or None,
        before_words=found.before_words,
        after_words=found.after_words,
    )


def _entry(found: EntryRecord) -> HistoryEntry:
    return HistoryEntry(
        id=found.id,
        event=found.event,
        at=found.at,
        version=found.version,
        actor=actor(found.actor),
        changes=tuple(map(_change, found.changes)),
    )


def history(found: Sequence[EntryRecord], page_size: int) -> HistoryListed:
    after = str(found[-1].version) if len(found) == page_size else None
    return HistoryListed(
        history=tuple(map(_entry, found)), pagination_meta=PaginationMeta(page_size=page_size, after=after)
    )
