"""The client for programs that do other things meanwhile."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from . import _calls
from ._errors import SextonError, UnreachableError
from ._models import (
    Cancellation,
    Deletion,
    Event,
    Page,
    Preview,
    Receipt,
    Row,
    SystemSummary,
    ThingSummary,
)
from ._wire import Call, EventReader, Patience, checked, settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from types import TracebackType

    from typing_extensions import Self

T = TypeVar("T")

_POLL = 0.5


class _Sender:
    """Sends calls, again where that is safe and of use."""

    def __init__(self, http: httpx.AsyncClient, patience: Patience) -> None:
        self.http = http
        self.patience = patience

    async def send(self, call: Call[T]) -> T:
        """Send a call until it is answered, and read the answer."""
        tried = 0
        while True:
            response, failure = None, None
            try:
                response = await self.http.request(
                    call.method,
                    call.path,
                    params=dict(call.query),
                    json=call.body,
                    headers=call.headers(),
                )
            except httpx.TransportError as error:
                failure = error
            if response is not None and response.is_success:
                return call.read(response)
            wait = self.patience.next_wait(tried, response)
            if wait is None and response is not None:
                return call.read(checked(response))
            if wait is None:
                raise UnreachableError(
                    f"no answer from {self.http.base_url}: {failure}"
                ) from failure
            await asyncio.sleep(wait)
            tried += 1

    async def pages(
        self, page: Callable[[str | None], Call[Page]]
    ) -> AsyncIterator[dict[str, Any]]:
        """Every item of a list, page by page as they are taken."""
        cursor = None
        while True:
            answer = await self.send(page(cursor))
            for item in answer.data:
                yield item
            cursor = answer.next_cursor
            if cursor is None:
                return


class AsyncSexton:
    """A server, as one key sees it.

    Address and key are taken from SEXTON_SERVER and SEXTON_KEY if they are not given. A request
    that got no answer is sent again, which is safe: all that change anything carry an idempotency
    key.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        key: str | None = None,
        timeout: float = 75.0,
        retries: int = 3,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        address, headers = settings(base_url, key)
        http = httpx.AsyncClient(
            base_url=address, headers=headers, timeout=timeout, transport=transport
        )
        self._sender = _Sender(http, Patience(retries))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close connections that are kept open."""
        await self._sender.http.aclose()

    async def systems(self) -> list[SystemSummary]:
        """Every system that the key may see."""
        return await self._sender.send(_calls.systems())

    async def things(self, system: str) -> list[ThingSummary]:
        """The things of a system that can be deleted."""
        return await self._sender.send(_calls.things(system))

    def thing(self, system: str, thing: str) -> AsyncThing:
        """One thing of a system; nothing is asked yet."""
        return AsyncThing(self._sender, system, thing)

    def deletions(self, system: str) -> AsyncDeletions:
        """The deletions of a system; nothing is asked yet."""
        return AsyncDeletions(self._sender, system)


class AsyncThing:
    """A thing of a system: what may be looked at and deleted by its id."""

    def __init__(self, sender: _Sender, system: str, thing: str) -> None:
        self._sender = sender
        self.system = system
        self.name = thing

    def rows(self, query: str | None = None) -> AsyncIterator[Row]:
        """Every row, newest first, page by page as they are taken."""
        pages = self._sender.pages(partial(_calls.rows, self.system, self.name, query))
        return (Row.model_validate(row) async for row in pages)

    async def get(self, root: str) -> Row:
        """One row by its id."""
        return await self._sender.send(_calls.row(self.system, self.name, root))

    async def preview(self, *ids: str, options: Mapping[str, bool] | None = None) -> Preview:
        """What a deletion would do; nothing is changed."""
        call = _calls.preview(self.system, self.name, _given(ids), options)
        return await self._sender.send(call)

    async def delete(
        self,
        *ids: str,
        preview: Preview | None = None,
        options: Mapping[str, bool] | None = None,
        reason: str | None = None,
        digest: str | None = None,
        wait: float | None = None,
        idempotency_key: str | None = None,
    ) -> Deletion:
        """Delete by id, or exactly what was previewed.

        Several ids go all or none. `wait` is how many seconds the answer may take; what is not
        done by then goes on, and `deletions(system).wait(id)` waits for its end.
        """
        if preview is not None:
            if ids or options or digest:
                raise SextonError("a preview says what is deleted: pass nothing beside it")
            call = _calls.confirm(preview, reason=reason, wait=wait, key=idempotency_key)
        else:
            call = _calls.delete(
                self.system,
                self.name,
                _given(ids),
                options=options,
                reason=reason,
                digest=digest,
                wait=wait,
                key=idempotency_key,
            )
        return await self._sender.send(call)

    async def cancel(self, root: str) -> Cancellation:
        """Ask those at work on it to stop; nothing is deleted."""
        return await self._sender.send(_calls.cancel(self.system, self.name, root))


class AsyncDeletions:
    """The deletions of a system."""

    def __init__(self, sender: _Sender, system: str) -> None:
        self._sender = sender
        self.system = system

    def __aiter__(self) -> AsyncIterator[Deletion]:
        pages = self._sender.pages(partial(_calls.deletions, self.system))
        return (Deletion.model_validate(deletion) async for deletion in pages)

    async def get(self, name: str) -> Deletion:
        """A deletion as it is now."""
        return await self._sender.send(_calls.deletion(self.system, name))

    async def wait(self, name: str, timeout: float | None = None) -> Deletion:
        """Wait until nothing will happen any more; `TimeoutError` if that takes longer."""
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            deletion = await self.get(name)
            if deletion.is_ended:
                return deletion
            if until is not None and time.monotonic() >= until:
                raise TimeoutError(f"{name} is {deletion.state}: {deletion.sentence}")
            await asyncio.sleep(_POLL)

    async def events(self, name: str) -> AsyncIterator[Event]:
        """What becomes of a deletion, as it happens, until it ends."""
        reader, tried = EventReader(), 0
        while True:
            failure: Exception | None = None
            try:
                async for event in self._heard(name, reader):
                    tried = 0
                    yield event
                    if event.deletion.is_ended:
                        return
            except httpx.TransportError as error:
                failure = error
            # What ended while nobody listened has nothing more to tell.
            if failure is None and (await self.get(name)).is_ended:
                return
            wait = self._sender.patience.next_wait(tried, None)
            if wait is None:
                raise UnreachableError(f"the events of {name} broke off") from failure
            await asyncio.sleep(wait)
            tried += 1

    async def _heard(self, name: str, reader: EventReader) -> AsyncIterator[Event]:
        headers = {"Accept": "text/event-stream"}
        if reader.last_id is not None:
            headers["Last-Event-ID"] = reader.last_id
        where = _calls.events(self.system, name)
        async with self._sender.http.stream("GET", where, headers=headers) as response:
            if not response.is_success:
                await response.aread()
                checked(response)
            async for line in response.aiter_lines():
                told = reader.feed(line)
                if told is not None:
                    yield Event.model_validate(told)

    async def receipt(self, name: str) -> Receipt:
        """The verified outcome of a deletion."""
        return await self._sender.send(_calls.receipt(self.system, name))

    async def retry(self, name: str) -> Deletion:
        """Try again now what a deletion still has to do."""
        return await self._sender.send(_calls.retry(self.system, name))


def _given(ids: Sequence[str]) -> Sequence[str]:
    if not ids:
        raise SextonError("no id was given")
    return ids
