"""How many requests a key may make: 1,200 at once, refilled by 20 a second, for all replicas together."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from storage.api_keys import CAPACITY, PER_SECOND, KeyRecord, left
from web.errors import ApiError, Problem

LIMITS = f"{CAPACITY}, {CAPACITY};window={CAPACITY // PER_SECOND}"
# A process takes several at once from the bucket: one write serves up to twenty requests.
TAKEN_AT_ONCE = 20
# And fewer of a bucket that is nearly empty, so that replicas don't keep from each other what is left.
SHARE = 16
EXHAUSTED = -1


def how_many(available: float) -> int:
    return max(1, min(TAKEN_AT_ONCE, int(available) // SHARE))


@dataclass(slots=True)
class Allowance:
    """A key that was found good, with requests taken from its bucket that are not made yet.

    It holds `until` then. What is left of it is given up: the bucket has refilled by as much. One that is
    exhausted found the bucket empty, and holds until there is a request in it.
    """

    key: KeyRecord
    requests: int
    full_at: float
    until: float

    @property
    def is_exhausted(self) -> bool:
        return self.requests == EXHAUSTED

    def holds(self, now: float) -> bool:
        return now < self.until and self.requests != 0

    def headers(self, now: float) -> dict[str, str]:
        full_at = self.full_at - max(0, self.requests) / PER_SECOND
        remaining = max(0, math.floor(left(full_at, now) + 1e-6))
        return {
            "X-RateLimit-Limit": LIMITS,
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Used": str(CAPACITY - remaining),
            "X-RateLimit-Reset": str(math.ceil(max(now, full_at))),
        }


def wait_for_one(full_at: float, now: float) -> float:
    """Seconds until the bucket holds a request."""
    return (1 - left(full_at, now)) / PER_SECOND


def exceeded(allowance: Allowance, now: float) -> ApiError:
    """The bucket is empty: a request is in it again at `retry_after`."""
    wait = max(1, math.ceil(wait_for_one(allowance.full_at, now)))
    again = datetime.fromtimestamp(math.ceil(now + wait), UTC)
    body: Mapping[str, Any] = {
        "name": allowance.key.name,
        "limit": CAPACITY,
        "remaining": 0,
        "retry_after": again.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    message = f"This key has made its {CAPACITY} requests; wait as long as the Retry-After header says."
    return ApiError(
        429,
        Problem("too_many_requests", message),
        headers={**allowance.headers(now), "Retry-After": str(wait)},
        more={"rate_limit": body},
    )
