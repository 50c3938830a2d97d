"""The slash command: `/incident follow-ups`, `/incident follow-up`, `/incident help`."""

from collections.abc import Awaitable, Callable
from difflib import get_close_matches

from slack_sdk.errors import SlackApiError

from bot import directory, follow_up_form, membership, surfaces, tracking
from bot.context import Context
from bot.interactions import Command, Place, Reader
from bot.modals import open_modal
from bot.replies import reply
from bot.slack_errors import error_name
from storage import listing
from storage.errors import NotFoundError
from storage.incidents import Channel
from storage.records import Filter, IncidentRecord, ListQuery, Visibility
from views import explanations
from views.blocks import Block
from views.messages import help_text, message_modal, track_channel_modal

NAMES = ("follow-ups", "follow-up", "help")


async def dispatch(context: Context, command: Command) -> None:
    word, rest = [*command.text.split(maxsplit=1), "", ""][:2]
    known = COMMANDS.get(word.lower())
    if known is None:
        await _help(context, command, unknown=word)
    else:
        await known(context, command, rest)


async def show_list(context: Context, command: Command, _rest: str) -> None:
    await open_modal(context, command.trigger_id, _list(context, command), "Follow-ups")


async def show_form(context: Context, command: Command, rest: str) -> None:
    await open_modal(context, command.trigger_id, _form(context, command, rest), "New follow-up")


async def show_help(context: Context, command: Command, _rest: str) -> None:
    await _help(context, command)


async def _help(context: Context, command: Command, unknown: str = "") -> None:
    near = get_close_matches(unknown.lower(), NAMES, n=1, cutoff=0.5)
    words = help_text(context.command, unknown or None, near[0] if near else None)
    await reply(context, command.response_url, words)


async def _list(context: Context, command: Command) -> Block:
    reader, now = await directory.reader(context, command.slack_user_id), context.clock()
    async with context.database.read() as session:
        found = await listing.of_channel(session, reader.actor, command.channel_id, ListQuery(), now=now)
    if found is not None and found.incident is not None:
        if not _is_open_to(context, reader, found.incident):
            return await _where_slack_agrees(context, command, reader, found.incident.id)
        directory.refresh_channel_soon(context, command.channel_id)
        return surfaces.render(context, reader, found)
    channel = await _channel(context, command)
    if channel is None:
        mine = Place(query=ListQuery(Filter.OUTSTANDING))
        return await surfaces.view_of_place(context, reader, mine)
    incident = await tracking.incident_of(context, channel)
    if incident is None:
        return track_channel_modal(channel.name, Place(channel_id=channel.slack_channel_id).encode())
    return await surfaces.view_of_place(context, reader, Place(incident_id=incident.id))


def _is_open_to(context: Context, reader: Reader, incident: IncidentRecord) -> bool:
    """Whether anyone of the reader's kind may see it, wherever they are."""
    is_ours = incident.slack_team_id == context.identity.slack_team_id
    return is_ours and incident.visibility is Visibility.PUBLIC and not reader.is_guest


async def _where_slack_agrees(
    context: Context, command: Command, reader: Reader, incident_id: str, title: str | None = None
) -> Block:
    """A private channel's list or, with a title, form. Who typed there is a member; is the bot still?"""
    place = Place(incident_id=incident_id, title=title or "")
    for _ in range(2):
        try:
            if title is not None:
                return await follow_up_form.new(context, command.slack_user_id, place)
            return surfaces.render(context, reader, await surfaces.of_place(context, reader, place))
        except NotFoundError:
            # They may have joined a moment ago.
            await membership.ask_again(context, command.channel_id, reader)
    return message_modal("Follow-ups" if title is None else "New follow-up", explanations.CHANNEL_UNSEEN)


async def _form(context: Context, command: Command, title: str) -> Block:
    reader = await directory.reader(context, command.slack_user_id)
    async with context.database.read() as session:
        found = await listing.incident_in_channel(session, command.channel_id, context.clock())
    if found is not None and not _is_open_to(context, reader, found[0]):
        return await _where_slack_agrees(context, command, reader, found[0].id, title)
    if found is not None:
        directory.refresh_channel_soon(context, command.channel_id)
        place = Place(incident_id=found[0].id, title=title)
        return await follow_up_form.new(context, command.slack_user_id, place)
    channel = await _channel(context, command)
    if channel is None:
        return message_modal("New follow-up", explanations.no_incident_here(context.command, title))
    incident = await tracking.incident_of(context, channel)
    if incident is None:
        place = Place(channel_id=channel.slack_channel_id, opens_form=True, title=title)
        return track_channel_modal(channel.name, place.encode())
    return await follow_up_form.new(
        context, command.slack_user_id, Place(incident_id=incident.id, title=title)
    )


async def _channel(context: Context, command: Command) -> Channel | None:
    """The channel the command was typed in; None for direct messages and for what the bot can't see."""
    if command.is_direct_message:
        return None
    try:
        return await directory.channel(context, command.channel_id)
    except SlackApiError as error:
        # A group direct message: the bot asks for no scope to look into those.
        if error_name(error) == "missing_scope":
            return None
        raise


COMMANDS: dict[str, Callable[[Context, Command, str], Awaitable[None]]] = {
    "follow-ups": show_list,
    "followups": show_list,
    "follow-up": show_form,
    "followup": show_form,
    "help": show_help,
    "": show_help,
}
