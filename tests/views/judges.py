"""Four independent judges of Block Kit: blockkit, slackblocks, slack_sdk's models, and our own rules.

Known false alarms are handled one by one, here, and nowhere else.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import blockkit
import slackblocks
from slack_sdk.models.blocks import Block as SdkBlock
from slack_sdk.models.views import View as SdkView

Json = dict[str, Any]

BLOCKKIT = {
    "modal": blockkit.Modal,
    "home": blockkit.Home,
    "section": blockkit.Section,
    "context": blockkit.Context,
    "actions": blockkit.Actions,
    "input": blockkit.Input,
    "divider": blockkit.Divider,
    "button": blockkit.Button,
    "overflow": blockkit.Overflow,
    "static_select": blockkit.StaticSelect,
    "external_select": blockkit.ExternalSelect,
    "users_select": blockkit.UsersSelect,
    "multi_external_select": blockkit.MultiExternalSelect,
    "datepicker": blockkit.DatePicker,
    "plain_text_input": blockkit.PlainTextInput,
}

SLACKBLOCKS = {
    "modal": slackblocks.ModalView,
    "home": slackblocks.HomeTabView,
    "section": slackblocks.SectionBlock,
    "context": slackblocks.ContextBlock,
    "actions": slackblocks.ActionsBlock,
    "input": slackblocks.InputBlock,
    "divider": slackblocks.DividerBlock,
    "button": slackblocks.Button,
    "overflow": slackblocks.OverflowMenu,
    "static_select": slackblocks.StaticSelectMenu,
    "external_select": slackblocks.ExternalSelectMenu,
    "users_select": slackblocks.UserSelectMenu,
    "multi_external_select": slackblocks.ExternalMultiSelectMenu,
    "datepicker": slackblocks.DatePicker,
    "plain_text_input": slackblocks.PlainTextInput,
}

ELEMENTS = {"actions": 25, "context": 10}
MENTION_OR_LINK = re.compile(r"<(?:@[UWB]\w*|#[CG]\w*|https?://[^\s<>|]+\|[^<>]+)>")


def errors(shown: Json) -> list[str]:
    """What any judge says against a view or a message."""
    return [f"{judge.__name__}: {complaint}" for judge in JUDGES for complaint in judge(shown)]


def complaints_of(build: Callable[[], Any]) -> Iterator[str]:
    try:
        build()
    except Exception as complaint:
        yield f"{type(complaint).__name__}: {complaint}"


def blockkit_judge(shown: Json) -> Iterator[str]:
    def build() -> Any:
        loaded = load_blockkit(shown) if "type" in shown else blockkit.Message(**load_blockkit_fields(shown))
        return loaded.build()

    yield from complaints_of(build)


def load_blockkit_fields(value: Json) -> Json:
    return {key: load_blockkit(item) for key, item in value.items() if key != "type"}


def load_blockkit(value: Any) -> Any:
    if isinstance(value, list):
        return [load_blockkit(item) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("type")
    fields = load_blockkit_fields(value)
    if kind in {"plain_text", "mrkdwn"}:
        return blockkit.Text(type=kind, **fields)
    if kind is None:
        return blockkit.Option(**fields)
    if fields.get("min_query_length") == 0:
        # Slack allows 0 (ask at once, before anything is typed); blockkit 2.1.3 wants at least 1.
        del fields["min_query_length"]
    return BLOCKKIT[kind](**fields)


def slackblocks_judge(shown: Json) -> Iterator[str]:
    def build() -> Any:
        if "type" in shown:
            return load_slackblocks(shown).to_dict()
        return slackblocks.Message("C01", shown["text"], load_slackblocks(shown["blocks"])).to_dict()

    yield from complaints_of(build)


def load_slackblocks(value: Any) -> Any:
    # slackblocks 3.0.0 has no from_dict for input, actions and accessories: everything is built by name.
    if isinstance(value, list):
        return [load_slackblocks(item) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("type")
    if kind in {"plain_text", "mrkdwn"}:
        return slackblocks.Text.from_dict(value)
    fields = {key: load_slackblocks(item) for key, item in value.items() if key != "type"}
    return slackblocks.Option(**fields) if kind is None else SLACKBLOCKS[kind](**fields)


def slack_sdk_judge(shown: Json) -> Iterator[str]:
    """The models drop what they don't know, so what comes back must be what went in."""

    def build() -> None:
        if "type" in shown:
            came_back = SdkView(**shown).to_dict()
        else:
            came_back = {
                **shown,
                "blocks": [block.to_dict() for block in SdkBlock.parse_all(shown["blocks"])],
            }
        if came_back != shown:
            raise ValueError(f"came back as {came_back}")

    yield from complaints_of(build)


