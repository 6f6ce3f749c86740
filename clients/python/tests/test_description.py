"""Whatever the description of the API allows is answered as it says, and never with a failure.

Requests are made from `/openapi.json`, wrong ones too, the same each time by their seed;
`SEXTON_SCHEMATHESIS_SECONDS` lets it look for longer, and then for other ones each time.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Server

SECONDS = 60
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


def test_every_answer_is_one_that_is_described(server: Server) -> None:
    longer = os.environ.get("SEXTON_SCHEMATHESIS_SECONDS")
    tool = Path(sys.executable).with_name("schemathesis")
    command = [
        str(tool),
        "run",
        f"{server.address}/openapi.json",
        "--checks",
        ",".join(CHECKS),
        "--phases",
        "examples,coverage,fuzzing",
        "--max-examples",
        "1000" if longer else "20",
        "--max-time",
        longer or str(SECONDS),
        "--request-timeout",
        "70",
        "--generation-database",
        "none",
        "--warnings",
        "off",
        "--no-color",
        *([] if longer else ["--seed", "1"]),
    ]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=server.database.parent
    )
    assert done.returncode == 0, done.stdout + done.stderr
