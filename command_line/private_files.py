"""Files that hold what not everybody may read: whole or not there, and their owner's alone."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click


@contextmanager
def private_file(path: Path) -> Iterator[TextIO]:
    """Takes the place of what was there once the block has ended well."""
    try:
        handle, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise click.ClickException(f"{path} can’t be written: {error.strerror}.") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            yield file
        Path(made).replace(path)
    except OSError as error:
        raise click.ClickException(f"{path} can’t be written: {error.strerror}.") from None
    finally:
        Path(made).unlink(missing_ok=True)
