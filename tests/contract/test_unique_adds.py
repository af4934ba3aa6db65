"""Many add one and the same thing at once: it is there once, and one of them knows that it was the one."""

import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from azure.core.pipeline.transport import HttpTransport
from azure.data.tables import TableClient

from shared.errors import KeyTaken
from shared.ports.jobs import JobStore
from shared.rules import moves
from shared.rules.ids import job_id
from shared.rules.images import ImageRef
from shared.rules.jobs import Move
from shared.steps.intake.record import Recording
from shared.storage.retries import RetryPolicy
from tests.contract.benches import AzureJobs, JobsBench
from tests.contract.memory_benches import DoubledJobs
from tests.contract.places import Place
from tests.contract.races import at_once
from tests.contract.verify_bench import VerifyBench
from tests.doubles.transports import Forgetful
from tests.doubles.world import World
from tests.sdk_clients import queue_of, table_of

KIND, REF = "report", "nightly"
NONE = timedelta(0)


def unique(jobs: JobsBench, *, version: str = "") -> Move:
    """Return one's own addition of a job; without a version it is unique by its reference alone."""
    return moves.add(
        kind=KIND,
        ref=REF,
        version=version,
        params={},
        max_attempts=5,
        now=jobs.now,
        grace=NONE,
        add_nonce=uuid.uuid4().hex,
    )


def kinds(jobs: JobsBench) -> Counter[str]:
    """Count the rows by what they are."""
    return Counter(key.partition(":")[0] for key in jobs.rows() if ":" in key)


def insert(store: Any, move: Move) -> str:  # noqa: ANN401 - a job store
    """Insert a job, and say so."""
    assert store.insert(move).job.id == move.job.id
    return "made"


@pytest.mark.azurite
def test_of_twenty_who_add_one_unique_job_one_has_made_it(jobs: JobsBench) -> None:
    assert at_once(lambda _: insert(jobs.store, unique(jobs))) == {"made": 1, "Duplicate": 19}
    assert kinds(jobs) == {"job": 1, "key": 1, "due": 1}


def test_of_twenty_who_add_a_version_each_one_takes_the_reference(jobs: JobsBench) -> None:
    told = at_once(lambda number: insert(jobs.store, unique(jobs, version=f"0x{number}")))
    assert told == {"made": 1, "KeyTaken": 19}
    assert kinds(jobs) == {"job": 1, "key": 1, "due": 1}


@pytest.fixture
def forgetful(request: pytest.FixtureRequest, wire: HttpTransport[Any, Any]) -> Forgetful:
    """Give a connection that loses a share of the replies to writes."""
    return Forgetful(wire, *request.param)


@pytest.fixture
def deaf(place: Place, forgetful: Forgetful) -> JobStore:
    """Give a job store behind it."""
    AzureJobs(place).store.create()
    retry = RetryPolicy(first_pause=timedelta(seconds=0.01))
    return place.build(forgetful, retry=retry).storage.jobs


@pytest.mark.parametrize("forgetful", [(0.3, 1), (0.3, 2), (1.0, 0)], indirect=True)
def test_who_is_not_answered_learns_all_the_same_whether_the_job_is_theirs(
    place: Place, deaf: JobStore, forgetful: Forgetful
) -> None:
    jobs = AzureJobs(place)
    assert at_once(lambda _: insert(deaf, unique(jobs))) == {"made": 1, "Duplicate": 19}
    assert forgetful.lost > 0
    assert kinds(jobs) == {"job": 1, "key": 1, "due": 1}


@pytest.mark.parametrize("forgetful", [(0.3, 1), (0.3, 2)], indirect=True)
def test_who_is_not_answered_learns_all_the_same_that_another_version_is_there(
    place: Place, deaf: JobStore, forgetful: Forgetful
) -> None:
    jobs = AzureJobs(place)
    told = at_once(lambda number: insert(deaf, unique(jobs, version=f"0x{number}")))
    assert told == {"made": 1, "KeyTaken": 19}
    assert forgetful.lost > 0
    assert kinds(jobs) == {"job": 1, "key": 1, "due": 1}


def test_of_twenty_events_of_one_image_one_records_it_and_sends_its_message_in_memory() -> None:
    world = World()
    ref = world.upload()
    assert at_once(lambda _: world.darkroom.record.record(ref).outcome) == {
        Recording.RECORDED: 1,
        Recording.DUPLICATE: 19,
    }
    assert (len(world.jobs.table.jobs), len(world.queue.messages)) == (1, 1)


def test_of_twenty_events_of_one_image_one_records_it_and_sends_its_message(bench: VerifyBench) -> None:
    ref = bench.upload("cat.png")
    assert at_once(lambda _: bench.darkroom.record.record(ref).outcome) == {
        Recording.RECORDED: 1,
        Recording.DUPLICATE: 19,
    }
    sent = list(queue_of(bench.darkroom.storage.queue).peek_messages(max_messages=32))
    done = bench.verify()
    assert (done.jobs, len(sent), bench.findings) == (1, 1, [])


def purge(jobs: JobsBench, identity: str) -> None:
    """Take away what a purge does: all rows of a job; that of its reference stays."""
    if isinstance(jobs, DoubledJobs):
        del jobs.store.table.jobs[identity]
        return
    purge_from(table_of(jobs.store), identity)


def purge_from(table: TableClient, identity: str) -> None:
    """Delete them by the SDK."""
    for row in list(table.list_entities(select=["PartitionKey", "RowKey"])):
        if identity in row["RowKey"]:
            table.delete_entity(row["PartitionKey"], row["RowKey"])


@pytest.mark.parametrize("version", ["", "0x1"])
def test_a_purged_job_is_refused_by_the_row_of_its_reference_which_names_the_version(
    jobs: JobsBench, version: str
) -> None:
    jobs.store.insert(unique(jobs, version=version))
    purge(jobs, job_id(KIND, REF, version))
    assert kinds(jobs) == {"key": 1}
    with pytest.raises(KeyTaken):
        jobs.store.insert(unique(jobs, version=version))
    key = jobs.store.key(KIND, REF)
    assert key is not None
    assert (key.version, key.job_id) == (version, job_id(KIND, REF, version))
    assert kinds(jobs) == {"key": 1}


def test_of_twenty_who_add_a_purged_job_none_makes_it_again(jobs: JobsBench) -> None:
    jobs.store.insert(unique(jobs))
    purge(jobs, job_id(KIND, REF, ""))
    assert at_once(lambda _: insert(jobs.store, unique(jobs))) == {"KeyTaken": 20}
    assert kinds(jobs) == {"key": 1}


def test_an_image_whose_job_was_purged_is_a_duplicate(bench: VerifyBench) -> None:
    row = bench.completed()
    purge_from(bench.table, row.job.id)
    recorded = bench.darkroom.record.record(ImageRef.of(row.job.ref))
    assert (recorded.outcome, recorded.job_id) == (Recording.DUPLICATE, row.job.id)
