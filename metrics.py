"""What `/metrics` shows: what this process has counted, and how the database is at that moment."""

import asyncio
from collections.abc import Iterable
from datetime import datetime

import structlog
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from storage.database import Database
from storage.queue_state import QueueState, queue_state

CONTENT_TYPE = CONTENT_TYPE_LATEST
PATIENCE = 2.0

log = structlog.get_logger("metrics")

disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more for each, which nobody reads


async def database(database: Database, now: datetime) -> QueueState | None:
    """None when the database gives no answer in time."""
    try:
        async with asyncio.timeout(PATIENCE), database.read() as session:
            return await queue_state(session, now=now)
    except Exception as error:
        log.warning("database_not_answering", error=type(error).__name__)
        return None


def exposed(state: QueueState | None, socket_connections: int) -> bytes:
    at_the_moment = CollectorRegistry()
    at_the_moment.register(_Moment(state, socket_connections))
    return generate_latest(REGISTRY) + generate_latest(at_the_moment)


class _Moment(Collector):
    def __init__(self, state: QueueState | None, socket_connections: int) -> None:
        self._state = state
        self._socket_connections = socket_connections

    def collect(self) -> Iterable[GaugeMetricFamily]:
        yield _gauge("database_up", "Whether the database answers.", self._state is not None)
        yield _gauge("socket_connections", "Open Socket Mode connections.", self._socket_connections)
        if self._state is None:
            return
        seconds = self._state.oldest_due.total_seconds()
        yield _gauge("jobs_oldest_due_seconds", "How long the oldest job that is due has waited.", seconds)
        jobs = GaugeMetricFamily(
            "follow_ups_jobs", "Jobs by state and kind; dead ones are parked.", labels=["state", "kind"]
        )
        for job_state, kind, count in self._state.counts:
            jobs.add_metric([job_state, kind], count)
        yield jobs


def _gauge(name: str, documentation: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"follow_ups_{name}", documentation, value=value)
