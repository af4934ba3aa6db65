"""What each act costs, counted at the transport: docs/design.md, "Budget". The process is warm in every one."""

import contextlib
import itertools
import json
from collections.abc import Mapping
from datetime import timedelta

import pytest

from shared.errors import LockHeld
from shared.handlers import Handler
from shared.rules import messages
from shared.rules.flows import flow_of
from shared.rules.ids import digest
from shared.rules.images import ImageRef
from shared.rules.jobs import State
from shared.steps.intake.disposition import Disposition
from shared.steps.intake.record import Recording
from shared.steps.upkeep.backlog import Resend
from shared.steps.upkeep.bury import Burial
from shared.steps.upkeep.turns import Turns
from shared.steps.work.attempt import End
from shared.steps.work.fair_share import FairShare
from tests.contract import job_moves
from tests.contract.places import Place, in_process
from tests.contract.uploads import blob_of, ref_of, upload
from tests.doubles.transports import CountingTransport
from tests.sdk_clients import table_of


class CostBench:
    """Everything over a place, the requests counted, in a process that has checked its buckets."""

    def __init__(self, place: Place, works: Mapping[str, Handler] | None = None) -> None:
        self.wire = CountingTransport(place.transport)
        self.darkroom = place.build(self.wire, works=works, create=True)

    def upload(self, name: str, data: bytes | None = None) -> ImageRef:
        """Put an image there."""
        return upload(self.darkroom, name, data)


@pytest.fixture
def bench(place: Place) -> CostBench:
    """Give one whose process has swept before."""
    bench = CostBench(place)
    bench.darkroom.sweep._is_prepared = True
    return bench


def verbs(requests: list[str]) -> list[str]:
    """Return the methods alone."""
    return [request.split()[0] for request in requests]


def _record(bench: CostBench, name: str = "cat.png") -> str:
    return bench.darkroom.record.record(bench.upload(name)).job_id


@pytest.mark.azurite
def test_recording_takes_a_head_a_transaction_and_a_message(bench: CostBench) -> None:
    ref = bench.upload("cat.png")
    with bench.wire.count() as requests:
        assert bench.darkroom.record.record(ref).outcome is Recording.RECORDED
    assert verbs(requests) == ["HEAD", "POST", "POST"]


def test_a_delay_is_rounded_up_to_the_whole_seconds_that_the_queue_knows(bench: CostBench) -> None:
    with bench.wire.count() as requests:
        bench.darkroom.storage.queue.send("later", delay=timedelta(seconds=2.1))
    assert "visibilitytimeout=3" in requests[0]


def test_a_message_that_goes_to_the_tail_takes_one_request(bench: CostBench) -> None:
    flow = flow_of("images/slow/1.png")
    share = FairShare(slots=1, monotonic=lambda: next(seconds))
    seconds = itertools.count(0, 2)
    bench.darkroom.receive.share = share
    text = messages.write(_record(bench), None, flow=flow)
    with share.take(flow_of("images/quick/1.png")), share.take(flow) as slot:
        slot.end = End.COMPLETED
    with share.take(flow), bench.wire.count() as requests:
        assert bench.darkroom.receive.receive(text.encode(), owner="queue/1") == [Disposition.DEFERRED]
    assert verbs(requests) == ["POST"]


def test_a_message_of_a_flow_that_is_alone_takes_a_query_a_bucket_more_every_five_seconds(bench: CostBench) -> None:
    rivals, ref = bench.darkroom.receive.rivals, bench.upload("slow/1.png")
    bench.darkroom.record.record(ref)
    with bench.wire.count() as requests:
        assert [rivals.may_wait(flow_of(ref.ref)) for _ in range(2)] == [False, False]
    assert verbs(requests) == ["GET"] * bench.darkroom.settings.job_buckets


def test_a_duplicate_event_takes_two_requests(bench: CostBench) -> None:
    _record(bench)
    ref = ref_of(bench.darkroom)
    with bench.wire.count() as requests:
        assert bench.darkroom.record.record(ref).outcome is Recording.DUPLICATE
    assert len(requests) == 2


def test_a_duplicate_event_after_purge_takes_three_requests(bench: CostBench) -> None:
    job_id = _record(bench)
    table = table_of(bench.darkroom.storage.jobs)
    for row in [row for row in table.list_entities() if job_id in row["RowKey"]]:  # the key row is named otherwise
        table.delete_entity(row)
    ref = ref_of(bench.darkroom)
    with bench.wire.count() as requests:
        assert bench.darkroom.record.record(ref).outcome is Recording.DUPLICATE
    assert verbs(requests) == ["HEAD", "POST", "GET"]


