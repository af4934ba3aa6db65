"""What the spans of a job tell: one trace, whoever works on it, and however often."""

import json
import threading
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

from shared.errors import StorageOut
from shared.handlers import CancelJob, Context, FailJob, RetryJob
from shared.invocation import enter
from shared.rules.images import ImageRef
from shared.rules.jobs import State
from shared.steps.intake.add import NewJob
from shared.steps.work.attempt import End
from shared.tracing import OFF
from tests.collector import tree
from tests.doubles.spans import SpanWorld, facts, nodes, traceparent, traces
from tests.doubles.world import png
from tests.unit.acts import raising
from tests.unit.external_jobs import KIND
from tests.unit.image_jobs import CAT, attempt_job

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TRACE_ID = int(TRACE.split("-")[1], 16)
WHOLE = [
    "add image-analysis",
    "  send image-jobs",
    "  claim image-analysis",
    "  process image-analysis",
    "    analyze image-analysis",
    "    complete image-analysis",
]


@pytest.fixture(name="world")
def _world() -> SpanWorld:
    """Give a world that traces, with every setting at its default."""
    return SpanWorld()


def call(traceparent: str) -> SimpleNamespace:
    """Return an invocation that the host runs under a trace context."""
    trace = SimpleNamespace(trace_parent=traceparent)
    return SimpleNamespace(invocation_id="1", thread_local_storage=threading.local(), trace_context=trace)


def test_an_image_is_one_trace_from_its_record_to_its_result(world: SpanWorld) -> None:
    job_id = world.record_image()
    world.darkroom.receive.receive(world.queue.take_texts()[0].encode(), owner="queue/1")
    assert tree(nodes(world.spans())) == WHOLE
    assert len(traces(world.spans())) == 1
    assert world.job(job_id).traceparent == traceparent(world.span("add"))
    assert {span.name.split()[0] for span in world.spans() if (span.attributes or {}).get("messaging.message.id")} == {
        *("add", "send", "claim", "process", "complete")
    }


def test_spans_have_the_kinds_and_attributes_of_the_conventions(world: SpanWorld) -> None:
    attempt_job(world, world.record_image())
    kinds = {span.name.split()[0]: span.kind for span in world.spans()}
    assert kinds == {
        "add": SpanKind.PRODUCER,
        "send": SpanKind.PRODUCER,
        "claim": SpanKind.CLIENT,
        "process": SpanKind.CONSUMER,
        "analyze": SpanKind.INTERNAL,
        "complete": SpanKind.CLIENT,
    }
    found = dict(world.span("claim").attributes or {})
    assert {name: value for name, value in found.items() if name.startswith("messaging.")} == {
        "messaging.system": "darkroom",
        "messaging.destination.name": "image-analysis",
        "messaging.operation.name": "claim",
        "messaging.operation.type": "receive",
        "messaging.message.id": next(iter(world.jobs.table.jobs)),
    }
    assert facts(world.span("claim")) == {"darkroom.token": 1, "darkroom.owner": "queue/1"}
    assert facts(world.span("process")) == {**facts(world.span("claim")), "darkroom.outcome": "completed"}
    assert facts(world.span("analyze")) == {"darkroom.image.size": len(png())}


def test_no_span_names_an_image_or_says_what_an_error_says(world: SpanWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.images, "read", raising(StorageOut("https://account/images/cat.png?sig=secret")))
    with pytest.raises(StorageOut):
        attempt_job(world, world.record_image())
    assert [span.name for span in world.spans("process")] == ["process image-analysis"]
    text = " ".join(span.to_json() for span in world.spans())
    assert "StorageOut" in text
    assert [word for word in ("cat.png", "secret", "Traceback") if word in text] == []


def test_each_attempt_after_a_failure_is_in_the_trace_of_its_job(world: SpanWorld) -> None:
    world = SpanWorld({KIND: raising(RetryJob("busy", "Later."))})
    job_id = add(world)
    for _ in range(2):
        assert world.darkroom.attempt.run(job_id, owner="queue/1") is End.RETRIED
        world.clock.advance(3600)
    attempt = [f"  claim {KIND}", f"  process {KIND}", f"    retry {KIND}", "    send image-jobs"]
    assert tree(nodes(world.spans())) == [f"add {KIND}", "  send image-jobs", *attempt, *attempt]
    assert [facts(span)["darkroom.token"] for span in world.spans("claim")] == [1, 2]
    errors = {(span.name, span.status.status_code, facts(span)["error.type"]) for span in failures(world)}
    assert errors == {(f"{name} {KIND}", StatusCode.ERROR, "busy") for name in ("process", "retry")}


