"""A server of this build on the sample `batches`, for each test that asks for one."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "systems" / "batches"


@dataclass
class Server:
    """A running server and the database that it cares for."""

    address: str
    database: Path

    @contextmanager
    def rows(self) -> Iterator[sqlite3.Connection]:
        """Look at the database, or change it, as the application would."""
        connection = sqlite3.connect(self.database, timeout=30)
        try:
            with connection:
                yield connection
        finally:
            connection.close()

    def count(self, sql: str) -> int:
        with self.rows() as connection:
            return int(connection.execute(sql).fetchone()[0])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running(tmp_path) as started:
        yield started


@contextmanager
def running(tmp_path: Path) -> Iterator[Server]:
    """Start a server on a fresh database in this folder, and end it."""
    program = os.environ.get("SEXTON_PROGRAM", str(ROOT / "target" / "debug" / "sexton"))
    database = tmp_path / "batches.db"
    connection = sqlite3.connect(database)
    for part in ("schema.sqlite.sql", "seed.sqlite.sql"):
        connection.executescript((SAMPLE / part).read_text())
    connection.close()
    (tmp_path / "sexton.toml").write_text((SAMPLE / "policy.toml").read_text())
    environment = {**os.environ, "DATABASE_URL": str(database)}
    for unset in ("SEXTON_POLICY", "SEXTON_SERVER", "SEXTON_KEY"):
        environment.pop(unset, None)
    where = {"cwd": tmp_path, "env": environment}
    subprocess.run([program, "fence", "install"], check=True, capture_output=True, **where)  # type: ignore[call-overload]
    serve = [program, "serve", "--listen", "127.0.0.1:0", "--output", "json"]
    # Its log goes to a file: a pipe that nobody reads would stop it once it is full.
    log = tmp_path / "server.log"
    with log.open("wb") as lines:
        process = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=lines, **where)  # type: ignore[call-overload]
    try:
        told = process.stdout.readline()
        if not told:
            pytest.fail(log.read_text())
        yield Server(json.loads(told)["address"], database)
    finally:
        process.terminate()
        process.communicate(timeout=60)
