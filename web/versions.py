"""Nobody's change is lost: the version of a follow-up as its ETag, and what a request says of it."""

import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Response

from storage.errors import ConflictError
from storage.records import FollowUpRecord
from web.errors import ApiError, Problem, invalid
from web.shapes import Shape

# https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3
TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
TAGS = re.compile(rf"[ \t,]*{TAG}(?:[ \t]*,[ \t]*{TAG}|[ \t]*,)*[ \t]*")
VERSION = re.compile(r'(?<!W/)"([1-9]\d{0,8})"')

WRONG = 'Write the ETag as it was given, with its quotes: "3". Several have commas between them.'
MOVED_ON = "The follow-up has been changed since: it is below as it is now, at version {version}."

Shaped = Callable[[FollowUpRecord], Shape]


@dataclass(frozen=True, slots=True)
class Expected:
    """The versions that a change is meant for; None for any. `status` is the answer to another one."""

    versions: frozenset[int] | None
    status: int

    async def check(self, hold: Callable[[Collection[int]], Awaitable[object]], shape: Shaped) -> None:
        """`hold` locks the follow-up if it has one of the versions. Raises ApiError."""
        if self.versions is None:
            return
        try:
            await hold(self.versions)
        except ConflictError as error:
            raise moved_on(error, self.status, shape) from None


ANY = Expected(None, 412)


def moved_on(error: ConflictError, status: int, shape: Shaped) -> ApiError:
    current = error.current
    problem = Problem("version_mismatch", MOVED_ON.format(version=current.version))
    shown = shape(current).model_dump(mode="json", exclude_none=True)
    return ApiError(status, problem, headers={"ETag": tag(current)}, more={"follow_up": shown})


def tag(found: FollowUpRecord) -> str:
    return f'"{found.version}"'


def tagged(response: Response, found: FollowUpRecord) -> Response:
    response.headers["ETag"] = tag(found)
    return response


async def _if_match(if_match: Annotated[str | None, Header(alias="If-Match")] = None) -> Expected:
    """Weak tags match nothing: https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1"""
    if if_match is None or if_match.strip() == "*":
        return ANY
    if not TAGS.fullmatch(if_match):
        raise invalid("/If-Match", WRONG)
    return Expected(frozenset(map(int, VERSION.findall(if_match))), 412)


IfMatch = Annotated[Expected, Depends(_if_match)]
