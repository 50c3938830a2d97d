"""The whole program beside a playground, as a script meets it: over HTTP, with keys."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from incident_io import AuthenticatedClient

from bot import directory, membership
from playground import seed
from storage import api_keys, follow_ups, incidents, people
from storage.api_keys import PRIVATE_INCIDENTS, SCOPES, KeyRecord
from storage.database import Database
from storage.follow_ups import Draft
from storage.models import Incident
from storage.people import SlackUser
from storage.records import CreatorRecord, FollowUpRecord
from tests.scenarios.conftest import Scenario, command, more_settings, replicas, scenario, transport
from tests.web import contract

__all__ = ["command", "more_settings", "replicas", "scenario", "transport"]

ALL = tuple(SCOPES)
ALL_PUBLIC = tuple(scope for scope in SCOPES if scope != PRIVATE_INCIDENTS)


@dataclass
class Key:
    """A key, the HTTP client that sends it, and the official client that does."""

    record: KeyRecord
    secret: str
    base_url: str
    http: httpx.AsyncClient

    @property
    def official(self) -> AuthenticatedClient:
        made = AuthenticatedClient(base_url=self.base_url, token=self.secret)
        made.set_async_httpx_client(self.http)
        return made


@dataclass
class Server:
    """The program's address and database. What a test sets up is stored as Slack's listeners store it."""

    scenario: Scenario
    base_url: str
    keys: list[Key] = field(default_factory=list)
    made: int = 0

    @property
    def database(self) -> Database:
        return self.scenario.app.database

    def client(self, headers: Mapping[str, str | bytes] | None = None) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self.base_url,
            headers=[
                (name.encode(), value if isinstance(value, bytes) else value.encode())
                for name, value in (headers or {}).items()
            ],
            timeout=30,
            event_hooks={"response": [contract.check]},
        )

    async def key(self, *scopes: str, name: str = "Deploy script", **more: Any) -> Key:
        """With every scope but that for private incidents, unless some are named."""
        now = self.scenario.clock()
        async with self.database.write() as session:
            record, secret = await api_keys.create(session, name, scopes or ALL_PUBLIC, now=now, **more)
        http = self.client({"Authorization": f"Bearer {secret}"})
        self.keys.append(Key(record, secret, self.base_url, http))
        return self.keys[-1]

    async def person(self, slack_user_id: str = seed.MAYA) -> CreatorRecord:
        return (await directory.reader(self.scenario.context, slack_user_id)).actor

    async def somebody(self, **described: Any) -> str:
        """Their id; as nobody in the playground is."""
        self.made += 1
        user = SlackUser(seed.TEAM_ID, f"U0MADE{self.made}", "Somebody", **described)
        async with self.database.write() as session:
            return (await people.remember(session, user, self.scenario.clock())).id

    async def incident(
        self, name: str = "checkout", *, private_to: Iterable[str] | None = None, **more: Any
    ) -> Incident:
        """In a channel of its own, made by Maya, with the bot in it."""
        context, acts = self.scenario.context, self.scenario.slack.acts
        made = acts.create(seed.MAYA, name.lower().replace(" ", "-"), is_private=private_to is not None)
        for member in (seed.BOT, *(private_to or ())):
            if member != seed.MAYA:
                acts.invite(seed.MAYA, made.id, member)
        channel = await directory.channel(context, made.id)
        assert channel is not None
        async with self.database.write() as session:
            incident = await incidents.track(
                session, channel, prefixes=(), now=self.scenario.clock(), name=name, **more
            )
        await membership.refresh_members(context, made.id)
        return incident

    async def follow_up(
        self, actor: CreatorRecord, incident: Incident, title: str = "Rotate the certs", **more: Any
    ) -> FollowUpRecord:
        async with self.database.write() as session:
            return await follow_ups.create(
                session, actor, incident.id, Draft(title, **more), now=self.scenario.clock()
            )


@pytest.fixture
async def server(scenario: Scenario) -> AsyncIterator[Server]:
    made = Server(scenario, scenario.slack.base_url.removesuffix("/playground"))
    yield made
    for key in made.keys:
        await key.http.aclose()
