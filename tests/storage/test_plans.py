"""What people wait for is looked up in indexes: no table that grows is read whole."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlmodel import select

from storage import (
    access,
    catalogue,
    channel_messages,
    follow_ups,
    history,
    incidents,
    jobs,
    labels,
    leases,
    listing,
    pages,
    people,
)
from storage.columns import new_id
from storage.database import Database
from storage.models import (
    ChannelMessage,
    ExternalIssue,
    FollowUp,
    FollowUpLabel,
    HistoryEntry,
    Incident,
    Label,
    Pace,
    Person,
)
from storage.narrowing import Narrowing
from storage.ordering import Ordering, Sort
from storage.page_queries import PageQuery
from storage.pages import filtered_page
from storage.records import CreatorKind, CreatorRecord, Filter, ListQuery, Status
from tests.storage.builders import (
    API_KEY,
    LATER,
    NOW,
    TEAM,
    a_follow_up,
    alice_and_incident,
    run,
)
from tests.storage.plans import Ask, ask_prepared, plan_of

# With every change. Of the people, teams and priorities a join may well read all.
GROWING = {
    "channel_message",
    "external_issue",
    "follow_up",
    "follow_up_label",
    "history_entry",
    "incident",
    "job",
}
MANY = 300
KINDS = ("reminder",)
LEASE = timedelta(seconds=30)

# How the names begin of indexes that must be used; with several that begin so, any does.
INCIDENT = {"ix_follow_up_incident"}
ASSIGNEE = {"ix_follow_up_assignee"}

Asked = Callable[[CreatorRecord, Incident, str], Ask]


def of_incident(query: ListQuery) -> Asked:
    return lambda actor, incident, _: (
        lambda session: listing.of_incident(session, actor, incident.id, query, now=NOW)
    )


def of_person(query: ListQuery) -> Asked:
    return lambda actor, _, __: lambda session: listing.of_person(session, actor, query, now=NOW)


def opening(shown: Filter) -> Asked:
    return lambda actor, incident, _: (
        lambda session: ask_prepared(
            session, listing.OPENINGS[shown], channel=incident.channel_id, person=actor.id, now=NOW
        )
    )


def about_follow_up(read: Callable[..., Any], *more: Any) -> Asked:
    return lambda _, __, follow_up_id: lambda session: read(session, follow_up_id, *more)


def about_incident(read: Callable[..., Any]) -> Asked:
    return lambda _, incident, __: lambda session: read(session, incident.id)


def of_all(asked: Narrowing | Ordering) -> Asked:
    query = PageQuery(25, order=asked) if isinstance(asked, Ordering) else PageQuery(25, narrowed=asked)
    return lambda _, __, ___: lambda session: filtered_page(session, API_KEY, query)


NARROWED = {
    "of a status": (Narrowing(statuses=(Status.COMPLETED,)), "status"),
    "of two": (Narrowing(statuses=(Status.COMPLETED, Status.NOT_DOING)), "status"),
    "of a person": (Narrowing(assignee_id=new_id()), "assignee"),
    "of a priority": (Narrowing(priority_id=new_id()), "priority"),
    "of a category": (Narrowing(category_id=new_id()), "category"),
    "of a kind of creator": (Narrowing(creator_kind=CreatorKind.ALERT), "creator_kind"),
    "of a label": (Narrowing(labels=("tls",)), "label"),
    "due then": (Narrowing(due=(NOW.date(), NOW.date())), "due"),
    "overdue": (Narrowing(overdue=(True, NOW)), "overdue"),
}
ORDERS = {
    Sort.CREATED_AT: "ix_follow_up_created_id",
    Sort.UPDATED_AT: "ix_follow_up_updated_id",
    Sort.DUE_ON: "ix_follow_up_due",
    Sort.PRIORITY: "ix_follow_up_priority",
}
EDGE = new_id()
ASKED: dict[str, tuple[Asked, set[str]]] = {
    **{f"the list opened, {shown}": (opening(shown), INCIDENT) for shown in Filter},
    "Older": (of_incident(ListQuery(older_than=EDGE)), INCIDENT),
    "Newer": (of_incident(ListQuery(newer_than=EDGE)), INCIDENT),
    "search": (of_incident(ListQuery(Filter.ALL, "certs")), INCIDENT),
    **{f"a person's list, {shown}": (of_person(ListQuery(shown)), ASSIGNEE) for shown in Filter},
    "a person's search": (of_person(ListQuery(Filter.ALL, "certs")), ASSIGNEE),
    "a page for a script": (
        lambda _, __, ___: lambda session: ask_prepared(session, pages.plain(False, 26), after=EDGE),
        set(),
    ),
    "a channel's incident": (
        lambda _, incident, __: (
            lambda session: listing.incident_in_channel(session, incident.channel_id, NOW)
        ),
        INCIDENT,
    ),
    "the outstanding of an incident": (about_incident(listing.outstanding_in), set()),
    "one follow-up": (lambda actor, _, id_: lambda session: follow_ups.get(session, actor, id_), set()),
    "one to change": (
        lambda actor, _, id_: lambda session: access.require_follow_up(session, actor, id_),
        set(),
    ),
    "a follow-up's incident": (about_follow_up(incidents.of_follow_up), set()),
    "a follow-up's history": (about_follow_up(history.of_follow_up), {"ix_history_entry_follow_up"}),
    "a status's history": (about_follow_up(history.last_status_change), {"ix_history_entry_follow_up"}),
    "what a channel has to be told": (about_incident(history.unannounced), {"ix_history_entry_unannounced"}),
    "a card": (about_follow_up(channel_messages.card_of), {"ix_channel_message_follow_up"}),
    "the last status updates": (
        about_incident(channel_messages.last_status_updates),
        {"ix_channel_message_incident"},
    ),
    "what was posted since": (
        lambda _, incident, __: (
            lambda session: channel_messages.posted_since(session, incident.channel_id, NOW)
        ),
        {"ix_channel_message_posted"},
    ),
    "labels to pick from": (
        lambda actor, _, __: lambda session: catalogue.labels_in_use(session, TEAM, "tls", actor=actor),
        {"ix_follow_up_label_label"},
    ),
    "labels with how many have them": (
        lambda actor, _, __: (
            lambda session: labels.listed(session, actor, TEAM, limit=25, containing="tls", after="a")
        ),
        {"ix_follow_up_label_label"},
    ),
    "labels as they are known": (
        lambda actor, _, __: lambda session: catalogue.as_known(session, actor, TEAM, ["tls", "TLS 1.3"]),
        {"ix_follow_up_label_label"},
    ),
    "a page of a follow-up's history": (
        lambda actor, _, id_: lambda session: history.page(session, actor, id_, after_version=0, limit=25),
        {"ix_history_entry_follow_up"},
    ),
    **{
        f"a page, {name}": (of_all(narrowed), {f"ix_follow_up_{index}"})
        for name, (narrowed, index) in NARROWED.items()
    },
    "a person": (lambda _, __, ___: lambda session: people.find(session, TEAM, "UALICE"), set()),
}


JOB_ASKS: tuple[Ask, ...] = (
    lambda session: leases.next_at(session, kinds=KINDS, now=NOW),
    lambda session: leases.claim(session, kinds=KINDS, limit=8, now=NOW, lease_for=LEASE),
)


@pytest.fixture
async def busy(database: Database) -> tuple[CreatorRecord, Incident, str]:
    """Alice, an incident among many, and one of its follow-ups; many of all that grows."""
    alice, incident = await alice_and_incident(database)
    mine = await run(database, a_follow_up, alice, incident, assignee_id=alice.id, labels=("tls",))
    await run(database, follow_ups.change, alice, mine.id, {"status": Status.COMPLETED}, now=LATER)
    others = {new_id(): number for number in range(MANY)}
    colleagues = [new_id() for _ in range(MANY)]
    async with database.write() as session:
        connection = await session.connection()
        for table, rows in {
            Person: [a_colleague(id_) for id_ in colleagues],
            Incident: [another_incident(id_, number) for id_, number in others.items()],
            ExternalIssue: [an_issue(number) for number in range(MANY)],
            FollowUp: [
                a_row_of(incident_id, id_, alice)
                for incident_id, id_ in zip(others, colleagues, strict=True)
                for _ in range(3)
            ],
        }.items():
            await connection.execute(insert(table), rows)
        ids = list(await session.exec(select(FollowUp.id).where(FollowUp.id != mine.id)))
        docs = new_id()
        await connection.execute(
            insert(Label).values(id=docs, slack_team_id=TEAM, name="docs", name_key="docs")
        )
        await connection.execute(
            insert(FollowUpLabel), [{"follow_up_id": id_, "label_id": docs, "position": 0} for id_ in ids]
        )
        await connection.execute(insert(ChannelMessage), [a_card(id_, incident.id) for id_ in ids])
        await connection.execute(insert(HistoryEntry), [an_entry(id_, incident.id, alice) for id_ in ids])
        if not database.is_sqlite:  # as PostgreSQL does by itself, and SQLite only when told
            await connection.execute(text("ANALYZE"))
    return alice, incident, mine.id


def a_colleague(id_: str) -> dict[str, Any]:
    return {"id": id_, "slack_team_id": TEAM, "slack_user_id": f"U{id_}", "name": id_, "refreshed_at": NOW}


def another_incident(id_: str, number: int) -> dict[str, Any]:
    channel = {"slack_channel_id": f"C{number}", "slack_channel_name": f"inc-{number}"}
    reference = {"id": id_, "number": number + 1000, "reference": f"INC-{number + 1000}", "name": "Another"}
    times = dict.fromkeys(("channel_checked_at", "created_at", "updated_at"), NOW)
    return {"slack_team_id": TEAM, **reference, **channel, **times}


def a_row_of(incident_id: str, assignee_id: str, creator: CreatorRecord) -> dict[str, Any]:
    words = {"title": "Work", "search_text": "work"}
    made = {"creator_kind": creator.kind, "creator_id": creator.id, "creator_name": creator.name}
    of = {"incident_id": incident_id, "assignee_id": assignee_id}
    return {**of, **words, **made, "created_at": NOW, "updated_at": NOW}


def an_issue(number: int) -> dict[str, Any]:
    return {"provider": "linear", "issue_name": f"ENG-{number}", "issue_permalink": "https://linear.app/x"}


def a_card(follow_up_id: str, incident_id: str) -> dict[str, Any]:
    about = {"incident_id": incident_id, "follow_up_id": follow_up_id}
    posted = {"slack_channel_id": f"C{follow_up_id}", "ts": "1.1", "history_ids": [], "posted_at": NOW}
    return {"kind": channel_messages.Kind.CARD, **about, **posted}


def an_entry(follow_up_id: str, incident_id: str, actor: CreatorRecord) -> dict[str, Any]:
    about = {"incident_id": incident_id, "follow_up_id": follow_up_id}
    by = {"actor_kind": actor.kind, "actor_id": actor.id, "actor_name": actor.name}
    return {**about, **by, "event": "created", "version": 1, "changes": {}, "at": NOW, "announced_at": NOW}


def a_job_for_later(hours: int) -> dict[str, Any]:
    run_at = NOW + timedelta(hours=1 + hours)
    return {
        "kind": "reminder",
        "payload": {},
        "group_key": f"C{hours}",
        "run_at": run_at,
        "max_attempts": 25,
        "created_at": NOW,
    }


async def test_nothing_that_grows_is_read_whole(
    database: Database, busy: tuple[CreatorRecord, Incident, str]
) -> None:
    for name, (asked, indexes) in ASKED.items():
        plan = await plan_of(database, asked(*busy))

        assert plan.whole & GROWING == set(), name
        unused = {index for index in indexes if not any(used.startswith(index) for used in plan.used)}
        assert unused == set(), name


@pytest.mark.parametrize("is_descending", [False, True])
@pytest.mark.parametrize(("sort", "index"), ORDERS.items())
async def test_a_page_in_an_order_is_read_along_its_index(
    database: Database,
    busy: tuple[CreatorRecord, Incident, str],
    sort: Sort,
    index: str,
    is_descending: bool,
) -> None:
    plan = await plan_of(database, of_all(Ordering(sort, is_descending))(*busy))

    assert index in plan.used | plan.walked
    assert "follow_up" not in plan.whole or plan.walked & {index}


async def test_jobs_for_later_are_not_read_before_their_time(database: Database) -> None:
    async with database.write() as session:
        connection = await session.connection()
        await connection.execute(insert(jobs.Job), [a_job_for_later(hours) for hours in range(5_000)])
        await connection.execute(insert(Pace), [{"key": f"C{number}", "until": LATER} for number in range(3)])
        if not database.is_sqlite:
            await connection.execute(text("ANALYZE"))

    for ask in JOB_ASKS:
        plan = await plan_of(database, ask, as_if_large=False)

        assert plan.whole & GROWING == set()
        assert plan.used >= {"ix_job_due", "ix_job_lease", "ix_job_group"}
