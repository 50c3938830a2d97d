"""The small vocabulary of Block Kit: Slack's limits, and the product's only escaping and truncating.

Text people typed reaches a view through `literal` (inside mrkdwn) or `plain` (inside plain_text). Both make
one line of it which can't ping, format, link, or reorder what stands around it.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from storage.limits import TITLE_LIMIT

Block = dict[str, Any]

VIEW_BLOCKS_LIMIT = 100
VIEW_BYTES_LIMIT = 250_000
MESSAGE_BLOCKS_LIMIT = 50
MESSAGE_TEXT_LIMIT = 4000
VIEW_WORD_LIMIT = 24
METADATA_LIMIT = 3000
ID_LIMIT = 255
SECTION_LIMIT = 3000
CONTEXT_ELEMENTS_LIMIT = 10
ACTIONS_ELEMENTS_LIMIT = 25
LABEL_TEXT_LIMIT = 2000
BUTTON_TEXT_LIMIT = 75
BUTTON_VALUE_LIMIT = 2000
OPTION_TEXT_LIMIT = 75
OPTION_VALUE_LIMIT = 150
OPTIONS_LIMIT = 100
OVERFLOW_OPTIONS_LIMIT = 5
INPUT_LENGTH_LIMIT = 3000
LINK_LIMIT = 1000

NAME_LIMIT = 60
# Sentences of ours around what people typed. Escaped, a character may be five: that still fits a block.
NOTICE_LIMIT = 590

NOTHING_VISIBLE = "–"

_ORDINARY = r"[!-%'-)+-;=?-^a-}]+"
_ORDINARY_LINE = re.compile(rf"{_ORDINARY}(?: {_ORDINARY})*")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
_MARKS = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_STACKED_MARKS = re.compile(f"({_MARKS}{{3}}){_MARKS}+")
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_UNDERSCORE_AT_WORD_EDGE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
# mrkdwn has no escape for these; characters that look the same can't be taken for formatting.
_LOOKALIKES = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ"})
_ENCODED_IN_LINKS = str.maketrans({"&": "&amp;", "<": "%3C", ">": "%3E", "|": "%7C"})
_QUOTE = re.compile("^&gt;", re.MULTILINE)
_LINKABLE = re.compile(r"https?://[^\s\x00-\x1f]+", re.IGNORECASE)


def escape(text: str) -> str:
    """Escape the three characters Slack reads as its own. Once, at render: input values arrive raw."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def truncate(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip(" \u200d") + "…"


def clean(text: str) -> str:
    """One line of what can be seen: no line breaks, control characters, bidi overrides or towers of marks."""
    if _ORDINARY_LINE.fullmatch(text):
        return text
    return _STACKED_MARKS.sub(r"\1", " ".join(_UNSEEN.sub("", text).split()))


def isolate(text: str, limit: int) -> str:
    """Keep right-to-left text from reordering the rest of its line."""
    if text.isascii() or not _RIGHT_TO_LEFT.search(text):
        return truncate(text, limit)
    return f"\u2068{truncate(text, limit - 2)}\u2069"


def literal(text: str, limit: int = TITLE_LIMIT) -> str:
    """Text people typed, for mrkdwn: shown as typed whatever it contains. The limit counts what is seen."""
    if len(text) <= limit and _ORDINARY_LINE.fullmatch(text):
        return text
    seen = isolate(clean(text), limit) or NOTHING_VISIBLE
    return escape(_UNDERSCORE_AT_WORD_EDGE.sub("ˍ", seen.translate(_LOOKALIKES)))


def sentence(text: str, limit: int = SECTION_LIMIT) -> str:
    """One line for where Slack reads neither formatting nor mentions."""
    return isolate(clean(text), limit) or NOTHING_VISIBLE


def plain(text: str, limit: int = SECTION_LIMIT) -> Block:
    return {"type": "plain_text", "text": sentence(text, limit)}


