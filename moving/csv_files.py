"""A CSV file of follow-ups: written row by row, and read as rows with what is wrong in each."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TextIO

from moving.cells import guarded, unguarded
from moving.csv_columns import COLUMNS, READ, CellError, row_of
from storage.columns import is_id
from storage.import_catalogue import SLACK_USER
from storage.records import CreatorKind, CreatorRecord, ExternalIssueRecord, FollowUpRecord
from storage.table_rows import TableRow

GIVEN = (
    "title",
    "description",
    "status",
    "priority",
    "category",
    "assignee",
    "team",
    "labels",
    "due_on",
    "due_zone",
    "source_permalink",
)
ISSUE = ("issue_provider", "issue_name", "issue_url")
CREATOR = ("creator_kind", "creator_id", "creator_name")
EMPTY: Mapping[str, Any] = {"labels": (), "title": ""}


class FileError(Exception):
    """A sentence about the file as a whole."""


@dataclass(frozen=True, slots=True)
class Problem:
    line: int
    column: str
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row, or why it is none. `number` is the line of the file that it begins on."""

    number: int
    row: TableRow | None = None
    problems: tuple[Problem, ...] = field(default=())


class Writer:
    def __init__(self, file: TextIO) -> None:
        self._rows = csv.writer(file)
        self._rows.writerow(COLUMNS)

    def write(self, found: FollowUpRecord) -> None:
        self._rows.writerow([guarded(cell) for cell in row_of(found)])


def read(file: TextIO) -> Iterator[Line]:
    """Raises FileError for a header that is none, and for what is no CSV or no UTF-8."""
    rows = csv.reader(file, strict=True)
    try:
        header = next(rows, None)
        if header is None:
            raise FileError("The file is empty: its first line names the columns.")
        names = _names(header)
        begins = rows.line_num + 1
        for cells in rows:
            if any(cell.strip() for cell in cells):
                yield _line(begins, names, cells)
            begins = rows.line_num + 1
    except csv.Error as error:
        raise FileError(f"Line {rows.line_num} is no CSV: {error}.") from None
    except UnicodeDecodeError:
        raise FileError("The file is not in UTF-8. Save it as “CSV UTF-8”.") from None


def _names(header: list[str]) -> list[str]:
    names = [name.strip().lower() for name in header]
    known = f"There are: {', '.join(COLUMNS)}."
    if unknown := [name for name in names if name not in READ]:
        if ";" in unknown[0]:
            raise FileError("Columns are separated by commas here, not by semicolons.")
        raise FileError(f"There is no column “{'”, “'.join(unknown)}”. {known}")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise FileError(f"The column {', '.join(twice)} is there twice.")
    return names


def _line(number: int, names: list[str], cells: list[str]) -> Line:
    if len(cells) != len(names):
        words = f"This row has {len(cells)} cells and the header {len(names)}."
        return Line(number, problems=(Problem(number, "", words),))
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, cell in zip(names, cells, strict=True):
        reader, text = READ[name], unguarded(cell)
        text = text if name == "description" else text.strip()
        if reader is None:
            continue
        try:
            values[name] = reader(text) if text else EMPTY.get(name)
        except CellError as error:
            problems.append(Problem(number, name, str(error)))
    try:
        row = _row(values)
    except CellError as error:
        problems.append(Problem(number, error.column, str(error)))
        row = None
    return Line(number, None if problems else row, tuple(problems))


def _row(values: dict[str, Any]) -> TableRow:
    given = {name: values[name] for name in GIVEN if name in values}
    if given.get("status", "") is None:
        del given["status"]
    if any(name in values for name in ISSUE):
        given["external_issue"] = _issue(values)
    return TableRow(
        given,
        id=values.get("id"),
        incident_id=values.get("incident_id"),
        reference=values.get("incident"),
        version=values.get("version"),
        creator=_creator(values),
        created_at=values.get("created_at"),
        updated_at=values.get("updated_at"),
        completed_at=values.get("completed_at"),
    )


def _issue(values: dict[str, Any]) -> ExternalIssueRecord | None:
    parts = [values.get(name) for name in ISSUE]
    if not any(parts):
        return None
    if missing := [name for name, part in zip(ISSUE, parts, strict=True) if not part]:
        raise CellError(f"An issue needs all of {', '.join(ISSUE)}.", missing[0])
    return ExternalIssueRecord(*map(str, parts))


def _creator(values: dict[str, Any]) -> CreatorRecord | None:
    kind, id_, name = (values.get(column) for column in CREATOR)
    if not any((kind, id_, name)):
        return None
    if kind is None or id_ is None:
        raise CellError("A creator needs a creator_kind and a creator_id.", "creator_id")
    if kind is CreatorKind.USER and SLACK_USER.fullmatch(id_):
        return CreatorRecord(kind, "", name or id_, id_)
    if not is_id(id_) or not name:
        raise CellError("A creator has an id of 26 letters and digits, or Slack’s; and a name.", "creator_id")
    return CreatorRecord(kind, id_, name)
