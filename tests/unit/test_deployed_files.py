"""host.json, local.settings.sample.json and requirements.txt, against each other and against the settings."""

import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from localhost.package import funcignore
from localhost.run import environment
from shared.http.concurrency import MAX_WAITERS
from shared.settings.parsers import timeout
from shared.settings.settings import Settings

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


@pytest.mark.case("host 12", was="12 counted: the limits of one queue trigger, as if all shared them")
def test_there_is_a_thread_for_everything_that_the_host_starts_at_once(
    host: dict[str, Any], values: dict[str, str], case_result: Callable[[str], None]
) -> None:
    queues, blobs = host["extensions"]["queues"], host["extensions"]["blobs"]
    triggers = Counter(re.findall(r"(?m)^ *@app\.(\w+)_trigger\(", (ROOT / "function_app.py").read_text()))
    assert triggers == {"queue": 3, "blob": 1, "timer": 3}
    at_once = triggers["queue"] * (queues["batchSize"] + queues["newBatchThreshold"])
    at_once += triggers["blob"] * blobs["maxDegreeOfParallelism"] + triggers["timer"]
    threads = int(values["PYTHON_THREADPOOL_THREAD_COUNT"])
    assert at_once <= threads == int(environment.DEFAULTS["PYTHON_THREADPOOL_THREAD_COUNT"])
    case_result(f"{at_once} at once, {threads} threads")


@pytest.fixture
def patterns() -> list[str]:
    """Read .funcignore."""
    return funcignore.read(ROOT)


@pytest.mark.case("host 11", was="package.json and __pycache__ of every folder were deployed")
def test_what_is_deployed_is_the_app_and_no_more(patterns: list[str], case_result: Callable[[str], None]) -> None:
    try:
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not in a clone")
    deployed = [path for path in listed.splitlines() if not funcignore.is_ignored(path, patterns)]
    package = {path for path in deployed if path.startswith("shared/")}
    files = {
        "function_app.py",
        "host.json",
        "requirements.txt",
        "requirements-extra.txt",
        "requirements.lock",
        "LICENSE",
    }
    assert {*deployed} - package - {".funcignore"} == files  # the tools leave .funcignore out themselves
    ours = {path for path in listed.splitlines() if path.startswith("shared/")}
    assert package == {path for path in ours if not path.startswith(("shared/cli/", "shared/worker/"))}
    case_result(f"{len(deployed)} files, none of them of development")


@pytest.mark.parametrize(
    "path",
    [
        "__pycache__/function_app.cpython-311.pyc",
        "shared/__pycache__/wiring.cpython-311.pyc",
        "shared/steps/__pycache__/sweep.cpython-311.pyc",
        "darkroom.egg-info/PKG-INFO",
        "node_modules/azurite/package.json",
        "out/report.json",
        ".venv/bin/python",
        "local.settings.json",
    ],
)
def test_what_lies_about_in_a_clone_is_not_deployed(path: str, patterns: list[str]) -> None:
    assert funcignore.is_ignored(path, patterns)


def test_what_git_leaves_out_is_not_deployed_either(patterns: list[str]) -> None:
    names = [line.strip("/").replace("*", "a") for line in (ROOT / ".gitignore").read_text().split()]
    assert [name for name in names if not funcignore.is_ignored(name, patterns)] == []


def test_tools_that_read_funcignore_as_git_does_leave_the_same_files_at_home(patterns: list[str]) -> None:
    try:
        tracked, left = (
            set(subprocess.check_output(["git", "ls-files", *words], cwd=ROOT, text=True).splitlines())
            for words in ([], ["--cached", "--ignored", "--exclude-from=.funcignore"])
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not in a clone")
    assert {path for path in tracked if funcignore.is_ignored(path, patterns)} == left


def test_the_hosts_time_limit_is_the_settings_default(host: dict[str, Any]) -> None:
    assert timeout(host["functionTimeout"]) == Settings().function_timeout_seconds


def test_an_idle_host_asks_each_queue_twice_a_minute_and_no_message_waits_longer_than_half_of_one(
    host: dict[str, Any],
) -> None:
    assert host["extensions"]["queues"]["maxPollingInterval"] == "00:00:30"


def test_messages_are_plain_text(host: dict[str, Any]) -> None:
    assert host["extensions"]["queues"]["messageEncoding"] == "none"


@pytest.mark.case("host 16", was="[4.38.0, 5.0.0): no start where a region or channel lacks that bundle")
def test_the_app_starts_with_any_bundle_of_the_fourth_version(host: dict[str, Any]) -> None:
    assert host["extensionBundle"]["version"] == "[4.*, 5.0.0)"
    assert host["extensionBundle"]["id"] == "Microsoft.Azure.Functions.ExtensionBundle"


def test_the_host_gives_up_on_a_message_as_late_as_a_job_gives_up_on_itself(host: dict[str, Any]) -> None:
    assert host["extensions"]["queues"]["maxDequeueCount"] == Settings().max_attempts == Settings().max_dequeue_count


def test_claims_that_wait_leave_the_host_room_for_other_requests(host: dict[str, Any]) -> None:
    http = host["extensions"]["http"]
    assert 2 * MAX_WAITERS > http["maxConcurrentRequests"] > MAX_WAITERS + 16
    assert http["maxOutstandingRequests"] > http["maxConcurrentRequests"]


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
