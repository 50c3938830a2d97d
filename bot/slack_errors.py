"""Slack's errors as the job table understands them: try again, when, or never."""

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from storage.worker import JobError

# Trying again can't help with what isn't here.
# https://docs.slack.dev/reference/methods/chat.postMessage#errors
PASSING = {
    "ratelimited",
    "rate_limited",
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
}

TOO_MANY_REQUESTS = 429

# What whoever looks after the bot can do about it.
MENDS = {
    "not_in_channel": "the bot is not in the channel: invite it",
    "channel_not_found": "the channel is gone, or private without the bot: invite it",
    "is_archived": "the channel is archived: unarchive it",
    "restricted_action": "the workspace lets the bot not post there: ask its administrator",
    "missing_scope": "the bot lacks a permission: reinstall it with the manifest of this version",
    "token_revoked": "the bot's token was revoked: reinstall the app and set SLACK_BOT_TOKEN",
    "token_expired": "the bot's token has expired: reinstall the app and set SLACK_BOT_TOKEN",
    "invalid_auth": "the bot's token is wrong: copy it again into SLACK_BOT_TOKEN",
    "account_inactive": "the app was removed from the workspace: install it again",
    "user_disabled": "the person's account is deactivated",
    "msg_too_long": "the message is too long: this is a bug",
    "invalid_blocks": "the message is malformed: this is a bug",
}


def error_name(error: SlackApiError) -> str:
    """Slack's word for it. A gateway in front of Slack answers without one, sometimes not even in JSON."""
    response = error.response
    answer = response.data if isinstance(response, AsyncSlackResponse) else response
    name = answer.get("error") if isinstance(answer, dict) else None
    return str(name or f"HTTP {_status(error)}")


def retry_after(error: SlackApiError) -> float | None:
    """In how many seconds Slack will take such a call again; None when it was not too many."""
    if _status(error) != TOO_MANY_REQUESTS:
        return None
    return float(error.response.headers.get("Retry-After", 1))


def _status(error: SlackApiError) -> int:
    response = error.response
    return int(getattr(response, "status_code", 0) or getattr(response, "status", 0))


def as_job_error(error: SlackApiError) -> JobError:
    name, status = error_name(error), _status(error)
    is_slacks_word = not name.startswith("HTTP")
    permanent = is_slacks_word and name not in PASSING and status < 500
    if not permanent:
        return JobError(f"Slack is in trouble ({name})", retry_after=retry_after(error))
    mend = MENDS.get(name)
    return JobError(f"{mend} ({name})" if mend else f"Slack refuses it ({name})", permanent=True)
