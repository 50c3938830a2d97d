"""How far a long command is, on standard error, so that what it says can be piped."""

import sys
from contextlib import ExitStack
from itertools import repeat
from types import TracebackType
from typing import Any, Self

import click


class Progress:
    """A bar for each kind of record. How many there are is known of incidents only."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._bar: Any = None
        self._name = ""

    def told(self, name: str, count: int, total: int | None) -> None:
        if name != self._name:
            self._open.close()
            self._name = name
            bar = click.progressbar(
                None if total else repeat(None),
                length=total,
                label=f"{name:<12}",
                show_pos=True,
                file=sys.stderr,
            )
            self._bar = self._open.enter_context(bar)
        self._bar.update(count)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()
