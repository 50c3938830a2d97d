"""Everything from incident.io into storage: read a page, then write it, a hundred to a transaction."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from moving import published
from moving.published import Published, refused
from storage import import_catalogue, import_follow_ups, import_incidents
from storage.database import Database
from storage.imports import Import, ImportedIncident, Kind, Outcome
from storage.incidents import Channel
from storage.records import Mode, Visibility

# A transaction keeps other writers out of an SQLite file: they wait for up to five seconds.
BATCH = 100

Objects = list[dict[str, Any]]
Told = Callable[[str, int, int | None], None]
ChannelOf = Callable[[str], Awaitable[Channel | None]]
P = TypeVar("P", bound=Published)
T = TypeVar("T")


class Source(Protocol):
    async def severities(self) -> Objects: ...

    def incidents(self, mode: Mode) -> AsyncIterator[tuple[Objects, int | None]]: ...

    async def incident(self, incident_id: str) -> dict[str, Any] | None: ...

    def users(self) -> AsyncIterator[Objects]: ...

    def teams(self) -> AsyncIterator[Objects]: ...

    def follow_ups(self, mode: Mode) -> AsyncIterator[Objects]: ...


class Mover:
    """`told` hears after each batch what it was of, how many, and of how many, where that is known.

    `channel_of` asks Slack; without it no private incident gets a channel.
    """

    def __init__(
        self, source: Source, database: Database, run: Import, *, told: Told, channel_of: ChannelOf | None
    ) -> None:
        self._source = source
        self._database = database
        self._run = run
        self._told = told
        self._channel_of = channel_of
        self._absent: set[str] = set()

    async def move(self) -> None:
        """Raises SourceError, DatabaseTroubleError; what was written until then stays, and is known again."""
        await self._severities()
        for mode in Mode:
            async for page, total in self._source.incidents(mode):
                await self._incidents(self._read(page, published.Incident, Kind.INCIDENT), total)
        if any(place.is_of_our_workspace for place in self._run.places.values()):
            await self._people()
        for mode in Mode:
            async for page in self._source.follow_ups(mode):
                read = self._read(page, published.FollowUp, Kind.FOLLOW_UP)
                found = [follow_up.record() for follow_up in read]
                await self._unlisted({follow_up.incident_id for follow_up in found})
                await self._batches("follow-ups", found, import_follow_ups.bring, None)

    async def _severities(self) -> None:
        found = self._read(await self._source.severities(), published.Severity, Kind.SEVERITY)
        async with self._session() as session:
            for severity in found:
                _, is_new = await import_catalogue.ranked(session, self._run, severity.record())
                self._run.count(Kind.SEVERITY, Outcome.MADE if is_new else Outcome.UNCHANGED)

    async def _incidents(self, page: Sequence[published.Incident], total: int | None) -> None:
        found = [incident.record() for incident in page]
        for incident in found:
            await self._confirm(incident)
        await self._batches("incidents", found, import_incidents.bring, total)

    async def _confirm(self, incident: ImportedIncident) -> None:
        """Ask Slack about a private incident's channel: it is tied to one that is private, or to none."""
        channel_id = incident.slack_channel_id
        if self._channel_of is None or channel_id is None or incident.visibility is not Visibility.PRIVATE:
            return
        if incident.slack_team_id != self._run.slack_team_id:
            return
        channel = await self._channel_of(channel_id)
        if channel is not None and channel.is_private:
            self._run.private_channels[channel_id] = channel

    async def _unlisted(self, incident_ids: set[str]) -> None:
        """Incidents that no list had, each asked for by its id, once."""
        for incident_id in sorted(incident_ids - self._run.places.keys() - self._absent):
            found = await self._source.incident(incident_id)
            if found is None:
                self._absent.add(incident_id)
            else:
                await self._incidents(self._read([found], published.Incident, Kind.INCIDENT), None)

    async def _people(self) -> None:
        async for page in self._source.users():
            users = [user.record() for user in self._read(page, published.User, Kind.PERSON)]
            await self._batches("people", users, _each(import_catalogue.bring_person), None)
        async for page in self._source.teams():
            teams = [team.record() for team in self._read(page, published.Team, Kind.TEAM)]
            await self._batches("teams", teams, _each(import_catalogue.bring_team), None)

    async def _batches(
        self,
        name: str,
        found: Sequence[T],
        bring: Callable[[AsyncSession, Import, Sequence[T]], Awaitable[None]],
        total: int | None,
    ) -> None:
        for start in range(0, len(found), BATCH):
            batch = found[start : start + BATCH]
            async with self._session() as session:
                await bring(session, self._run, batch)
            self._told(name, len(batch), total)

    def _session(self) -> AbstractAsyncContextManager[AsyncSession]:
        return self._database.read() if self._run.dry_run else self._database.write()

    def _read(self, page: Objects, shape: type[P], kind: Kind) -> list[P]:
        found = []
        for one in page:
            try:
                found.append(shape.model_validate(one))
            except ValidationError as error:
                name = str(one.get("title") or one.get("reference") or one.get("name") or "")
                self._run.skip(kind, str(one.get("id", "")), name, f"It can’t be read: {refused(error)}.")
        return found


def _each(
    bring: Callable[[AsyncSession, Import, T], Awaitable[None]],
) -> Callable[[AsyncSession, Import, Sequence[T]], Awaitable[None]]:
    async def every(session: AsyncSession, run: Import, found: Sequence[T]) -> None:
        for one in found:
            await bring(session, run, one)

    return every
