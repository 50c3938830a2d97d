"""The list: filters, search, pages, what its items offer, and clicks that come too late."""

from datetime import timedelta

import pytest
from sqlmodel import text

from playground import Person
from playground.surfaces import Modal
from storage import follow_ups, incidents, people
from storage.follow_ups import Draft
from storage.records import CreatorKind, CreatorRecord
from tests.scenarios.conftest import OVER_BOTH_TRANSPORTS, Scenario, adds, list_of


async def seeded(scenario: Scenario, count: int, title: str = "Number {:04}") -> None:
    """Many follow-ups of Maya's in the channel she looks at, quicker than by hand."""
    maya = scenario.maya
    await (await list_of(maya)).closes()
    now = scenario.clock()
    async with scenario.app.database.write() as session:
        person = await people.find(session, scenario.slack.workspace.team.id, maya.id)
        incident = await incidents.by_channel(session, maya.channel.id)
        assert person is not None
        assert incident is not None
        actor = CreatorRecord(CreatorKind.USER, person.id, person.name, maya.id)
        for number in range(count):
            await follow_ups.create(
                session, actor, incident.id, Draft(title.format(number), assignee_id=person.id), now=now
            )


def titles(listed: Modal) -> list[str]:
    return [line.strip("*") for line in listed.text.split("\n") if line.startswith("*Number")]


async def test_each_filter_shows_its_own(scenario: Scenario) -> None:
    maya, today = scenario.maya, scenario.today
    await adds(maya, "Late one", Due_date=today, Assignee="tom")
    await adds(maya, "Mine to do", Assignee="maya")
    await adds(maya, "Done already")
    scenario.clock.passes(days=3)
    listed = await list_of(maya)
    await listed.clicks("Complete", beside="Done already")
    await listed.shows("2 outstanding · 1 overdue · 1 done")
    for choice, shown in {
        "Mine": ["Mine to do"],
        "Overdue": ["Late one"],
        "Done": ["Done already"],
        "All": ["Late one", "Mine to do", "Done already"],
        "Outstanding": ["Late one", "Mine to do"],
    }.items():
        await listed.selects(choice)
        for title in ("Late one", "Mine to do", "Done already"):
            await (listed.shows(title) if title in shown else listed.no_longer_shows(title))
    assert "3 days late" in listed.beside("Late one")


async def test_search_finds_words_and_keeps_the_filter(scenario: Scenario) -> None:
    maya = scenario.maya
    await adds(maya, "Alert at 90% of disk", Labels=["disk"])
    await adds(maya, "Alert at 90 requests", Description="under_scored STRASSE")
    listed = await list_of(maya)
    for typed, found, missing in [
        ("90%", "of disk", "requests"),
        ("alert DISK", "of disk", "requests"),
        ("straße", "requests", "of disk"),
        ("r_s", "requests", "of disk"),
        ("\\", None, "requests"),
        ("' OR 1=1 --", None, "requests"),
        ("nothing like it", None, "requests"),
    ]:
        await listed.clicks("Search")
        assert await (await maya.modal("Search")).submits(**{"Search for": typed}) == {}
        await listed.shows(f"Results for “{typed}”")
        await listed.no_longer_shows(missing)
        if found:
            await listed.shows(found)
        else:
            await listed.shows("No outstanding follow-ups match")
    await listed.selects("Done")
    await listed.shows("No done follow-ups match")
    await listed.clicks("Clear search")
    await listed.shows("Nothing done yet.")
    await listed.selects("All")
    await listed.shows("requests")
    await listed.clicks("Search")
    assert await (await maya.modal("Search")).submits(**{"Search for": "  "}) == {}
    await scenario.is_quiet()
    assert "Results for" not in listed


