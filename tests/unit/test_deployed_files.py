"""host.json, local.settings.sample.json and requirements.txt, against each other and against the settings."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from shared.settings import Settings

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def host() -> dict[str, Any]:
    """Read host.json."""
    found: dict[str, Any] = json.loads((ROOT / "host.json").read_text())
    return found


@pytest.fixture
def values() -> dict[str, str]:
    """Read the app settings of the sample."""
    found: dict[str, str] = json.loads((ROOT / "local.settings.sample.json").read_text())["Values"]
    return found


def test_there_is_a_thread_for_everything_that_the_host_starts_at_once(
    host: dict[str, Any], values: dict[str, str]
) -> None:
    queues, blobs = host["extensions"]["queues"], host["extensions"]["blobs"]
    at_once = queues["batchSize"] + queues["newBatchThreshold"] + blobs["maxDegreeOfParallelism"] + 2
    assert at_once <= int(values["PYTHON_THREADPOOL_THREAD_COUNT"])


def test_the_hosts_time_limit_is_the_settings_default(host: dict[str, Any]) -> None:
    assert host["functionTimeout"] == Settings().function_timeout


def test_messages_are_plain_text(host: dict[str, Any]) -> None:
    assert host["extensions"]["queues"]["messageEncoding"] == "none"


def test_the_bundle_is_none_that_loses_blobs(host: dict[str, Any]) -> None:
    assert host["extensionBundle"]["version"] == "[4.38.0, 5.0.0)"
    assert host["extensionBundle"]["id"] == "Microsoft.Azure.Functions.ExtensionBundle"


def test_the_host_gives_up_on_a_message_as_late_as_a_job_gives_up_on_itself(host: dict[str, Any]) -> None:
    assert host["extensions"]["queues"]["maxDequeueCount"] == Settings().max_attempts == Settings().max_dequeue_count


def test_the_sample_settings_are_the_defaults(values: dict[str, str]) -> None:
    assert Settings.read(values) == Settings()


def test_the_sample_names_every_setting(values: dict[str, str]) -> None:
    names = {declared.metadata["name"] for declared in Settings.__dataclass_fields__.values()}
    assert names <= set(values)


@pytest.mark.parametrize("name", ["aiohttp", "azure-functions-worker"])
def test_a_package_that_harms_the_worker_is_not_deployed(name: str) -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    required = {re.split(r"[^A-Za-z0-9._-]", line)[0].lower() for line in lines if not line.startswith("#")}
    assert {"azure-functions", "azure-data-tables"} <= required
    assert name not in required
