"""Sixteen contenders for one lock, in threads and processes, with a critical section that tells on two inside.

A second is enough for every day.

Each acquisition spends a token, and each token must be found in the critical section, once and in order. One could be
missing in two ways only, and both are kept out, so that the proof is exact. An acquisition that outlasts its own lease
has written its token and is ``LockHeld`` all the same: here a lease is longer than the time that a contender is given
before the test fails. An acquisition that nobody answers for thirty seconds raises ``Undecided``: that ends its
contender with a trace, and the test shows it.
"""

import json
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from localhost.azurite import Azurite
from shared import wiring
from tests.proving import at_length
from tests.rig import ROOT
from tests.sdk_clients import table_of

PROCESSES, THREADS = 4, 4
SECONDS = at_length(1, 60)
GENTLE = pytest.mark.prove("every day the same contenders lose replies as well")
GIVEN_SECONDS = SECONDS + 60
LEASE_SECONDS = GIVEN_SECONDS + 60


def contend(connection: str, table: str, folder: Path, share: float) -> list[dict[str, int]]:
    """Let the processes contend; return what each has told."""
    (folder / "tokens").write_text("")
    arguments = [connection, table, str(LEASE_SECONDS), str(folder), str(THREADS), str(SECONDS), str(share)]
    command = [sys.executable, "-m", "tests.faults.contender", *arguments]
    running = [
        subprocess.Popen([*command, str(seed)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for seed in range(PROCESSES)
    ]
    try:
        ended = [(*contender.communicate(timeout=GIVEN_SECONDS), contender.returncode) for contender in running]
    finally:
        for contender in running:
            contender.kill()  # harmless to one that has ended
    assert [error for _, error, status in ended if status] == []
    return [json.loads(told) for told, _, _ in ended]


@pytest.mark.parametrize(
    "share",
    [pytest.param(0.0, id="every reply arrives", marks=GENTLE), pytest.param(0.3, id="30 % of replies are lost")],
)
def test_sixteen_contenders_never_meet_inside(azurite: Azurite, tmp_path: Path, share: float) -> None:
    table = f"locks{uuid.uuid4().hex[:8]}"
    told = contend(azurite.connection, table, tmp_path, share)
    entered, violations, lost = (sum(one[what] for one in told) for what in ("entered", "violations", "lost"))
    locks = wiring.build({"AzureWebJobsStorage": azurite.connection, "LOCKS_TABLE": table}).storage.locks
    row = locks.get("contended")
    print(f"{entered} times held, {violations} violations, {lost} replies lost")
    assert row is not None
    assert violations == 0
    assert (row.lock.owner, row.lock.token) == (None, entered), "held by nobody who knows"
    assert [int(token) for token in (tmp_path / "tokens").read_text().split()] == list(range(1, entered + 1))
    assert len(list(table_of(locks).list_entities())) == 1
    assert min(one["entered"] for one in told) > 0
    assert (lost > 0) is (share > 0)
