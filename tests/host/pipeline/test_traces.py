"""Traces of real processes, as a collector on this machine gets them."""

import socket
import urllib.request
from collections.abc import Iterator

import pytest

from shared.clock import monotonic
from shared.wiring.tracing import LAST_SECONDS
from tests.collector import Collector, Node, collector, tree
from tests.rig import SAMPLES, Rig, until
from tests.worker_rig import workers

CAT = (SAMPLES / "cat.png").read_bytes()
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
#: As an upload leaves it: the request adds the job and sends its message, and all that follows is under the job.
UPLOAD = [
    "PUT /images/{image}",
    "  add image-analysis",
    "    claim image-analysis",
    "    process image-analysis",
    "      analyze image-analysis",
    "      complete image-analysis",
    "  send image-jobs",
]


@pytest.fixture(name="target")
def _target() -> Iterator[Collector]:
    """Collect spans."""
    with collector() as made:
        yield made


def variables(target: Collector, *, delay_ms: int) -> dict[str, str]:
    """Return what makes a process send its spans to a collector, so long after the last ones."""
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": target.endpoint, "OTEL_BSP_SCHEDULE_DELAY": str(delay_ms)}


def of_job(target: Collector) -> list[Node]:
    """Return the spans of the trace that has a job, and of no other."""
    (trace,) = {node.trace for node in target.nodes if node.name == "add image-analysis"}
    return [node for node in target.nodes if node.trace == trace]


@pytest.mark.prove("a host of its own; every day test_spans has the same spans over doubles, and by OTLP")
def test_an_upload_is_one_trace_from_its_client_to_its_result(target: Collector, rig: Rig) -> None:
    host = rig.start(DISPATCH="queue", Disabled="record_image", **variables(target, delay_ms=100))
    request = urllib.request.Request(
        f"http://127.0.0.1:{host.port}/api/images/cat.png",
        CAT,
        {"traceparent": TRACE, "Content-Type": "image/png"},
        method="PUT",
    )
    with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310
        location = reply.headers["Location"]
    assert rig.end_of(location.rpartition("/")[2]) == ("COMPLETED", 1)
    until(lambda: len(target.nodes) == len(UPLOAD), what="the spans")  # before its end: a host kills its worker then
    print("\n".join(tree(of_job(target))))
    assert tree(of_job(target)) == UPLOAD
    assert {node.trace for node in of_job(target)} == {TRACE.split("-")[1]}
    assert {node.service for node in target.nodes} == {"darkroom"}


@pytest.mark.prove("a process of its own; every day test_spans has the same spans over doubles, and by OTLP")
def test_a_worker_sends_its_spans_before_it_ends(target: Collector, rig: Rig) -> None:
    with workers(rig) as start:
        worker = start(OTEL_SERVICE_NAME="darkroom-worker", **variables(target, delay_ms=600_000))
        identity = rig.upload("cat.png", CAT)
        rig.send("images/cat.png")
        assert rig.end_of(identity) == ("COMPLETED", 1)
        until(lambda: rig.waiting() == 0, what="the deletion of the message")
        assert (worker.drain(), worker.lines("tracing is off, although it was asked for")) == (0, [])
    print("\n".join(tree(of_job(target))))
    assert tree(of_job(target)) == [line[2:] for line in UPLOAD[1:-1]]
    assert {node.service for node in target.nodes} == {"darkroom-worker"}


@pytest.mark.prove("a process of its own; every day test_span_export has a collector that never answers")
def test_a_worker_whose_collector_is_gone_works_and_ends_as_ever(rig: Rig) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with workers(rig) as start:
        worker = start(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{port}", OTEL_BSP_SCHEDULE_DELAY="100")
        identity = rig.upload("cat.png", CAT)
        rig.send("images/cat.png")
        assert rig.end_of(identity) == ("COMPLETED", 1)
        until(lambda: [line for line in worker.lines() if "otlp" in line.get("logger", "")], what="its complaint")
        began = monotonic()
        assert worker.drain() == 0
        assert monotonic() - began < LAST_SECONDS + 5
    assert rig.verify().startswith("1 jobs, 0 violations")
