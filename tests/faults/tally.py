"""What the channels show, held against what the database says happened."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from sqlmodel import col, select

from playground import Playground
from playground.records import Message
from playground.seed import BOT
from storage.database import Database
from storage.history import ENTRIES, _record
from storage.models import FollowUp, HistoryEntry, Incident
from storage.records import Status
from views.status_updates import update_line

MORE = re.compile(r"and (\d+) more")
LEFT = re.compile(r" · \d+ outstanding$")


@dataclass
class Tally:
    """Empty lists: nothing lost, nothing doubled, nothing out of order."""

    missing_cards: list[str] = field(default_factory=list)
    doubled_cards: list[str] = field(default_factory=list)
    stale_cards: list[str] = field(default_factory=list)
    missing_lines: list[str] = field(default_factory=list)
    doubled_lines: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    unannounced: int = 0


async def tally(database: Database, slack: Playground) -> Tally:
    """Every follow-up of these tests has a title of its own."""
    found = Tally()
    async with database.read() as session:
        follow_ups = (await session.exec(select(FollowUp).order_by(col(FollowUp.id)))).all()
        channels = {incident.id: incident.channel_id for incident in await session.exec(select(Incident))}
        entries = (await session.exec(ENTRIES.order_by(col(HistoryEntry.id)))).all()
    told: dict[str, list[str]] = defaultdict(list)
    for row in entries:
        found.unannounced += row[0].announced_at is None
        if (line := update_line(_record(row))) is not None and row[0].event != "created":
            told[channels[row[0].incident_id]].append(line)
    for channel_id in set(channels.values()):
        messages = [message for message in slack.workspace.messages_in(channel_id) if message.user == BOT]
        here = [one for one in follow_ups if channels[one.incident_id] == channel_id]
        _count_cards(found, here, [message for message in messages if _is_card(message)])
        _count_lines(found, told[channel_id], [message for message in messages if not _is_card(message)])
    return found


def _is_card(message: Message) -> bool:
    return any(block["type"] == "actions" for block in message.blocks or [])


def _count_cards(found: Tally, follow_ups: list[FollowUp], cards: list[Message]) -> None:
    order = []
    for follow_up in follow_ups:
        its = [card for card in cards if follow_up.title in str(card.blocks)]
        if not its:
            found.missing_cards.append(follow_up.title)
            continue
        if len(its) > 1:
            found.doubled_cards.append(follow_up.title)
        order.append(its[0].ts)
        is_outstanding = follow_up.status is Status.OUTSTANDING
        is_free = is_outstanding and follow_up.assignee_id is None
        shown = str(its[0].blocks)
        if ((f"~{follow_up.title}~" in shown) is is_outstanding) or ("card_take" in shown) is not is_free:
            found.stale_cards.append(follow_up.title)
    if order != sorted(order):
        found.out_of_order.append("cards")


def _count_lines(found: Tally, told: list[str], messages: list[Message]) -> None:
    lines = [LEFT.sub("", line) for message in messages for line in message.text.split("\n")]
    shown = [line for line in lines if not MORE.fullmatch(line)]
    unshown = sum(int(more[1]) for line in lines if (more := MORE.fullmatch(line)))
    missing = Counter(told) - Counter(shown)
    if missing.total() != unshown:
        found.missing_lines += missing.elements()
    found.doubled_lines += (Counter(shown) - Counter(told)).elements()
    if not unshown and sorted(shown) == sorted(told) and _by_title(shown) != _by_title(told):
        found.out_of_order.append("lines")


def _by_title(lines: list[str]) -> dict[str, list[str]]:
    """What happened to one follow-up, in order. Two people's changes may be told in either."""
    by_title: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        by_title[line.partition("*")[2]].append(line)
    return by_title