def mrkdwn(text: str) -> Block:
    """Formatted text. Verbatim: Slack makes no mention or link of a typed @here, #channel or address."""
    if "&gt;" in text:
        text = _QUOTE.sub("\u2060&gt;", text)
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def link(url: str, text: str) -> str:
    address = url.translate(_ENCODED_IN_LINKS)
    return f"<{address}|{text}>" if len(address) <= LINK_LIMIT and _LINKABLE.fullmatch(url) else text


def fitting(parts: Iterable[str], separator: str, limit: int = SECTION_LIMIT) -> list[str]:
    """The first parts that are within the limit when joined: nothing is cut in the middle of an entity."""
    shown: list[str] = []
    for part in parts:
        limit -= len(part) + len(separator)
        if limit < 0:
            break
        shown.append(part)
    return shown


def code(text: str, limit: int) -> str:
    return f"`{literal(text, limit)}`"


def mention(slack_user_id: str, name: str) -> str:
    return f"<@{slack_user_id}>" if slack_user_id.isalnum() else literal(name, NAME_LIMIT)


def section(text: str, accessory: Block | None = None) -> Block:
    block: Block = {"type": "section", "text": mrkdwn(text)}
    if accessory:
        block["accessory"] = accessory
    return block


def plain_section(text: str) -> Block:
    """Whole paragraphs: plain_text reads no formatting and no mentions."""
    lines = "\n".join(isolate(clean(line), SECTION_LIMIT) for line in text.strip().split("\n"))
    shown = truncate(lines, SECTION_LIMIT).strip() or NOTHING_VISIBLE
    return {"type": "section", "text": {"type": "plain_text", "text": shown}}


def context(text: str) -> Block:
    return {"type": "context", "elements": [mrkdwn(text)]}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def divider() -> Block:
    return {"type": "divider"}


def button(text: str, action_id: str, value: str | None = None, style: str | None = None) -> Block:
    element: Block = {"type": "button", "text": plain(text, BUTTON_TEXT_LIMIT), "action_id": action_id}
    if value is not None:
        element["value"] = value
    if style is not None:
        element["style"] = style
    return element


def option(text: str, value: str) -> Block:
    return {"text": plain(text, OPTION_TEXT_LIMIT), "value": value[:OPTION_VALUE_LIMIT]}


def overflow(action_id: str, options: list[Block]) -> Block:
    return {"type": "overflow", "action_id": action_id, "options": options}


def static_select(action_id: str, options: Sequence[Block], chosen: str | None) -> Block:
    element: Block = {"type": "static_select", "action_id": action_id, "options": list(options)}
    initial = next((choice for choice in options if choice["value"] == chosen), None)
    if initial:
        element["initial_option"] = initial
    return element


def input_block(
    label: str, block_id: str, element: Block, *, optional: bool = False, hint: str = ""
) -> Block:
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain(label, LABEL_TEXT_LIMIT),
        "element": element,
        "optional": optional,
    }
    if hint:
        block["hint"] = plain(hint, LABEL_TEXT_LIMIT)
    return block


def text_input(
    action_id: str, text: str, max_length: int = INPUT_LENGTH_LIMIT, *, focus: bool = False
) -> Block:
    element: Block = {"type": "plain_text_input", "action_id": action_id, "max_length": max_length}
    if text:
        element["initial_value"] = text[:max_length]
    if focus:
        element["focus_on_load"] = True
    return element


def modal(
    title: str,
    blocks: Iterable[Block],
    *,
    callback_id: str,
    close: str,
    submit: str | None = None,
    metadata: str = "",
) -> Block:
    view: Block = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title, VIEW_WORD_LIMIT),
        "close": plain(close, VIEW_WORD_LIMIT),
        "blocks": list(blocks),
    }
    if submit:
        view["submit"] = plain(submit, VIEW_WORD_LIMIT)
    if metadata:
        view["private_metadata"] = metadata
    return view


def message(text: str, *blocks: Block) -> Block:
    return {"text": text, "blocks": list(blocks)}
