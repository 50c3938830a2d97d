"""Every path there is, tried by everyone there is: who may see the incident gets in, nobody else learns.

What people get to see is compared with what they see when the ids are nobody's: it must be the same.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import ClientTimeout
from sqlalchemy import and_, or_, update
from sqlmodel import col, select

from bot import directory, dispatch, membership
from bot.events import SLACK_EVENT
from bot.schedules import SCHEDULES
from playground import seed
from playground.records import Channel, User
from storage import follow_ups, incidents
from storage.columns import new_id
from storage.follow_ups import Draft
from storage.jobs import Job, State
from storage.models import FollowUp, Person
from storage.records import CreatorKind, CreatorRecord, Status
from tests.scenarios.conftest import Scenario
from tests.scenarios.paths import PATHS, Path, Target, Visit, there_are

TITLE, LABEL, NAME = "Secret work", "secret-label", "Secret outage"
STRANGER = "Follow-ups are for members of the workspace that installed them."
NOBODYS = Target("C0NOWHERE", new_id(), new_id())


@dataclass
class Stage:
    """An incident of Maya's in a channel of its own, and somebody who will try to get at it."""

    scenario: Scenario
    channel: Channel
    incident_id: str
    maya: CreatorRecord
    user: User

    async def target(self, path: str) -> Target:
        """A new follow-up: closed where it is to be reopened, theirs where their own are listed."""
        async with self.scenario.app.database.write() as session:
            draft = Draft(TITLE, labels=(LABEL,))
            made = await follow_ups.create(
                session, self.maya, self.incident_id, draft, now=self.scenario.clock()
            )
            changed: dict[str, Any] = {"status": Status.COMPLETED} if "reopen" in path else {}
            if PATHS[path].about == "person":
                theirs = select(Person.id).where(Person.slack_user_id == self.user.id)
                changed["assignee_id"] = (await session.exec(theirs)).one()
            if changed:
                await session.exec(update(FollowUp).where(col(FollowUp.id) == made.id).values(**changed))
        return Target(self.channel.id, self.incident_id, made.id)

    async def stored(self) -> list[Any]:
        async with self.scenario.app.database.read() as session:
            rows = await session.exec(select(FollowUp).order_by(col(FollowUp.id)))
            return [row.model_dump() for row in rows]

    async def visits(self, path: Path, target: Target) -> Visit:
        visit = Visit(self.scenario, self.scenario.person(self.user.id, seed.GENERAL), target)
        await path.act(visit)
        await settled(self.scenario)
        return visit


async def settled(scenario: Scenario) -> None:
    """Waits for events, for what people asked for and what comes round; not for the channel's cards."""

    async def is_busy() -> bool:
        if scenario.slack.events.busy or scenario.context.tasks._running:
            return True
        is_due = and_(col(Job.state) == State.READY, col(Job.run_at) <= scenario.clock())
        under_way = select(Job.id).where(
            col(Job.kind).in_((SLACK_EVENT, *SCHEDULES)), or_(col(Job.state) == State.LEASED, is_due)
        )
        async with scenario.app.database.read() as session:
            return (await session.exec(under_way)).first() is not None

    async with asyncio.timeout(30):
        while await is_busy():  # noqa: ASYNC110  the three have no event in common
            await asyncio.sleep(0.01)


async def stage(scenario: Scenario, *, private: bool, user: User) -> Stage:
    slack = scenario.slack
    slack.workspace.users.setdefault(user.id, user)
    channel = slack.workspace.create_channel("war-room", seed.MAYA, is_private=private)
    channel.members.append(seed.BOT)
    channel.is_ext_shared = True
    slack.workspace.channels[seed.GENERAL].members.append(user.id)
    described = incidents.Channel(seed.TEAM_ID, channel.id, channel.name, is_private=private)
    async with scenario.app.database.write() as session:
        incident = await incidents.track(session, described, prefixes=(), now=scenario.clock(), name=NAME)
    for user_id in (seed.MAYA, user.id):  # to make their acquaintance
        await Visit(scenario, scenario.person(user_id, seed.GENERAL), NOBODYS).clicks("list_filter", "all")
    await settled(scenario)
    async with scenario.app.database.read() as session:
        known = (await session.exec(select(Person).where(Person.slack_user_id == seed.MAYA))).one()
    maya = CreatorRecord(CreatorKind.USER, known.id, known.name, seed.MAYA)
    await on_behalf_of(scenario, seed.MAYA, Target(channel.id, incident.id, ""))
    return Stage(scenario, channel, incident.id, maya, user)


async def on_behalf_of(scenario: Scenario, user_id: str, target: Target) -> None:
    """The bot asks Slack who is in the channel, since this person looks at the list."""
    scenario.clock.passes(seconds=60)
    await Visit(scenario, scenario.person(user_id, seed.GENERAL), target).clicks("list_filter", "all")
    await settled(scenario)


Comes = Callable[[Stage, Target], Awaitable[None]]


async def is_in(stage: Stage, _target: Target) -> None:
    if stage.user.id not in stage.channel.members:
        stage.channel.members.append(stage.user.id)


async def is_elsewhere(stage: Stage, _target: Target) -> None:
    if stage.user.id in stage.channel.members:
        stage.channel.members.remove(stage.user.id)


async def has_just_left(stage: Stage, target: Target) -> None:
    await is_in(stage, target)
    await on_behalf_of(stage.scenario, stage.user.id, target)
    stage.scenario.slack.workspace.leave(stage.channel, stage.user.id)
    await settled(stage.scenario)


