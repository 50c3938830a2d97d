"""What went wrong, once in the log and once to the person, under the same id."""

import secrets

import structlog
from slack_sdk.errors import SlackApiError

from bot.interactions import UnknownError
from bot.slack_errors import error_name
from storage.trouble import DatabaseTroubleError

log = structlog.get_logger("bot")


def report(error: BaseException) -> str:
    """Log the error with its traceback and return the id to show. Payloads and answers are left out."""
    error_id = secrets.token_hex(4)
    slack_error = error_name(error) if isinstance(error, SlackApiError) else None
    if isinstance(error, UnknownError):
        log.error("failed", error_id=error_id, reason="unknown button, form or choice")
    elif isinstance(error, DatabaseTroubleError):
        # No mistake of the program's, and everybody meets it at once: a line each is enough.
        log.error("failed", error_id=error_id, reason=str(error))
    else:
        log.error("failed", error_id=error_id, slack_error=slack_error, exc_info=error)
    return error_id


def explain(error: BaseException) -> tuple[str, str]:
    """Log the error. Returns what `views.messages.error_text` tells the person: its id, and the trouble."""
    return report(error), str(error) if isinstance(error, DatabaseTroubleError) else ""
