"""Short answers to the person who did something, seen by nobody else."""

from http import HTTPStatus

from aiohttp import ClientError
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot import failures
from bot.context import Context
from views.blocks import Block


class ReplyError(Exception):
    """Slack did not take a reply. Its address is left out: whoever has it can post."""


async def reply(context: Context, response_url: str, message: Block) -> None:
    """By `response_url`: it needs no scope and works where the bot is absent.

    One that fails is in the log: there is no other way to reach the person.
    https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
    """
    try:
        await _send(context, response_url, message)
    except ReplyError as error:
        failures.report(error)


async def _send(context: Context, response_url: str, message: Block) -> None:
    webhook = AsyncWebhookClient(response_url, session=context.client.session, logger=context.client.logger)
    try:
        answer = await webhook.send_dict({"response_type": "ephemeral", "replace_original": False, **message})
    except (ClientError, TimeoutError) as error:
        raise ReplyError(type(error).__name__) from None
    if answer.status_code != HTTPStatus.OK:
        raise ReplyError(f"Slack answered {answer.status_code}")
