"""People and channels as Slack's objects describe them, in storage's words."""

from collections.abc import Mapping
from typing import Any

from storage.incidents import Channel
from storage.people import SlackUser


def slack_user(user: Mapping[str, Any], our_team_id: str) -> SlackUser:
    """From Slack's user object. Who belongs to another workspace is a stranger, shared channel or not."""
    profile = user.get("profile", {})
    name = profile.get("display_name") or profile.get("real_name") or user.get("real_name") or user["name"]
    return SlackUser(
        slack_team_id=our_team_id,
        slack_user_id=user["id"],
        name=name,
        timezone=user.get("tz") or "UTC",
        is_bot=user.get("is_bot", False) or user["id"] == "USLACKBOT",
        is_deleted=user.get("deleted", False),
        is_guest=user.get("is_restricted", False),
        is_stranger=user.get("is_stranger", False) or user.get("team_id", our_team_id) != our_team_id,
    )


def channel_of(described: Mapping[str, Any], our_team_id: str) -> Channel:
    return Channel(
        slack_team_id=our_team_id,
        slack_channel_id=described["id"],
        name=described["name"],
        is_private=described.get("is_private", False),
        is_archived=described.get("is_archived", False),
        bot_is_member=described.get("is_member", False),
    )
