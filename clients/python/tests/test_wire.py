"""What is sent, what is sent again, and what an answer means, of a server that answers as told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import sexton
from sexton._wire import EventReader, Patience

if TYPE_CHECKING:
    from collections.abc import Callable

DELETION = {
    "id": "dlt_1",
    "system": "transcriptions",
    "thing": "job",
    "roots": ["j-1"],
    "state": "complete",
    "is_ended": True,
    "sentence": "everything is gone",
    "actor": "ann",
}


def problem(status: int, code: str, **more: Any) -> httpx.Response:
    body = {"title": code, "status": status, "code": code, "request_id": "req_1", **more}
    headers = {"content-type": "application/problem+json"}
    retry_after = body.pop("retry_after", None)
    if retry_after is not None:
        headers["retry-after"] = str(retry_after)
    return httpx.Response(status, content=json.dumps(body), headers=headers)


def answering(
    *answers: httpx.Response | Exception,
) -> tuple[list[httpx.Request], httpx.MockTransport]:
    """Answer one request after the other, and keep what was asked."""
    asked: list[httpx.Request] = []
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        given = left.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    return asked, httpx.MockTransport(answer)


def client(transport: httpx.MockTransport, retries: int = 3) -> sexton.Sexton:
    made = sexton.Sexton("http://sexton.test", key="sxt_k", retries=retries, transport=transport)
    made._sender.patience = Patience(retries, first_wait=0.0)
    return made


def test_a_change_that_got_no_answer_is_sent_again_by_the_same_key() -> None:
    asked, transport = answering(
        httpx.ConnectError("down"),
        problem(503, "unavailable", retry_after=0),
        httpx.Response(201, json=DELETION),
    )
    deletion = client(transport).thing("transcriptions", "job").delete("j-1", reason="asked for")
    assert deletion.is_complete
    keys = {request.headers["idempotency-key"] for request in asked}
    assert (len(asked), len(keys)) == (3, 1)
    assert asked[0].headers["authorization"] == "Bearer sxt_k"
    assert json.loads(asked[0].content) == {
        "thing": "job",
        "id": "j-1",
        "confirm": "j-1",
        "reason": "asked for",
    }


def test_two_changes_have_two_keys_and_a_given_one_is_kept() -> None:
    answer = httpx.Response(201, json=DELETION)
    asked, transport = answering(answer, answer, answer)
    job = client(transport).thing("transcriptions", "job")
    job.delete("j-1")
    job.delete("j-1")
    job.delete("j-1", idempotency_key="mine")
    keys = [request.headers["idempotency-key"] for request in asked]
    assert len(set(keys)) == 3
    assert keys[2] == "mine"


def test_what_never_answers_is_given_up_and_said_to_be_unreachable() -> None:
    asked, transport = answering(*[httpx.ReadTimeout("late")] * 3)
    with pytest.raises(sexton.UnreachableError, match="no answer"):
        client(transport, retries=2).systems()
    assert len(asked) == 3


def test_what_was_refused_is_not_asked_again() -> None:
    for status in (400, 401, 403, 404, 409, 422, 500):
        asked, transport = answering(problem(status, "x"))
        with pytest.raises(sexton.ApiError):
            client(transport).thing("t", "job").delete("j-1")
        assert len(asked) == 1, status


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, sexton.BadRequestError),
        (401, sexton.AuthenticationError),
        (403, sexton.ForbiddenError),
        (404, sexton.NotFoundError),
        (409, sexton.ConflictError),
        (422, sexton.ValidationError),
        (500, sexton.ServerError),
        (418, sexton.ApiError),
    ],
)
def test_t31_each_refusal_is_an_error_of_its_own(status: int, kind: type[sexton.ApiError]) -> None:
    _, transport = answering(problem(status, "invalid_state", detail="Use cancel instead."))
    with pytest.raises(kind) as raised:
        client(transport).thing("transcriptions", "job").delete("j-1")
    assert type(raised.value) is kind
    assert (raised.value.status, raised.value.code) == (status, "invalid_state")
    assert raised.value.message == str(raised.value) == "Use cancel instead."
    assert raised.value.request_id == "req_1"


def test_t31_too_many_requests_say_when_to_come_back() -> None:
    _, transport = answering(problem(429, "rate_limited", retry_after=120))
    with pytest.raises(sexton.RateLimitError) as raised:
        client(transport).systems()
    assert raised.value.retry_after == 120


def test_blockers_and_differences_are_told_apart() -> None:
    blocker = {"kind": "guard", "name": "models", "message": "in use", "ways_out": ["deactivate"]}
    _, transport = answering(problem(409, "refused", blockers=[blocker]))
    with pytest.raises(sexton.RefusedError) as refused:
        client(transport).thing("d", "dataset").delete("d-1")
    assert refused.value.blockers[0].ways_out == ["deactivate"]

    changed = {"table": "runs", "before": 1, "now": 2, "sentence": "runs: 1 was, 2 are"}
    _, transport = answering(problem(409, "preview_stale", differences=[changed]))
    with pytest.raises(sexton.StaleError) as stale:
        client(transport).thing("b", "batch").delete("b-1")
    assert stale.value.differences[0].now == 2


def test_what_something_in_between_answers_is_an_error_all_the_same() -> None:
    _, transport = answering(httpx.Response(502, text="<html>Bad Gateway</html>"))
    with pytest.raises(sexton.ServerError) as raised:
        client(transport, retries=0).systems()
    assert raised.value.code == "unknown"


def test_lists_are_read_page_by_page_and_no_further_than_they_are_taken() -> None:
    pages = [
        httpx.Response(200, json={"data": [DELETION, DELETION], "next_cursor": "c/1"}),
        httpx.Response(200, json={"data": [DELETION], "next_cursor": None}),
    ]
    asked, transport = answering(*pages)
    deletions = iter(client(transport).deletions("transcriptions"))
    next(deletions)
    assert len(asked) == 1
    assert len(list(deletions)) == 2
    assert asked[1].url.params["cursor"] == "c/1"


def test_an_id_is_one_segment_whatever_is_in_it() -> None:
    asked, transport = answering(httpx.Response(200, json={"id": "a/b?c"}))
    client(transport).thing("batches", "batch").get("a/b?c#%2e")
    assert asked[0].url.raw_path == b"/api/systems/batches/things/batch/a%2Fb%3Fc%23%252e"


def test_several_are_confirmed_by_their_number_and_none_is_a_mistake() -> None:
    asked, transport = answering(httpx.Response(202, json=DELETION))
    batch = client(transport).thing("batches", "batch")
    batch.delete("a", "b", wait=5, options={"with_runs": True})
    body = json.loads(asked[0].content)
    assert (body["ids"], body["confirm"], body["options"]) == (["a", "b"], "2", {"with_runs": True})
    assert asked[0].headers["prefer"] == "wait=5"
    with pytest.raises(sexton.SextonError, match="no id"):
        batch.delete()


def test_without_an_address_the_way_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEXTON_SERVER", raising=False)
    with pytest.raises(sexton.SextonError, match="SEXTON_SERVER"):
        sexton.Sexton()
    monkeypatch.setenv("SEXTON_SERVER", "http://elsewhere.test/")
    monkeypatch.setenv("SEXTON_KEY", "sxt_env")
    asked, transport = answering(httpx.Response(200, json={"data": []}))
    sexton.Sexton(transport=transport).systems()
    assert str(asked[0].url) == "http://elsewhere.test/api/systems"
    assert asked[0].headers["authorization"] == "Bearer sxt_env"


def test_an_event_is_whole_at_the_empty_line() -> None:
    reader = EventReader()
    lines = [": alive", "id: 7", "event: committed", 'data: {"a":', "data: 1}", ""]
    told = [reader.feed(line) for line in lines]
    assert told[:-1] == [None] * 5
    assert told[-1] == {"id": "7", "event": "committed", "deletion": {"a": 1}}
    assert reader.feed("") is None


async def test_the_async_client_has_the_same_names_and_answers() -> None:
    def public(kind: type) -> set[str]:
        return {name for name in vars(kind) if not name.startswith("_")}

    pairs: list[tuple[type, type]] = [
        (sexton.Sexton, sexton.AsyncSexton),
        (sexton.Thing, sexton.AsyncThing),
        (sexton.Deletions, sexton.AsyncDeletions),
    ]
    for sync, other in pairs:
        assert public(sync) == public(other)

    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if len(asked) == 1:
            raise httpx.ConnectError("down")
        return httpx.Response(201, json=DELETION)

    transport = httpx.MockTransport(answer)
    async with sexton.AsyncSexton("http://sexton.test", transport=transport) as made:
        made._sender.patience = Patience(3, first_wait=0.0)
        deletion = await made.thing("transcriptions", "job").delete("j-1")
    assert deletion.is_complete
    assert len({request.headers["idempotency-key"] for request in asked}) == 1


@pytest.mark.parametrize("kind", [sexton.RefusedError, sexton.StaleError])
def test_whoever_expects_a_conflict_catches_its_kinds(kind: type[Exception]) -> None:
    assert issubclass(kind, sexton.ConflictError)


def test_the_waits_between_tries_grow_and_are_capped() -> None:
    patience = Patience(retries=50, first_wait=1.0)
    longest: Callable[[int], float] = lambda tried: max(  # noqa: E731
        wait for _ in range(200) if (wait := patience.next_wait(tried, None)) is not None
    )
    assert longest(0) <= 1.0 < longest(4) <= 16.0
    assert longest(40) <= 30.0
    assert patience.next_wait(50, None) is None
