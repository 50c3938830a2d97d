"""Follow-ups as CSV: what is written can be read, and what can't be read is named by line and column."""

import io
from typing import Any

import pytest
from sqlmodel import delete

from moving import csv_files, from_csv
from moving.csv_columns import COLUMNS
from moving.csv_files import FileError, Problem, Writer
from playground import seed
from storage import access, exporting, follow_ups
from storage.database import Database
from storage.exporting import Exported
from storage.follow_ups import Draft
from storage.imports import FROM_CSV, Import, Kind, Outcome
from storage.models import FollowUp, FollowUpLabel, HistoryEntry
from storage.records import FollowUpRecord, Status
from tests.moving.conftest import Bring, everything, served, source_answers
from tests.moving.seeding import seed_everything
from tests.storage.builders import (
    NOW,
    a_follow_up,
    alice_and_incident,
    an_incident,
    entries_of,
    jobs_waiting,
    no_jobs,
    run,
)
from tests.web.conftest import Key, Server

WITH_PRIVATE = Exported(include_private=True)


async def exported(database: Database, wanted: Exported = WITH_PRIVATE) -> str:
    file = io.StringIO(newline="")
    writer = Writer(file)
    async for page in exporting.every(database, wanted):
        for found in page:
            writer.write(found)
    return file.getvalue()


async def imported(
    database: Database, text: str, *, team: str = "T1", dry_run: bool = False
) -> tuple[Import, list[Problem]]:
    """As the command does, without --skip-bad."""
    lines = list(csv_files.read(io.StringIO(text, newline="")))
    importing = Import(FROM_CSV, team, NOW, dry_run)
    problems = await from_csv.problems_of(database, importing, lines)
    if not problems and not dry_run:
        rows = [(line.number, line.row) for line in lines if line.row is not None]
        problems = await from_csv.write(database, importing, rows, lambda _count: None)
    return importing, problems


async def read(database: Database, follow_up_id: str) -> FollowUpRecord:
    return await run(database, follow_ups.read, follow_up_id)


async def forget_follow_ups(database: Database) -> None:
    async with database.write() as session:
        for table in (HistoryEntry, FollowUpLabel, FollowUp):
            await session.exec(delete(table))


async def test_what_was_exported_and_lost_is_back_after_an_import(
    server: Server, key: Key, bring: Bring, target: Database, target_url: str
) -> None:
    seeded = await seed_everything(server)
    await bring()
    text = await exported(target)
    await forget_follow_ups(target)
    refused = await imported(target, text, team=seed.TEAM_ID)
    assert {problem.column for problem in refused[1]} == {"assignee"}  # who is in there is not known yet
    async with target.write() as session:
        await access.replace_members(session, seeded.private, [seed.MAYA, seed.PRIYA], NOW)
    importing, problems = await imported(target, text, team=seed.TEAM_ID)
    assert problems == []
    assert importing.counts == {(Kind.FOLLOW_UP, Outcome.MADE): 11}
    assert await jobs_waiting(target) == []

    wanted = await source_answers(key)
    for follow_up in wanted["follow_ups"]:
        follow_up.get("external_issue_reference", {}).pop("id", None)  # a file holds the issue, not its id
    async with served(server, target_url) as http:
        found = await everything(http)
    for follow_up in found["follow_ups"]:
        follow_up.get("external_issue_reference", {}).pop("id", None)
    assert found == wanted


