"""The client's calls of operators, against the real API in process."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from darkroom_client import ActionResult, Client, InvalidRequest, NotFound, Unavailable
from tests.doubles.api import Pauses
from tests.doubles.clock import FakeClock
from tests.examples import readme_programs
from tests.unit.client.in_process import URL, InProcess

OPERATION = "0123456789abcdef" * 2


@pytest.fixture
def pool() -> InProcess:
    """Lead to an API of its own."""
    return InProcess()


@pytest.fixture
def client(pool: InProcess) -> Iterator[Client]:
    """Call that API; pauses take no time."""
    pauses = Pauses(FakeClock())
    with Client(URL, pool=pool, owner="me", monotonic=pauses.clock, sleep=pauses) as client:
        yield client


def add(client: Client, count: int) -> list[str]:
    """Add jobs; return their ids."""
    return [client.add("t", str(number), unique=True).id for number in range(count)]


def outcomes(results: object) -> list[tuple[str, str | None]]:
    """Return outcome and code of each result."""
    assert isinstance(results, list)
    return [(each.outcome, each.code) for each in results]


def reject(pool: InProcess, *texts: str) -> None:
    """Let the service reject messages."""
    for text in texts:
        pool.service.world.darkroom.receive.receive(text.encode(), owner="w")


def test_many_jobs_are_canceled_opened_again_and_deleted(client: Client) -> None:
    ids = add(client, 3)
    for action, state in (("cancel", "CANCELED"), ("redrive", "PENDING"), ("cancel", "CANCELED")):
        assert outcomes(client.operator.act_on_jobs(action, ids)) == [("done", None)] * 3
        assert {client.get(job_id).state for job_id in ids} == {state}
    client.operator.act_on_jobs("delete", ids, forget=True)
    assert client.add("t", "0", unique=True).created


def test_each_id_has_its_result_in_the_order_of_the_ids(client: Client) -> None:
    (job_id,) = add(client, 1)
    unknown = "t-" + "0" * 32
    refused, done = client.operator.act_on_jobs("cancel", [unknown, job_id])
    assert refused == ActionResult(id=unknown, outcome="refused", code="no_such_job", detail="No job has this id.")
    assert done == ActionResult(id=job_id, outcome="done")


def test_the_readmes_program_opens_failed_jobs_again(
    client: Client, pool: InProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = [client.add("word-count", str(number), unique=True).id for number in range(101)]
    for job_id in ids:
        client.claim_job(job_id).fail("no_text", "There is none.")
    pool.service.world.clock.advance(1)
    _, program = readme_programs()
    exec(program, {"client": client})  # noqa: S102 - of our own README
    assert {client.get(job_id).state for job_id in ids} == {"PENDING"}
    assert capsys.readouterr().out == ""


def test_an_action_as_of_a_time_is_sent_again_and_opens_no_job_twice(client: Client, pool: InProcess) -> None:
    ids = add(client, 1)
    client.cancel(ids[0])
    pool.service.world.clock.advance(1)
    as_of = client.operator.service_time()
    pool.lose = 1
    assert outcomes(client.operator.act_on_jobs("redrive", ids, as_of=as_of)) == [("refused", "live")]
    pool.service.world.clock.advance(10)
    client.cancel(ids[0])
    assert outcomes(client.operator.act_on_jobs("redrive", ids, as_of=as_of)) == [("refused", "mismatch")]
    assert client.get(ids[0]).state == "CANCELED"


def test_an_action_without_a_time_is_sent_once(client: Client, pool: InProcess) -> None:
    ids = add(client, 1)
    pool.lose, pool.requests = 1, []
    with pytest.raises(Unavailable):
        client.operator.act_on_jobs("cancel", ids)
    assert pool.requests == [("POST", "/jobs/actions")]


def test_a_time_without_a_zone_is_not_sent(client: Client, pool: InProcess) -> None:
    with pytest.raises(ValueError, match="zone"):
        client.operator.act_on_jobs("cancel", ["a"], as_of=datetime(2026, 1, 1))  # noqa: DTZ001 - the point
    assert pool.requests == []


def test_more_jobs_than_a_call_takes_are_refused(client: Client) -> None:
    with pytest.raises(InvalidRequest):
        client.operator.act_on_jobs("cancel", [f"t-{number:032x}" for number in range(101)])


def test_the_list_of_actions_goes_on_page_by_page_newest_first(client: Client, pool: InProcess) -> None:
    ids = add(client, 1)
    client.operator.act_on_jobs("cancel", ids, operation=OPERATION, picked_by={"ref": "0"})
    pool.service.world.clock.advance(1)
    client.operator.act_on_jobs("redrive", ids)
    pool.requests = []
    actions = list(client.operator.list_actions(page_size=1))
    assert [each["action"] for each in actions] == ["redrive", "cancel"]
    assert (actions[1]["operation"], actions[1]["filter"]) == (OPERATION, {"ref": "0"})
    assert [path.partition("&")[0] for _, path in pool.requests] == ["/actions?limit=1"] * 3


def test_rejected_messages_are_listed_by_code_and_age(client: Client, pool: InProcess) -> None:
    reject(pool, "", "{")
    (empty,) = client.operator.list_rejected(error="empty")
    codes = {each["code"] for each in client.operator.list_rejected(page_size=1)}
    assert empty["code"] == "empty"
    assert len(codes) == 2
    assert list(client.operator.list_rejected(older_than_seconds=3_600)) == []


def test_a_rejected_message_is_returned_with_all_of_its_text(client: Client, pool: InProcess) -> None:
    reject(pool, "{" + "x" * 500)
    (cut,) = client.operator.list_rejected()
    whole = client.operator.get_rejected(cut["id"])
    assert (cut["truncated"], whole["truncated"], whole["text"]) == (True, False, "{" + "x" * 500)
    with pytest.raises(NotFound):
        client.operator.get_rejected("0" * 32)


def test_rejected_messages_are_redriven_and_deleted_each_with_its_result(client: Client, pool: InProcess) -> None:
    reject(pool, "{")
    ids = [each["id"] for each in client.operator.list_rejected()]
    assert outcomes(client.operator.act_on_rejected("redrive", ids))[0][0] == "refused"
    pool.service.world.clock.advance(1)
    results = client.operator.act_on_rejected("delete", [*ids, "0" * 32], operation=OPERATION)
    assert outcomes(results)[0] == ("done", None)
    assert list(client.operator.list_rejected()) == []
    assert next(client.operator.list_actions())["operation"] == OPERATION
