"""The app with the settings that deploy/azure gives it, and an event as Event Grid writes it into the job queue."""

import json

import pytest

from deploy.check.azure.deployment import deploy
from tests.host.pipeline.message_forms import in_base64
from tests.host.pipeline.test_event_grid import event
from tests.rig import SAMPLES, Rig

ROOT = SAMPLES.parent


@pytest.mark.prove("three hosts; every day the app's own gate reads these settings, and a unit test such events")
@pytest.mark.parametrize("memory", [512, 2048, 4096])
def test_an_event_is_worked_on_with_the_settings_for_each_size_of_an_instance(rig: Rig, memory: int) -> None:
    elsewhere = ("AzureWebJobsStorage", "APPLICATIONINSIGHTS")
    settings = deploy(ROOT, {"instanceMemoryMB": memory}).environ.items()
    rig.start(**{name: value for name, value in settings if not name.startswith(elsewhere)})
    identity = rig.upload("rocket.jpg", (SAMPLES / "rocket.jpg").read_bytes())
    rig.send(in_base64(json.dumps(event(rig, "images", "rocket.jpg"))))
    assert rig.end_of(identity) == ("COMPLETED", 1)
    assert (rig.job(identity) or {})["report"]["warnings"] == []
    assert rig.verify() == "1 jobs, 0 violations, 0 repaired, 0 notes"
