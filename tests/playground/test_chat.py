"""chat.*: what the app may say, where, and what becomes of it."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from playground import Person, Playground
from playground.seed import BOT, BREACH, CHECKOUT, GENERAL, LEAVER, MAYA, TOM

pytestmark = pytest.mark.usefixtures("app")

DIVIDER: list[dict[str, Any]] = [{"type": "divider"}]


async def test_a_message_appears_in_the_channel(client: AsyncWebClient, maya: Person) -> None:
    answer = await client.chat_postMessage(channel=CHECKOUT, text="Hello <@U0TOM>")
    assert answer["message"]["user"] == BOT
    assert maya.channel.last.ts == answer["ts"]
    assert maya.channel.last.shown_text == "Hello @Tom"


async def test_a_channel_may_be_named(client: AsyncWebClient) -> None:
    assert (await client.chat_postMessage(channel="#inc-142-checkout", text="Hi"))["channel"] == CHECKOUT


async def test_a_message_to_a_user_arrives_in_their_direct_conversation(
    client: AsyncWebClient, maya: Person
) -> None:
    first = await client.chat_postMessage(channel=MAYA, text="For you")
    second = await client.chat_postMessage(channel=MAYA, text="And this")
    assert first["channel"] == second["channel"] == maya.direct.id
    assert [message.text for message in maya.direct.messages] == ["For you", "And this"]


async def test_stamps_only_ever_grow(client: AsyncWebClient) -> None:
    stamps = [(await client.chat_postMessage(channel=CHECKOUT, text="x"))["ts"] for _ in range(5)]
    assert stamps == sorted(set(stamps))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": GENERAL, "text": "x"}, "not_in_channel"),
        ({"channel": "C404", "text": "x"}, "channel_not_found"),
        ({"channel": LEAVER, "text": "x"}, "channel_not_found"),
        ({"channel": CHECKOUT}, "no_text"),
        ({"channel": CHECKOUT, "text": ""}, "no_text"),
        ({"channel": CHECKOUT, "blocks": "{"}, "invalid_blocks_format"),
        ({"channel": CHECKOUT, "blocks": [{"type": "alert"}]}, "invalid_blocks"),
        ({"channel": CHECKOUT, "text": "x", "metadata": {"event_type": "a"}}, "invalid_metadata_format"),
        ({"channel": CHECKOUT, "text": "x", "thread_ts": "1.000001"}, "cannot_reply_to_message"),
        ({"channel": CHECKOUT, "text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        ({"channel": CHECKOUT, "attachments": [{}] * 101}, "too_many_attachments"),
    ],
)
async def test_what_can_not_be_posted_is_refused(
    client: AsyncWebClient, arguments: dict[str, Any], error: str
) -> None:
    with pytest.raises(SlackApiError, match=error):
        await client.api_call("chat.postMessage", json=arguments)


async def test_a_private_channel_without_the_bot_does_not_exist(
    playground: Playground, client: AsyncWebClient
) -> None:
    playground.acts.remove(MAYA, BREACH, BOT)
    with pytest.raises(SlackApiError, match="channel_not_found"):
        await client.chat_postMessage(channel=BREACH, text="x")
    with pytest.raises(SlackApiError, match="channel_not_found"):
        await client.conversations_info(channel=BREACH)


async def test_an_archived_channel_takes_nothing(playground: Playground, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel=CHECKOUT, text="x")
    playground.acts.archive(MAYA, CHECKOUT, archived=True)
    with pytest.raises(SlackApiError, match="is_archived"):
        await client.chat_postMessage(channel=CHECKOUT, text="y")
    with pytest.raises(SlackApiError, match="is_inactive"):
        await client.chat_update(channel=CHECKOUT, ts=posted["ts"], text="y")


class TestWithPublicPosting:
    @pytest.fixture
    def manifest(self, manifest: dict[str, Any]) -> dict[str, Any]:
        manifest["oauth_config"]["scopes"]["bot"].append("chat:write.public")
        return manifest

    async def test_a_public_channel_need_not_be_joined(self, client: AsyncWebClient) -> None:
        assert (await client.chat_postMessage(channel=GENERAL, text="x"))["ok"]
        with pytest.raises(SlackApiError, match="not_in_channel"):
            await client.chat_postEphemeral(channel=GENERAL, user=MAYA, text="x")


async def test_a_message_is_edited_in_place(client: AsyncWebClient, maya: Person) -> None:
    metadata = {"event_type": "card", "event_payload": {"id": "1"}}
    posted = await client.chat_postMessage(channel=CHECKOUT, text="old", blocks=DIVIDER, metadata=metadata)
    await client.chat_update(channel=CHECKOUT, ts=posted["ts"], text="new")
    message = maya.channel.last.message
    assert message.text == "new"
    assert (message.blocks, message.metadata) != (None, None), "what is not given is kept"
    await client.chat_update(channel=CHECKOUT, ts=posted["ts"], text="bare", blocks=[], metadata={})
    message = maya.channel.last.message
    assert message.text == "bare"
    assert not message.blocks
    assert not message.metadata
    assert message.edited is not None


async def test_only_its_own_messages_are_the_apps_to_change(
    playground: Playground, client: AsyncWebClient
) -> None:
    said = playground.acts.say(TOM, CHECKOUT, "Mine")
    with pytest.raises(SlackApiError, match="cant_update_message"):
        await client.chat_update(channel=CHECKOUT, ts=said.ts, text="Yours")
    with pytest.raises(SlackApiError, match="cant_delete_message"):
        await client.chat_delete(channel=CHECKOUT, ts=said.ts)
    with pytest.raises(SlackApiError, match="message_not_found"):
        await client.chat_delete(channel=CHECKOUT, ts="1.000001")


async def test_an_edit_is_shorter_than_a_post_may_be(client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel=CHECKOUT, text="t" * 5000)
    with pytest.raises(SlackApiError, match="msg_too_long"):
        await client.chat_update(channel=CHECKOUT, ts=posted["ts"], text="t" * 4001)


async def test_a_deleted_message_is_gone(client: AsyncWebClient, maya: Person) -> None:
    posted = await client.chat_postMessage(channel=CHECKOUT, text="oops")
    await client.chat_delete(channel=CHECKOUT, ts=posted["ts"])
    maya.does_not_see("oops")


async def test_an_ephemeral_message_is_for_one_person(
    client: AsyncWebClient, maya: Person, tom: Person
) -> None:
    await client.chat_postEphemeral(channel=CHECKOUT, user=MAYA, text="psst")
    assert (await maya.sees("psst")).is_ephemeral
    tom.does_not_see("psst")
    said = await client.conversations_history(channel=CHECKOUT)
    assert "psst" not in [message["text"] for message in said["messages"]]


@pytest.mark.parametrize(("user", "channel", "error"), [
    (TOM, BREACH, "user_not_in_channel"),
    ("U404", CHECKOUT, "user_not_in_channel"),
    (MAYA, GENERAL, "not_in_channel"),
])  # fmt: skip
async def test_an_ephemeral_message_needs_both_to_be_there(
    client: AsyncWebClient, user: str, channel: str, error: str
) -> None:
    with pytest.raises(SlackApiError, match=error):
        await client.chat_postEphemeral(channel=channel, user=user, text="psst")


async def test_a_reply_is_in_its_thread(client: AsyncWebClient) -> None:
    parent = await client.chat_postMessage(channel=CHECKOUT, text="parent")
    await client.chat_postMessage(channel=CHECKOUT, text="reply", thread_ts=parent["ts"])
    thread = await client.conversations_replies(channel=CHECKOUT, ts=parent["ts"])
    assert [message["text"] for message in thread["messages"]] == ["parent", "reply"]
    latest = await client.conversations_history(channel=CHECKOUT, limit=1)
    assert latest["messages"][0]["text"] == "parent"


async def test_a_permalink_points_at_the_message(client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel=CHECKOUT, text="x")
    link = await client.chat_getPermalink(channel=CHECKOUT, message_ts=posted["ts"])
    expected = f"https://harbour.slack.com/archives/{CHECKOUT}/p{posted['ts'].replace('.', '')}"
    assert link["permalink"] == expected
