"""A CSV file into storage: every row is looked at before the first is written."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from moving.csv_files import Line, Problem
from storage import table_rows
from storage.database import Database
from storage.errors import InvalidFieldError
from storage.imports import Import, Kind, Outcome
from storage.table_rows import TableRow

BATCH = 100

Told = Callable[[int], None]
Numbered = tuple[int, TableRow]


async def problems_of(database: Database, run: Import, lines: Sequence[Line]) -> list[Problem]:
    """What is wrong with each row, as things are now. Nothing is written."""
    looking = replace(run, dry_run=True)
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for line in lines:
        problems += line.problems
        if line.row is None:
            continue
        if line.row.id in seen:
            problems.append(Problem(line.number, "id", f"Line {seen[line.row.id]} has this id already."))
            continue
        if line.row.id is not None:
            seen[line.row.id] = line.number
        async with database.read() as session:
            try:
                outcome = await table_rows.write(session, looking, line.row)
            except InvalidFieldError as error:
                problems += _problems(line.number, error)
                continue
        if run.dry_run:
            run.count(Kind.FOLLOW_UP, outcome)
    return problems


async def write(database: Database, run: Import, rows: Sequence[Numbered], told: Told) -> list[Problem]:
    """The rows that are good, a hundred to a transaction; and what has become wrong with others since."""
    problems: list[Problem] = []
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        async with database.write() as session:
            for number, row in batch:
                try:
                    run.count(Kind.FOLLOW_UP, await table_rows.write(session, run, row))
                except InvalidFieldError as error:
                    problems += _problems(number, error)
                    run.count(Kind.FOLLOW_UP, Outcome.SKIPPED)
        told(len(batch))
    return problems


def _problems(number: int, error: InvalidFieldError) -> list[Problem]:
    return [Problem(number, name, words) for name, words in error.errors.items()]
