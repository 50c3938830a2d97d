"""The worker: claims jobs as they come due, has them done, and survives whatever happens to them."""

import asyncio
import random
import traceback
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import structlog
from prometheus_client import Counter
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import leases
from storage.database import Database
from storage.leases import ClaimedJob, LeaseLostError
from storage.trouble import DatabaseTroubleError

log = structlog.get_logger(__name__)

# A handler talks to the world with no transaction open. What it has to store it returns as a completion, run
# in the transaction that also marks the job done: both happen, or neither and the job is tried again.
Completion = Callable[[AsyncSession], Awaitable[None]]
Handler = Callable[[ClaimedJob], Awaitable[Completion | None]]
Settle = Callable[[AsyncSession], Awaitable[None]]

FIRST_WAIT = 1.0
LONGEST_WAIT = 900.0
POLL = 1.0
LISTEN_AGAIN = 1.0
HAND_BACK_LIMIT = 2.0
# A call that was cut short may still be carried out. Until then nobody can tell whether it was.
CUT_SHORT = timedelta(seconds=15)

# The share of all kinds that have none of their own.
OTHERS = ""
NO_SHARES: Mapping[str, int] = MappingProxyType({})

# What passes by itself. Anything else is a bug, which holds up its group for only a few attempts.
PASSING = (OSError, DBAPIError, DatabaseTroubleError)
ATTEMPTS_AT_A_BUG = 5

ENDED = Counter("follow_ups_jobs_ended", "Attempts at jobs, by how they ended.", ["kind", "outcome"])