def test_a_newer_version_takes_seven_requests(bench: CostBench) -> None:
    _record(bench)
    ref = bench.upload("cat.png")
    with bench.wire.count() as requests:
        assert bench.darkroom.record.record(ref).outcome is Recording.RECORDED
    assert len(requests) == 7


def test_a_change_of_metadata_takes_six_requests_and_three_when_told_again(bench: CostBench) -> None:
    job_id = _record(bench)
    bench.darkroom.attempt.run(job_id, owner="queue/1")
    ref, blob = ref_of(bench.darkroom), blob_of(bench.darkroom)
    blob.set_blob_metadata({"seen": "yes"})
    for outcome, costs in ((Recording.UNCHANGED, 6), (Recording.DUPLICATE, 3)):
        with bench.wire.count() as requests:
            told = bench.darkroom.record.record(ref)
        assert (told.job_id, told.outcome, len(requests)) == (job_id, outcome, costs)


def test_an_analysis_takes_five_requests(bench: CostBench) -> None:
    body = f'{{"v":1,"job_id":"{_record(bench)}"}}'.encode()
    with bench.wire.count() as requests:
        assert bench.darkroom.receive.receive(body, owner="queue/1") == [End.COMPLETED]
    assert verbs(requests) == ["GET", "POST", "GET", "PUT", "POST"]


@pytest.mark.parametrize("thumbnails", ["row", "off"])
def test_an_analysis_without_a_blob_for_its_thumbnail_takes_four_requests(place: Place, thumbnails: str) -> None:
    bench = CostBench(place.with_settings(THUMBNAILS=thumbnails))
    job_id = _record(bench)
    with bench.wire.count() as requests:
        assert bench.darkroom.attempt.run(job_id, owner="queue/1") is End.COMPLETED
    job = job_moves.row_of(bench.darkroom.storage.jobs, job_id).job
    assert (len(requests), job.thumbnail is not None) == (4, thumbnails == "row")


def test_a_message_for_a_finished_job_takes_one_request(bench: CostBench) -> None:
    body = f'{{"v":1,"job_id":"{_record(bench)}"}}'.encode()
    bench.darkroom.receive.receive(body, owner="queue/1")
    with bench.wire.count() as requests:
        assert bench.darkroom.receive.receive(body, owner="queue/2") == [End.ENDED]
    assert len(requests) == 1


def test_a_message_for_a_job_that_another_holds_takes_one_request(bench: CostBench) -> None:
    job_id = _record(bench)
    bench.darkroom.claims.begin(job_id, owner="queue/1")
    with bench.wire.count() as requests:
        assert bench.darkroom.attempt.run(job_id, owner="queue/2") is End.BUSY
    assert len(requests) == 1


def test_a_renewal_takes_one_request(bench: CostBench) -> None:
    attempt = bench.darkroom.claims.begin(_record(bench), owner="queue/1")
    with bench.wire.count() as requests:
        assert attempt._lease is not None
        attempt._lease.beat()
    assert len(requests) == 1
    assert not attempt.lost


def test_canceling_by_hand_takes_two_requests(bench: CostBench) -> None:
    job_id = _record(bench)
    with bench.wire.count() as requests:
        assert bench.darkroom.cancel.cancel(job_id).job.state is State.CANCELED
    assert len(requests) == 2


def test_redriving_takes_four_requests(bench: CostBench) -> None:
    job_id = _record(bench)
    bench.darkroom.cancel.cancel(job_id)
    with bench.wire.count() as requests:
        assert bench.darkroom.redrive.redrive(job_id).job.state is State.PENDING
    assert verbs(requests) == ["GET", "GET", "POST", "POST"]


def test_burying_a_job_with_attempts_left_takes_two_requests_and_one_when_it_is_due(bench: CostBench) -> None:
    body = f'{{"v":1,"job_id":"{_record(bench)}"}}'.encode()
    for costs in (2, 1):
        with bench.wire.count() as requests:
            assert bench.darkroom.bury.bury(body) == [Burial.LEFT]
        assert len(requests) == costs


def test_a_given_up_blob_event_takes_what_recording_takes(bench: CostBench) -> None:
    body = json.dumps({"container": bench.darkroom.settings.images_container, "name": "cat.png"}).encode()
    bench.upload("cat.png")
    for outcome, costs in ((Recording.RECORDED, 3), (Recording.DUPLICATE, 2)):
        with bench.wire.count() as requests:
            assert bench.darkroom.admit.admit(body) == [outcome]
        assert len(requests) == costs


