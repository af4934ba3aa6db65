import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from localhost.host import app_settings, host_options
from localhost.host.app_settings import HostJson, SettingsWrong
from localhost.host.connections import DEVELOPMENT, Connections
from localhost.host.host import Host
from localhost.host.queues import blob_limits
from tests.host.functions_host import worker_threads


def host_json(tmp_path: Path, text: str, **environ: str) -> HostJson:
    (tmp_path / "host.json").write_text(text)
    return app_settings.read_host_json(tmp_path, environ)


def test_without_host_json_the_real_hosts_defaults_hold(tmp_path: Path) -> None:
    read = app_settings.read_host_json(tmp_path, {})
    assert (read.batch_size, read.new_batch_threshold, read.max_dequeue_count) == (16, 8, 5)
    assert (read.visibility_timeout, read.max_polling_interval) == (timedelta(0), timedelta(minutes=1))
    assert (read.base64_mode, read.poison_blob_threshold, read.route_prefix) == (True, 5, "api")


@pytest.mark.case("host 13", was="maxPollingInterval of the queues held for the blob trigger's own queue too")
def test_host_json_is_honoured(tmp_path: Path) -> None:
    text = """{"functionTimeout": "00:10:00", "extensions": {"http": {"routePrefix": ""},
        "blobs": {"maxDegreeOfParallelism": 3, "poisonBlobThreshold": 2}, "queues": {"batchSize": 4,
        "newBatchThreshold": 0, "maxDequeueCount": 2, "visibilityTimeout": "00:00:30",
        "maxPollingInterval": "00:00:02", "messageEncoding": "none"}}}"""
    assert host_json(tmp_path, text) == HostJson(
        batch_size=4,
        new_batch_threshold=0,
        max_dequeue_count=2,
        visibility_timeout=timedelta(seconds=30),
        max_polling_interval=timedelta(seconds=2),
        base64_mode=False,
        blob_parallelism=3,
        poison_blob_threshold=2,
        function_timeout=timedelta(minutes=10),
        route_prefix="",
    )


def test_in_development_a_poll_comes_within_2_seconds(tmp_path: Path) -> None:
    read = host_json(tmp_path, "{}", AZURE_FUNCTIONS_ENVIRONMENT="Development")
    assert read.max_polling_interval == timedelta(seconds=2)
    assert read.own_polling_interval == timedelta(seconds=2)


@pytest.mark.parametrize(("parallel", "split"), [(1, (1, 0)), (2, (2, 0)), (4, (3, 1)), (9, (5, 4)), (100, (32, 68))])
def test_the_parallelism_of_blobs_is_split_into_batch_and_threshold(parallel: int, split: tuple[int, int]) -> None:
    limits = blob_limits(HostJson(blob_parallelism=parallel))
    assert (limits.batch_size, limits.new_batch_threshold) == split


@pytest.mark.parametrize(
    "queues",
    [
        '"batchSize": 33',
        '"batchSize": "4"',
        '"messageEncoding": "rot13"',
        '"visibilityTimeout": "soon"',
        '"maxDequeueCount": 0',
        '"maxPollingInterval": 10',
    ],
)
def test_a_value_of_host_json_that_cannot_work_is_refused(tmp_path: Path, queues: str) -> None:
    with pytest.raises(SettingsWrong, match=r"host\.json"):
        host_json(tmp_path, f'{{"extensions": {{"queues": {{{queues}}}}}}}')


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_file_that_is_no_json_object_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsWrong, match=r"host\.json"):
        host_json(tmp_path, text)


@pytest.mark.parametrize(
    ("environ", "disabled"),
    [
        ({"AzureWebJobs.work.Disabled": "True"}, True),
        ({"AzureWebJobs_work_Disabled": "1"}, True),
        ({"AzureWebJobs__work__Disabled": "true"}, False),
        ({"AzureWebJobs.work.Disabled": "false"}, False),
        ({"AzureWebJobs.other.Disabled": "true"}, False),
    ],
)
@pytest.mark.case("host 9", was="a double underscore disabled a function, a single one did not")
def test_a_function_is_disabled_by_its_setting(environ: dict[str, str], disabled: bool) -> None:  # noqa: FBT001
    assert app_settings.is_disabled("work", environ) is disabled


@pytest.mark.parametrize(("folder", "host_id"), [("My App!", "my-app"), ("a" * 40, "a" * 32), ("--", "app")])
def test_the_host_id_is_the_folders_name_on_every_machine(folder: str, host_id: str) -> None:
    assert app_settings.host_id(Path("/x") / folder, {}) == host_id


def test_a_host_id_that_queue_names_cannot_take_is_refused() -> None:
    assert app_settings.host_id(Path("/x"), {"AzureFunctionsWebHost__hostid": "my-id"}) == "my-id"
    with pytest.raises(SettingsWrong, match="hostid"):
        app_settings.host_id(Path("/x"), {"AzureFunctionsWebHost__hostid": "My_Id"})


@pytest.mark.parametrize("name", ["X", "AzureWebJobsX"])
def test_a_connection_is_found_under_its_name_and_the_prefixed_one(name: str) -> None:
    connections = Connections({name: "UseDevelopmentStorage=true;"})
    connections.check("X", function="f")
    assert connections.blobs("X").url == "http://127.0.0.1:10000/devstoreaccount1/"
    assert connections.queues("X") is connections.queues("X")
    connections.close()
    assert "10001" in DEVELOPMENT


