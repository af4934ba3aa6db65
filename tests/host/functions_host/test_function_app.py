"""What the host sees when it indexes the app: in a process of its own, whose modules are looked at afterwards."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from localhost.host.worker_process import ChildProcess
from localhost.worker.kinds import Kind
from tests.host.functions_host.kinds import KINDS

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = """
import json, os, runpy, sys
from typing import get_type_hints
seen = []
for environ in json.loads(sys.argv[1]):
    os.environ.update(environ)
    app = {f.get_function_name(): f for f in runpy.run_path("function_app.py")["app"].get_functions()}
    hints = {name: get_type_hints(f.get_user_function()) for name, f in app.items()}
    seen.append({name: [json.loads(raw) for raw in f.get_raw_bindings()] for name, f in app.items()})
types = {name: {key: value.__name__ for key, value in each.items() if value} for name, each in hints.items()}
print(json.dumps({"apps": seen, "types": types, "modules": list(sys.modules)}))
"""
NAMED = {
    "IMAGES_CONNECTION": "Images",
    "JOBS_CONNECTION": "Jobs",
    "IMAGES_CONTAINER": "uploads",
    "JOB_QUEUE": "work",
    "SCHEDULE": "*/2 * * * * *",
    "RECONCILE_SCHEDULE": "0 0 * * * *",
    "PURGE_SCHEDULE": "0 0 3 * * *",
    "BLOB_SOURCE": "EventGrid",
    "API_AUTH_LEVEL": "anonymous",
    "POISON_TRIGGERS": "true",
}
#: What the app is indexed with, one after the other.
SETTINGS: list[dict[str, str]] = [{}, {"POISON_TRIGGERS": "true"}, NAMED]
DEFAULTS: dict[str, dict[str, str | bool]] = {
    "record_image": {
        "type": "blobTrigger",
        "name": "blob",
        "path": "images/{name}",
        "connection": "AzureWebJobsStorage",
        "source": "LogsAndContainerScan",
    },
    "analyze_queued": {
        "type": "queueTrigger",
        "name": "message",
        "queueName": "image-jobs",
        "connection": "AzureWebJobsStorage",
    },
    "analyze_pending": {"type": "timerTrigger", "name": "tick", "schedule": "0 * * * * *", "runOnStartup": False},
    "reconcile_images": {"type": "timerTrigger", "name": "tick", "schedule": "0 */5 * * * *", "runOnStartup": False},
    "purge_ended": {"type": "timerTrigger", "name": "tick", "schedule": "0 17 * * * *", "runOnStartup": False},
}
POISON: dict[str, dict[str, str | bool]] = {
    "bury_poison": {
        "type": "queueTrigger",
        "name": "message",
        "queueName": "image-jobs-poison",
        "connection": "AzureWebJobsStorage",
    },
    "bury_blob_events": {
        "type": "queueTrigger",
        "name": "message",
        "queueName": "webjobs-blobtrigger-poison",
        "connection": "AzureWebJobsStorage",
    },
}
API = [
    {"authLevel": "FUNCTION", "direction": "IN", "name": "req", "route": "{*path}", "type": "httpTrigger"},
    {"direction": "OUT", "name": "$return", "type": "http"},
]


@pytest.fixture(scope="module")
def index() -> dict[str, Any]:
    """Index the app three times: with nothing set, with the poison triggers alone, and with every name set."""
    environ = {key: value for key, value in os.environ.items() if key in ("PATH", "SYSTEMROOT", "HOME")}
    command = [sys.executable, "-c", SCRIPT, json.dumps(SETTINGS)]
    run = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=True)
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def test_the_host_finds_these_functions_and_no_other(index: dict[str, Any]) -> None:
    assert set(index["apps"][0]) == {*DEFAULTS, "api", "dashboard"}


def test_the_poison_queues_have_triggers_where_they_are_wanted(index: dict[str, Any]) -> None:
    app = index["apps"][1]
    assert set(app) == {*DEFAULTS, *POISON, "api", "dashboard"}
    assert {name: app[name] for name in POISON} == {
        name: [{"direction": "IN", **binding}] for name, binding in POISON.items()
    }


def test_the_api_takes_every_path_and_method_and_asks_for_a_key(index: dict[str, Any]) -> None:
    assert index["apps"][0]["api"] == API
    assert index["apps"][2]["api"][0]["authLevel"] == "ANONYMOUS"


def test_the_page_of_the_dashboard_alone_needs_no_key_of_the_host(index: dict[str, Any]) -> None:
    page = {**API[0], "authLevel": "ANONYMOUS", "route": "dashboard/{*file}"}
    assert [app["dashboard"] for app in index["apps"]] == [[page, API[1]]] * 3


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_function_has_exactly_one_binding_with_the_default_names(index: dict[str, Any], name: str) -> None:
    assert index["apps"][0][name] == [{"direction": "IN", **DEFAULTS[name]}]


def test_a_name_that_is_set_is_left_to_the_host_to_resolve(index: dict[str, Any]) -> None:
    app = index["apps"][2]
    assert app["record_image"][0]["path"] == "%IMAGES_CONTAINER%/{name}"
    assert app["analyze_queued"][0]["queueName"] == "%JOB_QUEUE%"
    assert app["bury_poison"][0]["queueName"] == "%JOB_QUEUE%-poison"
    assert app["analyze_pending"][0]["schedule"] == "%SCHEDULE%"
    assert app["purge_ended"][0]["schedule"] == "%PURGE_SCHEDULE%"
    assert app["reconcile_images"][0]["schedule"] == "%RECONCILE_SCHEDULE%"


def test_triggers_use_the_connections_that_are_set(index: dict[str, Any]) -> None:
    app = index["apps"][2]
    assert (app["record_image"][0]["connection"], app["record_image"][0]["source"]) == ("Images", "EventGrid")
    assert [app[name][0]["connection"] for name in ("analyze_queued", "bury_poison")] == ["Jobs", "Jobs"]
    assert app["bury_blob_events"][0]["connection"] == "Images"


@pytest.mark.case("host 2", was="func.QueueMessage, whose converter raises where a body has keys like its metadata")
def test_a_queue_message_comes_as_text_alone(index: dict[str, Any]) -> None:
    queues = {name for name, trigger in {**DEFAULTS, **POISON}.items() if trigger["type"] == "queueTrigger"}
    assert {index["types"][name]["message"] for name in queues} == {"str"}


@pytest.mark.parametrize("number", [0, 1, 2], ids=["nothing set", "with poison triggers", "all names set"])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not Kind.CONTEXT])  # which indexes as THREAD does
@pytest.mark.case("host 5", was="red on Python 3.13: 3 of 8 functions were called")
def test_each_worker_lists_the_functions_as_they_are_declared(
    index: dict[str, Any], kind: Kind, number: int, case_result: Callable[[str], None]
) -> None:
    worker = ChildProcess(ROOT, kind, {**os.environ, **SETTINGS[number]})
    frame = worker.channel.receive()
    worker.kill()
    worker.wait()
    worker.channel.close()
    assert frame is not None
    assert {each["name"]: each["bindings"] for each in frame[0]["functions"]} == index["apps"][number]
    case_result("each worker lists all functions")


def test_every_function_is_given_its_invocation(index: dict[str, Any]) -> None:
    assert {types.get("context") for types in index["types"].values()} == {"Context"}


def test_indexing_loads_no_storage_client_and_no_image_library(index: dict[str, Any]) -> None:
    heavy = ("azure.storage", "azure.data", "azure.core", "azure.identity", "PIL", "pi_heif", "fastapi", "aiohttp")
    assert not [name for name in index["modules"] if f"{name}.".startswith(tuple(f"{part}." for part in heavy))]


def test_indexing_loads_no_step_and_no_adapter(index: dict[str, Any]) -> None:
    ours = {name for name in index["modules"] if name.startswith("shared.")}
    settings = (f"settings.{name}" for name in ("settings", "declarations", "parsers", "enums", "bindings", "instance"))
    top = ("errors", "settings", "invocation", "rules", "rules.keys", "rules.names", "rules.sizing")
    assert ours == {f"shared.{name}" for name in (*top, *settings)}
