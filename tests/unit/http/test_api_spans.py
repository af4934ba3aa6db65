"""The spans of the API: FastAPI's own, one a request, with those of the jobs beneath."""

import threading
from types import SimpleNamespace

import pytest
from opentelemetry import trace

from shared.invocation import enter
from tests.collector import tree
from tests.doubles.spans import SpanWorld, facts, nodes
from tests.unit.http.client import Client

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
OF_HOST = "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000042-01"


@pytest.fixture(name="world")
def _world(client: Client, monkeypatch: pytest.MonkeyPatch) -> SpanWorld:
    """Give a world that traces, whose steps the client's API calls."""
    world = SpanWorld()
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", world.provider)
    client.serve(world.darkroom)
    return world


def test_a_request_is_one_span_above_what_it_does_and_below_its_client(client: Client, world: SpanWorld) -> None:
    job = client.call("POST", "/jobs", {"type": "t", "ref": "a"}, traceparent=TRACE).json
    assert tree(nodes(world.spans())) == ["POST /jobs", "  add t"]
    request, added = nodes(world.spans())
    assert (request.parent, request.trace) == (TRACE.split("-")[2], TRACE.split("-")[1])
    assert job["traceparent"].split("-")[1:3] == [added.trace, added.id]


def test_a_worker_that_sends_its_trace_has_its_calls_in_the_trace_of_the_job(client: Client, world: SpanWorld) -> None:
    client.call("POST", "/jobs", {"type": "t", "ref": "a"})
    world.clock.advance(1)
    claim = client.call("POST", "/jobs/claim", {"type": "t", "owner": "me"})
    job, lease = claim.json, claim.headers["etag"]
    theirs = f"00-{job['traceparent'].split('-')[1]}-0000000000000042-01"
    client.call("POST", f"/jobs/{job['id']}/complete", {"result": {}}, if_match=lease, traceparent=theirs)
    complete = ["POST /jobs/{id}/complete", "  complete t"]
    assert tree(nodes(world.spans())) == ["POST /jobs", "  add t", "    claim t", "POST /jobs/claim", *complete]
    assert nodes(world.spans("claim"))[0].trace == nodes(world.spans("complete"))[0].trace


@pytest.mark.parametrize(("flags", "parent"), [("01", OF_HOST), ("00", TRACE)])
def test_the_span_of_the_host_stands_between_client_and_request_where_there_is_one(
    flags: str, parent: str, client: Client, world: SpanWorld
) -> None:
    context = SimpleNamespace(trace_parent=OF_HOST[:-2] + flags)
    call = SimpleNamespace(invocation_id="1", thread_local_storage=threading.local(), trace_context=context)
    with enter(call):
        assert client.call("GET", "/jobs", traceparent=TRACE).status == 200
    assert nodes(world.spans())[0].parent == parent.split("-")[2]


def test_a_key_is_in_no_span(client: Client, world: SpanWorld) -> None:
    client.call("GET", "/jobs?code=secret&type=t", authorization="Bearer secret")
    (span,) = world.spans()
    assert facts(span)["url.query"] == "type=t"
    assert "secret" not in span.to_json()


def test_what_monitors_ask_for_again_and_again_has_no_span(client: Client, world: SpanWorld) -> None:
    assert [client.call("GET", path).status for path in ("/health", "/metrics", "/stats")] == [200] * 3
    assert tree(nodes(world.spans())) == ["GET /stats"]
