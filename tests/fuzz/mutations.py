"""Slack's own payloads, with parts of them replaced by what no Slack would send."""

import json
import os
from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "40"))
FUZZING = settings(
    max_examples=EXAMPLES,
    # The same each time, but for `make fuzz`: what a run of the tests has not found is found there.
    derandomize="FUZZ_EXAMPLES" not in os.environ,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

Path = tuple[str | int, ...]


def nested(depth: int) -> Any:
    inner: Any = "x"
    for number in range(depth):
        inner = [inner] if number % 2 else {"id": inner}
    return inner


HOSTILE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=40),
    st.sampled_from(
        [
            "",
            "\0",
            "a\0b",
            "\ud800",
            "x" * 300,
            "𝕏" * 5_000,
            2**31,
            2**63,
            -1,
            10**400,
            {},
            [],
            [[]],
            {"id": None},
            {"id": {"id": "U0MAYA"}},
            "01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "U0MAYA",
            "U0STRANGER",
            "C0BREACH",
            "complete:",
            "menu:",
            "menu:delete",
            ":",
            "<!channel>",
            "'; DROP TABLE job; --",
            "%_\\",
            "9999-99-99",
            "2026-02-30",
            "http://127.0.0.1:1/",
            nested(30),
            nested(400),
        ]
    ),
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=6,
    ),
)


def paths(value: Any, at: Path = ()) -> list[Path]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(found for key, child in inner for found in paths(child, (*at, key)))]


def mutated(draw: st.DataObject, payload: Any) -> Any:
    """The payload with one to three parts replaced or left out."""
    changed = deepcopy(payload)
    for _ in range(draw.draw(st.integers(1, 3))):
        changed = _replaced(draw, changed)
    return changed


def _replaced(draw: st.DataObject, payload: Any) -> Any:
    path = draw.draw(st.sampled_from(paths(payload)))
    if not path:
        return deepcopy(draw.draw(HOSTILE)) if draw.draw(st.integers(0, 20)) == 0 else payload
    holder = payload
    for step in path[:-1]:
        holder = holder[step]
    last = path[-1]
    if last == "private_metadata" and isinstance(holder[last], str) and draw.draw(st.booleans()):
        holder[last] = _metadata(draw, holder[last])
    elif isinstance(holder, dict) and draw.draw(st.integers(0, 4)) == 0:
        del holder[last]
    else:
        holder[last] = deepcopy(draw.draw(HOSTILE))  # the next replacement may be within it
    return payload


def _metadata(draw: st.DataObject, metadata: str) -> str:
    try:
        return json.dumps(mutated(draw, json.loads(metadata or "{}")))
    except ValueError:
        return metadata
