"""The whole program beside a playground, as a script meets it: over HTTP, with keys."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
from incident_io import AuthenticatedClient

from storage import access, api_keys, follow_ups, incidents, people
from storage.api_keys import PRIVATE_INCIDENTS, SCOPES, KeyRecord
from storage.database import Database
from storage.follow_ups import Draft
from storage.incidents import Channel
from storage.models import Incident
from storage.people import SlackUser
from storage.records import CreatorKind, CreatorRecord, FollowUpRecord
from tests.scenarios.conftest import Scenario, command, replicas, scenario, transport

__all__ = ["command", "replicas", "scenario", "transport"]

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

    @property
    def database(self) -> Database:
        return self.scenario.app.database

    def client(self, headers: Mapping[str, str] | None = None) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.base_url, headers=dict(headers or {}), timeout=30)

    async def key(self, *scopes: str, name: str = "Deploy script", **more: Any) -> Key:
        """With every scope but private incidents, unless some are named."""
        now = self.scenario.clock()
        async with self.database.write() as session:
            record, secret = await api_keys.create(session, name, scopes or ALL_PUBLIC, now=now, **more)
        http = self.client({"Authorization": f"Bearer {secret}"})
        self.keys.append(Key(record, secret, self.base_url, http))
        return self.keys[-1]

    async def person(self, name: str = "Alice", **described: Any) -> CreatorRecord:
        team = self.scenario.context.identity.slack_team_id
        user = SlackUser(
            **{"slack_team_id": team, "slack_user_id": f"U{name.upper()}", "name": name} | described
        )
        async with self.database.write() as session:
            person = await people.remember(session, user, self.scenario.clock())
        return CreatorRecord(CreatorKind.USER, person.id, person.name, person.slack_user_id)

    async def incident(
        self, channel_id: str = "C0142", *, private_to: list[CreatorRecord] | None = None, **more: Any
    ) -> Incident:
        now = self.scenario.clock() + timedelta(seconds=50)  # nobody needs to ask Slack about its channel
        team = self.scenario.context.identity.slack_team_id
        channel = Channel(team, channel_id, f"inc-{channel_id.lower()}", is_private=private_to is not None)
        async with self.database.write() as session:
            incident = await incidents.track(session, channel, prefixes=("inc-",), now=now, **more)
            if private_to is not None:
                members = [member.slack_user_id or "" for member in private_to]
                await access.replace_members(session, incident, members, now)
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
