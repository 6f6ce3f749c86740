"""Answers of the server as values. Fields that a newer server adds are kept and do no harm."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class _Answer(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class Wrong(_Answer):
    """One part of a request that is wrong."""

    pointer: str
    detail: str


class Blocker(_Answer):
    """A reason to refuse."""

    kind: str
    name: str
    message: str
    count: int = 0
    names: list[str] = Field(default_factory=list)
    roots: list[str] = Field(default_factory=list)
    ways_out: list[str] = Field(default_factory=list)


class Difference(_Answer):
    """What is different in one table from what was previewed."""

    table: str
    before: int
    now: int
    appeared: list[str] = Field(default_factory=list)
    gone: list[str] = Field(default_factory=list)
    sentence: str


class Problem(_Answer):
    """Why a request was not carried out."""

    title: str
    status: int
    code: str
    type: str = "about:blank"
    detail: str | None = None
    request_id: str | None = None
    retryable: bool = False
    errors: list[Wrong] = Field(default_factory=list)
    blockers: list[Blocker] = Field(default_factory=list)
    differences: list[Difference] = Field(default_factory=list)
    deletion: str | None = None


class SystemSummary(_Answer):
    """One system under care."""

    name: str
    database: str
    things: list[str]


class ThingOption(_Answer):
    """A yes or no that may be given with a deletion."""

    name: str
    default: bool
    help: str | None = None
    warning: str | None = None


class ThingSummary(_Answer):
    """A thing that can be deleted, as the policy declares it."""

    name: str
    table: str | None = None
    key: list[str] = Field(default_factory=list)
    label: str | None = None
    show: list[str] = Field(default_factory=list)
    options: list[ThingOption] = Field(default_factory=list)
    confirm: str = "click"
    confirm_text: str | None = None
    roles: list[str] = Field(default_factory=list)


class Row(_Answer):
    """One row of a thing."""

    id: str
    label: str | None = None
    tenant: str | None = None
    show: dict[str, str | None] = Field(default_factory=dict)


class Preview(_Answer):
    """What a deletion would do; confirmed by passing it to `delete`."""

    id: str
    system: str
    digest: str | None = None
    made_at: datetime
    expires_at: datetime
    blocked: bool
    preview: dict[str, Any]


class Phase(_Answer):
    """When a deletion came to a state."""

    state: str
    at: datetime


class Waiting(_Answer):
    """What a deletion waits for."""

    what: str
    attempts: int
    last_error: str | None = None
    next_try_at: datetime | None = None


class Outcome(_Answer):
    """Why a deletion did not happen."""

    code: str
    message: str


class Deletion(_Answer):
    """A deletion as it was when it was asked about."""

    id: str
    system: str
    thing: str
    roots: list[str]
    state: str
    is_ended: bool
    sentence: str
    actor: str
    reason: str | None = None
    digest: str | None = None
    phases: list[Phase] = Field(default_factory=list)
    waiting_on: list[Waiting] = Field(default_factory=list)
    outcome: Outcome | None = None
    removed: dict[str, int] = Field(default_factory=dict)
    rows: int | None = None
    objects: dict[str, Any] | None = None

    @property
    def is_complete(self) -> bool:
        """Whether everything is gone, and was looked at again."""
        return self.state == "complete"


class Cancellation(_Answer):
    """Whom a cancellation has asked to stop."""


class Receipt(_Answer):
    """The verified outcome of a deletion."""


class Event(_Answer):
    """Something that became true of a deletion."""

    id: str | None = None
    event: str
    deletion: Deletion


class Page(_Answer):
    """A page of a list."""

    data: list[dict[str, Any]]
    next_cursor: str | None = None
