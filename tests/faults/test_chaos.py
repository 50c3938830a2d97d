"""Processes killed at random points: no acknowledged change is lost, each consequence happens once.

`make chaos` runs it in full: 2,000 changes, 20 kills and more on each database.
"""

import asyncio
import os
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from sqlmodel import col, func, select

from bot.schedules import SCHEDULES
from playground import Person, Playground, seed
from playground.dispatch import Refused
from playground.surfaces import Modal, PostedMessage
from storage.database import Database
from storage.jobs import Job, State
from storage.models import FollowUp, HistoryEntry
from storage.models import Person as Person_
from tests.faults.processes import Deployment, deployed
from tests.faults.tally import Tally, tally
from tests.faults.waiting import until

FULL = os.environ.get("CHAOS") == "full"
CHANGES, KILLS = (2_000, 20) if FULL else (120, 4)
PATIENCE = 600 if FULL else 120
PEOPLE = (seed.MAYA, seed.PRIYA, seed.TOM)
CHANNELS_EACH, FOLLOW_UPS_EACH = (4, 8) if FULL else (2, 2)
REPLICAS = {"sqlite": 1, "postgresql": 2}


@dataclass
class Work:
    """What people were told is saved: whose each follow-up is, and how many changes it took."""

    assignee: dict[str, str | None] = field(default_factory=dict)
    changes: Counter[str] = field(default_factory=Counter)
    unanswered: int = 0


async def test_processes_killed_at_random_lose_and_double_nothing(
    database: Database, database_url: str, backend: str, tmp_path: Path
) -> None:
    work = Work()
    async with deployed(tmp_path, database_url, replicas=REPLICAS[backend]) as deployment:
        working = [asyncio.create_task(works(deployment.slack, who, work)) for who in PEOPLE]
        kills = await kill_at_random(deployment, work, working)
        for replica in deployment.replicas:
            await until(replica.is_ready)

        async def settled() -> bool:
            return await unfinished(database) == 0

        await until(settled, within=PATIENCE)
        found = await tally(database, deployment.slack)
        stored = await assignees(database)
        recorded = await changes_of_all(database)
        attempts = await most_attempts(database)
    if FULL:
        messages = sum(1 for message in deployment.slack.workspace.all_messages() if message.user == seed.BOT)
        print(  # noqa: T201  what the full run is for
            f"\n{backend}, {REPLICAS[backend]} replica(s): {work.changes.total()} changes acknowledged, "
            f"{work.unanswered} unanswered and repeated, {kills} kills, {messages} messages by the bot, "
            f"a job took up to {attempts} attempts; {found}"
        )
    assert stored == work.assignee
    assert {title: n for title, n in work.changes.items() if recorded.get(title, 0) < n} == {}
    assert found == Tally()
    assert kills >= KILLS


async def kill_at_random(deployment: Deployment, work: Work, working: list[asyncio.Task[None]]) -> int:
    """A process dies each time so many changes are acknowledged, at a random moment. Returns how often."""
    chance, kills = random.Random(1), 0  # noqa: S311
    while not all(task.done() for task in working):
        if work.changes.total() >= (kills + 1) * CHANGES // (KILLS + 1):
            await asyncio.sleep(chance.uniform(0, 0.3))
            victim = chance.choice(deployment.replicas)
            await victim.kill()
            kills += 1
            await victim.start()
        await asyncio.sleep(0.01)
    await asyncio.gather(*working)
    return kills


async def works(slack: Playground, who: str, work: Work) -> None:
    """Adds follow-ups in channels of their own, then takes them and lets them go over and over."""
    titles = {}
    for number in range(CHANNELS_EACH):
        channel = slack.workspace.create_channel(f"inc-{who[-4:].lower()}-{number}", who)
        slack.workspace.join(channel, seed.BOT)
        person = Person(slack, who).in_channel(channel.id)
        for one in range(FOLLOW_UPS_EACH):
            titles[f"{who} {number}.{one}"] = person
    for title, person in titles.items():
        await add(person, title, work)
    chance = random.Random(who)  # noqa: S311
    for _ in range(CHANGES // len(PEOPLE) - len(titles) + 1):
        title = chance.choice(list(titles))
        await hand_over(titles[title], title, work)


async def add(person: Person, title: str, work: Work) -> None:
    while title not in work.assignee:
        try:
            await leaves_everything(person)
            assert (await person.tries(f"/incident follow-up {title}"))["ok"]
            form = await person.modal("New follow-up")
            await form.shows("Due date")
            await submit(form, work)
        except (AssertionError, Refused):
            await again(work)
            continue
        work.assignee[title] = None
        work.changes[title] += 1


async def hand_over(person: Person, title: str, work: Work) -> None:
    """Takes it in the form, or lets it go there."""
    after = None if work.assignee[title] else person.id

    async def card() -> PostedMessage | None:
        return next((one for one in person.channel.messages if title in one and one.buttons), None)

    while work.assignee[title] != after:
        try:
            await leaves_everything(person)
            await (await until(card, within=60)).clicks("Edit")
            form = await person.modal("Edit follow-up")
            await form.shows("Status")
            await submit(form, work, Assignee=after)
        except (AssertionError, Refused):
            await again(work)
            continue
        work.assignee[title] = after
        work.changes[title] += 1


async def again(work: Work) -> None:
    work.unanswered += 1
    await asyncio.sleep(0.2)


async def submit(form: Modal, work: Work, **fields: str | None) -> None:
    """Until it is said to be saved: who gets no answer sends the same form again."""
    for _ in range(100):
        try:
            if await form.submits(**fields) == {}:
                break
        except AssertionError:
            await again(work)
    if form.is_open:
        await form.shows("Saved.", within=20)


async def leaves_everything(person: Person) -> None:
    for modal in person.modals[:1]:
        await modal.closes(everything=True)


async def unfinished(database: Database) -> int:
    waiting = col(Job.state).in_([State.READY, State.LEASED]), col(Job.kind).not_in(SCHEDULES)
    async with database.read() as session:
        return (await session.exec(select(func.count()).select_from(Job).where(*waiting))).one()


async def assignees(database: Database) -> dict[str, str | None]:
    query = select(FollowUp.title, Person_.slack_user_id).outerjoin(
        Person_, col(Person_.id) == col(FollowUp.assignee_id)
    )
    async with database.read() as session:
        return dict((await session.exec(query)).all())


async def changes_of_all(database: Database) -> dict[str, int]:
    query = (
        select(FollowUp.title, func.count())
        .join(HistoryEntry, col(HistoryEntry.follow_up_id) == col(FollowUp.id))
        .group_by(FollowUp.title)
    )
    async with database.read() as session:
        return dict((await session.exec(query)).all())


async def most_attempts(database: Database) -> int:
    async with database.read() as session:
        return (await session.exec(select(func.max(Job.attempts)))).one()
