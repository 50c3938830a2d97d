"""A view shown again as it was, with a word on top, for when Slack could not be answered in time."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from views.blocks import Block, plain_section

# What Slack reports of an element's state, and the element's field that brings it back.
INITIAL = {
    "value": "initial_value",
    "selected_option": "initial_option",
    "selected_options": "initial_options",
    "selected_user": "initial_user",
    "selected_date": "initial_date",
}
ABOVE = "told_above_"
KEPT = ("type", "callback_id", "title", "submit", "close", "private_metadata")


def restored(view: Mapping[str, Any], sentences: Sequence[str]) -> Block:
    """The view as submitted, with the sentences that say why it is back on top."""
    kept = {key: view[key] for key in KEPT if view.get(key)}
    return {**kept, "blocks": [*map(plain_section, sentences), *_blocks(view)]}


def told_above(home: Mapping[str, Any], said: Mapping[str, Any]) -> Block:
    """App Home as it is shown, with the blocks of another view on top, instead of those from last time."""
    kept = {key: home[key] for key in ("type", "callback_id", "private_metadata") if home.get(key)}
    above = [{**block, "block_id": f"{ABOVE}{place}"} for place, block in enumerate(said["blocks"])]
    below = [dict(block) for block in home["blocks"] if not block["block_id"].startswith(ABOVE)]
    return {**kept, "blocks": [*above, *below]}


def _blocks(view: Mapping[str, Any]) -> Iterator[Block]:
    values = view["state"]["values"]
    for block in view["blocks"]:
        if block["type"] == "input":
            state = values.get(block["block_id"], {}).get(block["element"]["action_id"], {})
            yield {**block, "element": _with_state(block["element"], state)}
        else:
            yield dict(block)


def _with_state(element: Mapping[str, Any], state: Mapping[str, Any]) -> Block:
    bare = {key: value for key, value in element.items() if key not in INITIAL.values()}
    typed = {INITIAL[key]: value for key, value in state.items() if key in INITIAL and value}
    return bare | typed