async def test_a_file_imported_again_changes_nothing(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    await run(database, a_follow_up, alice, incident, labels=("a, b", "c"), assignee_id=alice.id)
    text = await exported(database)
    importing, problems = await imported(database, text)
    assert (problems, importing.counts) == ([], {(Kind.FOLLOW_UP, Outcome.UNCHANGED): 1})
    assert await exported(database) == text


async def test_a_changed_cell_is_a_change_with_history_that_nobody_is_told_of(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    made = await run(database, a_follow_up, alice, incident, description="Keep this.")
    await run(database, no_jobs)
    text = f"id,title,status,labels\n{made.id},Renamed,completed,\"tls, 'urgent'\"\n"
    importing, problems = await imported(database, text)
    assert (problems, importing.counts) == ([], {(Kind.FOLLOW_UP, Outcome.UPDATED): 1})
    found = await read(database, made.id)
    assert (found.title, found.description) == ("Renamed", "Keep this.")
    assert (found.status, found.completed_at) == (Status.COMPLETED, NOW)
    assert found.labels == ("tls", "'urgent'")
    _, entry = await entries_of(database, made.id)
    assert (entry.event, entry.actor_name) == ("completed", "Import from CSV")
    assert entry.announced_at is not None
    assert await jobs_waiting(database) == []


async def test_an_empty_cell_empties_and_an_absent_column_leaves_alone(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    made = await run(
        database, a_follow_up, alice, incident, description="Away.", labels=("stays",), assignee_id=alice.id
    )
    _, problems = await imported(database, f"id,description,assignee\n{made.id},,\n")
    assert problems == []
    found = await read(database, made.id)
    assert (found.description, found.assignee, found.labels) == (None, None, ("stays",))


async def test_a_row_without_an_id_is_a_new_follow_up(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    text = (
        "\ufeffIncident,Title,Assignee,Priority,Due_on,Due_zone,creator_kind,creator_id\r\n"
        f"inc-142,Rotate the certs,{alice.slack_user_id},urgent,2020-01-31,Europe/Berlin,user,UALICE\r\n"
    ).removeprefix("\ufeff")
    importing, problems = await imported(database, text)
    assert (problems, importing.counts) == ([], {(Kind.FOLLOW_UP, Outcome.MADE): 1})
    ((found,),) = [page async for page in exporting.every(database, Exported())]
    assert (found.title, found.incident.id) == ("Rotate the certs", incident.id)
    assert found.assignee is not None
    assert (found.assignee.name, found.creator.id) == ("Alice", alice.id)
    assert found.priority is not None
    assert found.priority.name == "Urgent"
    assert str(found.due_on) == "2020-01-31"
    assert (found.due_zone, found.created_at) == ("Europe/Berlin", NOW)


async def test_a_row_of_an_older_version_is_refused(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    made = await run(database, a_follow_up, alice, incident)
    text = await exported(database)
    await run(database, follow_ups.change, alice, made.id, {"title": "Newer"}, now=NOW)
    _, (problem,) = await imported(database, text)
    assert (problem.line, problem.column) == (2, "version")
    assert "version 1, it is at 2" in problem.words
    assert (await read(database, made.id)).title == "Newer"


BAD_CELLS: list[tuple[str, str, str]] = [
    ("title", "", "Give the follow-up a title."),
    ("title", "x" * 256, "at most 255 characters"),
    ("description", "x" * 3001, "at most 3,000 characters"),
    ("status", "deleted", "is no status: write outstanding, completed, not_doing"),
    ("priority", "Whenever", "There is no priority “Whenever” here."),
    ("category", "Whatever", "There is no category “Whatever” here."),
    ("assignee", "Alice", "is no Slack id of a person"),
    ("assignee", "alice@example.com", "is no Slack id of a person"),
    ("assignee", "UNOBODY", "Nobody with the Slack id UNOBODY is known here"),
    ("team", "SRE team", "is no Slack id of a user group"),
    ("labels", '"""open"', "a quotation mark is missing"),
    ("labels", "x" * 51, "at most 50 characters"),
    ("due_on", "24/11/2026", "write it as 2026-11-24"),
    ("due_on", "2199-01-01", "out of range"),
    ("due_zone", "Mars/Olympus", "No time zone “Mars/Olympus” is known"),
    ("created_at", "2026-11-24", "is no time with a zone"),
    ("source_permalink", "javascript:alert(1)", "begins with https://"),
    ("issue_url", "https://x.example/1", "An issue needs all of"),
    ("creator_kind", "robot", "is no kind: write user, api_key, workflow, alert"),
    ("creator_id", "U1", "needs a creator_kind"),
    ("version", "0", "is a number from 1"),
    ("id", "7", "This is no id"),
    ("incident", "INC-7", "There is no incident INC-7 here."),
]


@pytest.mark.parametrize(("column", "cell", "words"), BAD_CELLS)
async def test_a_cell_that_is_refused_is_named_and_nothing_is_written(
    database: Database, column: str, cell: str, words: str
) -> None:
    await alice_and_incident(database)
    good = {"incident": "INC-142", "title": "Good"}
    bad = good | {column: cell}
    rows = [bad.keys(), [good.get(name, "") for name in bad], bad.values()]
    text = "".join(f"{','.join(row)}\n" for row in rows)
    _, (problem,) = await imported(database, text)
    assert problem.line == 3
    assert problem.column in {column, "issue_provider"}
    assert words in problem.words
    assert await exported(database) == csv_header()


def csv_header() -> str:
    return ",".join(COLUMNS) + "\r\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "The file is empty"),
        ("id,titel\n", "There is no column “titel”. There are: id, incident,"),
        ("id,id\n", "The column id is there twice."),
        ("id;title\n", "separated by commas"),
        ('title\n"open\n', "is no CSV"),
    ],
)
def test_a_file_that_is_none_is_refused_as_a_whole(text: str, words: str) -> None:
    with pytest.raises(FileError, match=words):
        list(csv_files.read(io.StringIO(text, newline="")))


async def test_lines_are_those_of_the_file_also_after_cells_of_many_lines(database: Database) -> None:
    await alice_and_incident(database)
    text = 'incident,title,description\nINC-142,One,"a\nb\nc"\n\nINC-142,,\nINC-142,x,y,z\n'
    _, problems = await imported(database, text)
    assert [(problem.line, problem.column) for problem in problems] == [(6, "title"), (7, "")]


async def test_one_id_twice_is_refused(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    made = await run(database, a_follow_up, alice, incident)
    _, (problem,) = await imported(database, f"id,title\n{made.id},One\n{made.id},Two\n")
    assert (problem.line, problem.words) == (3, "Line 2 has this id already.")


async def test_work_in_a_private_incident_is_given_to_its_members_only(database: Database) -> None:
    alice, _ = await alice_and_incident(database)
    await run(database, an_incident, "inc-7-secret", private_to=[])
    row = f"incident,title,assignee\nINC-7,Secret,{alice.slack_user_id}\n"
    _, (problem,) = await imported(database, row)
    assert (problem.column, problem.words) == (
        "assignee",
        "Alice is not in this private channel. Invite them there first.",
    )


async def test_a_file_cannot_move_a_follow_up_nor_bring_back_a_deleted_one(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    await run(database, an_incident, "inc-7-other")
    made = await run(database, a_follow_up, alice, incident)
    _, (moved,) = await imported(database, f"id,incident,title\n{made.id},INC-7,Moved\n")
    assert moved.column == "incident"
    await run(database, follow_ups.delete, alice, made.id, now=NOW)
    _, (gone,) = await imported(database, f"id,title\n{made.id},Back\n")
    assert (gone.column, gone.words) == ("id", "This follow-up was deleted here.")


async def test_only_what_was_asked_for_is_exported(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    other = await run(database, an_incident, "inc-7-other")
    secret = await run(database, an_incident, "inc-8-secret", private_to=[alice])
    done = await run(database, a_follow_up, alice, incident, "Done")
    await run(database, follow_ups.complete, alice, done.id, now=NOW)
    deleted = await run(database, a_follow_up, alice, incident, "Deleted")
    await run(database, follow_ups.delete, alice, deleted.id, now=NOW)
    await run(database, a_follow_up, alice, other, "Other")
    await run(database, follow_ups.create, alice, secret.id, Draft("Secret"), now=NOW)

    async def titles(**wanted: Any) -> list[str]:
        pages = exporting.every(database, Exported(**wanted))
        return [found.title async for page in pages for found in page]

    assert await titles() == ["Done", "Other"]
    assert await titles(include_private=True) == ["Done", "Other", "Secret"]
    assert await titles(incident="inc-7") == ["Other"]
    assert await titles(incident=incident.id) == ["Done"]
    assert await titles(statuses=(Status.COMPLETED,)) == ["Done"]
    assert await titles(incident="INC-8", include_private=True) == ["Secret"]


async def test_a_dry_run_of_a_file_writes_nothing(database: Database) -> None:
    await alice_and_incident(database)
    text = "incident,title\nINC-142,One\n"
    importing, problems = await imported(database, text, dry_run=True)
    assert (problems, importing.counts) == ([], {(Kind.FOLLOW_UP, Outcome.MADE): 1})
    assert await exported(database) == csv_header()
