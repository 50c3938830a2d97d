"""Things that go wrong on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# Faults that answer a Web API call with an error instead of doing it, and that error.
ERRORS: Final[dict[str, str]] = {
    "token_revoked": "token_revoked",
    "expired_trigger": "expired_trigger_id",
    "hash_conflict": "hash_conflict",
    "fatal_error": "fatal_error",
}

# Web API: rate_limited (429), server_error (500), slow (after `delay` seconds), lost_reply (done, but the
# connection breaks before the answer), and ERRORS. Events, with the event's type as `method`: duplicate (same
# event_id), duplicate_new_id, slow (late), dropped (never sent).
# Deliveries, with slash_commands or interactive as `method`: duplicate (at once the same request, or the same
# envelope over another connection).
KINDS: Final = frozenset(
    {
        "rate_limited",
        "server_error",
        "slow",
        "lost_reply",
        "duplicate",
        "duplicate_new_id",
        "dropped",
        *ERRORS,
    }
)


@dataclass
class Fault:
    kind: str
    method: str = "*"
    times: int = 1
    retry_after: int = 1
    delay: float = 0.0

    def fits(self, method: str) -> bool:
        return self.times > 0 and self.method in {"*", method}


class Faults:
    """`faults.add("chat.postMessage", "rate_limited", times=2)`: the next two calls get a 429."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(
        self,
        method: str = "*",
        kind: str = "rate_limited",
        *,
        times: int = 1,
        retry_after: int = 1,
        delay: float = 0.0,
    ) -> Fault:
        if kind not in KINDS:
            raise ValueError(f"no fault of kind {kind!r}; there are {', '.join(sorted(KINDS))}")
        fault = Fault(kind, method, times, retry_after, delay)
        self._faults.append(fault)
        return fault

    def take(self, method: str, *kinds: str) -> Fault | None:
        """The first fault that fits, used up by one."""
        for fault in self._faults:
            if fault.kind in kinds and fault.fits(method):
                fault.times -= 1
                return fault
        return None

    def clear(self) -> None:
        self._faults.clear()
