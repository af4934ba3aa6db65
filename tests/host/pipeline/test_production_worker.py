"""The library that the production worker loads takes our triggers as they are."""

import json
import os
import subprocess
import sys

import pytest

from tests.rig import QUICK, ROOT, SAMPLES, Rig

FUNCTIONS = [
    "analyze_pending",
    "analyze_queued",
    "bury_blob_events",
    "bury_poison",
    "purge_ended",
    "reconcile_images",
    "record_image",
]


@pytest.mark.skipif(sys.version_info < (3, 13), reason="azure-functions-runtime needs Python 3.13")
def test_the_production_worker_takes_an_image_the_whole_way(rig: Rig) -> None:
    identity = rig.upload("cat.png", (SAMPLES / "cat.png").read_bytes())
    command = [sys.executable, "-m", "tests.host.production_worker", "images/cat.png"]
    environ = {**os.environ, **QUICK, **rig.environ}
    ended = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    said = json.loads(ended.stdout.splitlines()[-1])
    assert said == {"functions": FUNCTIONS, "calls": [{"ok": True, "error": None}] * 3}
    job = rig.ended(identity, seconds=1)
    assert (job["state"], job["attempts"]) == ("COMPLETED", 1)
