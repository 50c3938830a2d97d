"""A believable workspace to begin with. The ids are steady: tests and demonstrations name them."""

from __future__ import annotations

from typing import Final

from playground.records import Channel, Json, Message, Team, User, Usergroup
from playground.registration import BOT_ID
from playground.workspace import State

TEAM_ID: Final = "T0HARBOUR"
OTHER_TEAM_ID: Final = "T0NORTHWIND"

MAYA: Final = "U0MAYA"
PRIYA: Final = "U0PRIYA"
TOM: Final = "U0TOM"
STRANGER: Final = "U0STRANGER"
LEAVER: Final = "U0LEAVER"
DEPLOY_BOT: Final = "U0DEPLOYS"
BOT: Final = "U0FOLLOWUPS"

SRE: Final = "S0SRE"
PAYMENTS: Final = "S0PAYMENTS"

GENERAL: Final = "C0GENERAL"
CHECKOUT: Final = "C0CHECKOUT"
WEBHOOKS: Final = "C0WEBHOOKS"
BREACH: Final = "C0BREACH"
RANDOM: Final = "C0RANDOM"

MAYA_AND_PRIYA: Final = "D0MAYAPRIYA"
MAYA_AND_TOM: Final = "D0MAYATOM"
PRIYA_AND_TOM: Final = "D0PRIYATOM"

DAY: Final = 86_400


def users(bot_name: str) -> list[User]:
    return [
        User(
            MAYA,
            "maya",
            "Maya Lindqvist",
            TEAM_ID,
            "Maya",
            "maya@harbour.example",
            "Europe/Stockholm",
            "e0a729",
            "Incident lead",
            is_admin=True,
        ),
        User(
            PRIYA,
            "priya",
            "Priya Raman",
            TEAM_ID,
            "Priya",
            "priya@harbour.example",
            "America/New_York",
            "2b6ca3",
            "Platform engineer",
        ),
        User(
            TOM,
            "tom",
            "Tom Okafor",
            TEAM_ID,
            "Tom",
            "tom@harbour.example",
            "Europe/London",
            "3c8c69",
            "Payments engineer",
        ),
        User(
            STRANGER,
            "rosa",
            "Rosa Delgado",
            OTHER_TEAM_ID,
            "Rosa",
            "rosa@northwind.example",
            "America/Chicago",
            "9b3b45",
            "Integrations, Northwind",
        ),
        User(
            LEAVER,
            "sam",
            "Sam Whitlock",
            TEAM_ID,
            "Sam",
            "sam@harbour.example",
            "Europe/London",
            "8d8d8d",
            deleted=True,
        ),
        User(
            DEPLOY_BOT,
            "deploys",
            "Deploys",
            TEAM_ID,
            "Deploys",
            color="5a6772",
            tz="Etc/UTC",
            is_bot=True,
            bot_id="B0DEPLOYS",
        ),
        User(
            BOT,
            bot_name.lower().replace(" ", "-"),
            bot_name,
            TEAM_ID,
            color="1264a3",
            tz="Etc/UTC",
            is_bot=True,
            bot_id=BOT_ID,
        ),
    ]


def channels() -> list[Channel]:
    return [
        Channel(
            GENERAL,
            "general",
            [MAYA, PRIYA, TOM, DEPLOY_BOT],
            is_general=True,
            creator=MAYA,
            topic="Company-wide announcements",
        ),
        Channel(
            CHECKOUT,
            "inc-142-checkout",
            [MAYA, PRIYA, TOM, BOT, DEPLOY_BOT],
            creator=MAYA,
            topic="INC-142 · Checkout is down · mitigated",
        ),
        Channel(
            WEBHOOKS,
            "inc-139-webhook-delays",
            [MAYA, TOM, BOT, STRANGER],
            is_ext_shared=True,
            creator=TOM,
            topic="INC-139 · Webhooks to Northwind arrive late",
        ),
        Channel(
            BREACH,
            "inc-137-leaked-token",
            [MAYA, PRIYA, BOT],
            is_private=True,
            creator=MAYA,
            topic="INC-137 · Leaked deploy token · need to know",
        ),
        Channel(RANDOM, "random", [MAYA, PRIYA, TOM], creator=PRIYA, topic="Everything else"),
        Channel(MAYA_AND_PRIYA, "", [MAYA, PRIYA], is_im=True),
        Channel(MAYA_AND_TOM, "", [MAYA, TOM], is_im=True),
        Channel(PRIYA_AND_TOM, "", [PRIYA, TOM], is_im=True),
    ]