def failures(world: SpanWorld) -> list[ReadableSpan]:
    """Return the spans that have failed."""
    return [span for span in world.spans() if not span.status.is_ok]


def add(world: SpanWorld, **options: object) -> str:
    """Add a job; return its id."""
    row = world.darkroom.add.add(NewJob(**{"kind": KIND, "ref": "text", "params": {}, "unique": True, **options})).row  # type: ignore[arg-type] # as given
    assert row is not None
    return row.job.id


@pytest.mark.parametrize(
    ("error", "end", "settles", "code"),
    [
        (FailJob("no_text", "None."), End.FAILED, "fail", "no_text"),
        (CancelJob("gone", "Gone."), End.CANCELED, "cancel", None),
        (ValueError("secret"), End.RETRIED, "retry", "handler_crashed"),
    ],
)
def test_an_attempt_ends_as_its_job_does(error: Exception, end: End, settles: str, code: str | None) -> None:
    world = SpanWorld({KIND: raising(error)})
    assert world.darkroom.attempt.run(add(world), owner="queue/1") is end
    for name in ("process", settles):
        span = world.span(name)
        assert (facts(span).get("error.type"), span.status.is_ok) == (code, code is None)
    assert facts(world.span("process"))["darkroom.outcome"] == end.value


def test_who_claims_after_a_crash_tells_whose_lease_has_lapsed(world: SpanWorld) -> None:
    job_id = world.record_image()
    world.worker_dies(job_id)
    assert attempt_job(world, job_id) is End.COMPLETED
    lapse = {"darkroom.lapsed.token": 1, "darkroom.lapsed.owner": "rival/1"}
    assert facts(world.span("claim")) == {"darkroom.token": 2, "darkroom.owner": "queue/1", **lapse}
    assert len(traces(world.spans())) == 1


def test_an_attempt_that_has_lost_its_job_has_failed() -> None:
    def lose(job: Context) -> None:
        world.rival_claims(job.job.id)

    world = SpanWorld({KIND: lose})
    assert world.darkroom.attempt.run(add(world), owner="queue/1") is End.LOST
    assert [(span.name.split()[0], facts(span)["error.type"]) for span in failures(world)] == [
        ("process", "lost"),
        ("complete", "Lost"),
    ]


def test_a_redrive_and_the_attempts_after_it_stay_in_the_trace() -> None:
    world = SpanWorld({KIND: raising(FailJob("no_text", "None."))})
    job_id = add(world)
    world.darkroom.attempt.run(job_id, owner="queue/1")
    world.darkroom.redrive.redrive(job_id)
    world.darkroom.attempt.run(job_id, owner="queue/2")
    attempt = [f"  claim {KIND}", f"  process {KIND}", f"    fail {KIND}"]
    again = [f"  redrive {KIND}", "  send image-jobs"]
    assert tree(nodes(world.spans())) == [f"add {KIND}", "  send image-jobs", *attempt, *again, *attempt]


def test_what_the_sweep_sends_again_and_what_ends_by_another_is_in_the_trace() -> None:
    world = SpanWorld(DISPATCH="queue")
    job_id = world.record_image()
    world.clock.advance(world.settings.grace.total_seconds() + 1)
    world.darkroom.sweep.sweep(owner="timer/1")
    world.darkroom.cancel.cancel(job_id)
    names = ["send image-jobs", "reschedule image-analysis", "send image-jobs", "cancel image-analysis"]
    assert tree(nodes(world.spans())) == ["add image-analysis", *(f"  {name}" for name in names)]


def test_a_newer_version_ends_the_older_job_in_the_trace_of_that(world: SpanWorld) -> None:
    older = world.record_image()
    world.record_image(data=png(9, 9))
    assert len(traces(world.spans())) == 2
    end = world.span("supersede")
    assert nodes([end])[0].parent in (world.job(older).traceparent or "")


def test_an_event_that_was_a_duplicate_has_no_span(world: SpanWorld) -> None:
    world.record_image()
    world.darkroom.record.record(CAT)
    assert tree(nodes(world.spans())) == ["add image-analysis", "  send image-jobs"]


