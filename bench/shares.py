"""Who used the processor meanwhile."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

Processes = Callable[[], Iterable[psutil.Process]]


@dataclass(slots=True)
class Shares:
    """Seconds of processor time by whose they were, over all that was measured."""

    elapsed: float = 0.0
    used: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def measured(self, groups: Mapping[str, Processes]) -> Iterator[None]:
        started, before = time.perf_counter(), {name: _seconds(of()) for name, of in groups.items()}
        yield
        self.elapsed += time.perf_counter() - started
        for name, of in groups.items():
            self.used[name] = self.used.get(name, 0.0) + _seconds(of()) - before[name]

    def of(self, name: str) -> float:
        """1 is one core, all the time."""
        return self.used[name] / self.elapsed


def _seconds(processes: Iterable[psutil.Process]) -> float:
    """Of the processes, and of the children of theirs that have ended."""
    spent = 0.0
    for process in processes:
        times = process.cpu_times()
        spent += times.user + times.system
        spent += getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
    return spent
