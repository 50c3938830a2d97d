"""People and channels as Slack's objects describe them, in storage's words."""

from collections.abc import Mapping
from typing import Any

from storage.incidents import Channel
from storage.people import SlackUser


def slack_user(user: Mapping[str, Any], our_team_id: str) -> SlackUser:
    """From Slack's user object. Who belongs to another workspace is a stranger, shared channel or not."""
    profile = user.get("profile") or {}
    names = (profile.get("display_name"), profile.get("real_name"), user.get("real_name"), user.get("name"))
    return SlackUser(
        slack_team_id=our_team_id,
        slack_user_id=user["id"],
        name=next(filter(None, names), user["id"]),
        timezone=user.get("tz") or "UTC",
        is_bot=bool(user.get("is_bot")) or user["id"] == "USLACKBOT",
        is_deleted=bool(user.get("deleted")),
        is_guest=bool(user.get("is_restricted")),
        is_stranger=bool(user.get("is_stranger")) or (user.get("team_id") or our_team_id) != our_team_id,
    )


def channel_of(described: Mapping[str, Any], our_team_id: str) -> Channel:
    return Channel(
        slack_team_id=our_team_id,
        slack_channel_id=described["id"],
        name=described.get("name") or described["id"],
        is_private=bool(described.get("is_private")),
        is_archived=bool(described.get("is_archived")),
        bot_is_member=bool(described.get("is_member")),
    )
