"""Channels, members, people, groups, and what is put on messages and channels."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from playground import Playground
from playground.seed import (
    BOT,
    BREACH,
    CHECKOUT,
    GENERAL,
    LEAVER,
    MAYA,
    PAYMENTS,
    PRIYA,
    SRE,
    STRANGER,
    TOM,
    WEBHOOKS,
)

pytestmark = pytest.mark.usefixtures("app")


async def test_a_channel_tells_its_kind_and_whether_the_bot_is_in_it(client: AsyncWebClient) -> None:
    seen = {}
    for channel_id in (CHECKOUT, BREACH, WEBHOOKS, GENERAL):
        channel = (await client.conversations_info(channel=channel_id))["channel"]
        seen[channel["name"]] = (channel["is_private"], channel["is_ext_shared"], channel["is_member"])
    assert seen == {
        "inc-142-checkout": (False, False, True),
        "inc-137-leaked-token": (True, False, True),
        "inc-139-webhook-delays": (False, True, True),
        "general": (False, False, False),
    }


async def test_lists_are_cut_into_pages(client: AsyncWebClient) -> None:
    names: list[str] = []
    cursor = ""
    while True:
        page = await client.conversations_list(types="public_channel,private_channel", limit=2, cursor=cursor)
        names += [channel["name"] for channel in page["channels"]]
        cursor = page["response_metadata"]["next_cursor"]
        if not cursor:
            break
    assert len(names) == len(set(names)) == 5


async def test_the_bot_lists_where_it_is(client: AsyncWebClient) -> None:
    mine = await client.users_conversations(types="public_channel,private_channel")
    assert {channel["id"] for channel in mine["channels"]} == {CHECKOUT, WEBHOOKS, BREACH}
    assert (await client.conversations_members(channel=BREACH))["members"] == [MAYA, PRIYA, BOT]


async def test_an_unknown_type_of_conversation_is_refused(client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError, match="invalid_types"):
        await client.conversations_list(types="secret_channel")


async def test_history_is_only_for_members(client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError, match="not_in_channel"):
        await client.conversations_history(channel=GENERAL)
    told = await client.conversations_history(channel=CHECKOUT, limit=3)
    assert len(told["messages"]) == 3
    assert told["has_more"] is True


async def test_the_bot_joins_public_channels_only(client: AsyncWebClient, playground: Playground) -> None:
    await client.conversations_join(channel=GENERAL)
    assert BOT in playground.workspace.channels[GENERAL].members
    again = await client.conversations_join(channel=GENERAL)
    assert again["warning"] == "already_in_channel"
    with pytest.raises(SlackApiError, match="method_not_supported_for_channel_type"):
        await client.conversations_join(channel=BREACH)


async def test_the_bot_invites(client: AsyncWebClient, playground: Playground) -> None:
    await client.conversations_invite(channel=BREACH, users=TOM)
    assert TOM in playground.workspace.channels[BREACH].members
    for users, error in [(TOM, "already_in_channel"), ("U404", "user_not_found"), (BOT, "cant_invite_self")]:
        with pytest.raises(SlackApiError, match=error):
            await client.conversations_invite(channel=BREACH, users=users)


@pytest.mark.parametrize(
    ("name", "error"),
    [("Inc 7", "invalid_name_specials"), ("i" * 81, "invalid_name_maxlength"), ("general", "name_taken")],
)
async def test_a_new_channel_needs_a_proper_free_name(client: AsyncWebClient, name: str, error: str) -> None:
    with pytest.raises(SlackApiError, match=error):
        await client.conversations_create(name=name)


async def test_a_new_channel_has_the_bot_in_it(client: AsyncWebClient) -> None:
    channel = (await client.conversations_create(name="inc-143-search", is_private=True))["channel"]
    assert (channel["is_private"], channel["is_member"]) == (True, True)


async def test_a_direct_conversation_is_opened_once(client: AsyncWebClient) -> None:
    first = await client.conversations_open(users=MAYA, return_im=True)
    second = await client.conversations_open(users=MAYA)
    assert first["channel"]["id"] == second["channel"]["id"]
    assert first["channel"]["user"] == MAYA
    for users, error in [
        ("", "users_list_not_supplied"),
        ("U404", "user_not_found"),
        (LEAVER, "user_disabled"),
    ]:
        with pytest.raises(SlackApiError, match=error):
            await client.conversations_open(users=users)


async def test_people_come_with_zone_and_profile(client: AsyncWebClient, playground: Playground) -> None:
    user = (await client.users_info(user=PRIYA))["user"]
    assert (user["tz"], user["tz_offset"]) in {("America/New_York", -18000), ("America/New_York", -14400)}
    assert user["profile"]["display_name"] == "Priya"
    assert user["profile"]["email"] == "priya@harbour.example"
    assert user["is_bot"] is False


async def test_somebody_from_elsewhere_is_known_while_a_channel_is_shared(
    client: AsyncWebClient, playground: Playground
) -> None:
    user = (await client.users_info(user=STRANGER))["user"]
    assert user["team_id"] != playground.workspace.team.id
    assert user["is_stranger"] is False
    playground.acts.leave(STRANGER, WEBHOOKS)
    with pytest.raises(SlackApiError, match="user_not_found"):
        await client.users_info(user=STRANGER)


async def test_the_list_of_people_tells_bots_and_leavers_apart(client: AsyncWebClient) -> None:
    members = {member["id"]: member for member in (await client.users_list())["members"]}
    assert members[LEAVER]["deleted"] is True
    assert members[BOT]["is_bot"] is True
    assert members[BOT]["profile"]["bot_id"] == "B0FOLLOWUPS"


async def test_people_are_found_by_their_address(client: AsyncWebClient) -> None:
    assert (await client.users_lookupByEmail(email="Tom@harbour.example"))["user"]["id"] == TOM
    with pytest.raises(SlackApiError, match="users_not_found"):
        await client.users_lookupByEmail(email="sam@harbour.example")


async def test_groups_have_members(client: AsyncWebClient) -> None:
    groups = (await client.usergroups_list(include_users=True))["usergroups"]
    assert {group["handle"]: group["users"] for group in groups} == {"sre": [MAYA, PRIYA], "payments": [TOM]}
    assert (await client.usergroups_users_list(usergroup=SRE))["users"] == [MAYA, PRIYA]
    assert "users" not in (await client.usergroups_list())["usergroups"][0]
    with pytest.raises(SlackApiError, match="no_such_subteam"):
        await client.usergroups_users_list(usergroup="S404")


async def test_a_reaction_is_added_once(client: AsyncWebClient, playground: Playground) -> None:
    said = playground.acts.say(TOM, CHECKOUT, "Restarted")
    place: dict[str, Any] = {"channel": CHECKOUT, "timestamp": said.ts}
    await client.reactions_add(name="eyes", **place)
    with pytest.raises(SlackApiError, match="already_reacted"):
        await client.reactions_add(name="eyes", **place)
    playground.acts.react(MAYA, CHECKOUT, said.ts, "eyes")
    message = (await client.reactions_get(**place))["message"]
    assert message["reactions"] == [{"name": "eyes", "users": [BOT, MAYA], "count": 2}]
    await client.reactions_remove(name="eyes", **place)
    assert said.reactions == [{"name": "eyes", "users": [MAYA], "count": 1}]


async def test_bookmarks_are_kept_with_the_channel(client: AsyncWebClient) -> None:
    link = "https://example.com/incidents/142"
    added = await client.bookmarks_add(channel_id=CHECKOUT, title="Follow-ups", type="link", link=link)
    await client.bookmarks_edit(channel_id=CHECKOUT, bookmark_id=added["bookmark"]["id"], title="3 open")
    kept = (await client.bookmarks_list(channel_id=CHECKOUT))["bookmarks"]
    assert [(one["title"], one["link"]) for one in kept] == [("3 open", link)]
    with pytest.raises(SlackApiError, match="invalid_link"):
        await client.bookmarks_add(channel_id=CHECKOUT, title="x", type="link", link="ftp://x")


async def test_a_message_is_pinned_once(client: AsyncWebClient, playground: Playground) -> None:
    said = playground.acts.say(TOM, CHECKOUT, "Root cause")
    await client.pins_add(channel=CHECKOUT, timestamp=said.ts)
    with pytest.raises(SlackApiError, match="already_pinned"):
        await client.pins_add(channel=CHECKOUT, timestamp=said.ts)


async def test_a_group_changes(playground: Playground, client: AsyncWebClient) -> None:
    playground.workspace.change_usergroup(PAYMENTS, [TOM, PRIYA])
    assert (await client.usergroups_users_list(usergroup=PAYMENTS))["users"] == [TOM, PRIYA]