def usergroups() -> list[Usergroup]:
    return [
        Usergroup(SRE, "sre", "Site reliability", [MAYA, PRIYA], "On call for the platform"),
        Usergroup(PAYMENTS, "payments", "Payments team", [TOM], "Everything between the cart and the bank"),
    ]


# (channel, minutes after eight in the morning of the workspace's yesterday, who, what)
CHATTER: Final[list[tuple[str, int, str, str]]] = [
    (
        GENERAL,
        0,
        MAYA,
        "Morning all. Tomorrow at 14:00 we review Checkout's bad night; notes to <#C0CHECKOUT>.",
    ),
    (GENERAL, 12, TOM, "Payments stand-up moves to 10:30 today, the small room is taken."),
    (CHECKOUT, -7602, DEPLOY_BOT, "Deployed `checkout-api` 4f2c9e1 to production (12 pods)."),
    (CHECKOUT, -7588, PRIYA, "Error rate on checkout is at 31 % and climbing. Opening INC-142."),
    (
        CHECKOUT,
        -7585,
        MAYA,
        "I have it. <@U0TOM> can you look at the payment gateway, I take the load balancers?",
    ),
    (CHECKOUT, -7571, TOM, "The gateway is fine. The TLS certificate of `edge-eu-2` ran out at 01:20."),
    (CHECKOUT, -7566, PRIYA, "Confirmed: `x509: certificate has expired`. Issuing a new one by hand."),
    (CHECKOUT, -7549, PRIYA, "New certificate is live on all three edges, error rate back under 0.2 %."),
    (
        CHECKOUT,
        -7541,
        MAYA,
        "Mitigated at 02:19. Nothing alerted us 30 days ahead, we need to talk about that.",
    ),
    (CHECKOUT, -7535, TOM, "And the runbook still describes the old issuer. I lost six minutes there."),
    (
        CHECKOUT,
        4,
        MAYA,
        "The review is tomorrow at 14:00. Please add what should not be forgotten.",
    ),
    (WEBHOOKS, -1500, STRANGER, "We see your order webhooks arriving 20 to 40 minutes late since noon."),
    (
        WEBHOOKS,
        -1492,
        TOM,
        "Thanks Rosa, the retry queue is stuck behind one dead endpoint. Draining it now.",
    ),
    (WEBHOOKS, -1467, TOM, "Drained. 18,204 deliveries went out, oldest was 43 minutes."),
    (WEBHOOKS, -1460, STRANGER, "Looks good from here. Will there be a limit per endpoint in the future?"),
    (BREACH, -4300, MAYA, "A deploy token was in a public build log from 09:12 to 09:40. It is revoked."),
    (BREACH, -4291, PRIYA, "Audit log shows no use of it by anybody but our own runners."),
    (BREACH, -4288, MAYA, "Good. Keep this one in here until legal has read it."),
    (RANDOM, -90, PRIYA, "The coffee machine on 3 is fixed. The sign on it is wrong, ignore the sign."),
]


def morning(now: float) -> int:
    """Eight o'clock yesterday: the chatter is recent whenever the workspace is made."""
    return int(now // DAY) * DAY - DAY + 8 * 3600


def _message(entry: tuple[str, int, str, str], number: int, start: int) -> Message:
    channel, minutes, user, text = entry
    is_bot = user in {BOT, DEPLOY_BOT}
    bot: Json = {"bot_id": "B0DEPLOYS", "app_id": "A0DEPLOYS"} if is_bot else {}
    return Message(f"{start + minutes * 60}.{number:06d}", channel, user, text, **bot)


def state(bot_name: str, now: float) -> State:
    """A workspace the app has not worked in yet. Only what was said since the morning is unread."""
    start = morning(now)
    seeded = State(
        team=Team(TEAM_ID, "Harbour", "harbour"),
        users={user.id: user for user in users(bot_name)},
        usergroups={group.id: group for group in usergroups()},
        channels={channel.id: channel for channel in channels()},
    )
    for number, entry in enumerate(CHATTER, start=100):
        message = _message(entry, number, start)
        seeded.messages.setdefault(message.channel, []).append(message)
    for user_id in (MAYA, PRIYA, TOM, STRANGER):
        seeded.reads[user_id] = dict.fromkeys(seeded.channels, f"{start}.000000")
    return seeded
