"""What was imported from one of our own servers is what that server has."""

from storage.imports import Kind, Outcome
from tests.moving.conftest import Bring, everything, served, source_answers
from tests.moving.seeding import seed_everything
from tests.web.conftest import Key, Server


async def test_an_empty_database_answers_after_an_import_as_the_server_it_came_from(
    server: Server, key: Key, bring: Bring, target_url: str
) -> None:
    await seed_everything(server)
    run = await bring()
    assert run.remarks == []

    before = await source_answers(key)
    async with served(server, target_url) as http:
        after = await everything(http)
    for name in before:
        assert after[name] == before[name], name
    assert len(before["follow_ups"]) == 11
    assert len(before["incidents"]) == 8
    assert run.counts[Kind.FOLLOW_UP, Outcome.MADE] == 11
    assert run.counts[Kind.INCIDENT, Outcome.MADE] == 8
