"""What incident.io has, brought into storage: who is who, what is private, and what does not fit."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlmodel import col, select

from moving.from_incident_io import Mover
from moving.incident_io import IncidentIo, SourceError
from storage import access, follow_ups, incidents
from storage.database import Database
from storage.errors import NotFoundError
from storage.imports import FROM_INCIDENT_IO, Import, Kind, Outcome
from storage.incidents import Channel
from storage.models import Incident, Person
from storage.records import CreatorKind, CreatorRecord, FollowUpRecord, Visibility
from tests.moving import theirs as their
from tests.moving.theirs import (
    KEY,
    TEAM,
    Theirs,
    an_id,
    error,
    follow_up,
    incident,
    listed_user,
    served,
    user,
)
from tests.storage.builders import (
    NOW,
    PREFIXES,
    a_channel,
    a_follow_up,
    a_person,
    an_incident,
    jobs_waiting,
    no_jobs,
    run,
)

Asked = Callable[[str], Awaitable[Channel | None]]


async def bring(
    database: Database, theirs: Theirs, *, key: str = KEY, channel_of: Asked | None = None
) -> tuple[Import, list[float]]:
    """The run, and how long it would have waited each time."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(round(seconds))

    run = Import(FROM_INCIDENT_IO, TEAM, NOW)
    async with served(theirs), IncidentIo(theirs.url, key, sleep=sleep) as source:
        await Mover(source, database, run, told=lambda *_: None, channel_of=channel_of).move()
    return run, waited


async def brought(database: Database, number: int = 500) -> FollowUpRecord:
    return await run(database, follow_ups.read, an_id(number))


async def place(database: Database, number: int = 100) -> Incident:
    found = await run(database, incidents.by_id, an_id(number))
    assert found is not None
    return found


def reasons(importing: Import) -> list[str]:
    return [remark.reason for remark in importing.remarks]


async def test_what_is_published_arrives_field_by_field(database: Database) -> None:
    theirs = Theirs(
        incidents=[
            incident(severity={**SEVERITY, "id": an_id(8)}, summary="Sad.", permalink="https://x.example/1")
        ],
        follow_ups=[
            follow_up(
                description="Call **them**",
                status="completed",
                labels=["bug", "urgent"],
                assignee=user(slack_user_id="ULISA"),
                priority={"id": an_id(7), "name": "Someday", "rank": 9, "description": "Or not."},
                category={"id": an_id(6), "name": "Infrastructure", "rank": 10},
                external_issue_reference={
                    "provider": "asana",
                    "issue_name": "INC-1",
                    "issue_permalink": "https://asana.example/1",
                },
                completed_at="2021-08-18T00:00:00.000001Z",
            )
        ],
        users=[listed_user(slack_user_id="ULISA")],
    )
    importing, _ = await bring(database, theirs)
    assert importing.remarks == []
    found, there = await brought(database), await place(database)
    assert (there.reference, there.number, there.slack_channel_id) == ("INC-100", 100, "C100")
    assert (there.summary, there.permalink, there.severity_id) == ("Sad.", "https://x.example/1", an_id(8))
    assert (found.title, found.description, found.labels) == (
        "Call the fire brigade",
        "Call **them**",
        ("bug", "urgent"),
    )
    assert found.priority is not None
    assert (found.priority.id, found.priority.name, found.priority.rank) == (an_id(7), "Someday", 9)
    assert found.category is not None
    assert (found.category.id, found.category.rank) == (an_id(6), 10)
    assert found.assignee is not None
    assert (found.assignee.id, found.assignee.slack_user_id) == (an_id(1), "ULISA")
    assert found.external_issue is not None
    assert found.external_issue.issue_permalink == "https://asana.example/1"
    assert found.creator == CreatorRecord(CreatorKind.USER, an_id(1), "Lisa Karlin Curtis", "ULISA")
    assert found.completed_at is not None
    assert found.completed_at.isoformat() == "2021-08-18T00:00:00.000001+00:00"
    assert found.created_at.isoformat() == "2021-08-17T13:28:57.801578+00:00"


SEVERITY = {
    "id": "",
    "name": "Apocalypse",
    "description": "",
    "rank": 40,
    "created_at": their.MADE,
    "updated_at": their.MADE,
}


async def test_what_has_a_name_known_here_is_the_one_known_here(database: Database) -> None:
    theirs = Theirs(
        incidents=[incident()],
        follow_ups=[follow_up(priority={"id": an_id(7), "name": "urgent", "rank": 10})],
    )
    await bring(database, theirs)
    found = await brought(database)
    assert found.priority is not None
    assert (found.priority.name, found.priority.rank) == ("Urgent", 1)