class JobError(Exception):
    """A handler's verdict on its own failure. Any other exception means: try again after a while.

    `permanent`: trying again is no use. `retry_after`: not before that many seconds. The message is stored
    and logged where people look for what went wrong, so it must hold no token and nothing confidential.
    """

    def __init__(self, message: str, *, permanent: bool = False, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after


class NotYetError(Exception):
    """A handler's word that nothing was tried: there is no room for it before `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"not before {until.isoformat()}")
        self.until = until


def backoff(attempts: int) -> float:
    """Full jitter: many jobs that failed together don't come back together."""
    return random.uniform(0, min(LONGEST_WAIT, FIRST_WAIT * 2**attempts))  # noqa: S311


def utc_now() -> datetime:
    return datetime.now(UTC)


class Worker:
    """`shares` maps a kind to how many of it may run beside the `concurrency` of all others.

    A kind that waits for slow strangers can't hold up the rest.
    """

    def __init__(
        self,
        database: Database,
        handlers: Mapping[str, Handler],
        *,
        concurrency: int = 8,
        shares: Mapping[str, int] = NO_SHARES,
        lease: timedelta = timedelta(seconds=30),
        time_limit: timedelta = timedelta(minutes=2),
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._handlers = handlers
        self._rooms: Mapping[str, int] = {OTHERS: concurrency, **shares}
        self._kinds = {kind: {kind} for kind in shares} | {OTHERS: handlers.keys() - shares.keys()}
        self._lease = lease
        self._time_limit = time_limit
        self._clock = clock
        self._held: dict[asyncio.Task[None], ClaimedJob] = {}
        self._loops: list[asyncio.Task[None]] = []
        self._claiming: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def is_running(self) -> bool:
        return self._claiming is not None and not self._claiming.done()

    async def start(self) -> None:
        self._stopping = False
        self._claiming = asyncio.create_task(self._claim_forever(), name="claim jobs")
        self._loops = [asyncio.create_task(self._keep_leases(), name="keep leases")]
        if not self._database.is_sqlite:
            self._loops.append(asyncio.create_task(self._listen(), name="listen for jobs"))

    async def stop(self, timeout: float = 10) -> None:  # noqa: ASYNC109
        """Claim nothing more, let what is running finish for that long, hand back the rest."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        self._stopping = True
        self._database.jobs_ready.set()
        if self._claiming is not None:
            # Not cancelled: a claim that is cut short may leave jobs leased to nobody.
            await asyncio.wait({self._claiming}, timeout=timeout)
        if self._held:
            await asyncio.wait(self._held, timeout=max(0, deadline - loop.time()))
        left = [*self._held, *self._loops]
        if self._claiming is not None and not self._claiming.done():
            left.append(self._claiming)  # the database hangs: what it may have leased is free when that ends
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=HAND_BACK_LIMIT)

    async def _claim_forever(self) -> None:
        while not self._stopping:
            self._database.jobs_ready.clear()
            try:
                wait = await self._claim()
            except Exception as error:
                log.warning("jobs_not_claimed", error=type(error).__name__)
                wait = POLL
            if wait > 0 and not self._stopping:
                await self._sleep(wait)

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._database.jobs_ready.wait()
        except TimeoutError:
            return

    async def _claim(self) -> float:
        """Take what there is room for. Returns how long to sleep unless woken."""
        rooms = self._free()
        if not rooms:
            return POLL
        now = self._clock()
        async with self._database.read() as session:
            kinds = set().union(*(self._kinds[share] for share in rooms))
            at = await leases.next_at(session, kinds=kinds, now=now)
        if at is None or at > now:
            return POLL if at is None else min(POLL, (at - now).total_seconds())
        claimed: list[ClaimedJob] = []
        async with self._database.write() as session:
            for share, room in rooms.items():
                claimed += await leases.claim(
                    session, kinds=self._kinds[share], limit=room, now=now, lease_for=self._lease
                )
        for job in claimed:
            task = asyncio.create_task(self._run(job), name=f"{job.kind} {job.id}")
            self._held[task] = job
            task.add_done_callback(self._ended)
        return 0 if claimed else POLL

    def _free(self) -> dict[str, int]:
        """The shares that have room, and how much."""
        held = [job.kind if job.kind in self._rooms else OTHERS for job in self._held.values()]
        free = {share: room - held.count(share) for share, room in self._rooms.items()}
        return {share: room for share, room in free.items() if room > 0}

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._held[task]
        self._database.jobs_ready.set()  # there is room, and the next of its group may go
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("job_not_settled", job=task.get_name(), error=type(error).__name__)

    async def _keep_leases(self) -> None:
        extended = self._clock()
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            held, now = dict(self._held), self._clock()
            if not held:
                extended = now
                continue
            try:
                async with self._database.write() as session:
                    kept = await leases.extend(session, held.values(), until=now + self._lease)
                extended = now
            except Exception as error:
                log.warning("leases_not_extended", error=type(error).__name__)
                if now - extended < self._lease * 2 / 3:
                    continue
                kept = set()  # by the next look they'll have run out, and anyone may claim the jobs
            for task, job in held.items():
                if job.id not in kept:
                    task.cancel()

    async def _listen(self) -> None:
        while True:
            try:
                await self._database.listen()
            except Exception as error:
                log.warning("not_listening_for_jobs", error=type(error).__name__)
            await asyncio.sleep(LISTEN_AGAIN)

    async def _run(self, job: ClaimedJob) -> None:
        try:
            await self._attempt(job)
        except asyncio.CancelledError as error:
            if (task := asyncio.current_task()) is not None and task.cancelling() == 0:
                name = type(error).__name__
                await self._fail(job, f"{name}: the handler gave up on itself", reason=name)
                return
            now = self._clock()
            async with asyncio.timeout(HAND_BACK_LIMIT):
                await self._settle(
                    job, lambda session: leases.hand_back(session, job, now=now, after=CUT_SHORT)
                )
        except LeaseLostError:
            log.info("job_taken_over", job=job.id, kind=job.kind)
        except NotYetError as error:
            until = error.until
            ENDED.labels(job.kind, "postponed").inc()
            await self._settle(job, lambda session: leases.postpone(session, job, until=until))
        except JobError as error:
            reason, wait = str(error), error.retry_after
            await self._fail(job, reason, reason=reason, permanent=error.permanent, retry_after=wait)
        except Exception as error:
            # What it says may quote a row or a message.
            frame, name = traceback.extract_tb(error.__traceback__)[-1], type(error).__name__
            where = f"{Path(frame.filename).name}:{frame.lineno}"
            log.warning("job_raised", job=job.id, error=name, at=where)
            is_bug = not isinstance(error, PASSING) and job.attempts >= ATTEMPTS_AT_A_BUG
            await self._fail(job, f"{name} at {where}", reason=name, permanent=is_bug)

    async def _attempt(self, job: ClaimedJob) -> None:
        if job.attempts > job.max_attempts:
            raise JobError(f"The worker died on each of {job.max_attempts} attempts", permanent=True)
        async with asyncio.timeout(self._time_limit.total_seconds()):
            completion = await self._handlers[job.kind](job)
        async with self._database.write() as session:
            await leases.finish(session, job, now=self._clock())
            if completion is not None:
                await completion(session)
        ENDED.labels(job.kind, "finished").inc()

    async def _fail(
        self,
        job: ClaimedJob,
        error: str,
        *,
        reason: str,
        permanent: bool = False,
        retry_after: float | None = None,
    ) -> None:
        """`error` is kept with the job, `reason` goes into the log: it holds nobody's words."""
        now = self._clock()
        said = log.bind(job=job.id, kind=job.kind, attempts=job.attempts, reason=reason)
        if permanent or job.attempts >= job.max_attempts:
            said.error("job_parked")
            ENDED.labels(job.kind, "parked").inc()
            await self._settle(job, lambda session: leases.park(session, job, error, now=now))
        else:
            wait = backoff(job.attempts) if retry_after is None else retry_after
            said.info("job_will_be_retried", seconds=wait)
            ENDED.labels(job.kind, "retried").inc()
            run_at = now + timedelta(seconds=wait)
            await self._settle(job, lambda session: leases.retry_later(session, job, error, run_at=run_at))

    async def _settle(self, job: ClaimedJob, settle: Settle) -> None:
        try:
            try:
                await self._write(settle)
            except IntegrityError:
                # Another of its coalesce_key was enqueued at this instant. Now it can be seen.
                await self._write(settle)
        except LeaseLostError:
            log.info("job_taken_over", job=job.id, kind=job.kind)

    async def _write(self, settle: Settle) -> None:
        async with self._database.write() as session:
            await settle(session)
