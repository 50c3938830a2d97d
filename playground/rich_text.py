"""The rich_text block: runs of text in sections, lists, quotes and preformatted parts."""

from __future__ import annotations

from typing import Final

from playground.shapes import Check, boolean, by_type, identifier, integer, many, one_of, shape, string, url

RUNS: Final = 1000

_TYPE: Final = {"type": string(40)}
_STYLES: Final = ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink")
_style: Final = shape({}, dict.fromkeys(_STYLES, boolean))


def _run(required: dict[str, Check], optional: dict[str, Check] | None = None) -> Check:
    return shape(_TYPE | required, {"style": _style} | (optional or {}))


_text: Final = _run({"text": string(12_000)})
_link: Final = _run({"url": url}, {"text": string(3000), "unsafe": boolean})

_run_of_any_kind: Final = by_type(
    {
        "text": _text,
        "link": _link,
        "user": _run({"user_id": identifier}),
        "usergroup": _run({"usergroup_id": identifier}),
        "channel": _run({"channel_id": identifier}),
        "emoji": _run({"name": string(255)}, {"unicode": string(100), "skin_tone": integer(1, 6)}),
        "broadcast": _run({"range": one_of("here", "channel", "everyone")}),
        "color": _run({"value": string(20)}),
        "date": _run(
            {"timestamp": integer(0, 10**11), "format": string(255)}, {"url": url, "fallback": string(255)}
        ),
    }
)

_runs: Final = {"elements": many(_run_of_any_kind, RUNS, 0)}
_border: Final = {"border": integer(0, 1)}
_section: Final = shape(_TYPE | _runs)

_part: Final = by_type(
    {
        "rich_text_section": _section,
        "rich_text_quote": shape(_TYPE | _runs, _border),
        "rich_text_preformatted": shape(
            _TYPE | {"elements": many(by_type({"text": _text, "link": _link}), RUNS, 0)},
            _border | {"language": string(40)},
        ),
        "rich_text_list": shape(
            _TYPE
            | {
                "style": one_of("bullet", "ordered"),
                "elements": many(by_type({"rich_text_section": _section}), RUNS),
            },
            _border | {"indent": integer(0, 8), "offset": integer(0, 10_000)},
        ),
    }
)

rich_text: Final = shape(_TYPE | {"elements": many(_part, RUNS)}, {"block_id": identifier})
