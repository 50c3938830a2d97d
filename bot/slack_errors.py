"""Slack's errors as the job table understands them: try again, when, or never."""

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from storage.worker import JobError

# Trying again can't help with these; `ratelimited` and Slack's own troubles pass.
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


def error_name(error: SlackApiError) -> str:
    """Slack's word for it. A gateway in front of Slack answers without one, sometimes not even in JSON."""
    response = error.response
    answer = response.data if isinstance(response, AsyncSlackResponse) else response
    name = answer.get("error") if isinstance(answer, dict) else None
    return str(name or f"HTTP {_status(error)}")


def _status(error: SlackApiError) -> int:
    response = error.response
    return int(getattr(response, "status_code", 0) or getattr(response, "status", 0))


def as_job_error(error: SlackApiError) -> JobError:
    name, status = error_name(error), _status(error)
    if status == TOO_MANY_REQUESTS:
        return JobError(name, retry_after=float(error.response.headers.get("Retry-After", 1)))
    is_slacks_word = not name.startswith("HTTP")
    return JobError(name, permanent=is_slacks_word and name not in PASSING and status < 500)
