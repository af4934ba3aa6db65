"""An operation on many jobs comes to its end exactly once for each of them, wherever it is interrupted."""

from collections import Counter
from itertools import count as numbers
from pathlib import Path

import pytest

from shared.cli import bulk as bulk_module
from shared.cli.bulk import TRIES, Interrupted
from shared.cli.operations import CHANGED, DONE, OF_REPEATS, Progress, reason
from shared.cli.service import ServiceDown
from shared.http.error_codes import ErrorCode
from tests.unit.acts import note
from tests.unit.cli.jobs_service import Death, JobsService
from tests.unit.cli.ledgers import OPERATION, SELECTION, bulk, ledger_of, run

JOBS = 7


@pytest.fixture(autouse=True)
def _batches_of_three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_module, "BATCH", 3)
    monkeypatch.setattr("shared.cli.ledger_file.os.fsync", lambda _: None)  # no machine dies here


def _check(service: JobsService, progress: Progress) -> None:
    """Each job is opened once and has one result; what an earlier try has done is no other refusal."""
    assert progress.plan == service.ids
    assert service.acts == Counter(dict.fromkeys(service.ids[:-1], 1))
    assert progress.successes + progress.refusals == JOBS
    assert progress.reasons == Counter({"outdated": 1, CHANGED: progress.refusals - 1}) - Counter()


def test_whatever_moment_it_dies_at_each_job_is_opened_once_and_has_one_result(tmp_path: Path) -> None:
    for moment in numbers():
        service = JobsService(JOBS)
        try:
            run(service, tmp_path / str(moment), moment)
        except Death:
            with note(moment):
                _check(service, run(service, tmp_path / str(moment)))
        else:
            break
    assert moment > 40


def test_where_nobody_reads_results_those_on_their_way_are_noted_and_no_more_is_sent(tmp_path: Path) -> None:
    def watch(_: object) -> None:
        raise BrokenPipeError

    service = JobsService(JOBS)
    with ledger_of(tmp_path) as ledger:
        ledger.begin(OPERATION)
        SELECTION.collect(service, ledger, lambda _: None)
        with pytest.raises(BrokenPipeError):
            bulk(service, ledger, watch=watch, at_once=2).act()
        assert (service.acts.total(), ledger.progress.successes) == (6, 6)


@pytest.mark.parametrize("moments", [[20, 5], [9, 9, 9], [25, 2, 14], [33, 1, 1]])
def test_however_often_it_dies_each_job_is_opened_once(tmp_path: Path, moments: list[int]) -> None:
    service = JobsService(JOBS)
    for moment in moments:
        with pytest.raises(Death):
            run(service, tmp_path, moment)
    _check(service, run(service, tmp_path))


def test_the_ledger_of_an_operation_that_is_over_is_gone(tmp_path: Path) -> None:
    assert run(JobsService(JOBS), tmp_path).successes == JOBS - 1
    assert list(tmp_path.iterdir()) == []


def _begin(service: JobsService, ledger: object) -> None:
    ledger.begin(OPERATION)  # type: ignore[attr-defined]
    SELECTION.collect(service, ledger, lambda _: None)  # type: ignore[arg-type]


def test_a_job_that_an_unanswered_try_has_opened_is_counted_as_changed(tmp_path: Path) -> None:
    service = JobsService(JOBS)
    with ledger_of(tmp_path) as ledger:
        _begin(service, ledger)
        ledger.send([0, 1, 2])
    service.call("POST", "/jobs/actions", body={"ids": service.ids[:2], "as_of": OPERATION.as_of})
    with ledger_of(tmp_path) as ledger:
        bulk(service, ledger).act()
        assert ledger.progress.reasons == {CHANGED: 2, "outdated": 1}
        assert ledger.progress.successes == JOBS - 3


def test_every_code_that_a_repeat_may_meet_is_one_of_the_api() -> None:
    assert {*ErrorCode} >= OF_REPEATS
    assert {reason(code, again=True) for code in OF_REPEATS} == {CHANGED}
    assert [reason("live", again=False), reason("outdated", again=True)] == ["live", "outdated"]


def test_what_the_service_can_not_decide_is_sent_again_and_nothing_else(tmp_path: Path) -> None:
    service = JobsService(JOBS)
    service.unknown[service.ids[1]] = 2
    pauses: list[float] = []
    with ledger_of(tmp_path) as ledger:
        _begin(service, ledger)
        bulk(service, ledger, pause=pauses.append).act()
        assert ledger.progress.outcomes[1] == DONE
    sent = [body["ids"] for path, body in service.calls if path == "/jobs/actions"]
    assert sent[:3] == [service.ids[:3], service.ids[1:2], service.ids[1:2]]
    assert pauses == [1.0, 2.0]


def test_a_service_that_never_decides_ends_it_and_the_rest_is_kept(tmp_path: Path) -> None:
    service = JobsService(JOBS)
    service.unknown[service.ids[0]] = 100
    with ledger_of(tmp_path) as ledger:
        _begin(service, ledger)
        with pytest.raises(ServiceDown):
            bulk(service, ledger).act()
        assert ledger.progress.remainder() == [0, 3, 4, 5, 6]
    assert sum(path == "/jobs/actions" for path, _ in service.calls) == TRIES


def test_an_interrupted_operation_takes_the_results_of_what_runs_and_sends_no_more(tmp_path: Path) -> None:
    service = JobsService(JOBS)
    with ledger_of(tmp_path) as ledger:
        _begin(service, ledger)
        with pytest.raises(Interrupted):
            bulk(service, ledger, should_stop=lambda: len(service.calls) > 4).act()
        assert len(ledger.progress.outcomes) == 3
    with ledger_of(tmp_path) as ledger:
        bulk(service, ledger).act()
        assert ledger.progress.remainder() == []
    assert service.acts == Counter(dict.fromkeys(service.ids[:-1], 1))


@pytest.mark.parametrize("at_once", [1, 3])
def test_no_more_batches_run_at_once_than_are_wanted(tmp_path: Path, at_once: int) -> None:
    service, running, most = JobsService(21, page=50), 0, 0
    answer = service.call

    def call(*args: object, **more: object) -> object:
        nonlocal running, most
        running += 1
        most = max(most, running)
        try:
            return answer(*args, **more)  # type: ignore[arg-type]
        finally:
            running -= 1

    service.call = call  # type: ignore[method-assign,assignment]
    with ledger_of(tmp_path) as ledger:
        _begin(service, ledger)
        bulk(service, ledger, at_once=at_once).act()
    assert most <= at_once


def test_a_list_goes_on_from_its_beginning_where_its_cursor_is_refused(tmp_path: Path) -> None:
    service = JobsService(JOBS)
    with ledger_of(tmp_path) as ledger:
        ledger.begin(OPERATION)
        ledger.plan(service.ids[:2], [0, "of an old release"])
    with ledger_of(tmp_path) as ledger:
        SELECTION.collect(service, ledger, lambda _: None)
        assert ledger.progress.plan == service.ids
