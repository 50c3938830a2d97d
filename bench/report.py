"""Figures beside their floors and targets, for the terminal and for docs/benchmarks.md."""

import os
import platform
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
from importlib.metadata import version
from pathlib import Path
from sqlite3 import sqlite_version

import psutil

from bench.load import Load

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
BEGIN, END = "<!-- the last run: written by make bench -->", "<!-- end of the last run -->"
PACKAGES = ("slack-bolt", "slack-sdk", "aiohttp", "uvicorn", "uvloop", "httptools", "sqlalchemy", "aiosqlite")

HEADINGS = ("what", "measured", "floor", "ratio", "target", "")
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
    speeds: dict[str, dict[Contender, Load]] = field(default_factory=dict)
    memory: Memory | None = None
    starts: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Line:
    what: str
    measured: str
    floor: str = ""
    ratio: str = ""
    target: str = ""
    met: bool | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        verdict = {True: "met", False: "not met", None: ""}[self.met]
        return (self.what, self.measured, self.floor, self.ratio, self.target, verdict)


def p50(values: Sequence[float]) -> float:
    return statistics.median(values)


def p99(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def lines(results: Results) -> Iterator[Line]:
    for transport, loads in results.speeds.items():
        yield from _speed_lines(transport, loads)
    yield _start_line(results.starts)
    if results.memory is not None:
        yield from _memory_lines(results.memory)


def _speed_lines(transport: str, loads: dict[Contender, Load]) -> Iterator[Line]:
    acknowledged = {contender: load.timings.acknowledged for contender, load in loads.items()}
    opened = {contender: load.timings.opened for contender, load in loads.items()}
    rates = {contender: p50(load.timings.rates) for contender, load in loads.items()}
    product, small = Contender.PRODUCT, Contender.PRODUCT_SMALL

    def compared(what: str, measured: float, floor: float, most: float) -> Line:
        ratio = measured / floor
        return Line(
            f"{transport}: {what}",
            f"{measured:.2f} ms",
            f"{floor:.2f} ms",
            f"{ratio:.2f} ×",
            f"≤ {most:g} ×",
            ratio <= most,
        )

    yield compared("acknowledged p50", p50(acknowledged[product]), p50(acknowledged[Contender.FLOOR]), 2)
    yield Line(
        f"{transport}: acknowledged p99",
        f"{p99(acknowledged[product]):.2f} ms",
        f"{p99(acknowledged[Contender.FLOOR]):.2f} ms",
    )
    yield compared("list opened p50", p50(opened[product]), p50(opened[Contender.FLOOR_READING]), 2)
    slowest = p99(opened[product])
    yield Line(
        f"{transport}: list opened p99",
        f"{slowest:.2f} ms",
        f"{p99(opened[Contender.FLOOR_READING]):.2f} ms",
        "",
        "≤ 25 ms",
        slowest <= 25,
    )
    ratio = rates[product] / rates[Contender.FLOOR_READING]
    yield Line(
        f"{transport}: commands/s, 16 in flight",
        f"{rates[product]:.0f}",
        f"{rates[Contender.FLOOR_READING]:.0f}",
        f"{ratio:.2f} ×",
        "≥ 0.5 ×",
        ratio >= 0.5,
    )
    yield compared(
        "acknowledged p50, beside 1,000 follow-ups", p50(acknowledged[product]), p50(acknowledged[small]), 1.3
    )
    yield compared("list opened p50, beside 1,000 follow-ups", p50(opened[product]), p50(opened[small]), 1.3)
    slower = rates[small] / rates[product]
    yield Line(
        f"{transport}: commands/s, beside 1,000 follow-ups",
        f"{rates[product]:.0f}",
        f"{rates[small]:.0f}",
        f"{slower:.2f} ×",
        "≤ 1.3 ×",
        slower <= 1.3,
    )


def _start_line(starts: Sequence[float]) -> Line:
    seconds = p50(starts)
    return Line("start to ready", f"{seconds:.2f} s", target="≤ 1.5 s", met=seconds <= 1.5)


def _memory_lines(memory: Memory) -> Iterator[Line]:
    yield Line("memory at start", f"{memory.at_start:.0f} MiB")
    yield Line(
        "memory after 10,000 commands",
        f"{memory.after_10000:.0f} MiB",
        target="≤ 100 MiB",
        met=memory.after_10000 <= 100,
    )
    growth = memory.after_10000 - memory.after_5000
    yield Line(
        "memory growth, 5,000 to 10,000",
        f"{growth:+.1f} MiB",
        target=f"≤ {GROWTH_ALLOWED:g} MiB",
        met=growth <= GROWTH_ALLOWED,
    )


def machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB; "
        f"Python {platform.python_version()}, SQLite {sqlite_version}, {versions}"
    )


def console(results: Results) -> str:
    rows = [HEADINGS, *(line.cells for line in lines(results))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    shown = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return "\n".join((machine(), "", *shown))


def write(results: Results) -> None:
    """Put the table of this run into the page; what people wrote around it stays."""
    rows = [HEADINGS, ("---",) * len(HEADINGS), *(line.cells for line in lines(results))]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    day = datetime.now(UTC).date()
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{day}, {machine()}\n\n{table}\n\n{END}{after}", encoding="utf-8")
