"""A channel becomes an incident: by its name, or because someone says so."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot import directory, follow_up_form, membership, surfaces
from bot.context import Context
from bot.interactions import Reader, Submission
from storage import incidents
from storage.errors import InvalidFieldError
from storage.incidents import Channel
from storage.models import Incident
from storage.records import CreatorRecord, ListQuery
from views import explanations


async def incident_of(
    context: Context, channel: Channel, name: str | None = None, creator: CreatorRecord | None = None
) -> Incident | None:
    """The channel's incident; made where a name is given or the channel's own begins with a prefix."""
    named = incidents.matching_prefix(channel.name, context.prefixes) is not None
    if name is None and not named:
        return None
    async with context.database.write() as session:
        return await incidents.track(
            session, channel, prefixes=context.prefixes, now=context.clock(), name=name, creator=creator
        )


async def submit(context: Context, submission: Submission) -> Mapping[str, Any]:
    """**Track this channel**: then the list, or the form that was asked for."""
    place, reader = submission.place, submission.reader
    channel = await directory.channel(context, place.channel_id)
    if channel is None or not await _may_track(context, channel, reader):
        return _refused(explanations.CHANNEL_UNSEEN)
    try:
        name = submission.values["incident_name"]["incident_name"]["value"] or ""
        incident = await incident_of(context, channel, name, reader.actor)
    except InvalidFieldError as error:
        return _refused(error.errors["incident_name"])
    if incident is None:
        return _refused(explanations.CHANNEL_UNSEEN)
    there = replace(place, incident_id=incident.id, query=ListQuery())
    view = (
        await follow_up_form.new(context, reader.slack_user_id, there)
        if place.opens_form
        else await surfaces.view_of_place(context, reader, there)
    )
    return {"response_action": "update", "view": view}


async def _may_track(context: Context, channel: Channel, reader: Reader) -> bool:
    if not channel.is_private and not reader.is_guest:
        return True
    members = membership.channel_members(context, channel.slack_channel_id)
    return reader.slack_user_id in {member async for member in members}


def _refused(sentence: str) -> Mapping[str, Any]:
    return {"response_action": "errors", "errors": {"incident_name": sentence}}


SUBMISSIONS = {"track_channel": submit}
