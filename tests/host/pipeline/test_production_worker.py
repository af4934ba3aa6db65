"""The library that the production worker loads takes our functions as they are: all of them, and all that they log."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.host.pipeline.message_forms import FORGED
from tests.rig import QUICK, ROOT, SAMPLES, Rig

FUNCTIONS = [
    "analyze_pending",
    "analyze_queued",
    "api",
    "bury_blob_events",
    "bury_poison",
    "purge_ended",
    "reconcile_images",
    "record_image",
]
AT_ONCE = {"RECONCILE_GRACE_SECONDS": "0", "DISPATCH_GRACE_SECONDS": "0", "POISON_TRIGGERS": "true"}


def run(rig: Rig, *names: str) -> Any:  # noqa: ANN401 - JSON
    """Have all functions called; return what the process has to say."""
    command = [sys.executable, "-m", "tests.host.production_worker", *names]
    environ = {**os.environ, **QUICK, **AT_ONCE, **rig.environ}
    ended = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    return json.loads(ended.stdout.splitlines()[-1])


@pytest.mark.skipif(sys.version_info < (3, 13), reason="azure-functions-runtime needs Python 3.13")
@pytest.mark.case("host 1", was="on 3.13 the lines of pools and of synchronous routes were lost")
@pytest.mark.case("host 2", was="the converter raised at forged metadata, on 3.13 too")
@pytest.mark.case("host 5", was="red on Python 3.13: 3 of 8 functions were called")
def test_the_production_worker_calls_all_functions_and_loses_no_line(
    rig: Rig, case_result: Callable[[str], None]
) -> None:
    identities = [rig.upload(name, (SAMPLES / "cat.png").read_bytes()) for name in ("cat.png", "late.png")]
    said = run(rig, "cat.png", "late.png")
    assert (said["functions"], said["failed"], said["statuses"]) == (FUNCTIONS, {}, [201, 200])
    assert [rig.end_of(identity, seconds=1) for identity in identities] == [("COMPLETED", 1)] * 2
    events = Counter(said["events"])
    assert (events["job recorded"], events["job claimed"], events["job completed"]) == (3, 3, 2)
    assert said["lost"] == []
    case_result(f"{len(FUNCTIONS)} of 8 functions, {len(FORGED)} of 12 forged forms, 0 lines lost")