@pytest.mark.parametrize(("before", "costs"), [(0, 1), (1, 3)])
def test_keeping_a_rejected_text_takes_a_transaction_and_two_more_when_it_is_kept(
    bench: CostBench, before: int, costs: int
) -> None:
    rejections = bench.darkroom.storage.rejections
    for _ in range(before):
        rejections.reject("cat", code="blob_not_found", message="There is none.")
    with bench.wire.count() as requests:
        rejections.reject("cat", code="blob_not_found", message="There is none.")
    assert len(requests) == costs


def test_redriving_a_rejected_text_takes_two_requests_beside_those_of_recording(bench: CostBench) -> None:
    ref = ref_of(bench.darkroom)
    assert bench.darkroom.receive.receive(ref.ref.encode(), owner="queue/1") == [Disposition.REJECTED]
    bench.upload("cat.png")
    with bench.wire.count() as requests:
        assert bench.darkroom.readmit.readmit(digest(ref.ref)) == [Recording.RECORDED]
    assert verbs(requests) == ["GET", "HEAD", "POST", "POST", "POST"]


def test_looking_into_the_poison_queues_takes_a_request_each(bench: CostBench) -> None:
    with bench.wire.count() as requests:
        bench.darkroom.drain.drain()
    assert len(requests) == 2


@pytest.mark.parametrize(("run", "costs"), [("the first", 3), ("after another's", 3), ("after one's own", 2)])
def test_a_lock_run_takes_three_requests_and_two_after_ones_own(bench: CostBench, run: str, costs: int) -> None:
    lock = bench.darkroom.sweep.lock
    if run != "the first":
        with lock.try_acquire("sweep", owner="timer/1"):
            pass
    if run == "after another's":
        lock._own_releases.clear()
    with bench.wire.count() as requests, lock.try_acquire("sweep", owner="timer/2"):
        pass
    assert len(requests) == costs


def test_a_busy_lock_takes_one_request(bench: CostBench) -> None:
    lock = bench.darkroom.sweep.lock
    with (
        lock.try_acquire("sweep", owner="timer/1"),
        bench.wire.count() as requests,
        contextlib.suppress(LockHeld),
        lock.try_acquire("sweep", owner="timer/2"),
    ):
        pytest.fail("the lock was held twice")
    assert len(requests) == 1


def test_an_idle_sweep_takes_the_lock_a_query_a_bucket_one_for_types_and_looks_into_poison(
    bench: CostBench,
) -> None:
    with bench.wire.count() as requests:
        bench.darkroom.sweep.sweep(owner="timer/1")
    assert len(requests) == 3 + bench.darkroom.settings.job_buckets + 1 + 2


def test_an_idle_hour_of_ticks_takes_four_sweeps_and_a_look_at_each_bucket_every_other_minute() -> None:
    place = in_process()
    bench = CostBench(place)
    buckets = bench.darkroom.settings.job_buckets
    for _ in range(20):
        bench.darkroom.ticks.tick(owner="timer/1")
        place.go(60)
    with bench.wire.count() as requests:
        for _ in range(60):
            bench.darkroom.ticks.tick(owner="timer/1")
            place.go(60)
    sweep, looks = 2 + 1 + buckets + 2, 28
    assert len(requests) == 4 * sweep + looks * buckets


def test_sending_a_due_job_again_takes_three_requests_and_one_for_the_length_of_the_queue(bench: CostBench) -> None:
    job_ids = [_record(bench, f"{number}.png") for number in range(2)]
    with bench.wire.count() as requests:
        sent = bench.darkroom.sweep.backlog.send(job_ids, stop=lambda: False, turns=Turns())
    assert sent == dict.fromkeys(job_ids, Resend.ANNOUNCED)
    assert verbs(requests) == ["GET", *["GET", "POST", "POST"] * 2]


def test_a_blob_up_to_the_byte_gate_is_read_in_one_request(bench: CostBench) -> None:
    images, ref = bench.darkroom.storage.images, upload(bench.darkroom, data=bytes(40 * 1024 * 1024))
    version = images.head(ref).version
    with bench.wire.count() as requests:
        assert len(images.read(ref, version, size_bytes=40 * 1024 * 1024)) == 40 * 1024 * 1024
    assert len(requests) == 1
