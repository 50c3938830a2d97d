"""What stays as it is when there is a thousand times as much, and what a second replica brings."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from bench.load import Load
from bench.report import Line, Table, milliseconds, p50, p99, times
from bench.shares import Shares
from bench.visits import Visits

MOST = 1.5
CLAIMED_WITHIN = 10
GAINED = 1.6
BUSY = 0.9  # of all cores: nothing is left for another replica


class Setup(Enum):
    SQLITE = "SQLite"
    POSTGRESQL = "PostgreSQL, 1 replica"
    REPLICAS = "PostgreSQL, 2 replicas"

    @property
    def replicas(self) -> int:
        return 2 if self is Setup.REPLICAS else 1

    @property
    def is_visited(self) -> bool:
        """One replica on PostgreSQL is only what two are compared with."""
        return self is not Setup.POSTGRESQL


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one setup and size. `claims` are told apart by whether another replica left the jobs."""

    load: Load
    visits: Visits
    shares: Shares
    claims: Mapping[bool, list[float]]
    seconds_to_seed: float

    @property
    def rate(self) -> float:
        return p50(self.load.timings.rates)

    def share(self, whose: str) -> float | None:
        return self.shares.of(whose) if whose in self.shares.used else None


Sizes = Mapping[int, Figures]
Read = Callable[[Figures], list[float]]

VISITED: Mapping[str, Read] = {
    "list opened": lambda figures: figures.load.timings.opened,
    "Older": lambda figures: figures.visits.timings["older"],
    "search": lambda figures: figures.visits.timings["search"],
    "labels offered": lambda figures: figures.visits.timings["labels"],
    "App Home": lambda figures: figures.visits.timings["home"],
    "form saved": lambda figures: figures.visits.timings["saved"],
    "commit to card sent": lambda figures: figures.visits.timings["posted"],
}
WITH_P99 = {"list opened", "commit to card sent"}
CLAIMED = {False: "commit to claimed job", True: "commit to claimed job, by the other replica"}
WHOSE = ("the bots", "PostgreSQL", "the load")


def table(found: Mapping[Setup, Sizes], *, cores: int) -> Table:
    sizes = list(found[Setup.SQLITE])
    lines = [line for setup, figures in found.items() for line in _lines(setup, figures, cores)]
    lines += _gain(found[Setup.POSTGRESQL], found[Setup.REPLICAS], cores)
    return Table("scale", [f"{size:,}" for size in sizes], lines)


def _lines(setup: Setup, sizes: Sizes, cores: int) -> Iterator[Line]:
    rates = [figures.rate for figures in sizes.values()]
    slower = rates[0] / rates[-1]
    carried = [f"{rate:.0f}" for rate in rates]
    yield Line(
        f"{setup.value}: commands/s, 16 in flight", carried, times(slower), f"≤ {MOST} ×", slower <= MOST
    )
    if setup.is_visited:
        for what, read in VISITED.items():
            yield from _times(f"{setup.value}: {what}", sizes, read, with_p99=what in WITH_P99)
        for by_a_replica in next(iter(sizes.values())).claims:
            yield from _claims(setup, sizes, by_a_replica=by_a_replica)
    for whose in WHOSE:
        if all(figures.share(whose) is not None for figures in sizes.values()):
            yield from _processor(setup, sizes, whose, cores)
    yield Line(
        f"{setup.value}: seeded in", [f"{figures.seconds_to_seed:.0f} s" for figures in sizes.values()]
    )


def _times(what: str, sizes: Sizes, read: Read, *, with_p99: bool) -> Iterator[Line]:
    middle = [p50(read(figures)) for figures in sizes.values()]
    ratio = middle[-1] / middle[0]
    yield Line(f"{what} p50", list(map(milliseconds, middle)), times(ratio), f"≤ {MOST} ×", ratio <= MOST)
    if with_p99:
        slowest = [p99(read(figures)) for figures in sizes.values()]
        ratio = slowest[-1] / slowest[0]
        yield Line(f"{what} p99", list(map(milliseconds, slowest)), times(ratio))


def _claims(setup: Setup, sizes: Sizes, *, by_a_replica: bool) -> Iterator[Line]:
    what = f"{setup.value}: {CLAIMED[by_a_replica]}"
    middle = [p50(figures.claims[by_a_replica]) for figures in sizes.values()]
    met = max(middle) <= CLAIMED_WITHIN
    yield Line(f"{what} p50", list(map(milliseconds, middle)), "", f"≤ {CLAIMED_WITHIN} ms", met)
    slowest = [p99(figures.claims[by_a_replica]) for figures in sizes.values()]
    yield Line(f"{what} p99", list(map(milliseconds, slowest)))


def _processor(setup: Setup, sizes: Sizes, whose: str, cores: int) -> Iterator[Line]:
    """At 16 in flight: of the machine, and for each command."""
    shown = []
    for figures in sizes.values():
        share = figures.shares.of(whose)
        shown.append(f"{share / cores:.0%}, {share / figures.rate * 1000:.2f} ms")
    yield Line(f"{setup.value}: {whose}, of {cores} cores and for a command", shown)


def _gain(one: Sizes, two: Sizes, cores: int) -> Iterator[Line]:
    gains = [two[size].rate / one[size].rate for size in one]
    busy = [
        sum(figures.shares.of(whose) for whose in figures.shares.used) / cores for figures in two.values()
    ]
    met = min(gains) >= GAINED
    held_back = not met and min(busy) >= BUSY
    yield Line(
        "2 replicas beside 1: commands/s",
        list(map(times, gains)),
        "",
        f"≥ {GAINED} ×",
        met,
        "not met: no core is free" if held_back else "",
    )
    yield Line("2 replicas: all cores used", [f"{share:.0%}" for share in busy])
