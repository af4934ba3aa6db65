"""Sixteen contenders for one lock, in threads and processes, with a critical section that tells on two inside.

``DARKROOM_LOCK_SECONDS`` says how long each runs; a few seconds are enough for every day.
"""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from localhost.azurite import Azurite
from shared import wiring
from tests.rig import ROOT

PROCESSES, THREADS = 4, 4
SECONDS = float(os.environ.get("DARKROOM_LOCK_SECONDS", "4"))


@pytest.mark.parametrize("share", [0.0, 0.3], ids=["every reply arrives", "30 % of replies are lost"])
def test_sixteen_contenders_never_meet_inside(azurite: Azurite, tmp_path: Path, share: float) -> None:
    table = f"locks{uuid.uuid4().hex[:8]}"
    (tmp_path / "counter").write_text("0")
    arguments = [azurite.connection, table, str(tmp_path), str(THREADS), str(SECONDS), str(share)]
    command = [sys.executable, "-m", "tests.faults.contender", *arguments]
    running = [
        subprocess.Popen([*command, str(seed)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for seed in range(PROCESSES)
    ]
    told = [json.loads(process.communicate(timeout=SECONDS + 60)[0]) for process in running]
    entered, violations, lost = (sum(one[what] for one in told) for what in ("entered", "violations", "lost"))
    row = wiring.build({"AzureWebJobsStorage": azurite.connection, "LOCKS_TABLE": table}).storage.locks.get("contended")
    print(f"{entered} times held, {violations} violations, {lost} replies lost")
    assert (violations, int((tmp_path / "counter").read_text())) == (0, entered)
    assert entered > 1
    assert (lost > 0) is (share > 0)
    assert row is not None
    assert (row.lock.owner, row.lock.token) == (None, entered), "held by nobody who knows"
