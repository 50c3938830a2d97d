"""Whether a payload is one that Slack could have sent. Whoever else can sign one is refused at the door."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from bot.interactions import Place, is_storable

LONGEST_NAME = 255
DEEPEST = 100
MOST_FIELDS = 100

Check = Callable[[Any], bool]


def is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_id(value: Any) -> bool:
    """Slack names people and channels by id, or describes them whole."""
    return is_name(value.get("id") if isinstance(value, Mapping) else value)


def is_metadata(value: Any) -> bool:
    try:
        Place.decode(value)
    except (ValueError, TypeError):
        return False
    return True


def is_option(value: Any) -> bool:
    return isinstance(value, Mapping) and is_text(value.get("value"))


def is_option_with_text(value: Any) -> bool:
    return is_option(value) and is_text(at(value, "text.text"))


def are_options(value: Any) -> bool:
    return isinstance(value, list) and all(map(is_option, value))


def is_day(value: Any) -> bool:
    try:
        date.fromisoformat(value)
    except (ValueError, TypeError):
        return False
    return True


def are_blocks(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_block, value))


def _is_block(block: Any) -> bool:
    if not isinstance(block, Mapping):
        return False
    if block.get("type") != "input":
        return is_name(block.get("type"))
    return is_name(block.get("block_id")) and is_name(at(block, "element.action_id"))


def are_values(value: Any) -> bool:
    """`view.state.values`: what each element of each block holds."""
    if not isinstance(value, Mapping) or not all(isinstance(block, Mapping) for block in value.values()):
        return False
    return all(_is_state(state) for block in value.values() for state in block.values())


def _is_state(state: Any) -> bool:
    return isinstance(state, Mapping) and all(
        state.get(key) is None or check(state[key]) for key, check in STATE.items()
    )


def is_view(value: Any) -> bool:
    """What was clicked in: a modal, or App Home."""
    return isinstance(value, Mapping) and _has(value, VIEW)


VIEW: Mapping[str, Check] = {
    "id": is_name,
    "type": is_name,
    "hash": is_text,
    "private_metadata": is_metadata,
}
STATE: Mapping[str, Check] = {
    "value": is_text,
    "selected_option": is_option_with_text,
    "selected_options": are_options,
    "selected_user": is_name,
    "selected_date": is_day,
}
# What each kind cannot be understood without; a name that ends in `?` may be missing.
SHAPES: Mapping[str, Mapping[str, Check]] = {
    "command": {
        "user_id": is_name,
        "channel_id": is_name,
        "trigger_id": is_name,
        "response_url": is_text,
        "text?": is_text,
    },
    "block_actions": {
        "user.id": is_name,
        "trigger_id": is_name,
        "actions.0.action_id": is_name,
        "actions.0.selected_option?": is_option,
        "response_url?": is_text,
        "view?": is_view,
    },
    "block_suggestion": {"user.id": is_name, "action_id": is_name, "value?": is_text},
    "event_callback": {
        "event_id": is_name,
        "event.type": is_name,
        "event.event_ts?": is_name,
        "event.user?": is_id,
        "event.channel?": is_id,
        "event.tab?": is_name,
    },
    "view_submission": {
        "user.id": is_name,
        "trigger_id": is_name,
        "view.id": is_name,
        "view.callback_id": is_name,
        "view.root_view_id?": is_name,
        "view.private_metadata": is_metadata,
        "view.title.text": is_text,
        "view.blocks": are_blocks,
        "view.state.values": are_values,
    },
}
CHANNEL, PERSON = {"event.channel": is_id}, {"event.user": is_id}
EVENTS: Mapping[str, Mapping[str, Check]] = {
    "app_home_opened": PERSON,
    "channel_archive": CHANNEL,
    "channel_id_changed": {"event.old_channel_id": is_name, "event.new_channel_id": is_name},
    "channel_left": CHANNEL,
    "channel_rename": CHANNEL,
    "channel_unarchive": CHANNEL,
    "group_archive": CHANNEL,
    "group_left": CHANNEL,
    "group_rename": CHANNEL,
    "group_unarchive": CHANNEL,
    "member_joined_channel": CHANNEL | PERSON,
    "member_left_channel": CHANNEL | PERSON,
    "user_change": PERSON,
}


def is_readable(body: Any) -> bool:
    """Whether a payload has what its kind always has, and nothing that no database can keep."""
    if not isinstance(body, Mapping) or not _is_storable(body):
        return False
    kind = "command" if "command" in body else body.get("type")
    if kind is not None and not is_name(kind):
        return False
    if not isinstance(body.get("event", {}), Mapping):
        return False  # Bolt looks into it whatever the kind
    if kind == "block_actions" and not (body.get("view") or body.get("response_url")):
        return False  # there would be nowhere to answer
    return _has(body, SHAPES.get(str(kind), {})) and _has(body, EVENTS.get(str(at(body, "event.type")), {}))


def _has(body: Mapping[str, Any], shape: Mapping[str, Check]) -> bool:
    for path, check in shape.items():
        value = at(body, path.removesuffix("?"))
        if not (value is None and path.endswith("?")) and not check(value):
            return False
    return True


def at(value: Any, path: str) -> Any:
    """What stands at `view.title.text` or `actions.0.action_id`; None where there is nothing."""
    for step in path.split("."):
        if isinstance(value, list):
            value = value[int(step)] if step.isdigit() and int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _is_storable(body: Mapping[str, Any]) -> bool:
    """No NUL, no half of a character, and nothing nested beyond reason."""
    level: list[Any] = [body]
    for _ in range(DEEPEST):
        if not level:
            return True
        if not is_storable("".join(value for value in level if isinstance(value, str))):
            return False
        level = [inner for value in level for inner in _within(value)]
    return False


def _within(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from value.keys()
        yield from value.values()
    elif isinstance(value, list):
        yield from value
