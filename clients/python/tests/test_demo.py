"""The script that tries the deletion of datasets, against a demo of this build."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = ROOT / "scripts" / "try_dataset_deletion.py"


def test_datasets_go_with_their_files_and_with_their_jobs(tmp_path: Path) -> None:
    program = os.environ.get("SEXTON_PROGRAM", str(ROOT / "target" / "debug" / "sexton"))
    serve = [program, "demo", "--listen", "127.0.0.1:0", "--output", "json"]
    environment = {**os.environ}
    for unset in ("SEXTON_POLICY", "SEXTON_SERVER", "SEXTON_KEY"):
        environment.pop(unset, None)
    process = subprocess.Popen(serve, cwd=tmp_path, env=environment, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["address"]
        given = {"cwd": tmp_path, "env": environment, "capture_output": True, "text": True}
        tried = [sys.executable, str(SCRIPT), "--server", address, "--dir", "sexton-demo"]
        said = subprocess.run(tried, check=False, **given)  # type: ignore[call-overload]
        assert said.returncode == 0, said.stdout + said.stderr
        assert "Both went, with everything that was theirs." in said.stdout
        nowhere = [*tried[:-1], "elsewhere"]
        assert subprocess.run(nowhere, check=False, **given).returncode == 1  # type: ignore[call-overload]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 0
