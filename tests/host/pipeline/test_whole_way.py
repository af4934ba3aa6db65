"""The real function_app.py under the local host on real Azurite: settings with which users may begin."""

import json

import pytest

from tests.rig import ROOT, SAMPLES, Rig

CAT = (SAMPLES / "cat.png").read_bytes()


def test_the_sample_settings_are_enough(rig: Rig) -> None:
    values = json.loads((ROOT / "local.settings.sample.json").read_text("utf-8"))["Values"]
    rig.start(**{name: value for name, value in values.items() if name != "AzureWebJobsStorage"})
    assert rig.ended(rig.upload("cat.png", CAT))["state"] == "COMPLETED"


@pytest.mark.prove("a host of its own; every day test_log_lines has one whose timer alone analyses")
def test_the_timer_alone_is_enough(rig: Rig) -> None:
    rig.start(DISPATCH="timer", Disabled="analyze_queued")
    assert rig.end_of(rig.upload("cat.png", CAT)) == ("COMPLETED", 1)
    assert rig.waiting() == 0
