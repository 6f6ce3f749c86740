#!/usr/bin/env python3
"""Try the deletion of datasets against a running demo, through the Python client.

Start the demo in one terminal, and this in another, with the client installed:

    sexton demo
    pip install ./clients/python && python scripts/try_dataset_deletion.py

It hands a generation job to the application of the sample `datasets`, waits until the demo's worker
has made the dataset, sees its files, deletes it, and sees that rows and files are gone; then the same
for a job with the dataset that it made. It exits with 1, and says why, if anything is otherwise.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import time
import uuid
from contextlib import closing
from pathlib import Path

from sexton import NotFoundError, Sexton

SYSTEM = "datasets"


class Unexpected(Exception):
    """Something is otherwise than it should be."""


class Demo:
    """The application's own side of the demo: its database and the folder of its files."""

    def __init__(self, folder: Path, patience: float) -> None:
        self.database = folder / SYSTEM / f"{SYSTEM}.db"
        self.files = folder / SYSTEM / "objects" / "iq" / "synthetic"
        self.patience = patience
        if not self.database.is_file():
            raise Unexpected(
                f"there is no demo in {folder}: start `sexton demo`, or name it with --dir"
            )

    def submit(self) -> str:
        """Hand in a job that generates a dataset of raw samples, as the application does."""
        job = str(uuid.uuid4())
        name = f"tried-{job[:8]}"
        config = {"name": name, "num_samples": 3, "dataset_type": "iq_raw"}
        values = (job, f"generate {name}", f"task-{job}", json.dumps(config))
        self._run(
            "INSERT INTO training_jobs (id, job_name, celery_task_id, job_type, status, config,"
            " total_progress, created_at) VALUES (?, ?, ?, 'synthetic_generation', 'queued', ?, 3,"
            " strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))",
            values,
        )
        return job

    def generated(self, job: str) -> str:
        """Wait until the job has ended, and tell which dataset it has made."""
        until = time.monotonic() + self.patience
        status = "gone"
        while time.monotonic() < until:
            rows = self._run("SELECT status, dataset_id FROM training_jobs WHERE id = ?", (job,))
            status, dataset = rows[0] if rows else ("gone", None)
            if status == "completed" and dataset:
                return str(dataset)
            time.sleep(0.2)
        raise Unexpected(f"after {self.patience:.0f} s job {job} is {status}")

    def files_of(self, dataset: str) -> list[Path]:
        """The files of a dataset."""
        return [path for path in (self.files / dataset).rglob("*") if path.is_file()]

    def samples_of(self, dataset: str) -> int:
        """How many rows a dataset has."""
        count = "SELECT count(*) FROM synthetic_iq_samples WHERE dataset_id = ?"
        return int(self._run(count, (dataset,))[0][0])

    def _run(self, sql: str, values: tuple[str, ...]) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.database, timeout=30)) as connection, connection:
            return connection.execute(sql, values).fetchall()


def made(demo: Demo) -> tuple[str, str]:
    """Have a dataset made, and see its files; the job and the dataset."""
    job = demo.submit()
    print(f"submitted job {job}; waiting for the worker")
    dataset = demo.generated(job)
    files, samples = demo.files_of(dataset), demo.samples_of(dataset)
    if not files or not samples:
        raise Unexpected(f"dataset {dataset} has {samples} samples and {len(files)} files")
    print(f"  made dataset {dataset}: {samples} samples, {len(files)} files")
    return job, dataset


def gone(demo: Demo, client: Sexton, thing: str, root: str, dataset: str, **options: bool) -> None:
    """Delete a thing, and see that it is gone with everything of the dataset."""
    handle = client.thing(SYSTEM, thing)
    preview = handle.preview(root, options=options)
    if preview.blocked:
        raise Unexpected(f"{thing} {root} is refused: {preview.preview['blockers']}")
    deletion = handle.delete(preview=preview, reason="trying it out", wait=30)
    deletion = client.deletions(SYSTEM).wait(deletion.id, timeout=demo.patience)
    if not deletion.is_complete:
        raise Unexpected(f"{deletion.id} is {deletion.state}: {deletion.sentence}")
    left = [*demo.files_of(dataset)]
    if left or demo.samples_of(dataset):
        raise Unexpected(f"{len(left)} files of dataset {dataset} are left")
    try:
        handle.get(root)
    except NotFoundError:
        print(f"  deleted {thing} {root}: {deletion.rows} rows; its files are gone")
        return
    raise Unexpected(f"{thing} {root} is still there")


def main() -> int:
    """Try it all; 0 if everything is as it should be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--server", default=None, help="the demo [default: SEXTON_SERVER, or http://127.0.0.1:8080]"
    )
    parser.add_argument("--dir", type=Path, default=Path("sexton-demo"), help="the demo's folder")
    parser.add_argument(
        "--patience", type=float, default=120.0, help="seconds to wait for each step"
    )
    given = parser.parse_args()
    try:
        demo = Demo(given.dir, given.patience)
        with client_of(given.server) as client:
            _, dataset = made(demo)
            gone(demo, client, "dataset", dataset, dataset)
            job, dataset = made(demo)
            gone(demo, client, "job", job, dataset, delete_dataset=True)
            try:
                client.thing(SYSTEM, "dataset").get(dataset)
            except NotFoundError:
                pass
            else:
                raise Unexpected(f"dataset {dataset} has outlived its job")
    except Exception as error:  # whatever it is, it failed
        print(f"failed: {error}", file=sys.stderr)
        return 1
    print("Both went, with everything that was theirs.")
    return 0


def client_of(server: str | None) -> Sexton:
    """The client; by the environment where nothing is said."""
    try:
        return Sexton(server)
    except Exception:
        if server is not None:
            raise
        return Sexton("http://127.0.0.1:8080")


if __name__ == "__main__":
    sys.exit(main())
