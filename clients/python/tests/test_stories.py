"""The stories of both clients, against a server of this build."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import sexton

if TYPE_CHECKING:
    from conftest import Server

BATCH = "autumn-2026"
RUNS = "SELECT count(*) FROM runs WHERE batch_id = 'autumn-2026'"


def test_what_is_there_is_told(server: Server) -> None:
    with sexton.Sexton(server.address) as client:
        (system,) = client.systems()
        assert (system.name, system.database) == ("batches", "sqlite")
        things = {thing.name: thing for thing in client.things("batches")}
        assert set(things) == set(system.things)
        assert things["batch"].confirm == "type-id"


def test_a_preview_changes_nothing_and_what_it_showed_goes(server: Server) -> None:
    with sexton.Sexton(server.address) as client:
        batch = client.thing("batches", "batch")
        preview = batch.preview(BATCH)
        assert not preview.blocked
        assert preview.digest is not None
        assert server.count(RUNS) == 7
        deletion = batch.delete(preview=preview, reason="asked for by mail", wait=30)
        assert deletion.is_complete
        assert (deletion.removed["runs"], deletion.reason) == (7, "asked for by mail")
        assert server.count(RUNS) == 0
        assert client.deletions("batches").get(deletion.id) == deletion
        assert [known.id for known in client.deletions("batches")] == [deletion.id]
        assert client.deletions("batches").receipt(deletion.id)


def test_t31_what_is_gone_or_never_was_is_not_found(server: Server) -> None:
    with sexton.Sexton(server.address) as client:
        batch = client.thing("batches", "batch")
        batch.delete(BATCH, wait=30)
        for gone in (BATCH, "never-was"):
            with pytest.raises(sexton.NotFoundError) as raised:
                batch.delete(gone)
            assert raised.value.request_id
            assert raised.value.code


def test_what_changed_after_the_preview_refuses_and_is_told(server: Server) -> None:
    with sexton.Sexton(server.address) as client:
        batch = client.thing("batches", "batch")
        preview = batch.preview(BATCH)
        with server.rows() as connection:
            connection.execute("DELETE FROM jobs WHERE id = 'autumn-2026-ghent'")
        with pytest.raises(sexton.StaleError) as raised:
            batch.delete(preview=preview, wait=30)
        assert [difference.table for difference in raised.value.differences] == ["jobs"]
        assert server.count(RUNS) == 7


def test_what_is_wrong_with_a_request_is_said_by_its_place(server: Server) -> None:
    with sexton.Sexton(server.address) as client:
        with pytest.raises(sexton.ApiError) as raised:
            client.thing("batches", "batch").preview(BATCH, options={"with_everything": True})
        assert raised.value.status in {400, 422}
        with pytest.raises(sexton.NotFoundError):
            client.things("no-such-system")


def test_the_same_key_is_the_same_deletion(server: Server) -> None:
    with sexton.Sexton(server.address) as client:
        batch = client.thing("batches", "batch")
        first = batch.delete(BATCH, wait=30, idempotency_key="a-key-of-mine")
        again = batch.delete(BATCH, wait=30, idempotency_key="a-key-of-mine")
        assert again.id == first.id
        assert len(list(client.deletions("batches"))) == 1


def test_rows_are_listed_and_one_is_looked_at(server: Server) -> None:
    with sexton.Sexton(server.address) as client:
        batch = client.thing("batches", "batch")
        ids = [row.id for row in batch.rows()]
        assert len(ids) == server.count("SELECT count(*) FROM batches")
        assert BATCH in ids
        assert batch.get(BATCH).id == BATCH
        assert [row.id for row in batch.rows("autumn")] == [BATCH]
        with pytest.raises(sexton.NotFoundError):
            batch.get("never-was")


def test_work_is_asked_to_stop_and_nothing_is_deleted(server: Server) -> None:
    waiting = "SELECT count(*) FROM jobs WHERE batch_id = 'autumn-2026' AND status = 'queued'"
    with sexton.Sexton(server.address) as client:
        assert server.count(waiting) == 1
        client.thing("batches", "batch").cancel(BATCH)
    assert (server.count(waiting), server.count(RUNS)) == (0, 7)


def test_a_deletion_is_followed_to_its_end(server: Server) -> None:
    with sexton.Sexton(server.address) as client:
        deletion = client.thing("batches", "batch").delete(BATCH, wait=0)
        events = list(client.deletions("batches").events(deletion.id))
        assert events[-1].deletion.is_complete
        assert client.deletions("batches").wait(deletion.id, timeout=30).is_complete
        # Who comes late is told how it ended.
        (again,) = client.deletions("batches").events(deletion.id)
        assert again == events[-1]


async def test_the_async_client_tells_the_same_story(server: Server) -> None:
    async with sexton.AsyncSexton(server.address) as client:
        assert [system.name for system in await client.systems()] == ["batches"]
        batch = client.thing("batches", "batch")
        preview = await batch.preview(BATCH)
        deletion = await batch.delete(preview=preview, wait=30)
        assert deletion.is_complete
        assert [known.id async for known in client.deletions("batches")] == [deletion.id]
        assert (await client.deletions("batches").wait(deletion.id, timeout=30)).is_ended
        events = [event async for event in client.deletions("batches").events(deletion.id)]
        assert events[-1].deletion == deletion
        with pytest.raises(sexton.NotFoundError):
            await batch.delete(BATCH)
    assert server.count(RUNS) == 0
