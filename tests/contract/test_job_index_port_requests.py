"""What lists and look-ups cost, counted at the transport, in a warm process."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from shared.invocation import Pool
from shared.ports.index import JobIndex
from shared.ports.jobs import JobStore
from shared.ports.queries import JobQuery
from shared.rules.ids import digest
from shared.rules.jobs import State
from shared.steps.operators.lookup import Lookup
from shared.steps.operators.statistics import Count
from shared.wiring.steps import Darkroom
from tests.contract import job_moves
from tests.contract.benches import AzureJobs
from tests.contract.places import Place
from tests.contract.poison_bench import PoisonBench
from tests.doubles.transports import CountingTransport

REF = "images/cat.png"


@dataclass
class RequestBench:
    """A job table with an image of one attempt, and all that looks into it; the requests counted."""

    darkroom: Darkroom
    wire: CountingTransport
    job_id: str

    @property
    def store(self) -> JobStore:
        """The table of jobs."""
        return self.darkroom.storage.jobs

    @property
    def index(self) -> JobIndex:
        """The index under test."""
        return self.darkroom.storage.index

    @property
    def lookup(self) -> Lookup:
        """The look-ups under test."""
        return self.darkroom.lookup

    @property
    def count(self) -> Count:
        """What counts one type."""
        storage = self.darkroom.storage
        return Count(
            jobs=self.store,
            index=self.index,
            marks=storage.marks,
            locks=storage.locks,
            liveness=self.darkroom.liveness,
            poisons=(storage.poison,),
            settings=self.darkroom.settings,
            clock=self.darkroom.clock,
            kinds=lambda: [job_moves.TYPE],
            pool=Pool,
        )


@pytest.fixture
def bench(place: Place) -> RequestBench:
    """Wire everything over a counting transport."""
    row = job_moves.running(AzureJobs(place))
    counting = CountingTransport(place.transport)
    return RequestBench(place.build(counting, create=True), counting, row.job.id)


@pytest.mark.parametrize(
    "call",
    [
        "live",
        "ended",
        "standings",
        "of_ref",
        "jobs",
        "keys",
        "key_of",
        "attempts",
        "types",
        "insert_type",
        "quiet_types",
        "has_jobs",
    ],
)
def test_each_call_of_the_index_takes_one_request(bench: RequestBench, call: str) -> None:
    index, image_id = bench.index, digest(job_moves.TYPE, REF)
    number = int(image_id[:2], 16) % 4
    span = {"after": None, "ended_from": None, "ended_to": None, "limit": 9}
    calls: dict[str, Any] = {
        "live": lambda: index.live(job_moves.TYPE, number, after=None, limit=9),
        "ended": lambda: index.ended(job_moves.TYPE, number, State.FAILED, **span),  # type: ignore[arg-type] # by name
        "standings": lambda: index.standings(job_moves.TYPE, number, group=None, after=None, limit=9),
        "of_ref": lambda: index.of_ref(job_moves.TYPE, REF, after=None, limit=9),
        "jobs": lambda: index.jobs(job_moves.TYPE, number, first=bench.job_id, last=bench.job_id, limit=9),
        "keys": lambda: index.keys(job_moves.TYPE, number, after=None, limit=9),
        "key_of": lambda: index.key_of(job_moves.TYPE, image_id),
        "attempts": lambda: index.attempts(bench.job_id),
        "types": index.types,
        "insert_type": lambda: index.insert_type("audio"),
        "quiet_types": lambda: index.quiet_types(timedelta(0)),
        "has_jobs": lambda: index.has_jobs("audio", 0),
    }
    with bench.wire.count() as requests:
        calls[call]()
    assert len(requests) == 1


def test_looking_up_a_job_and_its_history_takes_one_request_each(bench: RequestBench) -> None:
    for look in (bench.lookup.get, bench.lookup.history):
        with bench.wire.count() as requests:
            look(bench.job_id)
        assert len(requests) == 1


def test_looking_up_an_image_takes_two_reads_and_listing_images_two_queries_a_bucket_that_has_one(
    bench: RequestBench,
) -> None:
    with bench.wire.count() as requests:
        assert bench.lookup.image(digest(job_moves.TYPE, REF)).row is not None
    assert len(requests) == 2
    with bench.wire.count() as requests:
        assert len(bench.lookup.images(limit=9).items) == 1
    assert len(requests) == 4 + 1


def test_reading_a_thumbnail_takes_one_request(bench: RequestBench) -> None:
    images = bench.darkroom.storage.images
    images.insert_thumbnail("job/1.webp", b"small", mime="image/webp")
    with bench.wire.count() as requests:
        images.thumbnail("job/1.webp")
    assert len(requests) == 1


def test_a_list_takes_a_query_a_bucket_where_few_jobs_are_there(bench: RequestBench) -> None:
    for limit in (1, 9):
        with bench.wire.count() as requests:
            assert len(bench.lookup.list(JobQuery(types=(job_moves.TYPE,)), limit=limit).items) == 1
        assert len(requests) == 4


def test_counting_takes_a_query_a_bucket_and_being_told_takes_one_read(bench: RequestBench) -> None:
    with bench.wire.count() as requests:
        assert bench.count.count().jobs[job_moves.TYPE]["RUNNING"] == 1
    assert len(requests) == 1 + 4 + 2 + 1 + 1 + 1
    with bench.wire.count() as requests:
        assert bench.count.count().jobs[job_moves.TYPE]["RUNNING"] == 1
    assert len(requests) == 1


def test_the_length_of_a_poison_queue_counts_what_is_hidden(poison: PoisonBench) -> None:
    assert poison.store.backlog() == 0
    poison.put("hello")
    poison.store.receive()
    assert poison.store.backlog() == 1
