"""Break a rule, and the enumeration says so: what finds nothing proves nothing."""

import pytest

from shared.errors import LockHeld
from tests import proving
from tests.faults import enumeration_bulk as bulk
from tests.faults import enumeration_flows as flows
from tests.faults import enumeration_operators as operators
from tests.faults import enumeration_purges as purges
from tests.faults import enumeration_rejected as rejected
from tests.faults import enumeration_walks as walks
from tests.faults.enumeration import ASKED_AGAIN, LAPSE_SECONDS, WRITES_ONLY, Strike
from tests.faults.enumeration_case import Case
from tests.faults.enumeration_rules import (
    BlindToKeys,
    BlindToMoves,
    BlindToRejections,
    ForgetsKeys,
    LastWriterWins,
    hasty,
    late,
    over,
    timeless,
)
from tests.faults.enumeration_runs import Enumeration
from tests.faults.enumeration_workers import Worker


def commit_of(enumeration: Enumeration) -> int:
    """Return the number of the request that commits."""
    return next(nth for nth, label in reversed(enumeration.points()) if label.startswith("write "))


def test_a_commit_that_overwrites_another_is_counted_as_a_second_one() -> None:
    broken = Enumeration(flows.Analysis, build=over(LastWriterWins))
    with pytest.raises(AssertionError, match="COMPLETED, 2 commits"):
        broken.strike(commit_of(broken), Strike.PAUSED_BEFORE)
    assert broken.tally.counts["doubled"] == 1


class PausingAnalysis(flows.Analysis):
    """An analysis whose worker sleeps before one of its requests."""

    strikes = (Strike.PAUSED_BEFORE,)


def test_what_goes_wrong_in_a_copy_of_the_process_is_told_and_counted() -> None:
    tally = Enumeration(PausingAnalysis, build=over(LastWriterWins)).every()
    places = [told.partition(": AssertionError('COMPLETED, 2 commits')")[0] for told in tally.failures]
    assert places == [
        "PausingAnalysis, PAUSED_BEFORE at request 5 (PUT thumbnails/image-analysis-…/1.webp)",
        "PausingAnalysis, PAUSED_BEFORE at request 6 (write end+job+try)",
    ]
    assert tally.counts == {"points": 6, "schedules": 6, "doubled": 2, "lost": 0}


def test_a_strike_at_a_request_that_never_comes_fails() -> None:
    with pytest.raises(AssertionError, match="request 99 was not reached"):
        Enumeration(flows.Analysis).strike(99, Strike.DIED_BEFORE)


def test_a_job_opened_over_a_newer_version_is_found() -> None:
    broken = Enumeration(operators.RedriveOvertaken, build=over(BlindToKeys))
    write = next(nth for nth, label in broken.points() if label.startswith("write "))
    with pytest.raises(AssertionError, match="healed since"):
        broken.strike(write, Strike.PAUSED_BEFORE)


def test_a_rejection_that_nobody_has_seen_and_is_forgotten_is_found() -> None:
    broken = Enumeration(rejected.ReadmitOvertaken, build=over(BlindToRejections))
    with pytest.raises(AssertionError, match=r"listed: \[\]"):
        broken.strike(len(broken.points()) - 1, Strike.PAUSED_BEFORE)


def test_a_rejection_that_nobody_has_seen_and_goes_with_many_is_found() -> None:
    broken = Enumeration(rejected.ForgettingOvertaken, build=over(BlindToRejections))
    with pytest.raises(AssertionError):
        broken.strike(2, Strike.PAUSED_BEFORE)


def test_a_job_that_is_purged_after_it_was_opened_again_is_counted_as_lost() -> None:
    broken = Enumeration(purges.PurgingRedriven, build=over(BlindToMoves))
    delete = next(nth for nth, label in broken.points() if label.startswith("DELETE"))
    with pytest.raises(KeyError):
        broken.strike(delete, Strike.PAUSED_BEFORE)
    assert broken.tally.counts["lost"] == 1


def test_a_key_row_that_goes_with_its_job_is_found() -> None:
    with pytest.raises(AssertionError, match="the key rows name"):
        Enumeration(purges.Purging, build=over(ForgetsKeys)).points()


