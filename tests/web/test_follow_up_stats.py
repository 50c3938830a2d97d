"""Figures over HTTP; tests/storage/test_stats.py holds them to a model."""

from datetime import datetime
from typing import Any

from playground import seed
from storage import follow_ups
from tests.web.conftest import ALL, Key, Server


async def stats(key: Key, **params: str) -> dict[str, Any]:
    answer = await key.http.get("/v3/follow_ups/stats", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["stats"]
    return found


async def complete(server: Server, follow_up_id: str) -> None:
    maya = await server.person()
    async with server.database.write() as session:
        await follow_ups.complete(session, maya, follow_up_id, now=server.scenario.clock())


async def test_the_figures_of_an_incident(server: Server) -> None:
    key, maya, incident = await server.key(), await server.person(), await server.incident()
    first = await server.follow_up(maya, incident)
    await server.follow_up(maya, incident)
    server.scenario.clock.passes(seconds=90)
    await complete(server, first.id)

    found = await stats(key, incident_id=incident.id)

    done = (await key.http.get(f"/v3/follow_ups/{first.id}")).json()["follow_up"]
    took = datetime.fromisoformat(done["completed_at"]) - datetime.fromisoformat(done["created_at"])
    priority = found["by_priority"][0].pop("priority")
    numbers = {
        "by_status": {"outstanding": 1, "completed": 1, "not_doing": 0},
        "overdue": 0,
        "median_seconds_to_complete": took.total_seconds(),
    }
    assert took.total_seconds() >= 90
    assert priority["name"] == "Medium"
    assert found == {
        **numbers,
        "by_priority": [numbers],
        "by_assignee_team": [numbers],
        "period": {"created": 2, "completed": 1},
    }


async def test_only_what_the_key_may_see_counts(server: Server) -> None:
    stranger, owner, maya = await server.key(), await server.key(*ALL), await server.person()
    public, private = await server.incident(), await server.incident("breach", private_to=[seed.MAYA])
    for incident in (public, private):
        await server.follow_up(maya, incident)

    assert (await stats(stranger))["by_status"]["outstanding"] == 1
    assert (await stats(owner))["by_status"]["outstanding"] == 2
    nothing = await stats(stranger, incident_id="01FCNDV6P870EA6S7TK1DSYDG0")
    assert await stats(stranger, incident_id=private.id) == nothing
    assert nothing["by_status"]["outstanding"] == 0


async def test_an_incident_turned_private_is_counted_no_more(server: Server) -> None:
    """Slack sends no event of it."""
    stranger, maya, incident = await server.key(), await server.person(), await server.incident()
    await server.follow_up(maya, incident)
    server.scenario.slack.acts.make_private(seed.MAYA, incident.channel_id)
    server.scenario.clock.passes(seconds=61)
    assert (await stats(stranger, incident_id=incident.id))["by_status"]["outstanding"] == 0


async def test_a_period_and_a_span_of_creation_are_two_things(server: Server) -> None:
    key, maya, incident = await server.key(), await server.person(), await server.incident()
    made = await server.follow_up(maya, incident)
    begun = server.scenario.clock()
    server.scenario.clock.passes(days=3)
    await complete(server, made.id)
    later = server.scenario.clock().date().isoformat()

    in_period = await stats(key, **{"period[gte]": later})
    created_later = await stats(key, **{"created_at[gte]": later})
    that_day = await stats(key, **{"period[date_range]": f"{begun.date()}~{begun.date()}"})

    assert in_period["period"] == {"created": 0, "completed": 1}
    assert in_period["by_status"]["completed"] == 1
    assert created_later["by_status"]["completed"] == 0
    assert that_day["period"] == {"created": 1, "completed": 0}
