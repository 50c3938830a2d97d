"""A job: a label with many follow-ups is renamed or deleted, some follow-ups at a time."""

from functools import partial

from bot.context import Context
from storage import labels
from storage.leases import ClaimedJob
from storage.worker import Completion


async def go_on(context: Context, job: ClaimedJob) -> Completion:
    return partial(labels.go_on, payload=job.payload, now=context.clock())


HANDLERS = {labels.RELABEL: go_on}
