"""What people do with the app: sent to it, and its answer carried out."""

from __future__ import annotations

from typing import Any, Final

from playground.blocks import options_errors
from playground.doors import Answer, Doors
from playground.inputs import NOTATIONS, NoSuchOption, entered, entry, find_element
from playground.mentions import marked_up
from playground.modals import Modals, ViewError
from playground.payloads import Payloads
from playground.records import Channel, Json, Message, View
from playground.registration import Registration
from playground.replies import Replies
from playground.submission import complaints
from playground.tickets import ReplyUrl, Tickets
from playground.workspace import Workspace

TROUBLE: Final = "We had some trouble connecting. Try again?"

Place = Message | View


class Refused(Exception):  # noqa: N818  (a person's mistake, told in a sentence)
    """Something the person can't do, and why."""


class Dispatch:
    """`problems` collects what the app did that Slack would not accept and not tell it about."""

    def __init__(
        self,
        workspace: Workspace,
        registration: Registration,
        modals: Modals,
        tickets: Tickets,
        doors: Doors,
    ) -> None:
        self._workspace = workspace
        self._registration = registration
        self._modals = modals
        self._tickets = tickets
        self._doors = doors
        self._payloads = Payloads(workspace, registration)
        self.replies = Replies(workspace, tickets)
        self.problems: list[str] = []

    # --- commands and shortcuts --------------------------------------------------------------------------

    async def command(self, user_id: str, channel_id: str, typed: str) -> Json:
        channel = self._seen(user_id, channel_id)
        name, _, text = typed.strip().partition(" ")
        command = self._registration.command(name)
        if command is None:
            return {"ok": False, "error": "unknown_command"}
        text = text.strip()
        if command.should_escape:
            text = marked_up(self._workspace, text, with_names=True)
        user = self._workspace.users[user_id]
        payload = self._payloads.slash_command(user, channel, name, text)
        payload["response_url"] = self._tickets.reply_url(user_id, channel_id)
        payload["trigger_id"] = self._tickets.trigger(user_id)
        answer = await self._doors.deliver("slash_commands", payload)
        if answer.ok and any(answer.body.get(part) for part in ("text", "blocks", "attachments")):
            error = self.replies.say(ReplyUrl(user_id, channel_id, 0.0), answer.body)
            self._note(error, f"the answer to {name} {text}")
        return _result(answer)

    async def shortcut(self, user_id: str, callback_id: str, message: Message | None = None) -> Json:
        """A global shortcut, or with a message one from its menu."""
        if self._registration.shortcut(callback_id) is None:
            raise Refused("The app has no such shortcut.")
        kind = "shortcut" if message is None else "message_action"
        payload = self._payloads.envelope(kind, user_id)
        payload |= {"callback_id": callback_id, "trigger_id": self._tickets.trigger(user_id)}
        payload["action_ts"] = self._workspace.clock.stamp()
        if message is not None:
            channel = self._seen(user_id, message.channel)
            payload |= {
                "channel": self._payloads.channel(channel),
                "message_ts": message.ts,
                "message": self._payloads.message(message),
                "response_url": self._tickets.reply_url(user_id, channel.id, message.ts),
            }
        return _result(await self._doors.deliver("interactive", payload))

    # --- buttons, menus and other elements ---------------------------------------------------------------

    def place(self, user_id: str, container: Json) -> Place:
        """The message or view somebody acts in, if it is there for them."""
        if container.get("type") == "view":
            view = self._modals.find(container.get("view_id"))
            if view is None or view.user != user_id:
                raise Refused("That view is no longer open.")
            return view
        channel = self._seen(user_id, str(container.get("channel")))
        message = self._workspace.message(channel.id, str(container.get("ts")))
        if message is None or message.ephemeral_for not in {None, user_id}:
            raise Refused("That message is no longer there.")
        return message

    async def action(
        self,
        user_id: str,
        place: Place,
        block_id: str,
        action_id: str,
        *,
        value: Any = None,
        state: Json | None = None,
    ) -> Json:
        blocks, element = self._element(place, block_id, action_id)
        values = self._entered(place, blocks, state or {})
        action = {"action_id": action_id, "block_id": block_id, **self._acted(element, value)}
        action["action_ts"] = self._workspace.clock.stamp()
        if element["type"] in NOTATIONS:
            values.setdefault(block_id, {})[action_id] = entry(element, value)
        view_id = None
        if isinstance(place, View):
            self._modals.enter(place, values)
            view_id = place.id
        payload = self._payloads.envelope("block_actions", user_id) | self._payloads.container(place)
        payload["trigger_id"] = self._tickets.trigger(user_id, view_id)
        payload["actions"] = [action]
        if isinstance(place, Message):
            payload["state"] = {"values": values}
            payload["response_url"] = self._tickets.reply_url(user_id, place.channel, place.ts)
        return _result(await self._doors.deliver("interactive", payload))

    async def options(self, user_id: str, place: Place, block_id: str, action_id: str, query: str) -> Json:
        self._element(place, block_id, action_id)
        payload = self._payloads.envelope("block_suggestion", user_id) | self._payloads.container(place)
        payload |= {"block_id": block_id, "action_id": action_id, "value": query}
        answer = await self._doors.deliver("interactive", payload)
        if not answer.ok:
            return {"error": answer.error}
        errors = options_errors(answer.body)
        if errors:
            self._note("; ".join(errors), f"the options of {action_id}")
            return {"error": "invalid_options"}
        if "option_groups" in answer.body:
            groups = answer.body["option_groups"] or ()
            return {
                "option_groups": [
                    {
                        "label": group["label"]["text"],
                        "options": [_shown(option) for option in group["options"]],
                    }
                    for group in groups
                ]
            }
        return {"options": [_shown(option) for option in answer.body.get("options") or ()]}

    # --- submitting and closing --------------------------------------------------------------------------

    async def submit(self, user_id: str, view_id: str, state: Json) -> Json:
        view = self.place(user_id, {"type": "view", "view_id": view_id})
        if not isinstance(view, View) or view.content["submit"] is None:
            raise Refused("That view has nothing to submit.")
        self._modals.enter(view, self._entered(view, view.blocks, state))
        errors = complaints(view.blocks, view.state)
        if errors:
            return {"ok": False, "errors": errors}
        payload = self._payloads.envelope("view_submission", user_id)
        payload |= {
            "trigger_id": self._tickets.trigger(user_id, view.id),
            "view": self._payloads.view(view),
            "response_urls": [],
        }
        answer = await self._doors.deliver("interactive", payload)
        if not answer.ok:
            return {"ok": False, "error": TROUBLE, "reason": answer.error}
        try:
            return self._carry_out(view, answer.body)
        except (ViewError, KeyError, TypeError, AttributeError) as error:
            messages = getattr(error, "messages", None) or [repr(error)]
            self._note(
                "; ".join(messages), f"the answer to submitting {view.content['callback_id'] or view.id}"
            )
            return {"ok": False, "error": TROUBLE, "reason": "invalid_response"}

    async def close(self, user_id: str, view_id: str, *, everything: bool = False) -> Json:
        """Cancel closes the top view; the × closes all of them and tells about the root."""
        self.place(user_id, {"type": "view", "view_id": view_id})
        closed = self._modals.clear(user_id) if everything else self._modals.close(user_id)
        told = closed[-1:] if everything else closed[:1]
        for view in told:
            if view.content["notify_on_close"]:
                payload = self._payloads.envelope("view_closed", user_id)
                payload |= {"view": self._payloads.view(view), "is_cleared": everything or len(closed) > 1}
                answer = await self._doors.deliver("interactive", payload)
                self._note(answer.error, "the answer to view_closed")
        return {"ok": True}

    def _carry_out(self, view: View, body: Json) -> Json:
        """The `response_action` of a submission."""
        answers = {
            None: self._close_one,
            "errors": self._show_errors,
            "update": self._update,
            "push": self._push,
            "clear": self._close_all,
        }
        act = answers.get(body.get("response_action"))
        if act is None:
            raise ViewError("invalid_arguments", [f"unknown response_action {body['response_action']!r}"])
        return act(view, body)

    def _close_one(self, view: View, body: Json) -> Json:
        if body:
            raise ViewError("invalid_arguments", [f"no response_action in {sorted(body)}"])
        # An answer may come after the app has itself opened or closed something.
        if self._modals.find(view.id) is not None:
            self._modals.close(view.user)
        return {"ok": True}

    def _close_all(self, view: View, _body: Json) -> Json:
        self._modals.clear(view.user)
        return {"ok": True}

    def _show_errors(self, view: View, body: Json) -> Json:
        errors: dict[str, str] = body["errors"]
        inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
        strange = set(errors) - inputs
        if strange or not errors:
            raise ViewError(
                "invalid_arguments", [f"errors for {sorted(strange)}, which are not input blocks"]
            )
        return {"ok": False, "errors": errors}

    def _update(self, view: View, body: Json) -> Json:
        self._modals.update(view, body["view"])
        return {"ok": True}

    def _push(self, view: View, body: Json) -> Json:
        self._modals.push(view.user, body["view"])
        return {"ok": True}

    # --- looking things up -------------------------------------------------------------------------------

    def _seen(self, user_id: str, channel_id: str) -> Channel:
        channel = self._workspace.channels.get(channel_id)
        if channel is None or not self._workspace.may_see(user_id, channel):
            raise Refused("There is no such channel for this person.")
        return channel

    def _element(self, place: Place, block_id: str, action_id: str) -> tuple[list[Json], Json]:
        blocks = place.blocks or []
        found = find_element(blocks, block_id, action_id)
        if found is None:
            raise Refused("That is no longer there to be used.")
        return blocks, found[1]

    def _entered(self, place: Place, blocks: list[Json], state: Json) -> Json:
        before = place.state if isinstance(place, View) else {}
        try:
            return entered(blocks, before, state)
        except NoSuchOption as error:
            raise Refused(str(error)) from error

    def _acted(self, element: Json, value: Any) -> Json:
        """How `actions[0]` tells what was done."""
        kind = element["type"]
        if kind in NOTATIONS:
            try:
                return entry(element, value)
            except NoSuchOption as error:
                raise Refused(str(error)) from error
        if kind == "overflow":
            option = next((one for one in element["options"] if one.get("value") == value), None)
            if option is None:
                raise Refused(f"{value!r} is not in that menu.")
            return {"type": kind, "selected_option": option}
        shown = ("text", "value", "style", "url", "alt_text")
        return {"type": kind, **{name: element[name] for name in shown if name in element}}

    def _note(self, error: str, what: str) -> None:
        if error:
            self.problems.append(f"{what}: {error}")


def _result(answer: Answer) -> Json:
    return {"ok": True} if answer.ok else {"ok": False, "error": answer.error}


def _shown(option: Json) -> Json:
    shown = {"text": option["text"]["text"], "value": option["value"]}
    if "description" in option:
        shown["description"] = option["description"]["text"]
    return shown
