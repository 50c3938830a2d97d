"""What the app is sent, complete as Slack sends it."""

from __future__ import annotations

from typing import Any, Final

from playground.records import Channel, Json, Message, User, View
from playground.registration import APP_ID, BOT_ID, VERIFICATION_TOKEN, Registration
from playground.seed import BOT
from playground.workspace import Workspace

# A slash command is told the kind of a conversation instead of its name where the name is nobody's business.
COMMAND_CHANNEL_NAMES: Final = {"private_channel": "privategroup", "im": "directmessage"}


class Payloads:
    def __init__(self, workspace: Workspace, registration: Registration) -> None:
        self._workspace = workspace
        self._registration = registration

    # --- parts -------------------------------------------------------------------------------------------

    def team(self) -> Json:
        return {"id": self._workspace.team.id, "domain": self._workspace.team.domain}

    def user(self, user_id: str) -> Json:
        user = self._workspace.users[user_id]
        return {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id}

    def channel(self, channel: Channel) -> Json:
        names = COMMAND_CHANNEL_NAMES
        return {"id": channel.id, "name": names.get(channel.kind, channel.name)}

    def view(self, view: View) -> Json:
        return {
            "id": view.id,
            "team_id": self._workspace.team.id,
            **view.content,
            "state": {"values": view.state},
            "hash": view.hash,
            "root_view_id": view.root_id,
            "previous_view_id": view.previous_id,
            "app_id": APP_ID,
            "app_installed_team_id": self._workspace.team.id,
            "bot_id": BOT_ID,
        }

    def message(self, message: Message) -> Json:
        shown: Json = {
            "type": "message",
            "user": message.user,
            "ts": message.ts,
            "text": message.text,
            "team": self._workspace.users[message.user].team_id,
        }
        if message.bot_id:
            shown |= {
                "bot_id": message.bot_id,
                "app_id": message.app_id,
                "bot_profile": self.bot_profile(message),
            }
        optional: Json = {
            "blocks": message.blocks,
            "attachments": message.attachments,
            "metadata": message.metadata,
            "thread_ts": message.thread_ts,
            "edited": message.edited,
            "reactions": message.reactions,
            "subtype": message.subtype,
            "client_msg_id": message.client_msg_id,
        }
        return shown | {name: value for name, value in optional.items() if value}

    def bot_profile(self, message: Message) -> Json:
        icons = {
            f"image_{size}": f"https://avatars.example/{message.bot_id}-{size}.png" for size in (36, 48, 72)
        }
        return {
            "id": message.bot_id,
            "deleted": False,
            "name": message.username or self._workspace.users[message.user].real_name,
            "updated": 1_780_000_000,
            "app_id": message.app_id,
            "icons": icons,
            "team_id": self._workspace.team.id,
        }

    def envelope(self, kind: str, user_id: str) -> Json:
        """What every interaction begins with."""
        return {
            "type": kind,
            "user": self.user(user_id),
            "api_app_id": APP_ID,
            "token": VERIFICATION_TOKEN,
            "team": self.team(),
            "enterprise": None,
            "is_enterprise_install": False,
        }

    # --- whole payloads ----------------------------------------------------------------------------------

    def slash_command(self, user: User, channel: Channel, command: str, text: str) -> Json:
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": self._workspace.team.id,
            "team_domain": self._workspace.team.domain,
            "channel_id": channel.id,
            "channel_name": COMMAND_CHANNEL_NAMES.get(channel.kind, channel.name),
            "user_id": user.id,
            "user_name": user.name,
            "command": command,
            "text": text,
            "api_app_id": APP_ID,
            "is_enterprise_install": "false",
        }

    def container(self, place: Message | View) -> Json:
        """Where somebody acted: the fields that name a view or a message."""
        if isinstance(place, View):
            return {"container": {"type": "view", "view_id": place.id}, "view": self.view(place)}
        container: Json = {
            "type": "message",
            "message_ts": place.ts,
            "channel_id": place.channel,
            "is_ephemeral": place.ephemeral_for is not None,
        }
        if place.thread_ts:
            container["thread_ts"] = place.thread_ts
        channel = self._workspace.channels[place.channel]
        found: Json = {"container": container, "channel": self.channel(channel)}
        if place.ephemeral_for is None:
            found["message"] = self.message(place)
        return found

    def event(self, event: Json, event_id: str, channel: Channel | None = None) -> Json:
        team_id = self._workspace.team.id
        authorization = {
            "enterprise_id": None,
            "team_id": team_id,
            "user_id": BOT,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": team_id,
            "context_team_id": team_id,
            "context_enterprise_id": None,
            "api_app_id": APP_ID,
            "event": event,
            "type": "event_callback",
            "event_id": event_id,
            "event_time": int(self._workspace.clock.time()),
            "authorizations": [authorization],
            "is_ext_shared_channel": bool(channel and channel.is_ext_shared),
            "event_context": f"4-{event_id}",
        }


def user_object(workspace: Workspace, user: User, *, with_email: bool) -> Json:
    """A user as users.info and user_change show them."""
    now = workspace.clock.time()
    profile: dict[str, Any] = {
        "title": user.title,
        "phone": "",
        "skype": "",
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": user.display_name,
        "display_name_normalized": user.display_name,
        "status_text": "",
        "status_emoji": "",
        "status_expiration": 0,
        "avatar_hash": "g" + user.id.lower(),
        "team": user.team_id,
        "first_name": user.real_name.split(" ")[0],
        "last_name": user.real_name.split(" ")[-1],
    }
    profile |= {
        f"image_{size}": f"https://avatars.example/{user.id}-{size}.png" for size in (24, 48, 72, 192)
    }
    if with_email and user.email:
        profile["email"] = user.email
    if user.is_bot:
        profile |= {"bot_id": user.bot_id, "api_app_id": APP_ID if user.id == BOT else "A0DEPLOYS"}
    shown: Json = {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "deleted": user.deleted,
        "color": user.color,
        "real_name": user.real_name,
        "profile": profile,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": user.updated,
    }
    if user.deleted:
        return shown
    return shown | {
        "tz": user.tz,
        "tz_label": user.tz_label(now),
        "tz_offset": user.tz_offset(now),
        "is_admin": user.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
        "is_email_confirmed": True,
        "is_stranger": workspace.is_stranger(user) and not shares_channel(workspace, user),
        "who_can_share_contact_card": "EVERYONE",
    }


def shares_channel(workspace: Workspace, user: User) -> bool:
    """Whether somebody from elsewhere is in a shared channel the app is in too."""
    return any(
        channel.is_ext_shared and user.id in channel.members and BOT in channel.members
        for channel in workspace.channels.values()
    )
