"""Every view and message: design is judged by looking."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from storage.records import Change, Filter, HistoryRecord, ListQuery, Status, Visibility
from views import explanations, messages
from views.blocks import Block
from views.follow_up_card import follow_up_card, moved_card
from views.follow_up_form import follow_up_form
from views.follow_up_list import follow_up_list
from views.form_values import values_for_new, values_of
from views.home import home
from views.samples import (
    CATEGORIES,
    HOSTILE,
    INCIDENT,
    MAYA,
    PRIORITIES,
    PRIYA,
    full,
    hostile,
    listing,
    longest,
    mixed,
    ordinary,
    page,
)
from views.status_updates import status_updates, update_line


def gallery(now: datetime) -> dict[str, Any]:
    return {"sections": [{"name": name, "items": list(items(now))} for name, items in SECTIONS.items()]}


def modal_item(name: str, view: Block) -> dict[str, Any]:
    return {"name": name, "kind": view["type"], "view": view}


def message_item(name: str, message: Block) -> dict[str, Any]:
    return {"name": name, "kind": "message", "message": message}


def reader(now: datetime) -> dict[str, Any]:
    return {"reader_timezone": MAYA.timezone, "reader_slack_user_id": MAYA.slack_user_id, "now": now}


def by_priya(now: datetime, event: str, *changes: Change) -> HistoryRecord:
    at, who = now - timedelta(minutes=2), (PRIYA.name, PRIYA.slack_user_id)
    return HistoryRecord("01ROW", "01FOLLOWUP1", "Rotate the certs", *who, event, at, 2, changes)


def late_clicks(now: datetime) -> dict[str, str]:
    done = ordinary(now, status=Status.COMPLETED)
    maya = ordinary(now).creator
    return {
        "completed": explanations.unavailable(done, by_priya(now, "completed"), maya, now),
        "taken": explanations.unavailable(ordinary(now, assignee=PRIYA), None, maya, now),
        "gone": explanations.GONE,
    }


def lists(now: datetime) -> Iterator[dict[str, Any]]:
    shown = {
        "ordinary": listing(now, mixed(now)),
        "a full page": listing(now, page(now), has_older=True, has_newer=True),
        "search": listing(now, mixed(now)[:1], query=ListQuery(text="tls")),
        "nothing found": listing(now, (), query=ListQuery(text="<!channel> *tls*")),
        "across incidents": listing(now, mixed(now), incident=None, query=ListQuery(Filter.MINE)),
        "longest": listing(now, (longest(now),), incident=longest(now).incident),
        "hostile": listing(now, hostile(now), incident=hostile(now)[0].incident),
        **{f"empty: {choice}": listing(now, (), query=ListQuery(choice)) for choice in Filter},
    }
    about: dict[str, Any] = {**reader(now), "metadata": ""}
    yield from (modal_item(name, follow_up_list(one, **about)) for name, one in shown.items())
    for name, sentence in late_clicks(now).items():
        told = follow_up_list(listing(now, mixed(now)), **about, notice=sentence)
        yield modal_item(f"a click too late: {name}", told)


def forms(now: datetime) -> Iterator[dict[str, Any]]:
    offered: dict[str, Any] = {"priorities": PRIORITIES, "metadata": "", "revision": 0, "incident": INCIDENT}
    new = values_for_new(PRIORITIES)
    yield modal_item("new", follow_up_form(new, **offered, categories=CATEGORIES, editing=False))
    yield modal_item("new, no categories", follow_up_form(new, **offered, categories=(), editing=False))
    due_date = Change("due_on", "Fri 20 Nov", "Fri 27 Nov")
    notice = explanations.saved_first((by_priya(now, "changed", due_date),))
    records = {
        "edit": full(now),
        "longest": longest(now),
        "description too long for Slack": replace(full(now), description="d" * 5000),
        **{f"hostile: {name}": record for name, record in zip(HOSTILE, hostile(now), strict=True)},
    }
    for name, record in records.items():
        told: dict[str, Any] = {"categories": CATEGORIES, "notice": notice, "current": record}
        yield modal_item(name, follow_up_form(values_of(record), **offered, **told, editing=True))
    renamed = explanations.saved_first(
        (by_priya(now, "changed", Change("title", "Rotate the certs", "Rotate every certificate")),)
    )
    told = {"categories": CATEGORIES, "notice": renamed, "current": full(now)}
    yield modal_item(
        "edit, renamed meanwhile", follow_up_form(values_of(full(now)), **offered, **told, editing=True)
    )


def cards(now: datetime) -> Iterator[dict[str, Any]]:
    records = {
        "unassigned": ordinary(now),
        "full": full(now),
        "longest": longest(now),
        "completed": mixed(now)[5],
        "not doing": mixed(now)[6],
        "deleted": ordinary(now, status=Status.DELETED),
        **dict(zip(HOSTILE, hostile(now), strict=True)),
    }
    for name, record in records.items():
        yield message_item(name, follow_up_card(record, outstanding=3, now=now))
        yield message_item(f"moved: {name}", moved_card(record, record.title))
    private = replace(INCIDENT, visibility=Visibility.PRIVATE)
    moved = replace(ordinary(now), incident=private)
    yield message_item("moved to a private incident", moved_card(moved, moved.title))


def updates(now: datetime) -> Iterator[dict[str, Any]]:
    def line(event: str, title: str = "Rotate the certs", *changes: Change) -> str:
        row = HistoryRecord(
            "01ROW", "01FOLLOWUP1", title, MAYA.name, MAYA.slack_user_id, event, now, 2, changes
        )
        said = update_line(row)
        if said is None:
            raise ValueError(f"the channel is told nothing of {event!r}")
        return said

    events = ("completed", "reopened", "not_doing")
    each = [*map(line, events), line("changed", "Rotate the certs", Change("assignee", None, "Priya"))]
    yield message_item("one", status_updates(each[:1], 2))
    yield message_item("one of each", status_updates(each, 2))
    yield message_item("a burst", status_updates(each * 5, 14))
    yield message_item("hostile", status_updates([line("completed", text) for text in HOSTILE.values()], 0))


def small(now: datetime) -> Iterator[dict[str, Any]]:
    hostile_text, *_ = HOSTILE.values()
    views = {
        "loading": messages.loading_modal("Follow-ups"),
        "saving": messages.saving_modal("Follow-ups"),
        "message": messages.message_modal("Follow-ups", hostile_text),
        "error": messages.error_modal("01JD3Z5F7Q"),
        "channel unseen": messages.message_modal("Follow-ups", explanations.CHANNEL_UNSEEN),
        "for members only": messages.message_modal("Follow-ups", explanations.STRANGER),
        "no incident here": messages.message_modal(
            "New follow-up", explanations.no_incident_here("/incident", "Rotate the certs")
        ),
        "track channel": messages.track_channel_modal("checkout-war-room", ""),
        "search": messages.search_modal("tls", ""),
        "delete": messages.delete_modal(ordinary(now), ""),
        "delete, hostile": messages.delete_modal(ordinary(now, title=hostile_text), ""),
    }
    yield from (modal_item(name, view) for name, view in views.items())
    said = {
        "not in the channel": messages.invite_text("U0FOLLOWUPS", "C0CHECKOUT"),
        "archived channel": messages.archived_text("C0CHECKOUT"),
        "error, in a channel": messages.error_text("01JD3Z5F7Q"),
    }
    yield from (message_item(name, {"text": text}) for name, text in said.items())
    yield message_item("help", messages.help_text("/incident"))
    yield message_item("help, unknown", messages.help_text("/incident", "folow-ups", "follow-ups"))
    yield message_item("help, hostile", messages.help_text("/incident", hostile_text, None))


def homes(now: datetime) -> Iterator[dict[str, Any]]:
    for name, items in {"ordinary": mixed(now), "empty": (), "hostile": hostile(now)}.items():
        yield modal_item(name, home(listing(now, items, incident=None), **reader(now)))


SECTIONS: dict[str, Callable[[datetime], Iterator[dict[str, Any]]]] = {
    "Follow-ups": lists,
    "Form": forms,
    "Card": cards,
    "Status updates": updates,
    "Small modals and texts": small,
    "App Home": homes,
}