def test_a_mark_behind_a_page_that_is_not_done_is_found() -> None:
    broken = Enumeration(walks.Reconciling, build=hasty)
    look = next(nth for nth, label in broken.points() if label.startswith("HEAD"))
    with pytest.raises(AssertionError, match="left behind"):
        broken.strike(look, Strike.DIED_BEFORE)


def second_opening(enumeration: Enumeration) -> int:
    """Return the number of the request that opens the second job."""
    return [nth for nth, label in enumeration.points() if "+job" in label][1]


def test_an_action_that_is_kept_when_it_is_done_is_found() -> None:
    broken = Enumeration(bulk.RedrivingMany, build=late)
    with pytest.raises(AssertionError, match="of which the log knows nothing"):
        broken.strike(second_opening(broken), Strike.DIED_AFTER)


def test_a_job_that_is_opened_again_whenever_it_has_ended_is_found() -> None:
    broken = Enumeration(bulk.RedrivingMany, build=timeless)
    with pytest.raises(AssertionError, match="ended"):
        broken.strike(second_opening(broken), Strike.PAUSED_BEFORE)


class ForgettingHost(flows.Recording):
    """A flow whose host forgets the event of a recorder that died."""

    def run(self, case: Case, worker: Worker) -> None:
        """Record an event that nobody delivers again."""
        case.events.clear()
        worker.darkroom.record.record_event(case.ref.ref)


def test_an_image_that_nobody_knows_of_is_counted_as_lost() -> None:
    forgotten = Enumeration(ForgettingHost)
    with pytest.raises(KeyError):
        forgotten.strike(1, Strike.DIED_BEFORE)
    assert forgotten.tally.counts["lost"] == 1


def test_a_lease_lapses_when_time_is_moved_on_and_a_later_one_is_live() -> None:
    case = Case()
    first, second, third = (case.worker().darkroom.sweep.lock for _ in range(3))
    held = first.try_acquire("nightly", owner="timer/1")
    with pytest.raises(LockHeld):
        second.try_acquire("nightly", owner="timer/2")
    case.clock.go(LAPSE_SECONDS)
    assert held.lost
    assert not second.try_acquire("nightly", owner="timer/2").lost
    with pytest.raises(LockHeld):
        third.try_acquire("nightly", owner="timer/3")


class Noting(Enumeration):
    """Notes what it would try at which request, where it is cheap to say."""

    def points(self) -> list[tuple[int, str]]:
        """Return as many reads as writes."""
        return [(nth, label) for nth in range(1, 13) for label in ("GET blob", "write job")]

    def strike(self, nth: int, strike: Strike) -> None:
        """Note it."""
        self.tally.add(**{f"{nth} {strike.name}": 1})


def tries(*, part: int = 1) -> dict[int, set[Strike]]:
    """Return what is tried at each read and write of the same number, together."""
    counts = Noting(flows.Sweeping).every(part=part).counts
    names = [name.split() for name in counts.elements()]
    return {nth: {Strike[name] for number, name in names if int(number) == nth} for nth in range(1, 13)}


def test_what_a_request_leaves_out_of_a_day_those_beside_it_meet() -> None:
    assert all(each == set(Strike) for each in tries().values())
    for part, least, most in ((2, 8, 12), (3, 5, 8)):
        tried = tries(part=part)
        assert all(least <= len(each) <= most for each in tried.values())
        assert all(set.union(*(tried[nth + beside] for beside in range(part))) == set(Strike) for nth in range(1, 11))


def test_a_read_meets_every_day_one_of_what_makes_it_be_asked_again_and_all_of_it_in_prove(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(proving.VARIABLE, "0")
    days = [set(Enumeration(flows.Sweeping)._strikes(nth, "GET blob")) for nth in range(4)]
    monkeypatch.setenv(proving.VARIABLE, "1")
    whole = set(Enumeration(flows.Sweeping)._strikes(0, "GET blob"))
    assert set.union(*days) == whole == set(Strike) - set(WRITES_ONLY)
    assert all(len(each & set(ASKED_AGAIN)) == 1 and whole - each < set(ASKED_AGAIN) for each in days)
