"""A few worlds each day, the same ones: ``dev.py simulate`` searches on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared import wiring
from tests.doubles.spans import SpanWorld
from tests.simulation.world import World

#: Some that differ in what goes wrong: together they have every transition of a job, and most of them struck.
SEEDS = (24, 29, 43, 47, 61, 64, 65, 80, 86, 98, 101, 138, 156, 364)
#: Of worlds that find again what was found once, where it is planted; and what that was.
FOUND = {
    522355638: "the job of an older version was opened again beside that of a newer one when its blob left the archive",
    6988: "a thumbnail was sent again and again by who had lost the lease",
    902613: "a lock that was to be the first row of its table met its own late copy, and was taken for another's",
}
#: Of worlds with workers in place of hosts, of all of their processes; together they show most of what workers owe.
WITH_WORKERS = (5, 7, 77)
#: Of worlds that have more than others: images that nobody announces, tiers that change, timers that were idle.
RARE = (212, 577)
#: Of worlds with the release before: a rollback, one that is made good, both releases at once.
ROLLOUTS = (8, 39, 334)
CLEAN = (*SEEDS, *FOUND, *WITH_WORKERS, *RARE, *ROLLOUTS)
_HASH = "from tests.simulation.world import World; print(*(World(seed).run().hash for seed in (1, 2)))"


@pytest.mark.parametrize("seed", CLEAN)
def test_a_world_keeps_every_promise_and_comes_to_rest(seed: int) -> None:
    assert World(seed).run().wrong == ()


@pytest.mark.parametrize("seed", [64])
def test_a_world_whose_processes_trace_is_the_same_world(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    spans, same = SpanWorld(), World(seed).run()
    monkeypatch.setattr(wiring, "open_tracer", lambda _: spans.tracer)
    assert World(seed).run().hash == same.hash
    assert {span.name.split()[0] for span in spans.spans()} > {"add", "send", "claim", "process", "complete"}


def test_a_seed_gives_the_same_world_whatever_the_hashes_of_its_process_are() -> None:
    root = Path(__file__).resolve().parents[2]
    hashes = [
        subprocess.run(
            [sys.executable, "-c", _HASH],
            env={**os.environ, "PYTHONPATH": str(root), "PYTHONHASHSEED": number},
            cwd=root,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for number in ("1", "2")
    ]

    assert hashes[0] == hashes[1] != ""
