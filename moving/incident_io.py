"""incident.io, or a server that speaks like it, through the official client: page by page, and patiently."""

import asyncio
import random
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import httpx
from incident_io import AuthenticatedClient
from incident_io.api.follow_ups_v2 import follow_ups_v2_list
from incident_io.api.follow_ups_v3 import follow_ups_v3_list
from incident_io.api.incidents_v2 import incidents_v2_list, incidents_v2_show
from incident_io.api.severities_v1 import severities_v1_list
from incident_io.api.teams_v3 import teams_v3_list
from incident_io.api.users_v2 import users_v2_list
from incident_io.models import (
    FollowUpsV2ListIncidentMode,
    FollowUpsV3ListIncidentMode,
    IncidentsV2ListMode,
    IncidentsV2ListSortBy,
)

from storage.records import Mode

PAGE = 250
TIMEOUT = 60.0
# Seconds before each repetition. A 429 says itself how long to wait, up to the longest.
PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
LONGEST = 120.0
GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.GONE)
UNKNOWN_VALUE = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)

Ask = Callable[..., Awaitable[Any]]
Objects = list[dict[str, Any]]


class SourceError(Exception):
    """One line: what the server did not give, and what to do. Never holds the key."""


class RefusedError(SourceError):
    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass(frozen=True, slots=True)
class _Part:
    """`total` is how many there are on all pages, where that is said."""

    objects: Objects
    after: str | None
    total: int | None


class IncidentIo:
    """What a key may read there, as the published objects. Raises SourceError."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self._url = base_url.rstrip("/")
        self._client = AuthenticatedClient(
            base_url=self._url,
            token=api_key,
            timeout=httpx.Timeout(TIMEOUT),
            raise_on_unexpected_status=False,
        )
        self._sleep = sleep
        self._pauses = pauses

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def severities(self) -> Objects:
        return (await self._part("severities", severities_v1_list)).objects

    async def incidents(self, mode: Mode) -> AsyncIterator[tuple[Objects, int | None]]:
        """Each page, and how many incidents there are on all. The published default omits some modes."""
        query = {
            "mode": IncidentsV2ListMode.from_dict({"one_of": [mode.value]}),
            "sort_by": IncidentsV2ListSortBy.CREATED_AT_OLDEST_FIRST,
        }
        try:
            async for part in self._parts("incidents", incidents_v2_list, **query):
                yield part.objects, part.total
        except RefusedError as error:
            # Follow-ups can be asked for by this mode; whether incidents can is not published.
            if mode is not Mode.STREAM or error.status not in UNKNOWN_VALUE:
                raise

    async def incident(self, incident_id: str) -> dict[str, Any] | None:
        """One that no list had; None where there is none for this key."""
        try:
            shown = await self._asked("incident", incidents_v2_show, id=incident_id)
        except RefusedError as error:
            if error.status not in GONE:
                raise
            return None
        found: dict[str, Any] | None = shown.get("incident")
        return found

    async def users(self) -> AsyncIterator[Objects]:
        async for part in self._parts("users", users_v2_list):
            yield part.objects

    async def teams(self) -> AsyncIterator[Objects]:
        """Nothing where the key may not read them."""
        try:
            async for part in self._parts("teams", teams_v3_list):
                yield part.objects
        except RefusedError as error:
            if error.status not in {HTTPStatus.FORBIDDEN, *GONE}:
                raise

    async def follow_ups(self, mode: Mode) -> AsyncIterator[Objects]:
        """From v3, which has categories; from v2 where there is no v3."""
        is_v3 = False
        try:
            async for part in self._parts(
                "follow_ups", follow_ups_v3_list, incident_mode=FollowUpsV3ListIncidentMode(mode)
            ):
                is_v3 = True
                yield part.objects
        except RefusedError as error:
            if is_v3 or error.status not in GONE:
                raise
            whole = await self._old_follow_ups(mode)
            for start in range(0, len(whole), PAGE):
                yield whole[start : start + PAGE]

    async def _old_follow_ups(self, mode: Mode) -> Objects:
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            incident_mode = FollowUpsV2ListIncidentMode(mode)
            part = await self._part("follow_ups", follow_ups_v2_list, incident_mode=incident_mode)
        return part.objects

    async def _parts(self, name: str, listed: Any, **query: Any) -> AsyncIterator[_Part]:
        after: dict[str, str] = {}
        while True:
            part = await self._part(name, listed, page_size=PAGE, **query, **after)
            if part.objects:
                yield part
            if part.after is None or not part.objects or after == {"after": part.after}:
                return
            after = {"after": part.after}

    async def _part(self, name: str, listed: Any, **query: Any) -> _Part:
        said = await self._asked(name, listed, **query)
        meta = said.get("pagination_meta") or {}
        return _Part(said.get(name) or [], meta.get("after") or None, meta.get("total_record_count"))

    async def _asked(self, name: str, endpoint: Any, **query: Any) -> dict[str, Any]:
        try:
            said: dict[str, Any] = (await self._answer(name, endpoint.asyncio_detailed, query)).to_dict()
        except (KeyError, TypeError, AttributeError):
            raise SourceError(f"{self._url} gave {name} in a shape that is not the published one.") from None
        return said

    async def _answer(self, name: str, ask: Ask, query: dict[str, Any]) -> Any:
        """Asked again while there may be an answer. Raises RefusedError where there is none to be had."""
        trouble = ""
        for pause in (*self._pauses, None):
            wait = pause
            try:
                answer = await ask(client=self._client, **query)
            except httpx.TransportError as error:
                trouble = f"can’t be reached ({type(error).__name__})"
            except ValueError:
                trouble = f"answers for {name} with something that is no JSON"
            else:
                if answer.status_code == HTTPStatus.OK and answer.parsed is not None:
                    return answer.parsed
                trouble = f"answers for {name} with {int(answer.status_code)}"
                if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
                    wait = _retry_after(answer.headers.get("Retry-After"), pause)
                elif answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
                    raise self._refused(name, answer)
            if pause is None or wait is None:
                break
            await self._sleep(min(wait, LONGEST) + random.uniform(0, 0.25))  # noqa: S311  no secret
        raise SourceError(f"{self._url} {trouble}. Run the import again later: it goes on where it stopped.")

    def _refused(self, name: str, answer: Any) -> RefusedError:
        status = int(answer.status_code)
        if status == HTTPStatus.UNAUTHORIZED:
            return RefusedError(
                status, f"{self._url} refuses the API key. Make one there that can read, and use that."
            )
        errors = getattr(answer.parsed, "errors", None) or []
        said = " ".join(str(error.message) for error in errors)[:300]
        if status == HTTPStatus.FORBIDDEN:
            return RefusedError(status, f"The API key may not read {name} at {self._url}. {said}".strip())
        return RefusedError(status, f"{self._url} answers for {name} with {status}. {said}".strip())


def _retry_after(said: str | None, otherwise: float | None) -> float | None:
    """Seconds, from a number or a date."""
    if said is None or otherwise is None:
        return otherwise
    if said.strip().isdecimal():
        return float(said)
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return otherwise
