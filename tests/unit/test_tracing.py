"""Whether a process traces, and what it does where it does not."""

import atexit
import json
import logging
import os
import threading
from pathlib import Path

import pytest

from shared import tracing
from shared.clock import monotonic
from shared.rules.jobs import Event
from shared.tracing import FACTS, OFF, Operation, is_sampled, valid_traceparent
from shared.wiring import tracing as opening
from tests.doubles.world import World

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


@pytest.mark.parametrize(
    "value",
    [
        *(None, 1, "", TRACE[:-1], TRACE + "0", TRACE.upper(), "01" + TRACE[2:], "ff" + TRACE[2:]),
        *(f"00-{'0' * 32}-00f067aa0ba902b7-01", f"00-4bf92f3577b34da6a3ce929d0e0e4736-{'0' * 16}-01", TRACE + "\n"),
    ],
)
def test_what_is_no_trace_context_counts_as_none(value: object) -> None:
    assert valid_traceparent(value) is None
    assert valid_traceparent(TRACE) == TRACE


def test_the_last_bit_says_whether_a_span_is_recorded() -> None:
    assert [is_sampled(TRACE[:-2] + flags) for flags in ("00", "01", "02", "03")] == [False, True, False, True]


@pytest.mark.parametrize(
    ("environ", "names"),
    [
        ({}, []),
        ({"OTEL_SERVICE_NAME": "a", "OTEL_TRACES_SAMPLER": "always_on"}, []),
        (ENDPOINT, ["otlp_proto_http"]),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, ["otlp_proto_http"]),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, ["otlp_proto_http"]),
        ({**ENDPOINT, "OTEL_TRACES_EXPORTER": "none"}, []),
        ({**ENDPOINT, "OTEL_SDK_DISABLED": "TRUE"}, []),
        ({**ENDPOINT, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, ["otlp_proto_grpc"]),
        (
            {
                **ENDPOINT,
                "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
                "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
            },
            ["otlp_proto_http"],
        ),
        ({"OTEL_TRACES_EXPORTER": "console, otlp"}, ["console", "otlp_proto_http"]),
        ({"OTEL_TRACES_EXPORTER": "azure_monitor_opentelemetry_exporter"}, ["azure_monitor_opentelemetry_exporter"]),
    ],
)
def test_the_variables_of_the_standard_alone_turn_tracing_on(environ: dict[str, str], names: list[str]) -> None:
    assert opening.exporters(environ) == names


def test_each_event_but_renewals_and_purges_is_an_operation_of_the_same_name() -> None:
    assert {event.value for event in Event} - {"renew", "purge"} <= {*Operation}


def test_a_process_that_does_not_trace_has_its_ports_as_they_are() -> None:
    world = World()
    assert opening.open_tracer({}) is OFF is world.darkroom.tracer
    assert opening.add_spans(world.storage, OFF, queue="image-jobs") is world.storage


def test_without_tracing_a_context_that_came_in_goes_on_and_nothing_is_said() -> None:
    with OFF.span(Operation.ADD, "t", trace=TRACE, job="a") as span, OFF.under(TRACE):
        span.note(owner="b")
        span.fail("c")
        span.end()
    assert (span.traceparent, OFF.start(Operation.ADD, "t").traceparent) == (TRACE, None)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> pytest.LogCaptureFixture:
    """Return the log of a process that has opened nothing yet, and whose environment comes back."""
    monkeypatch.setattr(os, "environ", dict(os.environ))
    caplog.set_level(logging.INFO, "darkroom")
    opening._open_or_log.cache_clear()
    return caplog


def test_a_package_that_is_missing_is_named_once_and_work_goes_on(log: pytest.LogCaptureFixture) -> None:
    environ = {**ENDPOINT, "OTEL_TRACES_EXPORTER": "otlp_proto_pigeon"}
    assert [opening.open_tracer(environ) for _ in range(2)] == [OFF, OFF]
    (line,) = map(json.loads, log.messages)
    assert line["error"] == "A package is missing. Install opentelemetry-sdk, that of otlp_proto_pigeon."
    assert os.environ["OTEL_TRACES_EXPORTER"] == "otlp_proto_pigeon"


def test_an_exporter_that_can_not_be_built_is_logged_without_what_it_says(
    log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise ValueError("InstrumentationKey=secret")

    monkeypatch.setattr(opening, "_exporter_class", lambda _: refuse)
    assert opening.open_tracer({"OTEL_TRACES_EXPORTER": "console"}) is OFF
    assert [json.loads(line)["error"] for line in log.messages] == ["The exporter can't be built: ValueError."]


@pytest.mark.parametrize("is_prompt", [True, False])
def test_the_end_of_a_process_waits_for_its_last_spans_and_for_no_exporter_that_hangs(
    is_prompt: bool,  # noqa: FBT001 - a case
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends, hang, begun = list[object](), threading.Event(), threading.Event()

    def send() -> None:
        begun.set()
        if not is_prompt:
            hang.wait(60)
        ends.append("sent")

    monkeypatch.setattr(atexit, "register", ends.append)
    monkeypatch.setattr(opening, "LAST_SECONDS", 60.0 if is_prompt else 0.01)
    opening._send_last_at_exit(send)
    (end,) = ends
    assert not begun.is_set()
    began = monotonic()
    end()  # type: ignore[operator] # what was registered
    assert begun.wait(60)
    assert ends == [end, "sent"] if is_prompt else [end]
    assert monotonic() - began < 20
    hang.set()


def test_every_fact_and_operation_is_in_the_document() -> None:
    text = (Path(tracing.__file__).parents[1] / "docs" / "tracing.md").read_text("utf-8")
    names = [*(attribute for attribute, _ in FACTS.values()), *Operation]
    assert [name for name in names if f"`{name}`" not in text] == []
