"""users.*, usergroups.*, team.info, auth.test and api.test."""

from __future__ import annotations

from typing import Final

from playground.events import usergroup_object
from playground.payloads import shares_channel, user_object
from playground.records import Json, User
from playground.registration import BOT_ID
from playground.seed import BOT
from playground.web_call import ApiError, Call, Method, page

EMAIL: Final = "users:read.email"


def _shown(call: Call, user: User) -> Json:
    return user_object(call.workspace, user, with_email=EMAIL in call.registration.scopes)


def _known(call: Call) -> list[User]:
    """Members, and of other workspaces only those met in a shared channel."""
    workspace = call.workspace
    return [
        user
        for user in workspace.users.values()
        if not workspace.is_stranger(user) or shares_channel(workspace, user)
    ]


def info(call: Call) -> Json:
    user = next((user for user in _known(call) if user.id == call.text("user")), None)
    if user is None:
        raise ApiError("user_not_found")
    return {"user": _shown(call, user)}


def list_all(call: Call) -> Json:
    found = page(call, [_shown(call, user) for user in _known(call)], "members")
    return found | {"cache_ts": int(call.workspace.clock.time())}


def lookup_by_email(call: Call) -> Json:
    email = call.text("email").lower()
    user = next((u for u in _known(call) if u.email.lower() == email and not u.deleted), None)
    if user is None:
        raise ApiError("users_not_found")
    return {"user": _shown(call, user)}


def usergroups(call: Call) -> Json:
    shown = []
    for group in call.workspace.state.usergroups.values():
        if group.deleted and not call.flag("include_disabled"):
            continue
        one = usergroup_object(call.workspace, group.id)
        if not call.flag("include_users"):
            del one["users"]
        if not call.flag("include_count"):
            del one["user_count"]
        shown.append(one)
    return {"usergroups": shown}


def usergroup_users(call: Call) -> Json:
    group = call.workspace.state.usergroups.get(call.text("usergroup"))
    if group is None or (group.deleted and not call.flag("include_disabled")):
        raise ApiError("no_such_subteam")
    return {"users": group.users}


def team_info(call: Call) -> Json:
    team = call.workspace.team
    if call.text("team", team.id) != team.id:
        raise ApiError("team_not_found")
    icon = {"image_34": "https://avatars.example/team-34.png", "image_default": True}
    url = f"https://{team.domain}.slack.com/"
    shown = {
        "id": team.id,
        "name": team.name,
        "domain": team.domain,
        "email_domain": "",
        "url": url,
        "icon": icon,
    }
    return {"team": shown}


def auth_test(call: Call) -> Json:
    team = call.workspace.team
    bot = call.workspace.users[BOT]
    return {
        "url": f"https://{team.domain}.slack.com/",
        "team": team.name,
        "user": bot.name,
        "team_id": team.id,
        "user_id": BOT,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def api_test(call: Call) -> Json:
    if call.text("error"):
        raise ApiError(call.text("error"), args=call.args)
    return {"args": call.args}


def connections_open(call: Call) -> Json:
    return {"url": call.sockets.url()}


METHODS: Final = {
    "users.info": Method(info, ("user",), ("users:read",)),
    "users.list": Method(list_all, (), ("users:read",)),
    "users.lookupByEmail": Method(lookup_by_email, ("email",), (EMAIL,)),
    "usergroups.list": Method(usergroups, (), ("usergroups:read",)),
    "usergroups.users.list": Method(usergroup_users, ("usergroup",), ("usergroups:read",)),
    "team.info": Method(team_info, (), ("team:read",)),
    "auth.test": Method(auth_test),
    "api.test": Method(api_test),
    "apps.connections.open": Method(connections_open),
}
