"""What the form's selects offer while someone types: teams and labels."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError

from bot import directory, failures
from bot.context import Context
from bot.interactions import Suggestion
from storage import catalogue, people
from storage.records import TeamRecord
from views.blocks import Block
from views.follow_up_form import label_options, team_options

TEAMS_PATIENCE = 1.2


async def offer_teams(context: Context, suggestion: Suggestion) -> list[Block]:
    typed = suggestion.typed.casefold().strip()
    found = await _teams(context)
    return team_options([team for team in found if typed in team.name.casefold()])


async def _teams(context: Context) -> list[TeamRecord]:
    """Those known from last time where Slack can't list them now."""
    try:
        async with asyncio.timeout(TEAMS_PATIENCE):
            return await directory.teams(context)
    except (SlackApiError, ClientError, TimeoutError) as error:
        failures.report(error)
    slack_team_id = context.identity.slack_team_id
    context.teams_asked[slack_team_id] = context.clock()  # so that the next letter doesn't ask again
    async with context.database.read() as session:
        return await people.teams(session, slack_team_id)


async def offer_labels(context: Context, suggestion: Suggestion) -> list[Block]:
    """A label tells of its incident: who has left a private one is not offered its labels."""
    await directory.check_access_of_person(context, suggestion.reader)
    async with context.database.read() as session:
        known = await catalogue.labels_in_use(
            session,
            context.identity.slack_team_id,
            suggestion.typed,
            actor=suggestion.reader.actor,
        )
    return label_options(known, suggestion.typed)


OPTIONS: dict[str, Callable[[Context, Suggestion], Awaitable[list[Block]]]] = {
    "team": offer_teams,
    "labels": offer_labels,
}
