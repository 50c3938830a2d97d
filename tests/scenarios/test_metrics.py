"""`/metrics`: what happens is counted, and nobody is named."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from playground import seed
from tests.scenarios.conftest import OVER_BOTH_TRANSPORTS, Scenario, adds, list_of

OPERATING = Path(__file__).parents[2] / "docs/operating.md"

Samples = Counter[tuple[str, ...]]


async def exposed(scenario: Scenario) -> str:
    address = str(scenario.slack.http.request_url).replace("/slack/events", "/metrics")
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/plain"
        return await answer.text()


async def samples(scenario: Scenario) -> Samples:
    """By name and the labels' values, in the labels' order. Counters go on from one test to the next."""
    families = text_string_to_metric_families(await exposed(scenario))
    return Counter(
        {
            (sample.name, *sample.labels.values()): sample.value
            for family in families
            for sample in family.samples
        }
    )


async def test_every_metric_is_in_the_documentation(scenario: Scenario) -> None:
    await adds(scenario.maya, "Rotate the certs")
    documented = OPERATING.read_text()
    families = text_string_to_metric_families(await exposed(scenario))
    names = [family.name for family in families]
    assert "follow_ups_jobs" in names
    known = [name for name in names if f"`{name}" in documented]
    assert [
        name for name in names if name not in known and not name.startswith(("python_", "process_"))
    ] == []


@OVER_BOTH_TRANSPORTS
async def test_what_comes_from_slack_is_counted_by_kind(scenario: Scenario) -> None:
    before = await samples(scenario)
    listed = await list_of(scenario.maya)
    await listed.clicks("Add follow-up")
    form = await scenario.maya.modal("New follow-up")
    await form.suggestions("Team", "pay")
    await form.submits(Title="Rotate the certs")
    await scenario.maya.opens_home()
    await scenario.is_quiet()

    more = await samples(scenario) - before
    for kind in ("command", "action", "options", "submission", "event"):
        count = more["follow_ups_requests_total", kind, "acknowledged"]
        assert count >= 1
        assert more["follow_ups_acknowledged_seconds_count", kind] == count


async def test_what_slack_never_sent_is_counted_by_what_was_wrong(scenario: Scenario) -> None:
    before = await samples(scenario)
    async with aiohttp.ClientSession() as session:
        await session.post(str(scenario.slack.http.request_url), data=b"x" * 1_000_001)
        await session.post(str(scenario.slack.http.request_url), data=b"type=block_actions")

    more = await samples(scenario) - before
    assert more["follow_ups_requests_total", "unknown", "too_large"] == 1
    assert more["follow_ups_requests_total", "unknown", "unsigned"] == 1


@pytest.mark.parametrize(
    ("fault", "outcome", "details"),
    [
        ("rate_limited", "limited", {"retry_after": 1}),
        ("token_revoked", "refused", {}),
        ("server_error", "unavailable", {}),
    ],
)
async def test_slacks_answers_are_counted_by_method_and_outcome(
    scenario: Scenario, fault: str, outcome: str, details: dict[str, Any]
) -> None:
    before = await samples(scenario)
    scenario.slack.faults.add("conversations.info", fault, **details)
    scenario.slack.acts.rename(scenario.maya.id, seed.RANDOM, "inc-201-rumours")
    await scenario.is_quiet()

    more = await samples(scenario) - before
    assert more["follow_ups_slack_calls_total", "conversations.info", outcome] == 1
    calls = sum(
        count
        for key, count in more.items()
        if key[:2] == ("follow_ups_slack_calls_total", "conversations.info")
    )
    assert more["follow_ups_slack_call_seconds_count", "conversations.info"] == calls


async def test_jobs_are_counted_as_they_end_and_parked_ones_for_as_long_as_they_are(
    scenario: Scenario,
) -> None:
    before = await samples(scenario)
    await adds(scenario.maya, "Rotate the certs")
    await scenario.is_quiet()
    scenario.slack.faults.add("conversations.info", "token_revoked")
    scenario.slack.acts.rename(scenario.maya.id, seed.RANDOM, "inc-201-rumours")
    await scenario.is_quiet()

    now = await samples(scenario)
    assert now["follow_ups_jobs", "slack_event", "dead"] == 1
    assert now["follow_ups_jobs", "look_at_channels", "ready"] == 1
    assert (now - before)["follow_ups_jobs_ended_total", "slack_event", "parked"] == 1
    assert (now - before)["follow_ups_jobs_ended_total", "card", "finished"] == 1
    assert now["follow_ups_jobs_oldest_due_seconds",] == 0


async def test_the_age_of_the_oldest_job_that_is_due_is_shown(scenario: Scenario) -> None:
    assert scenario.app._bot is not None
    await scenario.app._bot.worker.stop()
    await adds(scenario.maya, "Rotate the certs")
    scenario.clock.passes(minutes=3)

    now = await samples(scenario)
    assert 180 <= now["follow_ups_jobs_oldest_due_seconds",] < 240
    assert now["follow_ups_jobs", "card", "ready"] == 1


@pytest.mark.parametrize("transport", ["socket"])
async def test_connections_are_counted(scenario: Scenario) -> None:
    assert (await samples(scenario))["follow_ups_socket_connections",] == 2


async def test_a_database_that_is_gone_is_a_metric_and_no_error(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await samples(scenario))["follow_ups_database_up",] == 1

    def gone() -> None:
        raise OSError("no route")

    monkeypatch.setattr(scenario.app.database, "read", gone)
    now = await samples(scenario)
    assert now["follow_ups_database_up",] == 0
    assert ("follow_ups_jobs_oldest_due_seconds",) not in now


async def test_labels_hold_neither_ids_nor_anybodys_words(scenario: Scenario) -> None:
    before = await samples(scenario)
    maya = scenario.maya.in_channel("inc-137-leaked-token")
    await adds(maya, "Mask tokens in build logs", Assignee="priya")
    await (await list_of(maya)).clicks("Complete", beside="Mask tokens")
    await maya.opens_home()
    await scenario.is_quiet()

    more = await samples(scenario) - before
    ours = [key for key in more if key[0].startswith("follow_ups_") and not key[0].endswith("_bucket")]
    values = {value for key in ours for value in key[1:]}
    assert {"command", "submission", "views.open", "card", "finished"} <= values
    assert [value for value in values if not re.fullmatch(r"[a-z_]+(\.[a-zA-Z.]+)?", value)] == []
    for secret in ("Mask", "leaked", maya.id, seed.BREACH, "xoxb", "Maya"):
        assert secret not in await exposed(scenario)
