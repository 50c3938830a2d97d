"""What the API carries, beside its floor and beside a thousand times as much."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from bench.api_load import CONNECTIONS, Answers, Asker
from bench.report import Line, Table, milliseconds, p50, p99, times
from bench.shares import Processes, Shares

SERVER, LOAD = "the server", "the load"
MOST = 1.5


class Contender(Enum):
    SHOW = "show"
    SHOW_FLOOR = "show, bare"
    LIST = "list of 25"
    LIST_FLOOR = "list of 25, bare"


FLOORS = {Contender.SHOW: (Contender.SHOW_FLOOR, 0.25), Contender.LIST: (Contender.LIST_FLOOR, 0.15)}


@dataclass(slots=True)
class Measured:
    asker: Asker
    processes: Mapping[str, Processes]
    shares: Shares = field(default_factory=Shares)

    @property
    def answers(self) -> Answers:
        return self.asker.answers

    @property
    def rate(self) -> float:
        return p50(self.answers.rates)

    @property
    def cost(self) -> float:
        """Milliseconds of the server's processor for a request."""
        return self.shares.used[SERVER] * 1000 / self.answers.count


@dataclass(frozen=True, slots=True)
class Results:
    """`sizes`: lists by the database's kind and by how many follow-ups there are."""

    beside: Mapping[Contender, Measured]
    minute: Answers
    sizes: Mapping[str, Mapping[int, Answers]]


def table(found: Results) -> Table:
    lines = [line for contender in FLOORS for line in _beside(contender, found.beside)]
    lines += [
        *_minute(found.minute),
        *(line for name in found.sizes for line in _sizes(name, found.sizes[name])),
    ]
    errors = sum(len(measured.answers.errors) for measured in found.beside.values())
    errors += sum(len(answers.errors) for sizes in found.sizes.values() for answers in sizes.values())
    lines.append(Line("errors in all the other rounds", (str(errors), "")))
    return Table("api", ("measured", "floor"), lines)


def _beside(contender: Contender, found: Mapping[Contender, Measured]) -> Iterator[Line]:
    bare, least = FLOORS[contender]
    product, floor = found[contender], found[bare]
    ratio = product.rate / floor.rate
    what = contender.value
    carried = (f"{product.rate:.0f}", f"{floor.rate:.0f}")
    yield Line(
        f"{what}: requests/s, {CONNECTIONS} connections",
        carried,
        times(ratio),
        f"≥ {least} ×",
        ratio >= least,
    )
    both = (product, floor)
    for name, read in (("p50", p50), ("p99", p99)):
        yield Line(f"{what}: {name}", [milliseconds(read(one.answers.milliseconds)) for one in both])
    yield Line(f"{what}: processor for a request", [milliseconds(one.cost) for one in both])
    yield Line(f"{what}: the load’s processor", [f"{one.shares.of(LOAD):.0%}" for one in both])


def _minute(minute: Answers) -> Iterator[Line]:
    rate = f"{p50(minute.rates):.0f}"
    yield Line("both in turn for 60 s: requests/s", (rate, ""))
    yield Line("both in turn for 60 s: p99", (milliseconds(p99(minute.milliseconds)), ""))
    errors = len(minute.errors)
    yield Line("both in turn for 60 s: errors", (str(errors), ""), "", "0", errors == 0)


def _sizes(name: str, sizes: Mapping[int, Answers]) -> Iterator[Line]:
    """Here the floor is the product itself with the fewest."""
    small, large = sizes[min(sizes)].milliseconds, sizes[max(sizes)].milliseconds
    for what, read, most in (("p50", p50, None), ("p99", p99, MOST)):
        ratio = read(large) / read(small)
        yield Line(
            f"{name}: list of 25 {what}, {max(sizes):,} beside {min(sizes):,} follow-ups",
            (milliseconds(read(large)), milliseconds(read(small))),
            times(ratio),
            f"≤ {most} ×" if most else "",
            ratio <= most if most else None,
        )