@OVER_BOTH_TRANSPORTS
async def test_forty_five_follow_ups_are_three_pages(scenario: Scenario) -> None:
    maya = scenario.maya
    await seeded(scenario, 45)
    listed = await list_of(maya)
    newest_first = [f"Number {number:04}" for number in reversed(range(45))]
    assert (titles(listed), listed.buttons[-1]) == (newest_first[:20], "Older")
    await listed.clicks("Older")
    await listed.shows(newest_first[20])
    assert (titles(listed), listed.buttons[-2:]) == (newest_first[20:40], ["Newer", "Older"])
    await listed.clicks("Complete", beside=newest_first[25])
    await listed.no_longer_shows(newest_first[25])
    await listed.shows("44 outstanding · 1 done")
    assert titles(listed)[:2] == newest_first[20:22]
    await listed.clicks("Older")
    await listed.shows(newest_first[44])
    assert (len(titles(listed)), listed.buttons[-1]) == (4, "Newer")
    await listed.clicks("Newer")
    await listed.shows(newest_first[20])
    await listed.clicks("Newer")
    await listed.shows(newest_first[0])
    assert titles(listed) == newest_first[:20]


async def test_five_thousand_follow_ups_are_listed_searched_and_paged(scenario: Scenario) -> None:
    maya = scenario.maya
    await seeded(scenario, 10)
    await scenario.is_quiet()
    async with scenario.app.database.write() as session:
        connection = await session.connection()
        for turn in range(9):  # each doubles what is there
            await connection.execute(COPY_ALL, {"kept": 10 + turn})
    scenario.slack.calls.clear()
    listed = await list_of(maya)
    await listed.shows("5120 outstanding · 0 done")
    await listed.clicks("Older")
    await listed.shows("Newer")
    await listed.clicks("Search")
    assert await (await maya.modal("Search")).submits(**{"Search for": "0007"}) == {}
    await listed.shows("Results for")
    assert set(titles(listed)) == {"Number 0007"}


# The letter U is in no ULID.
COPY_ALL = text("""
INSERT INTO follow_up (id, incident_id, title, status, priority_id, assignee_id, creator_kind, creator_id,
                       creator_name, search_text, version, created_at, updated_at)
SELECT substr(id, 1, :kept) || 'U' || substr(id, :kept + 2), incident_id, title, status, priority_id,
       assignee_id, creator_kind, creator_id, creator_name, search_text, version, created_at, updated_at
FROM follow_up
""")


async def test_every_choice_of_an_item_is_done_in_place(scenario: Scenario) -> None:
    maya = scenario.maya
    await adds(maya, "Rotate the certs")
    await adds(maya, "Fix the alert")
    listed = await list_of(maya)
    await listed.selects("All")
    await scenario.is_quiet()
    await listed.chooses("Assign to me", beside="Rotate")
    await listed.shows("<@U0MAYA>")
    assert ["Edit", "Not doing", "Delete"] in listed.menus
    await listed.chooses("Not doing", beside="Rotate")
    await listed.shows("1 outstanding · 1 done")
    assert listed.buttons_beside("Rotate") == ["Reopen"]
    await listed.clicks("Reopen", beside="Rotate")
    await listed.shows("2 outstanding · 0 done")
    await listed.chooses("Edit", beside="Rotate")
    assert await (await maya.modal("Edit follow-up")).submits(Title="Rotate every cert") == {}
    await listed.shows("Rotate every cert")

    await listed.chooses("Delete", beside="every cert")
    asked = await maya.modal("Delete follow-up")
    assert asked.submit_button == "Delete"
    assert asked.view.content["close"]["text"] == "Keep"
    await asked.closes()
    assert "Rotate every cert" in listed
    await listed.chooses("Delete", beside="every cert")
    await (await maya.modal("Delete follow-up")).submits()
    await listed.no_longer_shows("Rotate every cert")
    await listed.shows("1 outstanding · 0 done")
    assert len(maya.modals) == 1


async def stale(scenario: Scenario) -> tuple[Modal, Person, Modal]:
    """Maya's open list, and Tom's: Tom will be first."""
    maya, tom = scenario.maya, scenario.tom
    await adds(maya, "Rotate the certs")
    return await list_of(maya), tom, await list_of(tom)