async def has_just_left_untold(stage: Stage, target: Target) -> None:
    await is_in(stage, target)
    await on_behalf_of(stage.scenario, stage.user.id, target)
    stage.scenario.clock.passes(seconds=6)
    await is_elsewhere(stage, target)


async def has_left_and_then_an_old_event_says_joined(stage: Stage, target: Target) -> None:
    await has_just_left(stage, target)
    joined = {"type": "member_joined_channel", "channel": stage.channel.id, "user": stage.user.id}
    stage.scenario.slack.events.send(joined)
    await settled(stage.scenario)


async def has_just_joined_untold(stage: Stage, target: Target) -> None:
    await is_elsewhere(stage, target)
    await on_behalf_of(stage.scenario, stage.user.id, target)
    await on_behalf_of(stage.scenario, seed.MAYA, target)
    stage.scenario.clock.passes(seconds=2)
    await is_in(stage, target)


async def has_just_joined(stage: Stage, target: Target) -> None:
    await is_elsewhere(stage, target)
    await on_behalf_of(stage.scenario, seed.MAYA, target)
    stage.scenario.slack.workspace.join(stage.channel, stage.user.id)
    await settled(stage.scenario)


def a_user(**described: Any) -> User:
    return User(**{"id": "U0NOOR", "name": "noor", "real_name": "Noor", "team_id": seed.TEAM_ID} | described)


FULL = a_user()
GUEST = a_user(is_restricted=True)
SINGLE_CHANNEL_GUEST = a_user(is_restricted=True, is_ultra_restricted=True)
FOREIGN = a_user(team_id=seed.OTHER_TEAM_ID)
FOREIGN_BY_W = a_user(id="W0NOOR", team_id=seed.OTHER_TEAM_ID)
A_BOT = a_user(is_bot=True, bot_id="B0NOOR")
DEACTIVATED = a_user(deleted=True)

# Who, how they come to where they are, and whether a public and a private incident are theirs to see.
PEOPLE: dict[str, tuple[User, Comes, bool, bool]] = {
    "the creator": (a_user(id=seed.MAYA), is_in, True, True),
    "a member of the channel": (FULL, is_in, True, True),
    "a member who has just joined": (FULL, has_just_joined, True, True),
    "a member who has just joined, without the event": (FULL, has_just_joined_untold, True, True),
    "somebody else of the workspace": (FULL, is_elsewhere, True, False),
    "who has just left": (FULL, has_just_left, True, False),
    "who has just left, without the event": (FULL, has_just_left_untold, True, False),
    "who has just left, with events out of order": (
        FULL,
        has_left_and_then_an_old_event_says_joined,
        True,
        False,
    ),
    "a guest in the channel": (GUEST, is_in, True, True),
    "a guest of this channel only": (SINGLE_CHANNEL_GUEST, is_in, True, True),
    "a guest who has just joined, without the event": (GUEST, has_just_joined_untold, True, True),
    "a guest elsewhere": (GUEST, is_elsewhere, False, False),
    "a guest who has just left": (GUEST, has_just_left, False, False),
    "a guest who has just left, without the event": (GUEST, has_just_left_untold, False, False),
    "of another workspace, in the channel": (FOREIGN, is_in, False, False),
    "of another workspace by a W id, in the channel": (FOREIGN_BY_W, is_in, False, False),
    "a bot in the channel": (A_BOT, is_in, False, False),
    "deactivated, and still listed in the channel": (DEACTIVATED, is_in, False, False),
}


@pytest.fixture
def nobody_is_in_a_hurry(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is let in is the question here; a slow machine must not answer it with "try again"."""
    for module, patience in (
        (membership, "PATIENCE"),
        (directory, "CHANNEL_PATIENCE"),
        (dispatch, "SUBMISSION_PATIENCE"),
        (dispatch, "OPTIONS_PATIENCE"),
    ):
        monkeypatch.setattr(module, patience, 30.0)
    monkeypatch.setattr(scenario.slack.http, "_timeout", ClientTimeout(total=40))


def test_every_path_has_an_entry() -> None:
    assert {name.partition(",")[0] for name in PATHS} == there_are()


@pytest.mark.usefixtures("nobody_is_in_a_hurry")
@pytest.mark.parametrize("visibility", ["public", "private"])
@pytest.mark.parametrize("who", PEOPLE)
async def test_each_path_is_open_to_whom_it_should_be(scenario: Scenario, who: str, visibility: str) -> None:
    user, comes, sees_public, sees_private = PEOPLE[who]
    there = await stage(scenario, private=visibility == "private", user=user)
    expected = sees_private if visibility == "private" else sees_public
    wrong = [
        complaint
        for name, path in PATHS.items()
        for complaint in await tried(there, comes, name, path, expected=expected)
    ]
    assert wrong == []


async def tried(there: Stage, comes: Comes, name: str, path: Path, *, expected: bool) -> list[str]:
    """What is wrong with how the path treats them."""
    target = await there.target(name)
    await comes(there, target)
    before = await there.stored()
    told = (await there.visits(path, target)).told
    changed = await there.stored() != before
    learned = [secret for secret in (TITLE, LABEL, NAME) if secret in told]
    got_in = changed or bool(learned)
    if path.about == "nothing":
        return [f"{name} gives away {learned}"] * got_in
    if got_in is not expected:
        verb = "is let in by" if got_in else "is kept out of"
        return [f"{name}: the person {verb} it: changed={changed}, told:\n{told}"]
    if not expected and not path.by_slacks_word:
        other = (await there.visits(path, NOBODYS)).told
        return [f"{name} tells\n{told}\nbut of ids that are nobody's\n{other}"] * (other != told)
    return []
