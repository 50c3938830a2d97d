"""`python app.py import …` and `export …` as somebody at a terminal runs them, beside a bot that serves."""

import asyncio
import os
import stat
import sys
from pathlib import Path

import pytest
from sqlmodel import func, select

from storage import follow_ups, incidents
from storage.database import Database
from storage.models import FollowUp
from tests.command_line.said import ROOT, Said, run
from tests.moving.conftest import everything, served, source_answers
from tests.moving.seeding import seed_everything
from tests.moving.theirs import KEY, TEAM, Theirs, an_id, follow_up, incident
from tests.moving.theirs import served as serving
from tests.storage.builders import NOW, a_follow_up, alice_and_incident, an_incident
from tests.storage.builders import run as stored
from tests.web.conftest import Key, Server


async def count(database: Database) -> int:
    async with database.read() as session:
        return (await session.exec(select(func.count()).select_from(FollowUp))).one()


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def files_in(path: Path) -> list[str]:
    """Those of CSV, half-written ones too."""
    return [each.name for each in path.iterdir() if "csv" in each.name]


async def test_one_command_brings_everything_over_while_both_bots_serve(
    server: Server, key: Key, target_url: str, tmp_path: Path
) -> None:
    await seed_everything(server)
    (tmp_path / "key").write_text(f"{key.secret}\n")
    slack = {
        "SLACK_BOT_TOKEN": "xoxb-scenario",
        "SLACK_SIGNING_SECRET": "scenario",
        "SLACK_API_URL": server.scenario.app.settings.slack_api_url,
    }
    source = ("--base-url", server.base_url, "--api-key-file", str(tmp_path / "key"))
    async with served(server, target_url) as http:
        said = await run(
            "import",
            "incidentio",
            *source,
            "--report",
            "report.csv",
            at=tmp_path,
            DATABASE_URL=target_url,
            **slack,
        )
        assert said.code == 0, said.err
        assert "follow-ups           11          0          0          0          0" in said.out
        assert key.secret not in said.out + said.err
        assert (tmp_path / "report.csv").read_text() == "kind,id,name,reason,words\n"
        assert mode_of(tmp_path / "report.csv") == 0o600
        assert await everything(http) == await source_answers(key)


async def importing(theirs: Theirs, at: Path, url: str, *more: str, key: str = KEY) -> Said:
    arguments = ("import", "incidentio", "--base-url", theirs.url, "--slack-team-id", TEAM, *more)
    return await run(*arguments, at=at, DATABASE_URL=url, INCIDENT_IO_API_KEY=key)


