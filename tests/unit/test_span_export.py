"""How spans leave a process: by OTLP, in batches, and never in the way of the work."""

import socket
from pathlib import Path

import pytest

from shared.steps.work.attempt import End
from shared.wiring import tracing as opening
from tests.collector import collector, tree
from tests.doubles.spans import SpanWorld
from tests.unit.image_jobs import attempt_job


def test_a_collector_gets_the_trace_of_an_image_by_otlp(monkeypatch: pytest.MonkeyPatch) -> None:
    with collector() as collected:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collected.endpoint)
        provider = opening._build_provider(["otlp_proto_http"])
        world = SpanWorld(provider=provider)
        attempt_job(world, world.record_image())
        provider.shutdown()
    names = ["send image-jobs", "claim image-analysis", "process image-analysis"]
    inner = ["analyze image-analysis", "complete image-analysis"]
    assert tree(collected.nodes) == [
        *("add image-analysis", *(f"  {name}" for name in names)),
        *(f"    {name}" for name in inner),
    ]
    assert {node.service for node in collected.nodes} == {"darkroom"}


def test_a_collector_that_never_answers_keeps_no_work_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1")
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "2")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.1")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        provider = opening._build_provider(["otlp_proto_http"])
        world = SpanWorld(provider=provider)
        ends = [attempt_job(world, world.record_image(f"{number}.png")) for number in range(4)]
        connection, _ = silent.accept()  # it has been asked
        connection.close()
    provider.shutdown()
    assert ends == [End.COMPLETED] * 4


def test_the_console_is_stderr_since_a_process_of_a_group_says_on_stdout_how_it_is(
    capfd: pytest.CaptureFixture[str],
) -> None:
    provider = opening._build_provider(["console"])
    SpanWorld(provider=provider).record_image()
    provider.shutdown()
    out, err = capfd.readouterr()
    assert (out, err.count('"name": "add image-analysis"')) == ("", 1)


@pytest.mark.parametrize("name", ["OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"])
def test_a_service_has_the_name_that_its_environment_gives(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "mine" if name == "OTEL_SERVICE_NAME" else "service.name=mine")
    assert opening._build_provider([]).resource.attributes["service.name"] == "mine"


def test_the_extra_and_the_lines_of_a_deployment_are_the_same_packages() -> None:
    root = Path(__file__).resolve().parents[2]
    lines = [line for line in (root / "requirements-extra.txt").read_text("utf-8").splitlines() if "telemetry" in line]
    project = (root / "pyproject.toml").read_text("utf-8")
    assert len([line for line in lines if line[0] != "#"]) == 2
    assert [line for line in lines if line[0] != "#" and project.count(f'"{line}"') != 2] == []