def test_of_two_connections_the_prefixed_one_is_used() -> None:
    connections = Connections({"X": "nonsense", "AzureWebJobsX": "UseDevelopmentStorage=true"})
    assert connections.blobs("X").url == "http://127.0.0.1:10000/devstoreaccount1/"
    connections.close()


@pytest.mark.parametrize(
    "environ",
    [
        {"X__accountName": "a"},
        {"X__blobServiceUri": "https://a.blob.core.windows.net"},
        {"AzureWebJobsX__accountName": "a"},
    ],
)
def test_an_identity_connection_says_when_azure_identity_is_missing(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "azure.identity", None)
    connections = Connections(environ)
    connections.check("X", function="f")
    with pytest.raises(SettingsWrong, match="install azure-identity"):
        connections.blobs("X")


def test_an_identity_connection_uses_the_credential_that_its_settings_name(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, dict[str, str]]] = []

    def credential(kind: str) -> Callable[..., SimpleNamespace]:
        def make(**given: str) -> SimpleNamespace:
            asked.append((kind, given))
            return SimpleNamespace(get_token=None, close=lambda: None)

        return make

    identity = SimpleNamespace(
        DefaultAzureCredential=credential("default"), ManagedIdentityCredential=credential("managed")
    )
    monkeypatch.setitem(sys.modules, "azure.identity", identity)
    environ = {"X__accountName": "a", "X__credential": "managedidentity", "X__clientId": "id", "Y__accountName": "b"}
    connections = Connections(environ)
    assert connections.blobs("X").url == "https://a.blob.core.windows.net/"
    assert connections.queues("X").url == "https://a.queue.core.windows.net/"
    connections.queues("Y")
    assert asked == [("managed", {"client_id": "id"}), ("default", {})]
    connections.close()


def test_a_connection_string_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(SettingsWrong, match="app setting X"):
        Connections({"X": "nonsense"}).blobs("X")


def test_fast_gives_quick_values_unless_others_are_given() -> None:
    chosen = host_options.parse(["--app", "/x", "--fast", "--scan-seconds", "3"])
    assert chosen.scan == timedelta(seconds=3)
    assert chosen.message_lease == timedelta(seconds=10)
    assert host_options.parse(["--app", "/x"]).message_lease == timedelta(minutes=10)


@pytest.mark.parametrize(
    "wrong", [["--singleton-lease-seconds", "5"], ["--message-lease-seconds", "1.5"], ["--scan-seconds", "0"]]
)
def test_times_that_storage_would_refuse_are_refused_at_once(wrong: list[str]) -> None:
    with pytest.raises(SystemExit):
        host_options.parse(["--app", "/x", *wrong])


HEAD = "import azure.functions as func\napp = func.FunctionApp()\n"
QUEUE = "@app.queue_trigger(arg_name='m', queue_name='%MISSING%', connection='X')\ndef f(m: str) -> None: ...\n"


def start(app: Path) -> None:
    """Make a host that never listens."""
    environ = {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}
    worker = worker_threads.of_app(app, threads=1)
    Host(host_options.HostOptions(app=app, port=0), worker, environ=environ).close()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (None, r"function_app\.py does not exist"),
        ("x = 1\n", "must define one FunctionApp"),
        (HEAD + "other = func.FunctionApp()\n", "must define one FunctionApp at its top level, but defines 2"),
        (HEAD + QUEUE, "Function f: queueName '%MISSING%' needs the app setting MISSING"),
        (HEAD + QUEUE.replace("%MISSING%", "q"), "Function f: connection X needs the app setting X"),
    ],
)
def test_an_app_without_what_it_needs_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str | None, said: str
) -> None:
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.delitem(sys.modules, "function_app", raising=False)
    if source is not None:
        (tmp_path / "function_app.py").write_text(source)
    with pytest.raises(SettingsWrong, match=said):
        start(tmp_path)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("@app.timer_trigger(arg_name='t', schedule='never')\ndef f(t: func.TimerRequest) -> None: ...\n", "never"),
        ("@app.queue_trigger('m', 'q', 'X')\ndef f(m: str, other: int) -> None: ...\n", "no binding provides"),
        ("@app.queue_trigger('x', 'q', 'X')\ndef f(m: str) -> None: ...\n", "is not a parameter"),
        ("@app.blob_trigger('b', '{c}/x', 'X')\ndef f(b: func.InputStream) -> None: ...\n", "must begin with"),
        ("@app.route('Administrators')\ndef f(req: func.HttpRequest) -> str: ...\n", "begins like those of the host"),
        ("@app.route('runtime/x')\ndef f(req: func.HttpRequest) -> str: ...\n", "begins like those of the host"),
        ("@app.event_grid_trigger('e')\ndef f(e: func.EventGridEvent) -> None: ...\n", "must have exactly one trigger"),
        (
            "@app.queue_trigger('m', 'q', 'X')\n@app.queue_output('o', 'q', 'X')\ndef f(m: str, o: str) -> None: ...\n",
            "does not support the binding queue",
        ),
    ],
)
def test_a_function_that_this_host_cannot_run_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, said: str
) -> None:
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.delitem(sys.modules, "function_app", raising=False)
    (tmp_path / "function_app.py").write_text(HEAD + source)
    with pytest.raises(SettingsWrong, match=said) as refused:
        start(tmp_path)
    assert "Function f:" in str(refused.value)


def test_what_is_under_test_uses_no_shared_code() -> None:
    folder = Path(app_settings.__file__).parent
    sources: list[Any] = [path.read_text() for path in folder.glob("*.py")]
    assert not any("import shared" in text or "from shared" in text for text in sources)
