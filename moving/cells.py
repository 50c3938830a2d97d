"""A value as the text of one cell, and back. RFC 4180 is the csv module's part."""

import csv
import io
import re

# A spreadsheet takes a cell that begins so for a formula: https://owasp.org/www-community/attacks/CSV_Injection
# The apostrophe goes before those that have some already too, so that exactly one can be taken away again.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_GUARDED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")


def guarded(text: str) -> str:
    """With an apostrophe in front where a spreadsheet would compute it."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    return text[1:] if _GUARDED.match(text) else text


def joined(labels: tuple[str, ...]) -> str:
    """Separated by commas; one that has a comma or a quotation mark is in quotation marks."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(labels)
    return line.getvalue()


def parted(cell: str) -> tuple[str, ...]:
    """Raises ValueError for a quotation mark that is not closed."""
    if not cell.strip():
        return ()
    try:
        rows = list(csv.reader([cell], skipinitialspace=True, strict=True))
    except csv.Error:
        raise ValueError("a quotation mark is missing") from None
    return tuple(label for row in rows for label in row)
