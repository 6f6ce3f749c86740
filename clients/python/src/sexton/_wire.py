"""What is sent and how answers are read: the same for the sync and the async client.

Nothing here does I/O. A call is a value; whoever sends it asks `Patience` how often and how long
to wait, and `read` what the answer means.
"""

from __future__ import annotations

import json
import os
import random
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import quote

from pydantic import BaseModel

from ._errors import SextonError, error_of
from ._models import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import httpx

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

_LATER = frozenset({429, 502, 503, 504})
_LONGEST_WAIT = 30.0
_VERSION = "0.1.0"


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request, and how its answer is read."""

    method: str
    path: str
    read: Callable[[httpx.Response], T]
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    wait: float | None = None
    key: str | None = None

    def headers(self) -> dict[str, str]:
        """Headers of its own."""
        headers: dict[str, str] = {}
        if self.key is not None:
            headers["Idempotency-Key"] = self.key
        if self.wait is not None:
            headers["Prefer"] = f"wait={int(self.wait)}"
        return headers


@dataclass(frozen=True)
class Patience:
    """How often a request that may be sent again is sent, and how long between."""

    retries: int = 3
    first_wait: float = 0.2

    def next_wait(self, tried: int, response: httpx.Response | None) -> float | None:
        """Seconds until the next try; none when this was the last."""
        if tried >= self.retries or (response is not None and response.status_code not in _LATER):
            return None
        asked = None if response is None else _retry_after(response)
        if asked is not None:
            return asked if asked <= _LONGEST_WAIT else None
        # Full jitter, so that those who failed together do not come back together.
        return random.uniform(0, min(_LONGEST_WAIT, self.first_wait * 2**tried))  # noqa: S311


def settings(base_url: str | None, key: str | None) -> tuple[str, dict[str, str]]:
    """Where the server is and what every request carries, from arguments or the environment."""
    base_url = base_url or os.environ.get("SEXTON_SERVER")
    if not base_url:
        raise SextonError("no server: pass its address, or set SEXTON_SERVER")
    headers = {"User-Agent": f"sexton-python/{_VERSION}", "Accept": "application/json"}
    key = key or os.environ.get("SEXTON_KEY")
    if key:
        headers["Authorization"] = f"Bearer {key}"
    return base_url.rstrip("/"), headers


def path(*parts: str) -> str:
    """Join segments of a path, each of them as it is: an id may hold a slash."""
    return "/api/" + "/".join(quote(part, safe="") for part in parts)


def get(where: str, read: Callable[[httpx.Response], T], **query: str | None) -> Call[T]:
    """Look at something."""
    return Call("GET", where, read, {name: value for name, value in query.items() if value})


def post(
    where: str,
    read: Callable[[httpx.Response], T],
    body: Mapping[str, Any],
    *,
    wait: float | None = None,
    key: str | None = None,
) -> Call[T]:
    """Change something, once however often it is sent."""
    given = {name: value for name, value in body.items() if value not in (None, [], {})}
    return Call("POST", where, read, {}, given, wait, key or str(uuid.uuid4()))


def one(model: type[M]) -> Callable[[httpx.Response], M]:
    """Read an answer that is one value."""
    return lambda response: model.model_validate_json(response.content)


def several(model: type[M]) -> Callable[[httpx.Response], list[M]]:
    """Read an answer that is a whole list."""
    return lambda response: [model.model_validate(item) for item in response.json()["data"]]


def checked(response: httpx.Response) -> httpx.Response:
    """Return the answer if the server did what was asked; raise what it said otherwise."""
    if response.is_success:
        return response
    raise error_of(_problem(response), _retry_after(response))


def _problem(response: httpx.Response) -> Problem:
    try:
        return Problem.model_validate_json(response.content)
    except ValueError:
        # Something between here and the server has answered.
        return Problem(
            title=response.reason_phrase or "no reason was given",
            status=response.status_code,
            code="unknown",
            detail=response.text[:500] or None,
            request_id=response.headers.get("x-request-id"),
        )


def _retry_after(response: httpx.Response) -> float | None:
    try:
        return max(0.0, float(response.headers["retry-after"]))
    except (KeyError, ValueError):
        return None


@dataclass
class EventReader:
    """Puts lines of an event stream together."""

    last_id: str | None = None
    _event: str = "message"
    _data: list[str] = field(default_factory=list)

    def feed(self, line: str) -> dict[str, Any] | None:
        """Take one line; return an event when it is whole."""
        if not line:
            data, event = "\n".join(self._data), self._event
            self._data, self._event = [], "message"
            if not data:
                return None
            return {"id": self.last_id, "event": event, "deletion": json.loads(data)}
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id":
            self.last_id = value
        return None


def deletion_body(
    *,
    thing: str,
    ids: Iterable[str],
    options: Mapping[str, bool] | None,
    reason: str | None,
    digest: str | None,
) -> dict[str, Any]:
    """Say what is to be deleted, confirmed by saying it once more."""
    ids = list(ids)
    body: dict[str, Any] = {
        "thing": thing,
        "options": dict(options or {}),
        "reason": reason,
        "digest": digest,
    }
    if len(ids) == 1:
        return {**body, "id": ids[0], "confirm": ids[0]}
    return {**body, "ids": ids, "confirm": str(len(ids))}