async def test_somebody_without_a_slack_id_is_not_guessed_by_name_or_address(database: Database) -> None:
    await run(database, a_person, "Lisa Karlin Curtis")
    theirs = Theirs(
        incidents=[incident(creator={"user": user()})],
        follow_ups=[follow_up(assignee=user(), creator={"user": user()})],
        users=[listed_user()],
    )
    importing, _ = await bring(database, theirs)
    found = await brought(database)
    assert found.assignee is None
    assert found.creator == CreatorRecord(CreatorKind.USER, an_id(1), "Lisa Karlin Curtis", None)
    assert [(remark.kind, remark.words) for remark in importing.remarks] == [
        (Kind.PERSON, ""),
        (Kind.FOLLOW_UP, "Lisa Karlin Curtis"),
    ]
    assert "could not be mapped" in importing.remarks[1].reason


async def test_somebody_known_here_keeps_their_id_and_slack_is_asked_about_who_is_new(
    database: Database,
) -> None:
    alice = await run(database, a_person, "Alice")
    theirs = Theirs(
        incidents=[incident()],
        follow_ups=[
            follow_up(assignee=user(slack_user_id="UALICE"), creator={"user": user(2, slack_user_id="UNEW")})
        ],
    )
    await bring(database, theirs)
    found = await brought(database)
    assert found.assignee is not None
    assert (found.assignee.id, found.assignee.name) == (alice.id, "Alice")
    async with database.read() as session:
        new = (await session.exec(select(Person).where(col(Person.slack_user_id) == "UNEW"))).one()
    assert (new.id, new.refreshed_at.year) == (an_id(2), 1970)


async def test_people_of_another_workspace_are_nobody_here_and_its_channels_are_not_tied(
    database: Database,
) -> None:
    theirs = Theirs(
        incidents=[incident(slack_team_id="T2")],
        follow_ups=[follow_up(assignee=user(slack_user_id="UALICE"))],
        users=[listed_user(slack_user_id="UALICE")],
    )
    await run(database, a_person, "Alice")
    importing, _ = await bring(database, theirs)
    assert (await place(database)).slack_channel_id is None
    found = await brought(database)
    assert (found.assignee, found.creator.slack_user_id) == (None, None)
    assert "in the workspace T2" in reasons(importing)[0]
    assert "/v2/users" not in {request.url.path for request in theirs.asked}


PRIVATE: dict[str, Any] = {"visibility": "private"}


async def test_a_private_incident_is_seen_by_nobody_until_slack_was_asked_who_is_in_it(
    database: Database,
) -> None:
    alice = await run(database, a_person, "Alice")

    async def channel_of(channel_id: str) -> Channel:
        return Channel(TEAM, channel_id, "inc-100-now-called-so", is_private=True)

    theirs = Theirs(incidents=[incident(**PRIVATE)], follow_ups=[follow_up()])
    importing, _ = await bring(database, theirs, channel_of=channel_of)
    assert importing.remarks == []
    there = await place(database)
    assert (there.visibility, there.slack_channel_id) == (Visibility.PRIVATE, "C100")
    assert (there.slack_channel_name, there.members_checked_at) == ("inc-100-now-called-so", None)
    with pytest.raises(NotFoundError):
        await run(database, follow_ups.get, alice, an_id(500))
    await run(database, access.replace_members, there, ["UALICE"], NOW)
    assert (await run(database, follow_ups.get, alice, an_id(500))).id == an_id(500)


@pytest.mark.parametrize("answer", ["public", "unseen", "unasked"])
async def test_a_private_incident_gets_no_channel_that_slack_does_not_say_is_private(
    database: Database, answer: str
) -> None:
    alice = await run(database, a_person, "Alice")

    async def channel_of(channel_id: str) -> Channel | None:
        return Channel(TEAM, channel_id, "inc-100-sad") if answer == "public" else None

    theirs = Theirs(incidents=[incident(**PRIVATE)], follow_ups=[follow_up()])
    importing, _ = await bring(database, theirs, channel_of=None if answer == "unasked" else channel_of)
    there = await place(database)
    assert (there.visibility, there.slack_channel_id) == (Visibility.PRIVATE, None)
    assert "Slack did not confirm" in reasons(importing)[0]
    with pytest.raises(NotFoundError):
        await run(database, follow_ups.get, alice, an_id(500))

    async def now_private(channel_id: str) -> Channel:
        return Channel(TEAM, channel_id, "inc-100-sad", is_private=True)

    again, _ = await bring(database, theirs, channel_of=now_private)
    assert (again.counts[Kind.INCIDENT, Outcome.UPDATED], again.remarks) == (1, [])
    assert (await place(database)).slack_channel_id == "C100"
    assert await jobs_waiting(database) == []


