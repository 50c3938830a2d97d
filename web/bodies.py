"""Bodies as they come: JSON, at most 1 MB, within eight seconds, no key twice, not nested without end."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import Request
from starlette.requests import ClientDisconnect

from web.errors import ApiError, Problem, escaped

LARGEST = 1_000_000
# The server hangs up after ten: before that there is time to say why.
DEADLINE = 8.0
# Whole numbers up to it are exact as floats.
EXACT = 2**53
HALF = re.compile("[\ud800-\udfff]")

TOO_LARGE = Problem("payload_too_large", f"A body has at most {LARGEST:,} bytes.")
TOO_SLOW = Problem("request_timeout", f"The body did not arrive within {DEADLINE:.0f} seconds.")
NOT_JSON = Problem(
    "unsupported_media_type", "Send the body as JSON, with the header Content-Type: application/json."
)


def _unreadable(message: str) -> ApiError:
    return ApiError(400, Problem("invalid_json", message))


class BodyRequest(Request):
    """Read once, before FastAPI asks for it."""

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._body = await self._read()
            self._json = self._parsed() if self._body else None
        return self._json

    def _parsed(self) -> Any:
        if not self._is_json():
            raise ApiError(400, NOT_JSON)
        try:
            parsed = json.loads(
                self._body,
                object_pairs_hook=_once_each,
                parse_constant=_no_constant,
                parse_float=_number,
            )
            if problem := next(_problems(parsed, ""), None):
                raise problem
        except RecursionError:
            raise _unreadable("The body is nested too deeply.") from None
        except UnicodeDecodeError:
            raise _unreadable("The body is not UTF-8.") from None
        except json.JSONDecodeError as error:
            raise _unreadable(
                f"The body is no JSON: {error.msg} at line {error.lineno}, column {error.colno}."
            ) from None
        except ValueError:
            raise _unreadable("The body has a number of thousands of digits.") from None
        return parsed

    def _is_json(self) -> bool:
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))

    async def _read(self) -> bytes:
        body = bytearray()
        try:
            async with asyncio.timeout(DEADLINE):
                async for chunk in self.stream():
                    body += chunk
                    if len(body) > LARGEST:
                        raise ApiError(413, TOO_LARGE)
        except (TimeoutError, ClientDisconnect):
            raise ApiError(408, TOO_SLOW) from None
        return bytes(body)


class _Ambiguous(dict[str, Any]):
    """An object that has a key twice."""

    twice = ""


def _once_each(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    names = Counter(name for name, _ in pairs)
    ambiguous = _Ambiguous(found)
    ambiguous.twice = next(name for name in names if names[name] > 1)
    return ambiguous


def _problems(value: Any, pointer: str) -> Iterator[ApiError]:
    """What JSON allows and nobody can mean, wherever it stands."""
    if isinstance(value, str):
        if not value.isascii() and HALF.search(value):
            yield ApiError(422, Problem("invalid_text", "This text has half a character.", pointer or "/"))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _problems(item, f"{pointer}/{index}")
    elif isinstance(value, dict):
        if isinstance(value, _Ambiguous):
            # Which of the two was meant nobody knows: a proxy may have read the other.
            where = f"{pointer}/{escaped(value.twice)}"
            yield ApiError(400, Problem("duplicate_key", "The body has this key twice.", where))
        for name, item in value.items():
            yield from _problems(item, f"{pointer}/{escaped(name)}")


def _number(text: str) -> float:
    """JSON has one kind of number: 24.0 is 24. https://www.rfc-editor.org/rfc/rfc8259#section-6"""
    value = float(text)
    return int(value) if value.is_integer() and abs(value) <= EXACT else value


def _no_constant(name: str) -> Any:
    raise _unreadable(f"The body is no JSON: it has {name}.")
