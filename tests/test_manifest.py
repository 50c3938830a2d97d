"""The manifest asks for what the code uses, and for nothing else."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from slack_sdk.web.async_client import AsyncWebClient

from bot import dispatch, events
from command_line.manifest import filled
from settings import Settings

ROOT = Path(__file__).parents[1]

# Any one of these is enough, by the kind of conversation asked about; both kinds are asked about.
# https://docs.slack.dev/reference/scopes
SCOPES_OF_METHODS: dict[str, set[str]] = {
    "apps_connections_open": set(),  # with the app-level token, whose scope is no bot's
    "auth_test": set(),
    "chat_postMessage": {"chat:write"},
    "chat_update": {"chat:write"},
    "conversations_history": {"channels:history", "groups:history", "im:history"},
    "conversations_info": {"channels:read", "groups:read"},
    "conversations_members": {"channels:read", "groups:read"},
    "conversations_open": {"im:write"},
    "usergroups_list": {"usergroups:read"},
    "users_conversations": {"channels:read", "groups:read"},
    "users_info": {"users:read"},
    "views_open": set(),
    "views_publish": set(),
    "views_push": set(),
    "views_update": set(),
}
SCOPES_OF_EVENTS: dict[str, set[str]] = {
    "app_home_opened": set(),
    "channel_archive": {"channels:read"},
    "channel_id_changed": {"channels:read", "groups:read"},
    "channel_left": {"channels:read"},
    "channel_rename": {"channels:read"},
    "channel_unarchive": {"channels:read"},
    "group_archive": {"groups:read"},
    "group_left": {"groups:read"},
    "group_rename": {"groups:read"},
    "group_unarchive": {"groups:read"},
    "member_joined_channel": {"channels:read", "groups:read"},
    "member_left_channel": {"channels:read", "groups:read"},
    "user_change": {"users:read"},
}


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text())
    return loaded


def web_api_methods() -> Iterator[str]:
    """Every attribute taken of a client in the product's own code."""
    for path in [ROOT / "app.py", *(ROOT / "bot").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Attribute)
                and ast.unparse(node.value).endswith("client")
                and inspect.iscoroutinefunction(getattr(AsyncWebClient, node.attr, None))
            ):
                yield node.attr


def test_every_web_api_method_that_is_called_has_its_scopes_listed_here() -> None:
    assert set(web_api_methods()) == set(SCOPES_OF_METHODS)


def test_the_scopes_are_those_that_the_calls_and_events_need(manifest: dict[str, Any]) -> None:
    needed = {"commands"}.union(*SCOPES_OF_METHODS.values(), *SCOPES_OF_EVENTS.values())
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == needed
    assert "user" not in manifest["oauth_config"]["scopes"]


def test_the_events_are_those_that_are_listened_to(manifest: dict[str, Any]) -> None:
    subscribed = manifest["settings"]["event_subscriptions"]["bot_events"]
    assert sorted(subscribed) == sorted(events.EVENTS) == sorted(SCOPES_OF_EVENTS)


def test_the_command_is_the_default_one_and_escapes_what_people_type(manifest: dict[str, Any]) -> None:
    (command,) = manifest["features"]["slash_commands"]
    assert command["command"] == Settings.model_fields["slack_command"].default
    assert command["should_escape"] is True


def test_interactivity_and_options_come_in_by_the_same_door(manifest: dict[str, Any]) -> None:
    assert dispatch.CHANGES
    assert dispatch.OPTIONS
    interactivity = manifest["settings"]["interactivity"]
    subscriptions = manifest["settings"]["event_subscriptions"]
    (command,) = manifest["features"]["slash_commands"]
    doors = {
        interactivity["request_url"],
        interactivity["message_menu_options_url"],
        subscriptions["request_url"],
        command["url"],
    }
    assert interactivity["is_enabled"] is True
    assert len(doors) == 1
    assert doors.pop().endswith("/slack/events")


def test_shortcuts_are_absent_until_something_listens_to_them(manifest: dict[str, Any]) -> None:
    assert "shortcuts" not in manifest["features"]


def test_the_home_tab_is_on_because_the_bot_draws_it(manifest: dict[str, Any]) -> None:
    assert "app_home_opened" in events.EVENTS
    assert manifest["features"]["app_home"]["home_tab_enabled"] is True


def test_the_texts_stay_within_slacks_limits(manifest: dict[str, Any]) -> None:
    information = manifest["display_information"]
    (command,) = manifest["features"]["slash_commands"]
    assert len(information["name"]) <= 35
    assert len(information["description"]) <= 140
    assert 175 <= len(information["long_description"]) <= 4_000
    assert len(manifest["features"]["bot_user"]["display_name"]) <= 80
    assert len(command["command"]) <= 32
    assert len(command["description"]) <= 2_000
    assert len(command["usage_hint"]) <= 1_000
    assert len(manifest["oauth_config"]["scopes"]["bot"]) <= 255
    assert len(manifest["settings"]["event_subscriptions"]["bot_events"]) <= 100


def test_the_manifest_for_an_installation_names_its_address_and_command() -> None:
    settings = Settings(_env_file=None, public_url="https://bot.example.com/", slack_command="/fu")
    printed = yaml.safe_load(filled(settings))
    (command,) = printed["features"]["slash_commands"]
    assert command["command"] == "/fu"
    assert "/incident" not in printed["display_information"]["long_description"]
    assert command["url"] == "https://bot.example.com/slack/events"
    assert printed["settings"]["socket_mode_enabled"] is False


def test_without_an_address_the_manifest_asks_for_socket_mode() -> None:
    printed = yaml.safe_load(filled(Settings(_env_file=None)))
    assert printed["settings"]["socket_mode_enabled"] is True
    assert "https://" not in filled(Settings(_env_file=None))