async def test_what_turned_private_there_is_private_here(database: Database) -> None:
    alice = await run(database, a_person, "Alice")
    theirs = Theirs(incidents=[incident(slack_channel_id="")], follow_ups=[follow_up()])
    await bring(database, theirs)
    assert (await run(database, follow_ups.get, alice, an_id(500))).id == an_id(500)
    theirs.objects["incidents"] = [incident(slack_channel_id="", **PRIVATE)]
    await bring(database, theirs)
    with pytest.raises(NotFoundError):
        await run(database, follow_ups.get, alice, an_id(500))


async def test_follow_ups_go_to_the_incident_that_the_channel_is_already(database: Database) -> None:
    channel = a_channel("inc-142-checkout-is-down", slack_channel_id="C100")
    tracked = await run(database, incidents.track, channel, prefixes=PREFIXES, now=NOW)
    await run(database, no_jobs)
    theirs = Theirs(incidents=[incident()], follow_ups=[follow_up()])
    for _ in range(2):
        importing, _ = await bring(database, theirs)
        assert (await brought(database)).incident.id == tracked.id
    assert importing.counts[Kind.FOLLOW_UP, Outcome.UNCHANGED] == 1
    assert await run(database, incidents.by_id, an_id(100)) is None
    assert await jobs_waiting(database) == []


async def test_what_is_private_there_does_not_go_to_a_public_incident_of_the_same_channel(
    database: Database,
) -> None:
    alice = await run(database, a_person, "Alice")
    channel = a_channel("inc-142-checkout-is-down", slack_channel_id="C100")
    await run(database, incidents.track, channel, prefixes=PREFIXES, now=NOW)
    await bring(database, Theirs(incidents=[incident(**PRIVATE)], follow_ups=[follow_up()]))
    with pytest.raises(NotFoundError):
        await run(database, follow_ups.get, alice, an_id(500))


async def test_a_number_that_is_taken_is_another_and_said(database: Database) -> None:
    await run(database, an_incident, "inc-100-ours")
    importing, _ = await bring(database, Theirs(incidents=[incident()]))
    assert (await place(database)).reference == "INC-101"
    assert reasons(importing) == ["Its reference can’t be kept here: it is INC-101."]


async def test_what_is_too_long_is_cut_and_kept_in_the_report(database: Database) -> None:
    whole = follow_up(title="x" * 300, description="y" * 3_500, labels=["z" * 60, *map(str, range(30))])
    importing, _ = await bring(database, Theirs(incidents=[incident()], follow_ups=[whole]))
    found = await brought(database)
    assert (len(found.title), len(found.description or ""), len(found.labels)) == (255, 3_000, 20)
    assert [remark.words for remark in importing.remarks] == [
        "x" * 300,
        "y" * 3_500,
        ", ".join(whole["labels"]),
    ]
    again, _ = await bring(database, Theirs(incidents=[incident()], follow_ups=[whole]))
    assert again.counts[Kind.FOLLOW_UP, Outcome.UNCHANGED] == 1


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"incident_id": an_id(999)}, f"Its incident {an_id(999)} was not imported."),
        ({"id": "abc"}, "Its id is no ULID."),
        ({"title": "\u200b"}, "It has no title."),
        ({"status": "deleted"}, "It is deleted there."),
        ({"status": "pondered"}, "It can’t be read: status:"),
    ],
)
async def test_one_that_can_t_be_taken_over_is_skipped_and_the_others_are_not(
    database: Database, broken: dict[str, Any], reason: str
) -> None:
    theirs = Theirs(incidents=[incident()], follow_ups=[follow_up(501, **broken), follow_up(502)])
    theirs.says[f"/v2/incidents/{an_id(999)}"] = lambda _: (404, error(404, "not_found", "No."))
    importing, _ = await bring(database, theirs)
    assert importing.counts[Kind.FOLLOW_UP, Outcome.SKIPPED] == 1
    assert importing.counts[Kind.FOLLOW_UP, Outcome.MADE] == 1
    assert reasons(importing)[0].startswith(reason)


async def test_an_incident_that_no_list_has_is_asked_for_by_its_id(database: Database) -> None:
    theirs = Theirs(follow_ups=[follow_up()])
    theirs.says[f"/v2/incidents/{an_id(100)}"] = lambda _: (200, {"incident": incident()})
    importing, _ = await bring(database, theirs)
    assert (importing.counts[Kind.FOLLOW_UP, Outcome.MADE], importing.remarks) == (1, [])