def own_judge(shown: Json) -> Iterator[str]:
    blocks = shown["blocks"]
    if not 1 <= len(blocks) <= (100 if "type" in shown else 50):
        yield f"{len(blocks)} blocks"
    yield from surface_rules(shown)
    yield from uniqueness_rules(blocks)
    for element in dicts(blocks):
        yield from element_rules(element)
        yield from text_rules(element)


def surface_rules(shown: Json) -> Iterator[str]:
    inputs = [block for block in shown["blocks"] if block["type"] == "input"]
    if shown.get("type") == "modal":
        if inputs and "submit" not in shown:
            yield "inputs without submit"
        for word in ("title", "submit", "close"):
            if word in shown and not 1 <= len(shown[word]["text"]) <= 24:
                yield f"{word} has {len(shown[word]['text'])} characters"
    if "type" not in shown:
        yield from message_rules(shown["text"], inputs)
    for name, limit in {"private_metadata": 3000, "callback_id": 255, "external_id": 255}.items():
        if len(shown.get(name, "")) > limit:
            yield f"{name} has {len(shown[name])} characters"
    size = len(json.dumps(shown))
    if size > 250_000:
        yield f"{size} bytes"


def message_rules(text: str, inputs: list[Json]) -> Iterator[str]:
    if not 1 <= len(text) <= 4000:
        yield f"text has {len(text)} characters"
    if inputs:
        yield "inputs in a message"
    yield from mrkdwn_rules(text)  # notifications show it


def uniqueness_rules(blocks: list[Json]) -> Iterator[str]:
    for name in ("block_id", "action_id"):
        counts = Counter(element[name] for element in dicts(blocks) if name in element)
        yield from (f"{name} {value} {count} times" for value, count in counts.items() if count > 1)
        yield from (f"{name} has {len(value)} characters" for value in counts if not 1 <= len(value) <= 255)
    if sum(bool(element.get("focus_on_load")) for element in dicts(blocks)) > 1:
        yield "two elements take the focus"


def element_rules(element: Json) -> Iterator[str]:
    kind = element.get("type")
    if kind in {"actions", "context"} and not 1 <= len(element["elements"]) <= ELEMENTS[kind]:
        yield f"{kind} has {len(element['elements'])} elements"
    if kind == "plain_text_input":
        yield from text_input_rules(element)
    if kind is None and "value" in element and not 1 <= len(element["value"]) <= 150:
        yield f"an option's value has {len(element['value'])} characters"
    if kind == "button" and len(element.get("value", "")) > 2000:
        yield "a button's value is too long"
    for name in ("options", "initial_options"):
        if name in element:
            yield from option_rules(element, name)
    options = element.get("options")
    if options and element.get("initial_option", options[0]) not in options:
        yield "the initial option is not on offer"


def text_input_rules(element: Json) -> Iterator[str]:
    if not 1 <= element["max_length"] <= 3000:
        yield f"max_length is {element['max_length']}"
    if len(element.get("initial_value", "")) > element["max_length"]:
        yield "the initial value is too long"


def option_rules(element: Json, name: str) -> Iterator[str]:
    choices = element[name]
    most = 5 if element["type"] == "overflow" else element.get("max_selected_items", 100)
    if not 1 <= len(choices) <= most:
        yield f"{element['type']} has {len(choices)} {name}"
    if len({choice["value"] for choice in choices}) < len(choices):
        yield f"{element['type']} has {name} of the same value"


def text_rules(element: Json) -> Iterator[str]:
    for name in ("text", "label", "hint", "placeholder", "title", "description"):
        text = element.get(name)
        if not isinstance(text, dict):
            continue
        kind = element.get("type", "option")
        limit = {"section": 3000, "button": 75, "option": 75}.get(kind, 2000)
        if not 1 <= len(text["text"]) <= limit or not text["text"].strip():
            yield f"{kind} {name} has {len(text['text'])} characters"
        if kind != "section" and text["type"] != "plain_text":
            yield f"{kind} {name} must be plain_text"
    if element.get("type") == "mrkdwn":
        if not 1 <= len(element["text"]) <= 3000:
            yield f"mrkdwn has {len(element['text'])} characters"
        if not element.get("verbatim"):
            yield "mrkdwn would turn a typed @here into a mention"
        yield from mrkdwn_rules(element["text"])


def mrkdwn_rules(text: str) -> Iterator[str]:
    left = MENTION_OR_LINK.sub("", text)
    if "<" in left or ">" in left:
        yield f"unescaped: {text!r}"
    if re.search(r"&(?!amp;|lt;|gt;)", left):
        yield f"an ampersand that is no entity: {text!r}"


def dicts(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from dicts(item)
    elif isinstance(value, list):
        for item in value:
            yield from dicts(item)


JUDGES = (blockkit_judge, slackblocks_judge, slack_sdk_judge, own_judge)
