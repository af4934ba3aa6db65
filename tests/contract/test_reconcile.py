"""The walk through a real listing; ``dev.py prove`` makes it a long one."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.pipeline.transport import HttpTransport
from azure.storage.blob import ContainerClient

from shared.ports.images import ImageListing
from shared.rules.images import Page
from shared.steps.upkeep.position import Position
from shared.steps.upkeep.reconcile import WalkResult
from shared.wiring.steps import Darkroom
from tests.contract.benches import AzureQueue
from tests.contract.places import Place, Slow, in_process
from tests.contract.refusing_transports import Refusing
from tests.contract.verify_bench import VerifyBench
from tests.doubles.transports import CountingTransport, Passing
from tests.proving import at_length
from tests.sdk_clients import blobs_of, table_of

FEW = 200
BLOBS = at_length(FEW, 3_500)
#: Lock, mark, list; a look-up, a HEAD, a transaction and a message for each of three images; mark.
SLICE_OF_THREE = 3 + 1 + 1 + 3 * (1 + 3) + 1
#: The same of a group: a look-up and a transaction for all of them.
SLICE_OF_A_GROUP = 3 + 1 + 1 + 1 + 1 + 3 + 1
#: What a first walk may cost an image, beside its message, with up to 64 buckets.
MOST_REQUESTS = 0.2
#: What a slice may send when its budget is over: the rest of eight images that have begun, lock and mark.
TAIL_REQUESTS = 8 * 4 + 8


class _Short:
    """A listing whose pages hold fewer blobs than are asked for, as those of the service may."""

    def __init__(self, listing: ImageListing, most: int) -> None:
        self._listing = listing
        self._most = most
        self.account = listing.account

    def page(self, marker: str | None, *, limit: int) -> Page:
        """See ``ImageListing.page``."""
        return self._listing.page(marker, limit=min(limit, self._most))


class _SendTimes(Passing):
    """Note when each request was sent: how long a busy machine takes for its answer says nothing of the sender."""

    def __init__(self, place: Place, inner: HttpTransport[Any, Any]) -> None:
        super().__init__(inner)
        self._monotonic = place.runtime.monotonic
        self._seconds: list[float] = []

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - two generations of request types
        """Note and send."""
        self._seconds.append(self._monotonic())
        return super().send(request, **kwargs)

    def after(self, seconds: float) -> int:
        """Return how many were sent after that moment."""
        return sum(moment > seconds for moment in self._seconds)


def _build(place: Place, transport: HttpTransport[Any, Any] | None = None, **more: str) -> Darkroom:
    """Wire everything for images of any age."""
    return place.with_settings(**{"RECONCILE_GRACE_SECONDS": "0", **more}).build(transport, create=True)


def _container(darkroom: Darkroom) -> ContainerClient:
    service = blobs_of(darkroom.storage.images)
    return service.get_container_client(darkroom.settings.images_container)


def _upload(darkroom: Darkroom, *names: str, apart: bool = False) -> None:
    """Upload images that no event announces; empty ones are recorded apart, since each may mark a folder."""
    container = _container(darkroom)
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(lambda name: container.upload_blob(name, b"" if apart else b"miau", overwrite=True), names):
            pass


def _job_names(darkroom: Darkroom) -> list[str]:
    """Return the names of all jobs, with repetitions."""
    rows = table_of(darkroom.storage.jobs).query_entities("RowKey ge 'job:' and RowKey lt 'job;'", select=["ref"])
    return sorted(row["ref"].partition("/")[2] for row in rows)


def _shorten(darkroom: Darkroom, most: int, budget: timedelta) -> None:
    """Let pages be short, and the budget too; each page is worked on before the next is listed."""
    darkroom.reconcile.pages = 1
    darkroom.reconcile.listing = _Short(darkroom.storage.listing, most)
    darkroom.reconcile.settings = replace(darkroom.settings, reconcile_budget=budget)


@pytest.mark.azurite
def test_images_without_an_event_are_recorded_and_announced(place: Place) -> None:
    darkroom = _build(place)
    _upload(darkroom, "a.png", "2026/ä #1 50%.png", "c.png")
    assert darkroom.reconcile.reconcile(owner="timer/1") == WalkResult(seen=3, missed=3, complete=True)
    assert len(AzureQueue(place).receive()) == 3
    assert darkroom.reconcile.reconcile(owner="timer/2") == WalkResult(seen=3, complete=True)


def test_a_changed_version_is_recorded(place: Place) -> None:
    darkroom = _build(place)
    _upload(darkroom, "a.png", "b.png")
    darkroom.reconcile.reconcile(owner="timer/1")
    _upload(darkroom, "a.png")
    assert darkroom.reconcile.reconcile(owner="timer/2").missed == 1
    assert _job_names(darkroom) == ["a.png", "a.png", "b.png"]


def test_a_young_blob_is_left_to_its_event(place: Place) -> None:
    darkroom = _build(place, RECONCILE_GRACE_SECONDS="300")
    _upload(darkroom, "a.png")
    assert darkroom.reconcile.reconcile(owner="timer/1") == WalkResult(seen=1, complete=True)


def test_a_marker_that_is_refused_restarts_the_walk(place: Place) -> None:
    refusing = Refusing(place.transport, status=400)
    darkroom = _build(place, refusing)
    _upload(darkroom, "a.png", "b.png", "c.png")
    position = Position(marker="old", following=datetime(2026, 1, 1, tzinfo=UTC))
    darkroom.storage.marks.insert(f"reconcile:{darkroom.settings.images_container}", position.value)
    refusing.refusals_left = 1
    assert darkroom.reconcile.reconcile(owner="timer/1") == WalkResult(seen=3, missed=3, complete=True)


def test_what_a_walk_records_holds_together(bench: VerifyBench) -> None:
    bench.upload("a.png")
    bench.darkroom.reconcile.settings = replace(bench.darkroom.settings, reconcile_grace=timedelta(0))
    assert bench.darkroom.reconcile.reconcile(owner="timer/1").missed == 1
    assert (bench.verify().violations, bench.findings) == (0, [])


@pytest.mark.parametrize(("apart", "costs"), [(True, SLICE_OF_THREE), (False, SLICE_OF_A_GROUP)])
def test_a_slice_takes_a_look_up_and_a_recording_for_each_image_or_group(
    place: Place, costs: int, *, apart: bool
) -> None:
    counting = CountingTransport(place.transport)
    darkroom = _build(place, counting, JOB_BUCKETS="1")
    _upload(darkroom, "a.png", "b.png", "c.png", apart=apart)
    with counting.count() as first:
        darkroom.reconcile.reconcile(owner="timer/1")
    with counting.count() as second:
        darkroom.reconcile.reconcile(owner="timer/2")
    assert len(first) == costs
    assert len(second) == 2 + 1 + 1 + 3 * 1 + 1


@pytest.mark.parametrize(
    "buckets", ["64", pytest.param("4", marks=pytest.mark.prove("every day 64 buckets, which cost more"))]
)
def test_a_first_walk_takes_a_fifth_of_a_request_an_image_at_most(buckets: str) -> None:
    place, blobs = in_process().with_settings(JOB_BUCKETS=buckets), 2_000
    counting = CountingTransport(place.transport)
    darkroom = _build(place, counting, DISPATCH="timer")
    _upload(darkroom, *(f"{number % 7}/{number:06}.png" for number in range(blobs)))
    with counting.count() as requests:
        assert darkroom.reconcile.reconcile(owner="timer/1").missed == blobs
    print(f"{len(requests) / blobs:.3f} requests an image with {buckets} buckets")
    assert len(requests) <= MOST_REQUESTS * blobs


@pytest.mark.parametrize("apart", [True, False])
def test_a_slice_respects_its_budget_and_slices_skip_no_image(place: Place, *, apart: bool) -> None:
    real, blobs = (True, BLOBS) if place.account is None else (False, FEW)
    times = _SendTimes(place, place.transport if real else Slow(place, 0.001))
    darkroom = _build(place, times, DISPATCH="timer")  # the emulator gets slow where many messages wait
    budget = blobs / (1_000 if apart else 4_000)
    names = [f"{number % 7}/{number:06}.png" for number in range(blobs)]
    _upload(darkroom, *names, apart=apart)
    _shorten(darkroom, blobs // (4 if apart and not real else 20), timedelta(seconds=budget))
    slices, late = [], []
    for number in itertools.count(1):
        over = place.runtime.monotonic() + budget
        slices.append(darkroom.reconcile.reconcile(owner=f"timer/{number}"))
        late.append(times.after(over))
        if slices[-1].complete:
            break
    print(f"{len(slices)} slices, at most {max(late)} requests of one after its {budget:.1f} s")
    assert len(slices) > 1
    assert max(late) <= TAIL_REQUESTS
    assert sum(one.missed for one in slices) == blobs
    assert _job_names(darkroom) == sorted(names)
