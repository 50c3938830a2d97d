"""A request that has one effect and one answer, however often it comes."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from storage import idempotency
from storage.database import Database
from storage.idempotency import WHOLE, Answer, Repeatable
from storage.secrets import Keyring
from storage.trouble import DatabaseTroubleError, Trouble


class AnsweredError(Exception):
    """While this request was at work, the same one got its answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("answered meanwhile")
        self.answer = answer


class InProgressError(Exception):
    """The same request is at work, and takes longer than one can wait for it."""


class Once:
    """Stands in for the database: all that the request writes is one transaction, with its answer.

    So it has had its effect if and only if its answer is kept. The transaction lasts from the first write to
    `keep`; as a context manager, what is not kept by its end is undone.
    """

    def __init__(self, database: Database, keyring: Keyring, request: Repeatable, now: datetime) -> None:
        self._database = database
        self._keyring = keyring
        self._request = request
        self._now = now
        self._stack = AsyncExitStack()
        self._session: AsyncSession | None = None
        self._claimed = ""

    async def __aenter__(self) -> "Once":
        return self

    async def __aexit__(self, *raised: Any) -> None:
        await self._end(*raised)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        if self._session is not None:
            yield self._session
            return
        async with self._database.read() as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """Raises AnsweredError, InProgressError, KeyReusedError."""
        session = self._session or await self._begin(WHOLE)
        async with self._undoing():
            yield session

    async def step(self, part: int, work: Callable[[AsyncSession], Awaitable[bytes]]) -> bytes:
        """Part of the request in a transaction of its own, with its result: once done, it is not done again.

        Raises InProgressError, KeyReusedError.
        """
        try:
            session = await self._begin(part)
        except AnsweredError as error:
            return error.answer.body
        async with self._undoing():
            result = await work(session)
            await self._keep(session, Answer(200, result))
        return result

    async def keep(self, answer: Answer) -> None:
        """And commit."""
        session = self._session or await self._begin(WHOLE)
        async with self._undoing():
            await self._keep(session, answer)

    async def find(self) -> Answer | None:
        """Raises KeyReusedError."""
        async with self._database.read() as session:
            return await self._found(session, WHOLE)

    async def _found(self, session: AsyncSession, part: int) -> Answer | None:
        return await idempotency.find(session, self._keyring, self._request, part, self._now)

    async def _begin(self, part: int) -> AsyncSession:
        session = await self._stack.enter_async_context(self._database.write())
        try:
            async with self._undoing():
                claimed = await idempotency.claim(session, self._request, part, self._now)
                if claimed is None:
                    found = await self._found(session, part)
                    raise AnsweredError(found) if found is not None else InProgressError
        except DatabaseTroubleError as error:
            if error.trouble is not Trouble.LOCKED:
                raise
            raise InProgressError from error
        self._session, self._claimed = session, claimed
        return session

    async def _keep(self, session: AsyncSession, answer: Answer) -> None:
        await idempotency.keep(session, self._keyring, self._claimed, answer)
        await self._end(None, None, None)

    @asynccontextmanager
    async def _undoing(self) -> AsyncIterator[None]:
        """Where this goes wrong: the database's troubles get their names on the way."""
        try:
            yield
        except BaseException:
            await self._end(*sys.exc_info())
            raise

    async def _end(self, *raised: Any) -> None:
        stack, self._stack, self._session = self._stack, AsyncExitStack(), None
        await stack.__aexit__(*raised)
