"""Jobs: telling whoever owns a webhook endpoint that it was disabled."""

import structlog

from bot import posting
from bot.context import Context
from storage import webhook_endpoints
from storage.errors import NotFoundError
from storage.leases import ClaimedJob
from views.blocks import message
from views.messages import webhook_disabled_text

log = structlog.get_logger("bot")


async def tell_owner(context: Context, job: ClaimedJob) -> None:
    """Nobody is told of one that is back, or gone. A key has no messages: of its endpoints the log tells."""
    async with context.database.read() as session:
        try:
            endpoint = await webhook_endpoints.get(session, job.payload["endpoint_id"])
        except NotFoundError:
            return
        owner = await webhook_endpoints.owner_of(session, endpoint)
    if endpoint.disabled_at is None:
        return
    log.error("webhook_endpoint_disabled", endpoint=endpoint.id, owner_kind=endpoint.owner.kind.value)
    if owner is not None:
        await posting.post_directly(context, job, owner, message(webhook_disabled_text(endpoint)))


HANDLERS = {webhook_endpoints.WEBHOOK_DISABLED: tell_owner}