def test_images_that_a_walk_has_missed_are_traces_of_their_own(world: SpanWorld) -> None:
    for number in range(3):
        world.upload(f"{number}.png", png(number + 1, 1))
    world.clock.advance(3600)
    world.darkroom.reconcile.reconcile(owner="timer/1")
    world.darkroom.reconcile.reconcile(owner="timer/1")
    assert len(traces(world.spans())) == len(world.spans("add")) == len(world.jobs.table.jobs) == 3
    found = {row.job.traceparent for row in world.jobs.table.jobs.values()}
    assert found == {traceparent(span) for span in world.spans("add")}


def test_a_context_that_the_client_has_given_is_above_the_job(world: SpanWorld) -> None:
    job_id = add(world, traceparent=TRACE)
    span = world.span("add")
    assert traces([span]) == {TRACE_ID}
    assert (span.parent and span.parent.span_id, span.links) == (0x00F067AA0BA902B7, ())
    assert world.job(job_id).traceparent == traceparent(span)


def test_a_cloud_event_that_names_a_trace_is_above_the_job(world: SpanWorld) -> None:
    world.upload()
    event = {
        "specversion": "1.0",
        "type": "Microsoft.Storage.BlobCreated",
        "traceparent": TRACE,
        "subject": "/blobServices/default/containers/images/blobs/cat.png",
        "data": {"api": "PutBlob"},
    }
    with enter(call(TRACE.replace("4bf", "5bf"))):
        world.darkroom.receive.receive(json.dumps(event).encode(), owner="queue/1")
    assert traces(world.spans()) == {TRACE_ID}
    beside = ["add image-analysis", "claim image-analysis", "process image-analysis"]
    assert [node.name for node in nodes(world.spans()) if node.parent == TRACE.split("-")[2]] == beside


@pytest.mark.parametrize(("flags", "above"), [("01", TRACE_ID), ("00", None)])
def test_the_span_of_the_host_is_above_a_record_where_the_host_has_one(flags: str, above: int | None) -> None:
    world = SpanWorld()
    with enter(call(TRACE[:-2] + flags)):
        world.record_image()
    parent = world.span("add").parent
    assert (parent and parent.trace_id) == above


def test_an_attempt_is_linked_to_the_invocation_that_makes_it(world: SpanWorld) -> None:
    job_id = world.record_image()
    with enter(call(TRACE)):
        attempt_job(world, job_id)
    links = {span.name.split()[0]: [link.context.trace_id for link in span.links] for span in world.spans()}
    assert links == {"add": [], "send": [], "claim": [TRACE_ID], "process": [TRACE_ID], "analyze": [], "complete": []}


def test_the_claim_of_a_worker_outside_tells_it_the_trace_and_its_writes_are_in_it(world: SpanWorld) -> None:
    add(world)
    world.clock.advance(1)
    row = world.darkroom.external.claim_next(KIND, owner="worker/1")
    assert row is not None
    assert row.job.traceparent == traceparent(world.span("add"))
    assert row.job.claim is not None
    held = world.darkroom.external.resume(row.job.id, row.job.claim)
    held.renew(lease=timedelta(minutes=1))
    held.complete({"words": 2})
    assert tree(nodes(world.spans())) == [f"add {KIND}", f"  claim {KIND}", f"  complete {KIND}"]


def test_tracing_asks_storage_for_nothing_more() -> None:
    journals = []
    for kind in (SpanWorld, SpanWorld.__base__):
        world = kind()  # type: ignore[misc] # both are worlds
        attempt_job(world, world.record_image())
        journals.append(world.journal)
    assert journals[0] == journals[1]
    assert ImageRef("images", "cat.png") == CAT
    assert world.job(next(iter(world.jobs.table.jobs))).state is State.COMPLETED


def test_the_spans_that_a_handler_makes_are_within_its_attempt() -> None:
    def work(_: Context) -> None:
        with world.provider.get_tracer("theirs").start_as_current_span("theirs"):
            pass

    world = SpanWorld({KIND: work})
    world.darkroom.attempt.run(add(world), owner="queue/1")
    assert nodes(world.spans("theirs"))[0].parent == nodes(world.spans("process"))[0].id


def test_a_job_that_was_added_without_tracing_is_one_trace_from_its_next_claim_on() -> None:
    world = SpanWorld({KIND: raising(RetryJob("busy", "Later."))})
    replace(world.darkroom, storage=world.storage, tracer=OFF).add.add(
        NewJob(kind=KIND, ref="text", params={}, unique=True)
    )
    (job_id,) = world.jobs.table.jobs
    for _ in range(2):
        world.darkroom.attempt.run(job_id, owner="queue/1")
        world.clock.advance(3600)
    assert len(world.spans("claim")) == 2
    assert len(traces(world.spans())) == 1
