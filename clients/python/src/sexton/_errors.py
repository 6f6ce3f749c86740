"""What can go wrong, as exceptions: one class for each thing a caller can do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._models import Blocker, Difference, Problem


class SextonError(Exception):
    """Anything that this client raises."""


class UnreachableError(SextonError):
    """No answer came, though it was asked again where that was safe.

    Of a deletion nobody knows then whether it happened; asking for it again is safe, and finds
    nothing if it did.
    """


class ApiError(SextonError):
    """The server answered that it did not do what was asked."""

    def __init__(self, problem: Problem, retry_after: float | None = None) -> None:
        super().__init__(problem.detail or problem.title)
        self.problem = problem
        self.retry_after = retry_after

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.problem.status

    @property
    def code(self) -> str:
        """The name of the problem that programs can rely on."""
        return self.problem.code

    @property
    def message(self) -> str:
        """What is the matter, and the next step."""
        return self.problem.detail or self.problem.title

    @property
    def request_id(self) -> str | None:
        """The request as the server's logs name it."""
        return self.problem.request_id

    @property
    def retryable(self) -> bool:
        """Whether the same request may be answered otherwise later."""
        return self.problem.retryable


class BadRequestError(ApiError):
    """400: the request cannot be understood."""


class AuthenticationError(ApiError):
    """401: no key, or one that is not accepted."""


class ForbiddenError(ApiError):
    """403: the key may not do this."""


class NotFoundError(ApiError):
    """404: it is not there, or not yours. Of a deletion: it is gone already."""


class ConflictError(ApiError):
    """409: it cannot be done as things stand. Nothing was deleted."""


class RefusedError(ConflictError):
    """409: guards, holds, limits or work in flight refuse."""

    @property
    def blockers(self) -> list[Blocker]:
        """What refuses, and how to clear it."""
        return self.problem.blockers


class StaleError(ConflictError):
    """409: what was previewed is no longer what would happen."""

    @property
    def differences(self) -> list[Difference]:
        """What has changed."""
        return self.problem.differences


class ValidationError(ApiError):
    """422: the request is understood, and something in it cannot be."""


class RateLimitError(ApiError):
    """429: too many requests; `retry_after` says how many seconds to wait."""


class ServerError(ApiError):
    """5xx: the server failed, or is not ready."""


_STALE = frozenset({"stale", "preview_stale"})
_BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    422: ValidationError,
    429: RateLimitError,
}


def error_of(problem: Problem, retry_after: float | None) -> ApiError:
    """Choose the class for a problem."""
    kind = _BY_STATUS.get(problem.status, ServerError if problem.status >= 500 else ApiError)  # noqa: PLR2004
    if kind is ConflictError and (problem.code in _STALE or problem.differences):
        kind = StaleError
    elif kind is ConflictError and problem.blockers:
        kind = RefusedError
    return kind(problem, retry_after)
