"""What the calls of operators cost, counted at the transport below the whole API. The process is warm in every one."""

from collections.abc import Callable
from contextvars import copy_context
from datetime import timedelta

import pytest

from shared.http.app import build, gateway_of
from shared.http.dependencies import Dependencies
from shared.ports.actions import NewAction
from shared.rules.actions import Action
from shared.rules.ids import digest
from shared.steps.intake.add import NewJob
from shared.steps.operators import rejected
from tests.contract.places import Place
from tests.contract.test_requests import CostBench, verbs
from tests.unit.http.client import LOOP, Response, send

#: Requests of each action on one job that is canceled already, or is to be canceled.
COSTS = {"cancel": ["GET", "POST"], "redrive": ["GET", "GET", "POST"], "delete": ["GET", "GET", "GET", "POST", "GET"]}
CALLS = {"cancel": ("POST", "/cancel"), "redrive": ("POST", "/redrive"), "delete": ("DELETE", "")}

Call = Callable[..., Response]


@pytest.fixture
def bench(place: Place) -> CostBench:
    """Give one whose jobs external workers do."""
    return CostBench(place.with_settings(JOB_BUCKETS="2"))


@pytest.fixture
def call(bench: CostBench) -> Call:
    """Send a request to the API over it."""
    darkroom = bench.darkroom
    runtime = darkroom.runtime
    api = Dependencies(lambda: darkroom, lambda _: pytest.fail("it waits"), runtime.monotonic, runtime.draw)
    gateway = gateway_of(build(api), darkroom.settings)

    def call(method: str, path: str, body: object = None) -> Response:
        return LOOP.run(send(gateway, method, f"http://localhost/api{path}", body, {}), context=copy_context())

    return call


def _jobs(bench: CostBench, action: str, count: int) -> list[str]:
    """Add jobs that an action can be done to."""
    found = []
    for number in range(count):
        row = bench.darkroom.add.add(NewJob(kind="word-count", ref=f"{number}", params={}, unique=True)).row
        assert row is not None
        found.append(row.job.id)
        if action != "cancel":
            bench.darkroom.cancel.cancel(row.job.id)
    return found


def _reject(bench: CostBench, count: int) -> list[str]:
    texts = [f"{number}" for number in range(count)]
    for text in texts:
        bench.darkroom.storage.rejections.reject(text, code="blob_not_found", message="There is none.")
    return [digest(text) for text in texts]


@pytest.mark.parametrize("action", CALLS)
def test_a_call_of_an_operator_takes_two_transactions_beside_those_of_its_step(
    bench: CostBench, call: Call, action: str
) -> None:
    (job_id,) = _jobs(bench, action, 1)
    method, path = CALLS[action]
    with bench.wire.count() as requests:
        assert call(method, f"/jobs/{job_id}{path}").status < 300
    assert verbs(requests) == ["POST", *COSTS[action], "POST"]
    assert all("batch" in requests[at] for at in (0, -1))


@pytest.mark.parametrize("action", CALLS)
def test_many_ids_take_two_transactions_beside_those_of_each_id(bench: CostBench, call: Call, action: str) -> None:
    ids = _jobs(bench, action, 12)
    with bench.wire.count() as requests:
        assert call("POST", "/jobs/actions", {"action": action, "ids": ids}).json["done"] == 12
    assert sorted(verbs(requests)) == sorted(["POST", *COSTS[action] * 12, "POST"])


def test_a_refused_call_takes_two_transactions_too(bench: CostBench, call: Call) -> None:
    (job_id,) = _jobs(bench, "cancel", 1)
    with bench.wire.count() as requests:
        assert call("POST", f"/jobs/{job_id}/redrive").status == 409
    assert verbs(requests) == ["POST", "GET", "GET", "POST"]


def test_deleting_a_rejected_message_takes_two_requests_beside_those_of_the_call(bench: CostBench, call: Call) -> None:
    ids = _reject(bench, 3)
    with bench.wire.count() as requests:
        assert call("POST", "/rejected/actions", {"action": "delete", "ids": ids}).json["done"] == 3
    assert sorted(verbs(requests)) == ["GET"] * 3 + ["POST"] * 5


def test_pages_of_actions_and_of_rejected_messages_take_a_query_each(bench: CostBench, call: Call) -> None:
    (first, *_) = _reject(bench, 3)
    for path in ("/actions", "/rejected", "/rejected?limit=2", f"/rejected/{first}"):
        with bench.wire.count() as requests:
            assert call("GET", path).status == 200
        assert verbs(requests) == ["GET"]


def test_a_page_of_some_rejected_messages_takes_five_queries_at_most(
    bench: CostBench, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejected, "PAGE", 2)
    ids = sorted(_reject(bench, 13))
    with bench.wire.count() as requests:
        page = call("GET", "/rejected?error=empty").json
    assert (page["items"], verbs(requests)) == ([], ["GET"] * 5)
    rest = call("GET", f"/rejected?error=empty&cursor={page['cursor']}").json
    assert (rest["cursor"], len(ids)) == (None, 13)


@pytest.mark.parametrize(("count", "costs"), [(0, ["GET"]), (100, ["GET", "POST"]), (101, ["GET", "POST", "POST"])])
def test_forgetting_actions_takes_a_query_and_a_transaction_for_a_hundred(
    bench: CostBench, count: int, costs: list[str]
) -> None:
    forget = bench.darkroom.purge.forget_actions
    bench.darkroom.lookup.types()  # the clock has seen a reply now
    at = forget.clock.now() - timedelta(days=91)
    for _ in range(count):
        bench.darkroom.storage.actions.insert(NewAction(at=at, who="ada", role=None, action=Action.CANCEL))
    with bench.wire.count() as requests:
        assert forget.forget(older_than=timedelta(days=90), stop=lambda: False) == (count, False)
    assert verbs(requests) == costs
