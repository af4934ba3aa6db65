"""What lists of images and filtered lists of jobs cost, counted at the transport, in a warm process."""

from collections import Counter
from datetime import timedelta

import pytest

from shared.ports.queries import JobQuery
from shared.rules.filters import JobFilter
from shared.rules.jobs import State
from tests.contract.places import Place
from tests.contract.test_requests import CostBench
from tests.contract.uploads import ref_of
from tests.doubles.world import png

BUCKETS = 4
#: Of images: two wait, three are analysed, and one is no image.
ANALYSED, LIVE, FAILED = {"0.png", "1.png", "6.png"}, {"2.png", "3.png"}, "4.png"


@pytest.fixture
def bench(place: Place) -> CostBench:
    """Give six images in 4 buckets."""
    bench = CostBench(place)
    for name in (*sorted(ANALYSED), FAILED):
        data = b"broken" if name == FAILED else None
        job_id = bench.darkroom.record.record(bench.upload(name, data)).job_id
        bench.darkroom.attempt.run(job_id, owner="queue/1")
    for name in sorted(LIVE):
        bench.darkroom.record.record(bench.upload(name))
    return bench


def names(bench: CostBench, query: JobQuery, limit: int = 50) -> list[str]:
    """List images, the newest first."""
    page = bench.darkroom.gallery.newest(query, limit=limit)
    return [image.key.ref.partition("/")[2] for image in page.items]


def kinds(requests: list[str]) -> Counter[str]:
    """Count requests: reads of key rows, and queries by the part of the index where they begin."""
    return Counter("key" if "RowKey='key" in one or "RowKey=%27key" in one else _range_of(one) for one in requests)


def _range_of(request: str) -> str:
    return next((part for part in ("due", "COMPLETED", "FAILED", "CANCELED") if f"{part}%3A" in request), request)


@pytest.mark.azurite
def test_the_newest_images_of_few_take_a_query_a_bucket_and_a_read_for_each_that_has_ended(bench: CostBench) -> None:
    with bench.wire.count() as requests:
        found = names(bench, JobQuery())
    assert ({*found[:2]}, {*found[2:]}, len(found)) == (LIVE, ANALYSED | {FAILED}, 6)
    assert kinds(requests) == {"due": BUCKETS, "key": 4}


def test_a_page_of_live_images_takes_a_query_a_bucket_and_reads_no_key(bench: CostBench) -> None:
    with bench.wire.count() as requests:
        assert set(names(bench, JobQuery(), limit=2)) == LIVE
    assert kinds(requests) == {"due": BUCKETS}


@pytest.mark.azurite
def test_a_flag_or_a_format_takes_a_query_of_completed_jobs_a_bucket_and_a_read_for_each_image(
    bench: CostBench,
) -> None:
    for wanted, found in ((JobFilter(format="png"), ANALYSED), (JobFilter(flag="bright"), set[str]())):
        with bench.wire.count() as requests:
            assert {*names(bench, JobQuery(filter=wanted))} == found
        assert kinds(requests) == Counter(COMPLETED=BUCKETS, key=len(found))


def test_an_error_of_few_jobs_takes_a_query_a_bucket_and_no_read_for_those_without_it(bench: CostBench) -> None:
    with bench.wire.count() as requests:
        assert names(bench, JobQuery(filter=JobFilter(error="unsupported_format"))) == [FAILED]
    assert kinds(requests) == {"due": BUCKETS, "key": 1}


def test_a_span_of_moments_takes_a_query_a_bucket_and_group(bench: CostBench) -> None:
    now = bench.darkroom.clock.now()
    span = JobFilter(since=now - timedelta(hours=1), until=now + timedelta(hours=1))
    with bench.wire.count() as requests:
        assert len(bench.darkroom.lookup.list(JobQuery(types=("image-analysis",), filter=span), limit=50).items) == 6
    assert kinds(requests) == dict.fromkeys(("due", "COMPLETED", "FAILED", "CANCELED"), BUCKETS)


def test_an_image_that_was_replaced_costs_a_read_and_stands_once_as_its_newest_version(bench: CostBench) -> None:
    job_id = bench.darkroom.record.record(bench.upload("0.png", png(9, 9))).job_id
    bench.darkroom.attempt.run(job_id, owner="queue/1")
    done = JobQuery(states=frozenset({State.COMPLETED}))
    with bench.wire.count() as requests:
        images = {image.key.ref: image.row for image in bench.darkroom.gallery.newest(done, limit=50).items}
    assert {*images} == {ref_of(bench.darkroom, name).ref for name in ANALYSED}
    row = images[ref_of(bench.darkroom, "0.png").ref]
    assert row is not None
    assert row.job.id == job_id
    assert kinds(requests) == {"COMPLETED": BUCKETS, "key": 4}
