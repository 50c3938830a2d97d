"""What the command costs, beside its floor."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from bench.load import Load
from bench.report import Line, Table, milliseconds, p50, p99, times

GROWTH_ALLOWED = 1.0


class Contender(Enum):
    FLOOR = auto()
    FLOOR_READING = auto()
    PRODUCT = auto()
    PRODUCT_SMALL = auto()


@dataclass(frozen=True, slots=True)
class Memory:
    """Mebibytes."""

    at_start: float
    after_5000: float
    after_10000: float


@dataclass(slots=True)
class Results:
    memory: Memory
    starts: Sequence[float]
    speeds: dict[str, dict[Contender, Load]] = field(default_factory=dict)


def table(results: Results) -> Table:
    lines = [line for transport, loads in results.speeds.items() for line in _speed_lines(transport, loads)]
    lines += [_start_line(results.starts), *_memory_lines(results.memory)]
    return Table("commands", ("measured", "floor"), lines)


def _speed_lines(transport: str, loads: dict[Contender, Load]) -> Iterator[Line]:
    acknowledged = {contender: load.timings.acknowledged for contender, load in loads.items()}
    opened = {contender: load.timings.opened for contender, load in loads.items()}
    rates = {contender: p50(load.timings.rates) for contender, load in loads.items()}
    product, small, reading = Contender.PRODUCT, Contender.PRODUCT_SMALL, Contender.FLOOR_READING

    def compared(what: str, measured: float, floor: float, most: float) -> Line:
        ratio = measured / floor
        figures = (milliseconds(measured), milliseconds(floor))
        return Line(f"{transport}: {what}", figures, times(ratio), f"≤ {most:g} ×", ratio <= most)

    yield compared("acknowledged p50", p50(acknowledged[product]), p50(acknowledged[Contender.FLOOR]), 2)
    slowest = [milliseconds(p99(acknowledged[contender])) for contender in (product, Contender.FLOOR)]
    yield Line(f"{transport}: acknowledged p99", slowest)
    yield compared("list opened p50", p50(opened[product]), p50(opened[reading]), 2)
    slowest = [milliseconds(p99(opened[contender])) for contender in (product, reading)]
    yield Line(f"{transport}: list opened p99", slowest, "", "≤ 25 ms", p99(opened[product]) <= 25)
    ratio = rates[product] / rates[reading]
    carried = (f"{rates[product]:.0f}", f"{rates[reading]:.0f}")
    yield Line(f"{transport}: commands/s, 16 in flight", carried, times(ratio), "≥ 0.5 ×", ratio >= 0.5)
    yield compared(
        "acknowledged p50, beside 1,000 follow-ups", p50(acknowledged[product]), p50(acknowledged[small]), 1.3
    )
    yield compared("list opened p50, beside 1,000 follow-ups", p50(opened[product]), p50(opened[small]), 1.3)
    slower = rates[small] / rates[product]
    carried = (f"{rates[product]:.0f}", f"{rates[small]:.0f}")
    yield Line(
        f"{transport}: commands/s, beside 1,000 follow-ups", carried, times(slower), "≤ 1.3 ×", slower <= 1.3
    )


def _start_line(starts: Sequence[float]) -> Line:
    seconds = p50(starts)
    return Line("start to ready", (f"{seconds:.2f} s", ""), "", "≤ 1.5 s", seconds <= 1.5)


def _memory_lines(memory: Memory) -> Iterator[Line]:
    yield Line("memory at start", (f"{memory.at_start:.0f} MiB", ""))
    after = memory.after_10000
    yield Line("memory after 10,000 commands", (f"{after:.0f} MiB", ""), "", "≤ 100 MiB", after <= 100)
    growth = after - memory.after_5000
    allowed = f"≤ {GROWTH_ALLOWED:g} MiB"
    grown = (f"{growth:+.1f} MiB", "")
    yield Line("memory growth, 5,000 to 10,000", grown, "", allowed, growth <= GROWTH_ALLOWED)
