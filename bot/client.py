"""Slack's Web API, with each call counted and timed."""

import time
from typing import Any

from aiohttp import ClientError
from prometheus_client import Counter, Histogram
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack_errors import as_job_error

CALLS = Counter(
    "follow_ups_slack_calls",
    "Calls of Slack's Web API, by method and outcome.",
    ["method", "outcome"],
)
SECONDS = Histogram(
    "follow_ups_slack_call_seconds",
    "How long Slack's Web API takes to answer, by method.",
    ["method"],
    buckets=(0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)


class SlackClient(AsyncWebClient):
    async def api_call(self, api_method: str, **arguments: Any) -> AsyncSlackResponse:
        began, outcome = time.perf_counter(), "cut_short"
        try:
            answer = await super().api_call(api_method, **arguments)
            outcome = "ok"
            return answer
        except SlackApiError as error:
            outcome = _outcome(error)
            raise
        except (ClientError, TimeoutError):
            outcome = "unreachable"
            raise
        finally:
            CALLS.labels(api_method, outcome).inc()
            SECONDS.labels(api_method).observe(time.perf_counter() - began)


def _outcome(error: SlackApiError) -> str:
    verdict = as_job_error(error)
    if verdict.retry_after is not None:
        return "limited"
    return "refused" if verdict.permanent else "unavailable"
