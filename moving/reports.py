"""What an import did, for a terminal and as a file."""

import csv
from typing import TextIO

from moving.cells import guarded
from storage.imports import Import, Kind, Outcome, Remark

SHOWN = 20
NAMES = {
    Kind.SEVERITY: "severities",
    Kind.PERSON: "people",
    Kind.TEAM: "teams",
    Kind.INCIDENT: "incidents",
    Kind.FOLLOW_UP: "follow-ups",
}
COLUMNS = ("kind", "id", "name", "reason", "words")


def lines(run: Import, report: str | None) -> list[str]:
    """A table of counts, then what could not be taken over as it was."""
    said = ["Nothing was written: this is what an import would do."] if run.dry_run else []
    said.append(f"{'':<12}" + "".join(f"{outcome.value:>11}" for outcome in Outcome))
    for kind in Kind:
        if not any(run.counts[kind, outcome] for outcome in Outcome):
            continue
        counts = "".join(f"{run.counts[kind, outcome]:>11,}" for outcome in Outcome)
        said.append(f"{NAMES[kind]:<12}{counts}")
    if run.remarks:
        said += ["", f"{len(run.remarks):,} could not be taken over as they were:"]
        said += [_line(remark) for remark in run.remarks[:SHOWN]]
        if len(run.remarks) > SHOWN:
            said.append(f"… and {len(run.remarks) - SHOWN:,} more")
        said.append(f"All of it is in {report}." if report else "With --report FILE all of it is kept.")
    return said


def _line(remark: Remark) -> str:
    name = remark.name if len(remark.name) <= 60 else f"{remark.name[:59]}…"
    return f"- {remark.kind.value} {remark.id} “{name}”: {remark.reason}"


def write(run: Import, file: TextIO) -> None:
    """Every remark, with the words that are not kept here."""
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for remark in run.remarks:
        row = (remark.kind.value, remark.id, remark.name, remark.reason, remark.words)
        writer.writerow([guarded(cell) for cell in row])
