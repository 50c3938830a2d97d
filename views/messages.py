"""Small modals and texts: waiting, telling, asking one thing."""

from urllib.parse import urlsplit

from storage.limits import INCIDENT_NAME_LIMIT
from storage.records import EndpointRecord, FollowUpRecord
from views.blocks import (
    NAME_LIMIT,
    Block,
    code,
    input_block,
    literal,
    message,
    modal,
    plain_section,
    section,
    text_input,
)

ERROR_ID_LIMIT = 64
COMMAND_LIMIT = 32
TYPED_LIMIT = 100
SEARCH_HINT = "Words in the title, description or labels."

COMMANDS = (
    ("follow-ups", "see this incident’s follow-ups, complete and assign them"),
    ("follow-up", "add one: fill in the form, or write it after the command"),
    ("help", "show this"),
)


def loading_modal(title: str) -> Block:
    return modal(title, [plain_section("Loading…")], callback_id="loading", close="Close")


def saving_modal(title: str) -> Block:
    return modal(title, [plain_section("Saving…")], callback_id="saving", close="Close")


def message_modal(title: str, text: str) -> Block:
    """Plain sentences: nothing in them is read as formatting or as a mention."""
    return modal(title, [plain_section(text)], callback_id="message", close="Close")


def error_text(error_id: str, trouble: str = "") -> str:
    """`trouble` says what is the matter where it is no mistake of ours: “the database does not answer”."""
    shown_id = literal(error_id, ERROR_ID_LIMIT)
    if trouble:
        return (
            f"I can’t show or save follow-ups right now: {literal(trouble)}. What you typed in a form is "
            f"still there; send it again in a minute. If this goes on, tell your administrator this id: "
            f"{shown_id}"
        )
    return (
        "Something went wrong on our side. Try again in a moment; if it happens again, "
        f"tell your administrator this id: {shown_id}"
    )


def error_modal(error_id: str, trouble: str = "") -> Block:
    return modal("Follow-ups", [section(error_text(error_id, trouble))], callback_id="error", close="Close")


def track_channel_modal(channel_name: str, metadata: str) -> Block:
    channel = code(f"#{channel_name}", NAME_LIMIT)
    name = text_input("incident_name", "", INCIDENT_NAME_LIMIT, focus=True)
    return modal(
        "Follow-ups",
        [
            section(f"{channel} is no incident yet. Name the incident to keep its follow-ups here."),
            input_block("Incident name", "incident_name", name),
        ],
        callback_id="track_channel",
        submit="Track this channel",
        close="Cancel",
        metadata=metadata,
    )


def search_modal(text: str, metadata: str) -> Block:
    typed = text_input("search_for", text, TYPED_LIMIT, focus=True)
    return modal(
        "Search",
        [input_block("Search for", "search_for", typed, optional=True, hint=SEARCH_HINT)],
        callback_id="follow_up_search",
        submit="Search",
        close="Cancel",
        metadata=metadata,
    )


def delete_modal(follow_up: FollowUpRecord, metadata: str) -> Block:
    return modal(
        "Delete follow-up",
        [
            section(f"Delete *{literal(follow_up.title)}*?"),
            plain_section(
                "It disappears from every list, and its card in the channel says that it was deleted. "
                "If it is not going to be done, Not doing keeps it on record."
            ),
        ],
        callback_id="follow_up_delete",
        submit="Delete",
        close="Keep",
        metadata=metadata,
    )


def help_text(command: str, unknown: str | None = None, nearest: str | None = None) -> Block:
    lines = [f"{code(f'{command} {name}', COMMAND_LIMIT * 2)} – {what}" for name, what in COMMANDS]
    if unknown:
        asked = f" Did you mean {code(f'{command} {nearest}', COMMAND_LIMIT * 2)}?" if nearest else ""
        lines.insert(0, f"There is no {code(f'{command} {unknown}', TYPED_LIMIT)}.{asked}")
    words = "\n".join(lines)
    return message(words, section(words))


def invite_text(bot_user_id: str, channel_id: str) -> str:
    return (
        f"Your follow-up is saved, but I can’t post in <#{channel_id}>. "
        f"Type /invite <@{bot_user_id}> there, and I’ll post what I missed."
    )


def archived_text(channel_id: str) -> str:
    return (
        f"Your change is saved, but <#{channel_id}> is archived, so I can’t show it there. "
        "When somebody unarchives the channel, I’ll bring it up to date."
    )


def webhook_disabled_text(endpoint: EndpointRecord) -> str:
    """Of the URL only the host: its path may hold a token."""
    host = code(urlsplit(endpoint.url).hostname or "", NAME_LIMIT)
    called = f" ({literal(endpoint.description, NAME_LIMIT)})" if endpoint.description else ""
    enable = code(f"python app.py webhooks enable {endpoint.id}", NAME_LIMIT)
    return (
        f"Webhooks to {host}{called} are switched off. {literal(endpoint.disabled_reason or '')} "
        f"When the receiver is mended, switch them on with {enable} and replay what it missed. "
        "What happens until then is not recorded for it."
    )
