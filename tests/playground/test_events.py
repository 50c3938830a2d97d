"""Events: which the app is told, what they say, and how often it is tried."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from playground import Playground
from playground.seed import BOT, BREACH, CHECKOUT, GENERAL, LEAVER, MAYA, PRIYA, RANDOM, SRE, TOM
from playground.serving import LocalServer

Json = dict[str, Any]


class Ear:
    """An app that only listens. `answers` are the statuses of the next requests; None is never answered."""

    def __init__(self) -> None:
        self.heard: list[Json] = []
        self.headers: list[dict[str, str]] = []
        self.answers: list[int | None] = []

    async def listen(self, request: Request) -> Response:
        self.heard.append(await request.json())
        self.headers.append(dict(request.headers))
        status = self.answers.pop(0) if self.answers else 200
        if status is None:
            await asyncio.sleep(1)
        stop = {"x-slack-no-retry": "1"} if status == 403 else {}
        return Response(status_code=status or 200, headers=stop)

    @property
    def kinds(self) -> list[str]:
        return [body["event"]["type"] for body in self.heard]

    def last(self, kind: str) -> Json:
        found: Json = next(body["event"] for body in reversed(self.heard) if body["event"]["type"] == kind)
        return found


@pytest.fixture
async def ear(playground: Playground, server: LocalServer) -> AsyncIterator[Ear]:
    ear = Ear()
    await server.start(Starlette(routes=[Route("/slack/events", ear.listen, methods=["POST"])]))
    yield ear
    await playground.events.settled()


async def test_an_event_is_complete(playground: Playground, ear: Ear) -> None:
    said = playground.acts.say(TOM, CHECKOUT, "Restarted it")
    await playground.events.settled()
    body = ear.heard[0]
    assert body["type"] == "event_callback"
    assert body["event_id"].startswith("Ev")
    assert (body["team_id"], body["api_app_id"]) == ("T0HARBOUR", "A0FOLLOWUPS")
    assert body["authorizations"][0]["user_id"] == BOT
    assert body["is_ext_shared_channel"] is False
    event = body["event"]
    assert (event["type"], event["channel_type"], event["text"]) == ("message", "channel", "Restarted it")
    assert (event["ts"], event["event_ts"], event["user"]) == (said.ts, said.ts, TOM)


async def test_edits_and_deletions_show_before_and_after(playground: Playground, ear: Ear) -> None:
    said = playground.acts.say(TOM, CHECKOUT, "befroe")
    playground.workspace.edit(said, TOM, {"text": "before"})
    playground.workspace.delete(said)
    await playground.events.settled()
    changed, deleted = ear.heard[1]["event"], ear.heard[2]["event"]
    assert (changed["subtype"], deleted["subtype"]) == ("message_changed", "message_deleted")
    assert (changed["previous_message"]["text"], changed["message"]["text"]) == ("befroe", "before")
    assert deleted["deleted_ts"] == said.ts


async def test_the_bot_only_hears_where_it_is(playground: Playground, ear: Ear) -> None:
    playground.acts.say(TOM, RANDOM, "Lunch?")
    await playground.events.settled()
    assert ear.heard == []


async def test_a_mention_is_an_event_of_its_own(playground: Playground, ear: Ear) -> None:
    playground.acts.say(TOM, CHECKOUT, "@follow-ups note this")
    await playground.events.settled()
    assert sorted(ear.kinds) == ["app_mention", "message"]
    assert f"<@{BOT}>" in ear.last("app_mention")["text"]


async def test_coming_and_going_is_told(playground: Playground, ear: Ear) -> None:
    playground.acts.invite(MAYA, BREACH, TOM)
    playground.acts.leave(TOM, BREACH)
    await playground.events.settled()
    joined, left = ear.last("member_joined_channel"), ear.last("member_left_channel")
    assert (joined["user"], joined["inviter"], joined["channel_type"]) == (TOM, MAYA, "G")
    assert (left["user"], left["channel"]) == (TOM, BREACH)


async def test_the_bot_is_told_when_it_is_let_in_and_thrown_out(playground: Playground, ear: Ear) -> None:
    playground.acts.invite(MAYA, GENERAL, BOT)
    await playground.events.settled()
    assert ear.last("member_joined_channel")["user"] == BOT
    playground.acts.remove(MAYA, GENERAL, BOT)
    playground.acts.remove(MAYA, BREACH, BOT)
    await playground.events.settled()
    assert ear.last("channel_left")["channel"] == GENERAL
    assert ear.last("group_left")["channel"] == BREACH
    assert "member_left_channel" not in ear.kinds


async def test_renaming_and_archiving_are_told_by_the_kind_of_channel(
    playground: Playground, ear: Ear
) -> None:
    playground.acts.rename(MAYA, CHECKOUT, "inc-142-cart")
    playground.acts.rename(MAYA, BREACH, "inc-137-token")
    playground.acts.archive(MAYA, CHECKOUT, archived=True)
    playground.acts.archive(MAYA, CHECKOUT, archived=False)
    playground.acts.archive(MAYA, BREACH, archived=True)
    await playground.events.settled()
    assert ear.last("channel_rename")["channel"]["name"] == "inc-142-cart"
    assert ear.last("group_rename")["channel"]["name"] == "inc-137-token"
    assert ear.last("channel_archive")["channel"] == CHECKOUT
    assert ear.last("channel_unarchive")["user"] == MAYA
    assert ear.last("group_archive")["channel"] == BREACH


async def test_people_groups_and_reactions_are_told(playground: Playground, ear: Ear) -> None:
    playground.workspace.change_user(LEAVER, deleted=False, tz="Europe/Paris")
    playground.workspace.change_usergroup(SRE, [PRIYA])
    said = playground.acts.say(TOM, CHECKOUT, "Restarted it")
    playground.acts.react(MAYA, CHECKOUT, said.ts, ":pushpin:")
    await playground.events.settled()
    assert ear.last("user_change")["user"]["tz"] == "Europe/Paris"
    assert ear.last("subteam_updated")["subteam"]["users"] == [PRIYA]
    reaction = ear.last("reaction_added")
    assert (reaction["reaction"], reaction["item_user"], reaction["item"]["ts"]) == ("pushpin", TOM, said.ts)


async def test_opening_the_home_tab_is_told(playground: Playground, ear: Ear) -> None:
    playground.acts.open_home(MAYA)
    await playground.events.settled()
    event = ear.last("app_home_opened")
    assert (event["user"], event["tab"]) == (MAYA, "home")
    assert event["channel"].startswith("D")
    assert "view" not in event


class TestSubscriptions:
    @pytest.fixture
    def manifest(self, manifest: Json) -> Json:
        manifest["settings"]["event_subscriptions"]["bot_events"] = ["message.groups", "reaction_added"]
        manifest["oauth_config"]["scopes"]["bot"].remove("reactions:read")
        return manifest

    async def test_only_what_is_subscribed_and_allowed_is_told(
        self, playground: Playground, ear: Ear
    ) -> None:
        said = playground.acts.say(MAYA, CHECKOUT, "public")
        playground.acts.react(MAYA, CHECKOUT, said.ts, "eyes")
        playground.acts.say(MAYA, BREACH, "private")
        await playground.events.settled()
        assert [body["event"]["text"] for body in ear.heard] == ["private"]


async def test_what_fails_is_told_again_with_the_same_id(playground: Playground, ear: Ear) -> None:
    ear.answers = [500, None, 404, 200]
    playground.acts.say(TOM, CHECKOUT, "Restarted it")
    await playground.events.settled()
    assert len({body["event_id"] for body in ear.heard}) == 1
    retries = [(h.get("x-slack-retry-num"), h.get("x-slack-retry-reason")) for h in ear.headers]
    assert retries == [(None, None), ("1", "http_error"), ("2", "http_timeout"), ("3", "http_error")]
    assert playground.events.failed == []


async def test_three_retries_are_all_there_are(playground: Playground, ear: Ear) -> None:
    ear.answers = [500] * 9
    playground.acts.say(TOM, CHECKOUT, "Restarted it")
    await playground.events.settled()
    assert len(ear.heard) == 4
    assert len(playground.events.failed) == 1


async def test_an_app_may_ask_for_no_more_retries(playground: Playground, ear: Ear) -> None:
    ear.answers = [403]
    playground.acts.say(TOM, CHECKOUT, "Restarted it")
    await playground.events.settled()
    assert len(ear.heard) == 1


@pytest.mark.parametrize(("kind", "ids"), [("duplicate", 1), ("duplicate_new_id", 2)])
async def test_an_event_may_come_twice(playground: Playground, ear: Ear, kind: str, ids: int) -> None:
    playground.faults.add("message", kind)
    playground.acts.say(TOM, CHECKOUT, "Restarted it")
    await playground.events.settled()
    assert len(ear.heard) == 2
    assert len({body["event_id"] for body in ear.heard}) == ids
    assert len({body["event"]["event_ts"] for body in ear.heard}) == 1


async def test_an_event_may_be_lost_or_late(playground: Playground, ear: Ear) -> None:
    playground.faults.add("message", "dropped")
    playground.acts.say(TOM, CHECKOUT, "lost")
    playground.faults.add("message", "slow", delay=0.1)
    playground.acts.say(TOM, CHECKOUT, "late")
    playground.acts.say(TOM, CHECKOUT, "punctual")
    await playground.events.settled()
    assert [body["event"]["text"] for body in ear.heard] == ["punctual", "late"]