@pytest.mark.parametrize(
    ("button", "said"),
    [
        ("Complete", "Tom already completed “Rotate the certs”"),
        ("Not doing", "Tom already completed “Rotate the certs”"),
        ("Assign to me", "Tom already completed “Rotate the certs”"),
    ],
)
async def test_a_click_after_tom_completed_it_says_so(scenario: Scenario, button: str, said: str) -> None:
    mayas, _, toms = await stale(scenario)
    await toms.clicks("Complete", beside="Rotate")
    await toms.shows("1 done")
    act = mayas.clicks if button == "Complete" else mayas.chooses
    await act(button, beside="Rotate")
    await mayas.shows(said)
    await mayas.shows("0 outstanding · 1 done")


@pytest.mark.parametrize("button", ["Not doing", "Assign to me"])
async def test_another_click_after_completing_it_oneself_says_so_too(scenario: Scenario, button: str) -> None:
    listed, _, _ = await stale(scenario)
    card = await scenario.maya.channel.shows("Rotate the certs")
    await card.clicks("Complete")
    await card.shows("Reopen")
    await listed.chooses(button, beside="Rotate")
    await listed.shows("You already completed “Rotate the certs”")


async def test_completing_twice_is_no_news(scenario: Scenario) -> None:
    listed, _, _ = await stale(scenario)
    card = await scenario.maya.channel.shows("Rotate the certs")
    await card.clicks("Complete")
    await card.shows("Reopen")
    await listed.clicks("Complete", beside="Rotate")
    await listed.shows("0 outstanding · 1 done")
    assert "already" not in listed


async def test_a_click_after_tom_deleted_it_says_so(scenario: Scenario) -> None:
    mayas, tom, toms = await stale(scenario)
    await toms.chooses("Delete", beside="Rotate")
    await (await tom.modal("Delete follow-up")).submits()
    await toms.shows("0 outstanding")
    await mayas.clicks("Complete", beside="Rotate")
    await mayas.shows("Tom already deleted “Rotate the certs”")
    await mayas.shows("0 outstanding · 0 done")


async def test_a_click_after_tom_took_it_says_whose_it_is(scenario: Scenario) -> None:
    mayas, _, toms = await stale(scenario)
    await toms.chooses("Assign to me", beside="Rotate")
    await toms.shows("<@U0TOM>")
    await mayas.chooses("Assign to me", beside="Rotate")
    await mayas.shows("“Rotate the certs” is already Tom’s.")
    assert "<@U0TOM>" in mayas.beside("*Rotate")
    await mayas.chooses("Assign to me", beside="*Rotate")
    await mayas.shows("<@U0MAYA>")


async def test_reopening_after_tom_reopened_it_says_so(scenario: Scenario) -> None:
    mayas, _, toms = await stale(scenario)
    await toms.chooses("Assign to me", beside="Rotate")
    await toms.shows("<@U0TOM>")
    await toms.clicks("Complete", beside="Rotate")
    await toms.shows("1 done")
    for listed in (mayas, toms):
        await listed.selects("Done")
        await listed.shows("Rotate")
    await toms.clicks("Reopen", beside="Rotate")
    await toms.shows("1 outstanding")
    await mayas.clicks("Reopen", beside="Rotate")
    await mayas.shows("Tom already reopened “Rotate the certs”")


async def test_a_list_closed_meanwhile_is_no_error(scenario: Scenario) -> None:
    mayas, _, _ = await stale(scenario)
    scenario.slack.faults.add("views.update", "slow", delay=0.2)
    await mayas.clicks("Complete", beside="Rotate")
    await mayas.closes()
    await scenario.is_quiet()
    scenario.maya.does_not_see("Something went wrong")
    await (await list_of(scenario.maya)).shows("0 outstanding · 1 done")


async def test_a_newer_view_is_not_overwritten_by_an_older_one(scenario: Scenario) -> None:
    mayas, _, _ = await stale(scenario)
    scenario.slack.faults.add("views.update", "hash_conflict")
    await mayas.clicks("Complete", beside="Rotate")
    await mayas.shows("0 outstanding · 1 done")
    assert len(scenario.slack.calls_of("views.update")) == 2


async def test_dates_are_told_in_the_readers_own_day(scenario: Scenario) -> None:
    maya = scenario.maya
    await adds(maya, "Rotate the certs", Due_date=scenario.today + timedelta(days=1))
    assert "due" in (await list_of(maya)).beside("Rotate the certs")