async def test_one_that_is_killed_half_way_goes_on(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    theirs = Theirs(incidents=[incident()], follow_ups=[follow_up(1_000 + number) for number in range(260)])
    async with serving(theirs):
        theirs.holds = True
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(ROOT / "app.py"),
            *("import", "incidentio", "--base-url", theirs.url, "--slack-team-id", TEAM),
            env=os.environ | {"DATABASE_URL": database_url, "INCIDENT_IO_API_KEY": KEY},
            cwd=tmp_path,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(60):
            await theirs.held.wait()
        process.kill()
        await process.wait()
        assert await count(database) == 250

        theirs.holds = False
        said = await importing(theirs, tmp_path, database_url)
        assert said.code == 0, said.err
        assert "follow-ups           10          0        250          0          0" in said.out
        assert await count(database) == 260
        assert (await stored(database, follow_ups.read, an_id(1_259))).title == "Call the fire brigade"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_a_dry_run_says_so_and_writes_nothing(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with serving(Theirs(incidents=[incident()], follow_ups=[follow_up(labels=["x" * 60])])) as theirs:
        said = await importing(theirs, tmp_path, database_url, "--dry-run")
    assert said.code == 0, said.err
    assert said.out.startswith("Nothing was written: this is what an import would do.")
    assert "1 could not be taken over as they were:" in said.out
    assert await count(database) == 0


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_a_bad_key_is_one_sentence(database_url: str, tmp_path: Path) -> None:
    async with serving(Theirs()) as theirs:
        said = await importing(theirs, tmp_path, database_url, key="s3cret-key")
    assert said.code == 1
    assert f"Error: {theirs.url} refuses the API key." in said.err
    assert said.err.count("\n") == 1
    assert "s3cret" not in said.err


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("url", "key", "sentence"),
    [
        ("http://api.incident.example", KEY, "over http others could read the key"),
        ("api.incident.io", KEY, "write it as https://api.incident.io"),
        ("http://127.0.0.1:1", "two words", "This is no API key"),
        ("http://127.0.0.1:1", KEY, "No Slack token is set"),
    ],
)
async def test_what_is_wrong_is_said_before_anything_is_asked(
    database_url: str, tmp_path: Path, url: str, key: str, sentence: str
) -> None:
    said = await run(
        *("import", "incidentio", "--base-url", url),
        at=tmp_path,
        DATABASE_URL=database_url,
        INCIDENT_IO_API_KEY=key,
    )
    assert said.code != 0
    assert sentence in said.err
    assert key not in said.err


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_without_their_client_the_command_says_how_to_get_it(database_url: str, tmp_path: Path) -> None:
    absent = tmp_path / "incident_io"
    absent.mkdir()
    missing = "raise ModuleNotFoundError(\"No module named 'incident_io'\", name='incident_io')"
    (absent / "__init__.py").write_text(missing)
    said = await run("import", "incidentio", at=tmp_path, DATABASE_URL=database_url, PYTHONPATH=str(tmp_path))
    assert (said.code, said.err) == (
        1,
        "Error: The client of incident.io is missing: .venv/bin/python -m pip install incident-io\n",
    )


async def test_an_exported_file_is_its_owner_s_and_has_nothing_private(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    alice, public = await alice_and_incident(database)
    secret = await stored(database, an_incident, "inc-7-secret", private_to=[alice])
    await stored(database, a_follow_up, alice, public, "=Öffentlich")
    await stored(database, a_follow_up, alice, secret, "Secret")
    (tmp_path / "all.csv").write_text("of everybody")
    (tmp_path / "all.csv").chmod(0o666)
    said = await run("export", "csv", "--output", "all.csv", at=tmp_path, DATABASE_URL=database_url)
    assert (said.code, said.out) == (0, "1 follow-ups are in all.csv.\n")
    assert mode_of(tmp_path / "all.csv") == 0o600
    text = (tmp_path / "all.csv").read_text("utf-8")
    assert ",'=Öffentlich," in text
    assert "Secret" not in text
    assert files_in(tmp_path) == ["all.csv"]

    printed = await run("export", "csv", "--include-private", at=tmp_path, DATABASE_URL=database_url)
    assert "Öffentlich" in printed.out
    assert "Secret" in printed.out

    refused = await run("export", "csv", "--incident", "INC-7", at=tmp_path, DATABASE_URL=database_url)
    assert (refused.code, refused.err) == (1, "Error: INC-7 is private: say --include-private too.\n")

    again = await run("import", "csv", "all.csv", at=tmp_path, DATABASE_URL=database_url)
    assert again.code == 0, again.err
    assert "follow-ups            0          0          1          0          0" in again.out


async def test_a_file_with_a_bad_row_writes_nothing_unless_told_to_skip_it(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    await alice_and_incident(database)
    (tmp_path / "rows.csv").write_text("incident,title,status\nINC-142,Good,\nINC-142,,done\n", "utf-8-sig")
    said = await run("import", "csv", "rows.csv", at=tmp_path, DATABASE_URL=database_url)
    assert said.code == 1
    assert "Line 3, status: “done” is no status" in said.err
    assert "Nothing was written." in said.err
    assert await count(database) == 0

    skipped = await run("import", "csv", "rows.csv", "--skip-bad", at=tmp_path, DATABASE_URL=database_url)
    assert skipped.code == 1
    assert "follow-ups            1          0          0          0          1" in skipped.out
    assert await count(database) == 1


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_a_file_that_is_no_table_is_refused_as_a_whole(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    await alice_and_incident(database)
    (tmp_path / "latin.csv").write_bytes("title\nÄrger\n".encode("latin-1"))
    said = await run("import", "csv", "latin.csv", at=tmp_path, DATABASE_URL=database_url)
    assert (said.code, said.err) == (
        1,
        "Error: latin.csv: The file is not in UTF-8. Save it as “CSV UTF-8”. Nothing was written.\n",
    )


async def test_the_workspace_is_the_only_one_there_are_incidents_of(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    await stored(database, incidents.track, A_CHANNEL, prefixes=(), now=NOW)
    (tmp_path / "rows.csv").write_text("incident,title\nINC-1,Good\n")
    said = await run("import", "csv", "rows.csv", "--dry-run", at=tmp_path, DATABASE_URL=database_url)
    assert said.code == 0, said.err


A_CHANNEL = incidents.Channel("TOURS", "C1", "payments")
