"""views.* and blocks.validate."""

from __future__ import annotations

import json
from typing import Final

from playground.blocks import message_errors, view_errors
from playground.modals import ViewError
from playground.records import Json, View
from playground.web_call import ApiError, Call, Handler, Method, invalid_arguments

VALIDATED_CHARACTERS: Final = 100_000


def _given_view(call: Call) -> Json:
    view = call.structure("view", "invalid_arguments")
    if not isinstance(view, dict):
        raise invalid_arguments("[ERROR] must provide an object [json-pointer:/view]")
    return view


def _open(call: Call) -> View:
    content = _given_view(call)
    trigger = call.trigger()
    return call.modals.open(trigger.user, content)


def _push(call: Call) -> View:
    content = _given_view(call)
    trigger = call.trigger()
    return call.modals.push(trigger.user, content)


def _update(call: Call) -> View:
    view = call.modals.find(call.text("view_id"), call.text("external_id"))
    if view is None:
        raise ApiError("not_found")
    return call.modals.update(view, _given_view(call), call.text("hash"))


def _publish(call: Call) -> View:
    user = call.workspace.users.get(call.text("user_id"))
    if user is None or user.is_bot or user.deleted:
        raise invalid_arguments("invalid `user_id`")
    if not call.registration.has_home:
        raise ApiError("not_enabled")
    return call.modals.publish(user.id, _given_view(call), call.text("hash"))


def _answering(act: object) -> Handler:
    def answer(call: Call) -> Json:
        try:
            view: View = act(call)  # type: ignore[operator]
        except ViewError as error:
            details = {"response_metadata": {"messages": error.messages}} if error.messages else {}
            raise ApiError(error.error, **details) from error
        return {"view": call.payloads.view(view)}

    return answer


def validate(call: Call) -> Json:
    """blocks.validate: exactly one of blocks, message and view."""
    given = [name for name in ("blocks", "message", "view") if call.args.get(name) is not None]
    if len(given) != 1:
        raise invalid_arguments("[ERROR] provide exactly one of blocks, message, view")
    name = given[0]
    value = call.structure(name, f"invalid_{name}")
    if len(json.dumps(value)) > VALIDATED_CHARACTERS:
        raise invalid_arguments(f"[ERROR] must be less than 100001 characters [json-pointer:/{name}]")
    if name == "view":
        errors = view_errors(value)
    else:
        errors = message_errors({"blocks": value} if name == "blocks" else value)
    if errors:
        found = [{"code": "failed_constraint", "message": error} for error in errors]
        raise ApiError(f"invalid_{name}", errors=found, response_metadata={"messages": errors})
    return {}


METHODS: Final = {
    "views.open": Method(_answering(_open), ("view", "trigger_id")),
    "views.push": Method(_answering(_push), ("view", "trigger_id")),
    "views.update": Method(_answering(_update), ("view",)),
    "views.publish": Method(_answering(_publish), ("view", "user_id")),
    "blocks.validate": Method(validate),
}
