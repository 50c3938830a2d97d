"""A workspace with every kind of record there is, as it would have come about."""

from dataclasses import dataclass
from datetime import timedelta

from bot import directory
from playground import seed
from storage import declared, follow_ups
from storage.columns import new_id
from storage.declared import IncidentDraft
from storage.follow_ups import Draft
from storage.models import Category, Incident, Severity
from storage.records import (
    CreatorKind,
    CreatorRecord,
    ExternalIssueRecord,
    Mode,
    Status,
    StatusCategory,
    Visibility,
)
from tests.web.conftest import Server

LABELS = ("tls, certs", 'the "big" one', "ünïcode 🔥", "=1+1", "plain")


@dataclass
class Seeded:
    public: Incident
    private: Incident


async def seed_everything(server: Server) -> Seeded:
    maya, priya = await server.person(seed.MAYA), await server.person(seed.PRIYA)
    public = await server.incident("checkout down")
    private = await server.incident("leaked token", private_to=[seed.MAYA, seed.PRIYA])
    key = (await server.key(name="Seeder")).record.actor
    async with server.database.write() as session:
        severity = Severity(name="Catastrophic", description="All of it.", rank=99)
        category = Category(name="Infrastructure", description="Of machines.", rank=3)
        session.add_all([severity, category])
        await session.flush()
        for number, (mode, category_of_status) in enumerate(zip(Mode, StatusCategory, strict=False)):
            draft = IncidentDraft(
                slack_team_id=seed.TEAM_ID,
                idempotency_key=f"seeded {mode}",
                name=f"An incident of mode {mode}",
                mode=mode,
                status_category=category_of_status,
                severity_id=severity.id,
                summary="First line.\n\tSecond line.",
                number=700 + number,
            )
            incident_id = await declared.create(session, key, draft, now=server.scenario.clock())
            await follow_ups.create(
                session, key, incident_id, Draft(f"Of mode {mode}"), now=server.scenario.clock()
            )
        hidden = IncidentDraft(
            slack_team_id=seed.TEAM_ID,
            idempotency_key="hidden",
            name="Private, with no channel",
            visibility=Visibility.PRIVATE,
        )
        sees = CreatorRecord(key.kind, key.id, key.name, sees_private=True)
        hidden_id = await declared.create(session, sees, hidden, now=server.scenario.clock())
        await follow_ups.create(session, sees, hidden_id, Draft("Hidden"), now=server.scenario.clock())
    teams = {team.slack_usergroup_id: team for team in await directory.teams(server.scenario.context)}
    today = server.scenario.clock().date()
    full = await server.follow_up(
        maya,
        public,
        "=HYPERLINK(\"x\") & 'quotes' <@U1>",
        description="- one\n- two\n\n\t*bold*",
        labels=LABELS,
        category_id=category.id,
        assignee_id=priya.id,
        assignee_team_id=teams[seed.SRE].id,
        due_on=today + timedelta(days=9),
        due_zone="Pacific/Auckland",
        source_permalink="https://harbour.example/archives/C1/p1",
    )
    issue = ExternalIssueRecord("linear", "ENG-7", "https://linear.app/harbour/issue/ENG-7/renew")
    async with server.database.write() as session:
        await follow_ups.connect(session, maya, full.id, issue, now=server.scenario.clock())
    for kind in (CreatorKind.WORKFLOW, CreatorKind.ALERT):
        await server.follow_up(CreatorRecord(kind, new_id(), f"A {kind}"), public, f"Made by a {kind}")
    for status in (Status.COMPLETED, Status.NOT_DOING, Status.DELETED):
        made = await server.follow_up(priya, private, f"To be {status}", assignee_id=maya.id)
        async with server.database.write() as session:
            await follow_ups.change(session, maya, made.id, {"status": status}, now=server.scenario.clock())
    return Seeded(public, private)
