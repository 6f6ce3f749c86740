"""Every call of the API as a value; the clients differ only in how they send it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._models import (
    Cancellation,
    Deletion,
    Page,
    Preview,
    Receipt,
    Row,
    SystemSummary,
    ThingSummary,
)
from ._wire import Call, deletion_body, get, one, path, post, several

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PAGE = 100


def systems() -> Call[list[SystemSummary]]:
    """Every system that the key may see."""
    return get(path("systems"), several(SystemSummary))


def things(system: str) -> Call[list[ThingSummary]]:
    """The things of a system."""
    return get(path("systems", system, "things"), several(ThingSummary))


def rows(system: str, thing: str, query: str | None, cursor: str | None) -> Call[Page]:
    """A page of a thing's rows, newest first."""
    where = path("systems", system, "things", thing)
    return get(where, one(Page), q=query, cursor=cursor, limit=str(PAGE))


def row(system: str, thing: str, root: str) -> Call[Row]:
    """One row of a thing."""
    return get(path("systems", system, "things", thing, root), one(Row))


def preview(
    system: str, thing: str, ids: Iterable[str], options: Mapping[str, bool] | None
) -> Call[Preview]:
    """What a deletion would do."""
    ids = list(ids)
    root = {"id": ids[0]} if len(ids) == 1 else {"ids": ids}
    body = {"thing": thing, "options": dict(options or {}), **root}
    return post(path("systems", system, "previews"), one(Preview), body)


def delete(
    system: str,
    thing: str,
    ids: Iterable[str],
    *,
    options: Mapping[str, bool] | None,
    reason: str | None,
    digest: str | None,
    wait: float | None,
    key: str | None,
) -> Call[Deletion]:
    """Delete a thing by its id."""
    body = deletion_body(thing=thing, ids=ids, options=options, reason=reason, digest=digest)
    where = path("systems", system, "deletions")
    return post(where, one(Deletion), body, wait=wait, key=key)


def confirm(
    shown: Preview, *, reason: str | None, wait: float | None, key: str | None
) -> Call[Deletion]:
    """Delete exactly what was previewed."""
    body = {"preview": shown.id, "digest": shown.digest, "reason": reason}
    where = path("systems", shown.system, "deletions")
    return post(where, one(Deletion), body, wait=wait, key=key)


def cancel(system: str, thing: str, root: str) -> Call[Cancellation]:
    """Ask those at work on a thing to stop; delete nothing."""
    where = path("systems", system, "things", thing, root, "cancel")
    return post(where, one(Cancellation), {})


def deletions(system: str, cursor: str | None) -> Call[Page]:
    """A page of a system's deletions, newest first."""
    where = path("systems", system, "deletions")
    return get(where, one(Page), cursor=cursor, limit=str(PAGE))


def deletion(system: str, name: str) -> Call[Deletion]:
    """A deletion as it is now."""
    return get(path("systems", system, "deletions", name), one(Deletion))


def receipt(system: str, name: str) -> Call[Receipt]:
    """The verified outcome of a deletion."""
    return get(path("systems", system, "deletions", name, "receipt"), one(Receipt))


def retry(system: str, name: str) -> Call[Deletion]:
    """Try again now what a deletion still has to do."""
    return post(path("systems", system, "deletions", name, "retry"), one(Deletion), {})


def events(system: str, name: str) -> str:
    """Where a deletion's events are told."""
    return path("systems", system, "deletions", name, "events")
