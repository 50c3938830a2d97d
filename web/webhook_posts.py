"""One POST to somebody else's server, which may be slow, wrong or hostile, and what became of it in words."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx2

from outgoing.targets import RefusedTargetError
from outgoing.transport import GuardedTransport

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 15.0
BYTES_READ = 64 * 1024

HEADERS = {"Content-Type": "application/json", "User-Agent": "incident-follow-ups (webhooks)"}


@dataclass(frozen=True, slots=True)
class Posted:
    """`error` is None when the receiver has it. `wait` is its Retry-After header."""

    status: int | None = None
    error: str | None = None
    wait: str | None = None

    @property
    def is_gone(self) -> bool:
        return self.status == HTTPStatus.GONE

    def retry_after(self, now: datetime) -> timedelta:
        """How long the receiver asks to be left alone: seconds or a date."""
        if self.wait is None:
            return timedelta()
        if self.wait.isascii() and self.wait.isdigit():
            return timedelta(seconds=min(int(self.wait), 86_400))
        try:
            until = parsedate_to_datetime(self.wait)
        except ValueError:
            return timedelta()
        return max(timedelta(), until.replace(tzinfo=until.tzinfo or UTC) - now)


def client(transport: GuardedTransport) -> httpx2.AsyncClient:
    """Nobody's cookies go to anybody, and redirects are answers."""
    return httpx2.AsyncClient(
        transport=transport,
        headers=HEADERS,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        timeout=httpx2.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS),
        follow_redirects=False,
        trust_env=False,
    )


async def post(sender: httpx2.AsyncClient, url: str, content: bytes, headers: Mapping[str, str]) -> Posted:
    """The status decides. The answer's body is read only for manners, and not for long."""
    posted = Posted(error=f"No answer came within {TOTAL_SECONDS:.0f} seconds.")
    try:
        async with (
            asyncio.timeout(TOTAL_SECONDS),
            sender.stream("POST", url, content=content, headers=headers) as response,
        ):
            posted = _said(response)
            read = 0
            async for chunk in response.aiter_raw():
                read += len(chunk)
                if read > BYTES_READ:
                    break
    except RefusedTargetError as error:
        return Posted(error=str(error))
    except (httpx2.HTTPError, TimeoutError, OSError) as error:
        return posted if posted.status is not None else Posted(error=_failure(error) or posted.error)
    return posted


def _said(response: httpx2.Response) -> Posted:
    status = response.status_code
    if response.is_success:
        return Posted(status)
    answered = f"It answered {status} {_phrase(status)}".rstrip()
    if response.is_redirect:
        return Posted(status, f"{answered}. Redirects are not followed: use the URL that it leads to.")
    return Posted(status, f"{answered}.", response.headers.get("retry-after"))


def _phrase(status: int) -> str:
    """The standard's, not the receiver's: whatever that says could be long or meant to mislead."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _failure(error: Exception) -> str | None:
    if isinstance(error, httpx2.ConnectTimeout):
        return f"No connection within {CONNECT_SECONDS:.0f} seconds."
    if isinstance(error, httpx2.ConnectError):
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return "Its certificate is not trusted: expired, for another name, or signed by nobody known."
        return "It can't be connected to."
    if isinstance(error, httpx2.TimeoutException | TimeoutError):
        return None
    return "The connection broke before an answer came."