async def test_a_follow_up_here_that_no_import_made_is_left_alone(database: Database) -> None:
    alice = await run(database, a_person, "Alice")
    ours = await run(database, a_follow_up, alice, await run(database, an_incident), id=an_id(500))
    importing, _ = await bring(database, Theirs(incidents=[incident()], follow_ups=[follow_up()]))
    assert importing.counts[Kind.FOLLOW_UP, Outcome.KEPT] == 1
    assert (await brought(database)).title == ours.title


def once(*answers: their.Answer, then: Callable[[Any], their.Answer]) -> their.Answers:
    waiting = list(answers)
    return lambda request: waiting.pop(0) if waiting else then(request)


async def test_a_limit_is_waited_for_and_a_server_in_trouble_asked_again(database: Database) -> None:
    theirs = Theirs(incidents=[incident()], follow_ups=[follow_up()])
    limited = (429, error(429, "too_many_requests", "Slowly.") | {"headers": {"Retry-After": "7"}})
    broken = (502, "<html>Bad gateway</html>")
    failed = (500, "<html>Sorry</html>")
    theirs.says["/v1/severities"] = once(limited, broken, failed, then=lambda _: (200, {"severities": []}))
    importing, waited = await bring(database, theirs)
    assert waited == [7, 2, 4]
    assert importing.counts[Kind.FOLLOW_UP, Outcome.MADE] == 1


async def test_a_server_that_stays_in_trouble_is_named_and_what_to_do(database: Database) -> None:
    theirs = Theirs()
    theirs.says["/v1/severities"] = lambda _: (503, "")
    with pytest.raises(SourceError, match=r"answers for severities with 503\. Run the import again later"):
        await bring(database, theirs)
    assert len(theirs.asked) == 7


@pytest.mark.parametrize(
    ("path", "answer", "words"),
    [
        ("/v1/severities", (401, error(401, "authentication_error", "No.")), "refuses the API key"),
        ("/v2/incidents", (403, error(403, "resource_forbidden", "No role.")), "may not read incidents"),
        ("/v2/incidents", (200, {"incidents": [{"id": "x"}]}), "not the published one"),
    ],
)
async def test_a_refusal_is_one_sentence_without_the_key(
    database: Database, path: str, answer: their.Answer, words: str
) -> None:
    theirs = Theirs()
    theirs.says[path] = lambda _: answer
    with pytest.raises(SourceError, match=words) as caught:
        await bring(database, theirs)
    assert KEY not in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_without_v3_follow_ups_come_from_v2_and_without_teams_there_are_none(
    database: Database,
) -> None:
    theirs = Theirs(incidents=[incident()], follow_ups=[follow_up()])
    theirs.says["/v3/follow_ups"] = lambda _: (404, error(404, "not_found", "No."))
    theirs.says["/v3/teams"] = lambda _: (403, error(403, "resource_forbidden", "No."))
    importing, _ = await bring(database, theirs)
    assert importing.counts[Kind.FOLLOW_UP, Outcome.MADE] == 1
    modes = [r.query_params["incident_mode"] for r in theirs.asked if r.url.path == "/v2/follow_ups"]
    assert modes == ["standard", "retrospective", "test", "tutorial", "stream"]


async def test_a_mode_of_incidents_that_is_not_published_may_be_refused(database: Database) -> None:
    theirs = Theirs(incidents=[incident()])

    def says(request: Any) -> their.Answer:
        if request.query_params["mode[one_of]"] == "stream":
            return 422, error(422, "validation_error", "No such mode.")
        return 200, {"incidents": [], "pagination_meta": {"page_size": 250}}

    theirs.says["/v2/incidents"] = says
    importing, _ = await bring(database, theirs)
    asked = [r.query_params["mode[one_of]"] for r in theirs.asked if r.url.path == "/v2/incidents"]
    assert asked == ["standard", "retrospective", "test", "tutorial", "stream"]
    assert {outcome for kind, outcome in importing.counts if kind is Kind.INCIDENT} == set()


async def test_a_slack_user_is_remembered_by_slack_s_id_alone(database: Database) -> None:
    """Two of one name are two."""
    theirs = Theirs(
        incidents=[incident()],
        users=[listed_user(1, slack_user_id="UONE"), listed_user(2, slack_user_id="UTWO")],
    )
    importing, _ = await bring(database, theirs)
    assert importing.counts[Kind.PERSON, Outcome.MADE] + importing.counts[Kind.PERSON, Outcome.UNCHANGED] == 2
    async with database.read() as session:
        assert set(await session.exec(select(Person.slack_user_id))) == {"ULISA", "UONE", "UTWO"}
