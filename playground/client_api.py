"""What the browser page uses: a Slack client for people. It trusts the page to say who is acting."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from playground.acts import Acts
from playground.dispatch import Dispatch, Refused
from playground.records import Channel, Json, User
from playground.registration import APP_ID, Registration
from playground.seed import BOT
from playground.stream import Stream, shown_message
from playground.workspace import Workspace

STATIC: Final = Path(__file__).parent / "static"

Gallery = Callable[[], Json]
Answering = Callable[[Json], Awaitable[Json]]


class ClientApi:
    """Each method takes what the page sent and gives what the page gets."""

    def __init__(
        self,
        *,
        workspace: Workspace,
        registration: Registration,
        acts: Acts,
        dispatch: Dispatch,
        stream: Stream,
        gallery: Gallery | None,
    ) -> None:
        self._workspace = workspace
        self._registration = registration
        self._acts = acts
        self._dispatch = dispatch
        self._stream = stream
        self._gallery = gallery

    def routes(self) -> list[Route | Mount]:
        asked = {
            "boot": self.boot,
            "messages": self.messages,
            "home": self.home,
            "views": self.views,
            "gallery": self.gallery,
        }
        told = {
            "message": self.message,
            "command": self.command,
            "shortcut": self.shortcut,
            "action": self.action,
            "options": self.options,
            "submit": self.submit,
            "close": self.close,
            "reaction": self.reaction,
            "join": self.join,
            "leave": self.leave,
            "invite": self.invite,
            "remove": self.remove,
            "create": self.create,
            "rename": self.rename,
            "archive": self.archive,
            "make_private": self.make_private,
            "home_opened": self.home_opened,
        }
        return [
            Route("/", lambda _request: FileResponse(STATIC / "index.html")),
            Route("/gallery", lambda _request: FileResponse(STATIC / "gallery.html")),
            Mount("/static", StaticFiles(directory=STATIC, check_dir=False)),
            Route("/client/stream", self.stream),
            *(Route(f"/client/{name}", self._asked(act)) for name, act in asked.items()),
            *(Route(f"/client/{name}", self._told(act), methods=["POST"]) for name, act in told.items()),
        ]

    # --- asked -------------------------------------------------------------------------------------------

    async def boot(self, asked: Json) -> Json:
        me = self._workspace.users[asked["user"]]
        team = self._workspace.team
        return {
            "team": {"id": team.id, "name": team.name, "domain": team.domain},
            "user": self._user(me),
            "users": [self._user(user) for user in self._workspace.users.values()],
            "usergroups": [
                {"id": group.id, "handle": group.handle, "name": group.name, "users": group.users}
                for group in self._workspace.state.usergroups.values()
                if not group.deleted
            ],
            "channels": [
                self._channel(channel, me.id)
                for channel in self._workspace.channels.values()
                if self._workspace.may_see(me.id, channel)
            ],
            "app": self._app(),
        }

    async def messages(self, asked: Json) -> Json:
        channel = self._acts.seen(asked["user"], asked["channel"])
        self._workspace.read(asked["user"], channel.id)
        found = self._workspace.messages_in(channel.id, asked["user"])
        return {"messages": [shown_message(message) for message in found]}

    async def home(self, asked: Json) -> Json:
        return {"view": self._stream.home(asked["user"])}

    async def views(self, asked: Json) -> Json:
        return {"stack": self._stream.stack(asked["user"])}

    async def gallery(self, _asked: Json) -> Json:
        return self._gallery() if self._gallery else {"sections": []}

    async def stream(self, request: Request) -> Response:
        user_id = request.query_params.get("user", "")
        if user_id not in self._workspace.users:
            return _sentence("There is nobody of that id.")
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        return StreamingResponse(
            self._stream.follow(user_id), media_type="text/event-stream", headers=headers
        )

    # --- told --------------------------------------------------------------------------------------------

    async def message(self, told: Json) -> Json:
        message = self._acts.say(told["user"], told["channel"], told["text"], told.get("thread_ts"))
        return {"ts": message.ts, "channel": message.channel}

    async def command(self, told: Json) -> Json:
        return await self._dispatch.command(told["user"], told["channel"], told["text"])

    async def shortcut(self, told: Json) -> Json:
        message = None
        if told.get("ts"):
            channel = self._acts.seen(told["user"], told["channel"])
            message = self._workspace.message(channel.id, told["ts"])
        return await self._dispatch.shortcut(told["user"], told["callback_id"], message)

    async def action(self, told: Json) -> Json:
        place = self._dispatch.place(told["user"], told["container"])
        block_id, action_id = told["block_id"], told["action_id"]
        value, state = told.get("value"), told.get("state")
        return await self._dispatch.action(told["user"], place, block_id, action_id, value=value, state=state)

    async def options(self, told: Json) -> Json:
        place = self._dispatch.place(told["user"], told["container"])
        return await self._dispatch.options(
            told["user"], place, told["block_id"], told["action_id"], told.get("query") or ""
        )

    async def submit(self, told: Json) -> Json:
        return await self._dispatch.submit(told["user"], told["view_id"], told.get("state") or {})

    async def close(self, told: Json) -> Json:
        return await self._dispatch.close(told["user"], told["view_id"], everything=bool(told.get("all")))

    async def reaction(self, told: Json) -> Json:
        remove = bool(told.get("remove"))
        self._acts.react(told["user"], told["channel"], told["ts"], told["name"], remove=remove)
        return {"ok": True}

    async def join(self, told: Json) -> Json:
        self._acts.join(told["user"], told["channel"])
        return {"ok": True}

    async def leave(self, told: Json) -> Json:
        self._acts.leave(told["user"], told["channel"])
        return {"ok": True}

    async def invite(self, told: Json) -> Json:
        self._acts.invite(told["user"], told["channel"], told["invited"])
        return {"ok": True}

    async def remove(self, told: Json) -> Json:
        self._acts.remove(told["user"], told["channel"], told["removed"])
        return {"ok": True}

    async def create(self, told: Json) -> Json:
        channel = self._acts.create(told["user"], told["name"], is_private=bool(told.get("is_private")))
        return {"channel": channel.id}

    async def rename(self, told: Json) -> Json:
        self._acts.rename(told["user"], told["channel"], told["name"])
        return {"ok": True}

    async def archive(self, told: Json) -> Json:
        self._acts.archive(told["user"], told["channel"], archived=bool(told.get("archived", True)))
        return {"ok": True}

    async def make_private(self, told: Json) -> Json:
        self._acts.make_private(told["user"], told["channel"])
        return {"ok": True}

    async def home_opened(self, told: Json) -> Json:
        self._acts.open_home(told["user"], told.get("tab") or "home")
        return {"ok": True}

    # --- shapes ------------------------------------------------------------------------------------------

    def _user(self, user: User) -> Json:
        return {
            "id": user.id,
            "name": user.name,
            "display_name": user.shown_name,
            "real_name": user.real_name,
            "title": user.title,
            "color": user.color,
            "initials": user.initials,
            "is_bot": user.is_bot,
            "is_stranger": self._workspace.is_stranger(user),
            "tz": user.tz,
            "tz_offset": user.tz_offset(self._workspace.clock.time()),
            "deleted": user.deleted,
        }

    def _channel(self, channel: Channel, user_id: str) -> Json:
        return {
            "id": channel.id,
            "name": channel.name,
            "is_private": channel.is_private,
            "is_im": channel.is_im,
            "is_archived": channel.is_archived,
            "is_shared": channel.is_ext_shared,
            "im_user": channel.other_than(user_id) if channel.is_im else None,
            "is_member": user_id in channel.members,
            "members": channel.members,
            "topic": channel.topic,
            "unread": self._workspace.unread(user_id, channel.id) if user_id in channel.members else 0,
        }

    def _app(self) -> Json:
        registration = self._registration
        return {
            "id": APP_ID,
            "name": registration.name,
            "bot_user": BOT,
            "commands": [
                {"command": one.command, "description": one.description, "usage_hint": one.usage_hint}
                for one in registration.commands
            ],
            "shortcuts": [
                {
                    "callback_id": one.callback_id,
                    "name": one.name,
                    "type": one.type,
                    "description": one.description,
                }
                for one in registration.shortcuts
            ],
            "has_home": registration.has_home,
        }

    def _asked(self, act: Answering) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            return await self._served(act, dict(request.query_params))

        return endpoint

    def _told(self, act: Answering) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                told = json.loads(await request.body())
            except ValueError:
                return _sentence("The page sent something that is not JSON.")
            return await self._served(act, told)

        return endpoint

    async def _served(self, act: Answering, given: Json) -> Response:
        if act != self.gallery and given.get("user") not in self._workspace.users:
            return _sentence("There is nobody of that id.")
        try:
            return JSONResponse(await act(given))
        except Refused as error:
            return _sentence(str(error))
        except KeyError as error:
            return _sentence(f"The page left out {error}.")


def _sentence(text: str) -> Response:
    return JSONResponse({"error": text}, 400)
