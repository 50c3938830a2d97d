"""Things that go wrong on purpose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Final

# Faults that answer a Web API call with an error instead of doing it, and that error.
ERRORS: Final[dict[str, str]] = {
    "token_revoked": "token_revoked",
    "expired_trigger": "expired_trigger_id",
    "hash_conflict": "hash_conflict",
    "fatal_error": "fatal_error",
}

# Web API: rate_limited (429), server_error (500), slow (after `delay` seconds); done, but answered with 500
# (late_error), after `delay` seconds (hung) or not at all, since the connection breaks (lost_reply); and
# ERRORS. Events, with the event's type as `method`: duplicate (same event_id), duplicate_new_id, slow (late),
# dropped (never sent).
# Deliveries, with slash_commands or interactive as `method`: duplicate (at once the same request, or the same
# envelope over another connection).
KINDS: Final = frozenset(
    {
        "rate_limited",
        "server_error",
        "slow",
        "late_error",
        "hung",
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


@dataclass
class Mix:
    """So large a share of the calls fails, each in one of these ways. The same seed fails the same calls."""

    share: float
    faults: tuple[Fault, ...]
    methods: tuple[str, ...]
    random: Random


class Faults:
    """`faults.add("chat.postMessage", "rate_limited", times=2)`: the next two calls get a 429."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._mixes: list[Mix] = []

    def add(
        self,
        method: str = "*",
        kind: str = "rate_limited",
        *,
        times: int = 1,
        retry_after: int = 1,
        delay: float = 0.0,
    ) -> Fault:
        fault = Fault(_known(kind), method, times, retry_after, delay)
        self._faults.append(fault)
        return fault

    def mix(
        self,
        share: float,
        *kinds: str,
        methods: tuple[str, ...],
        seed: int = 0,
        retry_after: int = 1,
        delay: float = 0.0,
    ) -> None:
        """From now on that share of the calls of those methods fails, in any of these ways."""
        faults = tuple(Fault(_known(kind), "*", 1, retry_after, delay) for kind in kinds)
        self._mixes.append(Mix(share, faults, methods, Random(seed)))  # noqa: S311

    def meet(self, method: str) -> None:
        """A call comes: whether it is one of those that fail."""
        for mix in self._mixes:
            if method in mix.methods and mix.random.random() < mix.share:
                self._faults.append(replace(mix.random.choice(mix.faults), method=method))

    def take(self, method: str, *kinds: str) -> Fault | None:
        """The first fault that fits, used up by one."""
        for fault in self._faults:
            if fault.kind in kinds and fault.fits(method):
                fault.times -= 1
                return fault
        return None

    def clear(self) -> None:
        self._faults.clear()
        self._mixes.clear()


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise ValueError(f"no fault of kind {kind!r}; there are {', '.join(sorted(KINDS))}")
    return kind
