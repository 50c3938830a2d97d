"""The door Slack comes in by over HTTP, signed. It leads to the same Bolt app as Socket Mode."""

import asyncio
import hashlib
import hmac
import logging
import math
import re
import time
from collections.abc import Mapping
from typing import Any

import structlog
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from bot import dispatch, failures, payloads
from bot.context import Context
from bot.measured import MeasuredApp

log = structlog.get_logger("gateway")

LARGEST_BODY = 1_000_000
OLDEST_SIGNATURE = 300
BODY_DEADLINE = 3.0
NOTE_EVERY = 10.0
TIMESTAMP = re.compile("[0-9]{1,12}")
LENGTH = re.compile("[0-9]{1,7}")


def bolt_app(context: Context) -> AsyncApp:
    """Bolt without its own doors: the signature is checked over raw bytes before Bolt parses anything.

    `process_before_response` because Bolt otherwise looks every 10 ms whether a listener has acknowledged.
    """
    installed = AuthorizeResult(
        enterprise_id=None,
        team_id=context.identity.slack_team_id,
        bot_id=context.identity.slack_bot_id,
        bot_user_id=context.identity.slack_user_id,
        bot_token=context.client.token,
    )

    async def authorize(**_: Any) -> AuthorizeResult:
        return installed

    bolt_log = logging.getLogger("slack_bolt")
    bolt_log.setLevel(logging.ERROR)
    # Without a level of its own the client writes each view out for a debug line that nobody reads.
    context.client.logger.setLevel(logging.WARNING)
    app = MeasuredApp(
        logger=bolt_log,
        client=context.client,
        authorize=authorize,
        process_before_response=True,
        request_verification_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    dispatch.register(app, context)

    async def on_error(error: Exception) -> BoltResponse:
        """An event that could not be kept: Slack tells it again."""
        failures.report(error)
        return BoltResponse(status=503)

    app.error(on_error)
    return app


def is_signed(secret: bytes, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """https://docs.slack.dev/authentication/verifying-requests-from-slack"""
    timestamp = headers.get("x-slack-request-timestamp", "")
    if not TIMESTAMP.fullmatch(timestamp) or abs(now - int(timestamp)) > OLDEST_SIGNATURE:
        return False
    base = b"v0:" + timestamp.encode() + b":" + body
    expected = "v0=" + hmac.new(secret, base, hashlib.sha256).hexdigest()
    given = headers.get("x-slack-signature", "")
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogateescape"))


class Gateway:
    """`POST /slack/events`: size, then signature, then Bolt."""

    def __init__(self, app: AsyncApp, signing_secret: str) -> None:
        self._app = app
        self._secret = signing_secret.encode()
        self._refused = 0
        self._noted_at = -math.inf

    async def __call__(self, request: Request) -> Response:
        try:
            async with asyncio.timeout(BODY_DEADLINE):
                body = await _capped_body(request)
        except (TimeoutError, ClientDisconnect):
            return Response(status_code=408)
        if body is None:
            return Response(status_code=413)
        if not is_signed(self._secret, request.headers, body, time.time()):
            self._note_refused()
            return Response(status_code=401)
        bolt_request = _readable(body, request.headers)
        if bolt_request is None:
            log.warning("signed_request_unreadable", bytes=len(body))
            return Response(status_code=400)
        return _response(await self._app.async_dispatch(bolt_request))

    def _note_refused(self) -> None:
        """Now and then, with how many: a flood of requests must not be one of lines."""
        self._refused += 1
        if (now := time.monotonic()) - self._noted_at > NOTE_EVERY:
            log.info("unsigned_requests_refused", count=self._refused)
            self._refused, self._noted_at = 0, now


def _readable(body: bytes, headers: Mapping[str, str]) -> AsyncBoltRequest | None:
    """None for what Slack would never send. Bolt takes the body apart at once, and trips over it anyhow."""
    content_type = headers.get("content-type", "")
    if not content_type.startswith("application/json") and body.count(b"&") > payloads.MOST_FIELDS:
        return None
    try:
        # No other header: they are not signed, and Bolt obeys some.
        request = AsyncBoltRequest(body=body.decode(), headers={"content-type": content_type})
    except (ValueError, RecursionError, AttributeError, TypeError, LookupError):
        return None
    return request if payloads.is_readable(request.body) else None


async def _capped_body(request: Request) -> bytes | None:
    """None for a body over the limit, whatever its length header says."""
    declared = request.headers.get("content-length", "0")
    if not LENGTH.fullmatch(declared) or int(declared) > LARGEST_BODY:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            return None
    return bytes(body)


def _response(answer: BoltResponse) -> Response:
    return Response(answer.body, answer.status, answer.first_headers_without_set_cookie())
