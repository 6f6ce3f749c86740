"""Client of Sexton, the deletion engine.

>>> from sexton import Sexton
>>> client = Sexton("http://127.0.0.1:8080", key="sxt_...")     # doctest: +SKIP
>>> client.thing("transcriptions", "job").delete("6d0e...")      # doctest: +SKIP
"""

from ._aio import AsyncDeletions, AsyncSexton, AsyncThing
from ._client import Deletions, Sexton, Thing
from ._errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RateLimitError,
    RefusedError,
    ServerError,
    SextonError,
    StaleError,
    UnreachableError,
    ValidationError,
)
from ._models import (
    Blocker,
    Cancellation,
    Deletion,
    Difference,
    Event,
    Outcome,
    Phase,
    Preview,
    Problem,
    Receipt,
    Row,
    SystemSummary,
    ThingOption,
    ThingSummary,
    Waiting,
    Wrong,
)

__all__ = [
    "ApiError",
    "AsyncDeletions",
    "AsyncSexton",
    "AsyncThing",
    "AuthenticationError",
    "BadRequestError",
    "Blocker",
    "Cancellation",
    "ConflictError",
    "Deletion",
    "Deletions",
    "Difference",
    "Event",
    "ForbiddenError",
    "NotFoundError",
    "Outcome",
    "Phase",
    "Preview",
    "Problem",
    "RateLimitError",
    "Receipt",
    "RefusedError",
    "Row",
    "ServerError",
    "Sexton",
    "SextonError",
    "StaleError",
    "SystemSummary",
    "Thing",
    "ThingOption",
    "ThingSummary",
    "UnreachableError",
    "ValidationError",
    "Waiting",
    "Wrong",
]
