"""An import that is repeated, interrupted, or meets what has changed on either side."""

from typing import Any

import pytest
from sqlmodel import col, select

from playground import seed
from storage import follow_ups
from storage.database import Database
from storage.imports import FROM_INCIDENT_IO, Import, Kind, Outcome
from storage.models import ChannelMessage, FollowUp, HistoryEntry, WebhookDelivery
from storage.records import CreatorKind, CreatorRecord, Status
from tests.moving.conftest import Bring, everything, served, source_answers
from tests.moving.seeding import seed_everything
from tests.storage.anything import everything as all_rows
from tests.storage.builders import entries_of, jobs_waiting
from tests.web.conftest import Key, Server

THERE = CreatorRecord(CreatorKind.API_KEY, "01KAPKEY000000000000000001", "Somebody", sees_private=True)


class KilledError(Exception):
    """As if the process had ended here."""


def outcomes(run: Import, kind: Kind = Kind.FOLLOW_UP) -> dict[Outcome, int]:
    return {outcome: run.counts[kind, outcome] for outcome in Outcome if run.counts[kind, outcome]}


async def changed(database: Database, server: Server, follow_up_id: str, **changes: Any) -> None:
    async with database.write() as session:
        await follow_ups.change(session, THERE, follow_up_id, changes, now=server.scenario.clock())


async def titled(database: Database, title: str) -> FollowUp:
    async with database.read() as session:
        return (await session.exec(select(FollowUp).where(col(FollowUp.title) == title))).one()


async def test_a_second_import_changes_nothing(server: Server, bring: Bring, target: Database) -> None:
    await seed_everything(server)
    await bring()
    before = await all_rows(target)
    again = await bring()
    assert outcomes(again) == {Outcome.UNCHANGED: 11}
    assert outcomes(again, Kind.INCIDENT) == {Outcome.UNCHANGED: 8}
    assert await all_rows(target) == before


@pytest.mark.parametrize("batches", [1, 4, 9])
async def test_one_that_was_killed_goes_on_and_ends_as_if_it_had_not_been(
    server: Server, key: Key, bring: Bring, target_url: str, batches: int
) -> None:
    await seed_everything(server)
    seen = 0

    def told(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == batches:
            raise KilledError

    with pytest.raises(KilledError):
        await bring(told=told)
    assert (await bring()).remarks == []
    async with served(server, target_url) as http:
        assert await everything(http) == await source_answers(key)


async def test_a_dry_run_writes_nothing_and_reports_what_the_import_then_does(
    server: Server, bring: Bring, target: Database
) -> None:
    await seed_everything(server)
    before = await all_rows(target)
    dry = await bring(dry_run=True)
    assert await all_rows(target) == before
    real = await bring()
    assert (dry.counts, dry.remarks) == (real.counts, real.remarks)


async def test_nobody_hears_of_an_import(server: Server, bring: Bring, target: Database) -> None:
    await seed_everything(server)
    await bring()
    assert await jobs_waiting(target) == []
    made = await titled(target, "To be completed")
    (entry,) = await entries_of(target, made.id)
    assert (entry.event, entry.actor_id, entry.actor_name) == (
        "created",
        FROM_INCIDENT_IO.id,
        "Import from incident.io",
    )
    assert entry.announced_at is not None
    assert entry.version == made.version
    async with target.read() as session:
        unannounced = select(HistoryEntry).where(col(HistoryEntry.announced_at).is_(None))
        assert list(await session.exec(unannounced)) == []
        assert list(await session.exec(select(WebhookDelivery))) == []


async def test_what_changed_there_is_brought_up_to_date_with_a_row_of_history(
    server: Server, key: Key, bring: Bring, target: Database, target_url: str
) -> None:
    await seed_everything(server)
    await bring()
    made = await titled(server.database, "Of mode test")
    tom = (await server.person(seed.TOM)).id
    await changed(
        server.database,
        server,
        made.id,
        title="Renamed",
        labels=("new",),
        assignee_id=tom,
        status=Status.COMPLETED,
    )
    run = await bring()
    assert outcomes(run) == {Outcome.UPDATED: 1, Outcome.UNCHANGED: 10}
    assert await jobs_waiting(target) == []
    _, entry = await entries_of(target, made.id)
    assert (entry.event, entry.actor_id) == ("completed", FROM_INCIDENT_IO.id)
    assert entry.changes["title"]["before_words"] == "Of mode test"
    assert entry.changes["assignee_id"]["after_words"] == "Tom"
    assert entry.announced_at is not None
    async with served(server, target_url) as http:
        assert await everything(http) == await source_answers(key)


async def test_what_changed_here_too_is_reported_and_left_as_it_is(
    server: Server, bring: Bring, target: Database
) -> None:
    await seed_everything(server)
    await bring()
    made = await titled(server.database, "Of mode test")
    await changed(target, server, made.id, title="Ours")
    assert outcomes(await bring()) == {Outcome.UNCHANGED: 11}

    await changed(server.database, server, made.id, title="Theirs")
    run = await bring()
    assert outcomes(run) == {Outcome.KEPT: 1, Outcome.UNCHANGED: 10}
    (remark,) = run.remarks
    assert (remark.id, remark.name) == (made.id, "Theirs")
    assert "changed there and here" in remark.reason
    assert (await titled(target, "Ours")).id == made.id

    await changed(target, server, made.id, title="Theirs")
    assert outcomes(await bring()) == {Outcome.UNCHANGED: 11}


async def test_what_was_deleted_here_does_not_come_back(
    server: Server, bring: Bring, target: Database
) -> None:
    await seed_everything(server)
    await bring()
    made = await titled(target, "Of mode test")
    await changed(target, server, made.id, status=Status.DELETED)
    await changed(server.database, server, made.id, description="More words.")
    await bring()
    assert (await titled(target, "Of mode test")).status is Status.DELETED


async def test_a_card_that_is_posted_here_follows_a_change_there(
    server: Server, bring: Bring, target: Database
) -> None:
    seeded = await seed_everything(server)
    await bring()
    made = await titled(target, "Made by a workflow")
    async with target.write() as session:
        card = ChannelMessage(
            kind="card",
            incident_id=seeded.public.id,
            follow_up_id=made.id,
            slack_channel_id=seeded.public.channel_id,
            ts="1.2",
            posted_at=server.scenario.clock(),
        )
        session.add(card)
    await changed(server.database, server, made.id, title="Renamed")
    await bring()
    ((kind, group, payload),) = await jobs_waiting(target)
    assert (kind, group) == ("card", f"{seeded.public.channel_id}:edits")
    assert payload["follow_up_id"] == made.id
