"""Tables of figures beside their targets, for the terminal and for docs/benchmarks.md."""

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from sqlite3 import sqlite_version

import psutil

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
PACKAGES = (
    "slack-bolt",
    "slack-sdk",
    "aiohttp",
    "uvicorn",
    "uvloop",
    "httptools",
    "sqlalchemy",
    "aiosqlite",
    "asyncpg",
)


@dataclass(frozen=True, slots=True)
class Line:
    """`measured` has a figure for each column of the table; `met` is None where there is no target."""

    what: str
    measured: Sequence[str]
    ratio: str = ""
    target: str = ""
    met: bool | None = None
    verdict: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        verdict = self.verdict or {True: "met", False: "not met", None: ""}[self.met]
        return (self.what, *self.measured, self.ratio, self.target, verdict)


@dataclass(frozen=True, slots=True)
class Table:
    """`name` is what marks its place in the page."""

    name: str
    columns: Sequence[str]
    lines: Sequence[Line]

    @property
    def headings(self) -> tuple[str, ...]:
        return ("what", *self.columns, "ratio", "target", "")

    @property
    def rows(self) -> list[tuple[str, ...]]:
        return [line.cells for line in self.lines]


def p50(values: Sequence[float]) -> float:
    return statistics.median(values)


def p99(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def milliseconds(value: float) -> str:
    return f"{value:.2f} ms"


def times(ratio: float) -> str:
    return f"{ratio:.2f} ×"


def machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB; "
        f"Python {platform.python_version()}, SQLite {sqlite_version}, {versions}"
    )


def console(table: Table) -> str:
    rows = [table.headings, *table.rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.headings))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def write(table: Table) -> None:
    """Put the table into its place in the page; what people wrote around it stays."""
    rows = [table.headings, ("---",) * len(table.headings), *table.rows]
    drawn = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    begin, end = f"<!-- {table.name}: written by make bench -->", f"<!-- end of {table.name} -->"
    page = PAGE.read_text(encoding="utf-8")
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{PAGE} has no place for {begin}")
    day = datetime.now(UTC).date()
    PAGE.write_text(f"{before}{begin}\n\n{day}, {machine()}\n\n{drawn}\n\n{end}{after}", encoding="utf-8")
