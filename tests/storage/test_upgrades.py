"""Two versions of the program share one database during an upgrade: what a migration may do."""

from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import make_url

from storage import follow_ups, listing, migrations
from storage.database import HEAD, Database, DatabaseUnusableError
from storage.models import Incident
from storage.records import CreatorRecord, Filter, ListQuery
from storage.revisions import serves_older
from storage.worker import Handler
from tests.storage.builders import a_follow_up, alice_and_incident, run
from tests.storage.queue import NOW, all_done, at, done, enqueue, nothing, stored, until, working
from tests.storage.schemas import breaks, migrate_further, schema_of

NEWER = "9001"
DEMANDING = "9001_needs_9001"
ADDS = """
op.create_table('badge', sa.Column('id', sa.String(), primary_key=True))
op.add_column('job', sa.Column('trace', sa.String()))
op.add_column('follow_up', sa.Column('effort', sa.Integer(), nullable=False, server_default='1'))
op.add_column('incident', sa.Column('channels', sa.JSON()))
op.create_index('ix_follow_up_effort', 'follow_up', ['effort'])
"""


def batch(table: str, change: str) -> str:
    return f"with op.batch_alter_table('{table}') as batch:\n    batch.{change}\n"


@pytest.fixture
async def own_database_url(empty_database_url: str) -> str:
    """Migrated, and not shared with other tests: they expect the schema of today."""
    await migrations.upgrade(make_url(empty_database_url), HEAD)
    return empty_database_url


@pytest.fixture
async def own_database(own_database_url: str) -> AsyncIterator[Database]:
    database = Database(own_database_url)
    yield database
    await database.close()


async def use(database: Database, alice: CreatorRecord, incident: Incident) -> None:
    """Writes and reads the tables that the newer version adds to, as a running program does."""
    added = await run(database, a_follow_up, alice, incident)
    await run(database, follow_ups.complete, alice, added.id, now=NOW)
    async with database.read() as session:
        channel = incident.channel_id
        shown = await listing.of_channel(session, alice, channel, ListQuery(Filter.DONE), now=NOW)
    assert shown is not None
    assert added.id in {item.id for item in shown.items}
    async with working(database, {"card": nothing, "status_updates": nothing}, clock=lambda: at(1)):
        await all_done(database)


def test_a_revision_says_which_older_programs_it_serves() -> None:
    assert serves_older("0009", "0008")
    assert serves_older("0009", "0001")
    assert serves_older("0009_needs_0007", "0007")
    assert serves_older("0010_needs_0007", "0009_needs_0007")
    assert not serves_older("0009_needs_0007", "0006")
    assert not serves_older("0009_needs_0009", "0008")
    assert not serves_older("0008", "0009")
    assert not serves_older("0008", "0008")
    assert not serves_older("main", "0001")


async def test_a_migration_only_adds_or_says_whom_it_leaves_behind(empty_database_url: str) -> None:
    scripts = ScriptDirectory.from_config(migrations.config()).walk_revisions()
    names = [script.revision for script in scripts][::-1]
    url = make_url(empty_database_url)
    await migrations.upgrade(url, names[0])
    before = await schema_of(empty_database_url)
    for earlier, later in pairwise(names):
        await migrations.upgrade(url, later)
        after = await schema_of(empty_database_url)
        floors = [name.partition("_needs_")[2] for name in (earlier, later)]
        assert floors == sorted(floors), f"{later} forgets what {earlier} needs"
        assert floors[0] < floors[1] or breaks(before, after) == [], later
        before = after


async def test_additions_break_nothing(own_database_url: str, tmp_path: Path) -> None:
    before = await schema_of(own_database_url)
    await migrate_further(own_database_url, tmp_path / "newer", NEWER, ADDS)

    assert breaks(before, await schema_of(own_database_url)) == []


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("op.drop_table('follow_up_label')", "table follow_up_label is gone"),
        (batch("person", "drop_column('is_guest')"), "person.is_guest is gone"),
        (batch("person", "alter_column('name', new_column_name='called')"), "person.name is gone"),
        (batch("team", "alter_column('name', nullable=True)"), "team.name may be empty now"),
        (batch("severity", "alter_column('description', nullable=False)"), "must not be empty now"),
        (batch("job", "alter_column('priority', type_=sa.String())"), "job.priority is VARCHAR, was INTEGER"),
        (
            batch("job", "add_column(sa.Column('team', sa.String(), nullable=False))"),
            "job.team is new and must be given",
        ),
        (
            batch("team", "create_unique_constraint('uq_t', ['handle'])"),
            "has ('handle',) unique or",
        ),
        (batch("label", "drop_constraint('uq_label_slack_team_id_name_key')"), "no longer has unique"),
        ("op.drop_index('uq_job_coalesce', 'job')", "job no longer has unique ('coalesce_key', "),
        (batch("person", "create_check_constraint('named', sa.text(\"name <> ''\"))"), "person checks "),
        (
            batch("job", "create_foreign_key('fk', 'person', ['kind'], ['id'])"),
            "has ('kind',) unique or",
        ),
    ],
)
async def test_what_an_older_program_would_miss_is_found(
    own_database_url: str, tmp_path: Path, change: str, broken: str
) -> None:
    before = await schema_of(own_database_url)
    await migrate_further(own_database_url, tmp_path / "newer", NEWER, change)

    assert broken in "; ".join(breaks(before, await schema_of(own_database_url)))


async def test_an_old_replica_goes_on_beside_a_newer_one(
    own_database: Database, own_database_url: str, tmp_path: Path
) -> None:
    """Its connections have statements prepared for the schema that was."""
    alice, incident = await alice_and_incident(own_database)
    await use(own_database, alice, incident)
    await migrate_further(own_database_url, tmp_path / "newer", NEWER, ADDS)
    await use(own_database, alice, incident)

    restarted = Database(own_database_url)
    await restarted.migrate()
    await use(restarted, alice, incident)
    await restarted.close()


async def test_an_old_replica_that_starts_while_a_newer_one_migrates_is_served(
    own_database_url: str, tmp_path: Path
) -> None:
    """It looked before, and finds the newer schema when its turn comes."""
    await migrate_further(own_database_url, tmp_path / "newer", NEWER, ADDS)

    await migrations.upgrade(make_url(own_database_url), HEAD)


async def test_an_old_replica_does_not_start_where_a_newer_one_left_it_behind(
    own_database: Database, own_database_url: str, tmp_path: Path
) -> None:
    await migrate_further(own_database_url, tmp_path / "newer", DEMANDING, ADDS)

    with pytest.raises(DatabaseUnusableError, match=f"at revision {DEMANDING}, unknown to this version"):
        await own_database.migrate()


async def test_a_job_that_only_a_newer_replica_knows_waits_for_it(database: Database) -> None:
    await enqueue(database, "dance", group_key="C1")
    await enqueue(database, "greet", group_key="C1")
    await enqueue(database, "greet elsewhere", group_key="C2")
    old: dict[str, Handler] = {"greet": nothing, "greet elsewhere": nothing}
    async with working(database, old):
        await until(database, "greet elsewhere", done)
        assert [(await stored(database, kind)).attempts for kind in ("dance", "greet")] == [0, 0]
        async with working(database, old | {"dance": nothing}):
            await until(database, "greet", done)

    assert done(await stored(database, "dance"))
