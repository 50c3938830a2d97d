"""What the bot posted where, so that it edits its own message instead of posting another."""

from datetime import timedelta
from typing import Any

from storage import channel_messages, follow_ups, history
from storage.channel_messages import Kind
from storage.database import Database
from storage.models import ChannelMessage
from storage.records import FollowUpRecord
from tests.storage.builders import LATER, NOW, alice_and_follow_up, look, run


def posted(made: FollowUpRecord, kind: Kind, ts: str, **more: Any) -> ChannelMessage:
    return ChannelMessage(
        kind=kind,
        incident_id=made.incident.id,
        follow_up_id=made.id if kind is Kind.CARD else None,
        slack_channel_id=made.incident.channel_id,
        ts=ts,
        posted_at=NOW,
        **more,
    )


async def test_a_follow_up_has_its_card_and_an_incident_its_last_updates(database: Database) -> None:
    _, made = await alice_and_follow_up(database)
    assert await look(database, channel_messages.card_of, made.id) is None
    assert await look(database, channel_messages.last_status_updates, made.incident.id) is None

    for kind, ts in ((Kind.CARD, "1.1"), (Kind.STATUS_UPDATES, "1.2"), (Kind.STATUS_UPDATES, "1.3")):
        await run(database, channel_messages.remember, posted(made, kind, ts))

    card = await look(database, channel_messages.card_of, made.id)
    last = await look(database, channel_messages.last_status_updates, made.incident.id)
    assert card is not None
    assert last is not None
    assert (card.ts, last.ts) == ("1.1", "1.3")
    assert await look(database, channel_messages.card_of, made.incident.id) is None
    assert await look(database, channel_messages.last_status_updates, made.id) is None


async def test_the_bot_knows_whether_it_spoke_since(database: Database) -> None:
    _, made = await alice_and_follow_up(database)
    await run(database, channel_messages.remember, posted(made, Kind.CARD, "1.1"))
    channel_id = made.incident.channel_id

    just_before = NOW - timedelta(microseconds=1)
    assert await look(database, channel_messages.posted_since, channel_id, just_before)
    assert not await look(database, channel_messages.posted_since, channel_id, NOW)
    assert not await look(database, channel_messages.posted_since, "C-other", just_before)


async def test_what_a_message_tells_is_known_before_slack_has_it_and_told_once_it_does(
    database: Database,
) -> None:
    alice, made = await alice_and_follow_up(database)
    await run(database, follow_ups.complete, alice, made.id, now=LATER)
    (completed,) = await look(database, history.unannounced, made.incident.id)
    message = posted(made, Kind.STATUS_UPDATES, "", history_ids=[completed.id])
    await run(database, channel_messages.remember, message)

    kept = await look(database, channel_messages.last_status_updates, made.incident.id)
    assert kept is not None
    assert (kept.id, kept.ts, kept.history_ids) == (message.id, "", [completed.id])
    assert [entry.id for entry in await look(database, history.unannounced, made.incident.id)] == [
        completed.id
    ]

    await run(database, channel_messages.settle, kept, "1.1", LATER)

    kept = await look(database, channel_messages.last_status_updates, made.incident.id)
    assert kept is not None
    assert (kept.ts, kept.posted_at) == ("1.1", LATER)
    assert await look(database, history.unannounced, made.incident.id) == ()


async def test_a_message_that_tells_more_stays_where_and_when_it_was(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)
    message = posted(made, Kind.STATUS_UPDATES, "1.1")
    await run(database, channel_messages.remember, message)
    await run(database, follow_ups.complete, alice, made.id, now=LATER)
    (completed,) = await look(database, history.unannounced, made.incident.id)

    message.history_ids = [completed.id]
    await run(database, channel_messages.remember, message)
    await run(database, channel_messages.settle, message, "1.1", LATER)

    kept = await look(database, channel_messages.last_status_updates, made.incident.id)
    assert kept is not None
    assert (kept.id, kept.ts, kept.posted_at) == (message.id, "1.1", NOW)
    assert kept.history_ids == [completed.id]
    assert await look(database, history.unannounced, made.incident.id) == ()
