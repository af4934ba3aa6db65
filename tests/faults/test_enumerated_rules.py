"""Break a rule, and the enumeration says so: what finds nothing proves nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.pipeline.transport import HttpTransport

from localhost.azurite import Azurite
from shared.errors import LockHeld
from shared.storage import clients
from tests.doubles.transports import Passing
from tests.faults import enumeration_flows as flows
from tests.faults import enumeration_operators as operators
from tests.faults import enumeration_rejected as rejected
from tests.faults import enumeration_rules as rules
from tests.faults import enumeration_walks as walks
from tests.faults.enumeration import LAPSE_SECONDS, Strike
from tests.faults.enumeration_case import Case, Worker
from tests.faults.enumeration_rules import BlindToKeys, LastWriterWins, over
from tests.faults.enumeration_runs import Enumeration


@pytest.fixture(scope="module")
def wire() -> Iterator[HttpTransport[Any, Any]]:
    """Give one pool of connections to all schedules, and close it at the end."""
    with clients.default_transport() as transport:
        yield Passing(transport)


def commit_of(enumeration: Enumeration) -> int:
    """Return the number of the request that commits."""
    return next(nth for nth, label in reversed(enumeration.points()) if label.startswith("write "))


def test_a_commit_that_overwrites_another_is_counted_as_a_second_one(
    azurite: Azurite, wire: HttpTransport[Any, Any]
) -> None:
    broken = Enumeration(flows.Analysis, azurite.connection, wire, build=over(LastWriterWins))
    with pytest.raises(AssertionError, match="COMPLETED, 2 commits"):
        broken.struck(commit_of(broken), Strike.PAUSED_BEFORE)
    assert broken.tally.doubled == 1


def test_the_same_schedule_ends_well_with_the_rule_kept(azurite: Azurite, wire: HttpTransport[Any, Any]) -> None:
    sound = Enumeration(flows.Analysis, azurite.connection, wire)
    sound.struck(commit_of(sound), Strike.PAUSED_BEFORE)
    assert (sound.tally.schedules, sound.tally.doubled) == (1, 0)


def test_a_strike_at_a_request_that_never_comes_fails(azurite: Azurite, wire: HttpTransport[Any, Any]) -> None:
    with pytest.raises(AssertionError, match="request 99 was not reached"):
        Enumeration(flows.Analysis, azurite.connection, wire).struck(99, Strike.DIED_BEFORE)


def test_a_job_opened_over_a_newer_version_is_found(azurite: Azurite, wire: HttpTransport[Any, Any]) -> None:
    broken = Enumeration(operators.RedriveOvertaken, azurite.connection, wire, build=over(BlindToKeys))
    write = next(nth for nth, label in broken.points() if label.startswith("write "))
    with pytest.raises(AssertionError, match="healed since"):
        broken.struck(write, Strike.PAUSED_BEFORE)


def test_a_rejection_that_nobody_has_seen_and_is_forgotten_is_found(
    azurite: Azurite, wire: HttpTransport[Any, Any]
) -> None:
    build = rules.over_rejections(rules.ForgetsUnseen)
    broken = Enumeration(rejected.ReadmitOvertaken, azurite.connection, wire, build=build)
    with pytest.raises(AssertionError, match=r"listed: \[\]"):
        broken.struck(len(broken.points()) - 1, Strike.PAUSED_BEFORE)


def test_a_rejection_that_nobody_has_seen_and_goes_with_many_is_found(
    azurite: Azurite, wire: HttpTransport[Any, Any]
) -> None:
    build = rules.over_rejections(rules.ForgetsUnseen)
    broken = Enumeration(rejected.ForgettingOvertaken, azurite.connection, wire, build=build)
    with pytest.raises(AssertionError):
        broken.struck(2, Strike.PAUSED_BEFORE)


def test_a_job_that_is_purged_after_it_was_opened_again_is_counted_as_lost(
    azurite: Azurite, wire: HttpTransport[Any, Any]
) -> None:
    build = rules.over_ended(rules.TakesWhatMoved)
    broken = Enumeration(walks.PurgingRedriven, azurite.connection, wire, build=build)
    delete = next(nth for nth, label in broken.points() if label.startswith("DELETE"))
    with pytest.raises(KeyError):
        broken.struck(delete, Strike.PAUSED_BEFORE)
    assert broken.tally.lost == 1


def test_a_key_row_that_goes_with_its_job_is_found(azurite: Azurite, wire: HttpTransport[Any, Any]) -> None:
    build = rules.over_ended(rules.ForgetsKeys)
    with pytest.raises(AssertionError, match="the key rows name"):
        Enumeration(walks.Purging, azurite.connection, wire, build=build).points()


def test_a_mark_behind_a_page_that_is_not_done_is_found(azurite: Azurite, wire: HttpTransport[Any, Any]) -> None:
    broken = Enumeration(walks.Reconciling, azurite.connection, wire, build=rules.hasty)
    look = next(nth for nth, label in broken.points() if label.startswith("HEAD"))
    with pytest.raises(AssertionError, match="left behind"):
        broken.struck(look, Strike.DIED_BEFORE)


class Forgotten(flows.Recording):
    """A flow whose host forgets the event of a recorder that died."""

    def run(self, case: Case, worker: Worker) -> None:
        """Record an event that nobody delivers again."""
        case.events.clear()
        worker.darkroom.record.announced(case.ref.ref)


def test_an_image_that_nobody_knows_of_is_counted_as_lost(azurite: Azurite, wire: HttpTransport[Any, Any]) -> None:
    forgotten = Enumeration(Forgotten, azurite.connection, wire)
    with pytest.raises(KeyError):
        forgotten.struck(1, Strike.DIED_BEFORE)
    assert forgotten.tally.lost == 1


def test_a_lease_lapses_when_time_is_moved_on_and_a_later_one_is_live(
    azurite: Azurite, wire: HttpTransport[Any, Any]
) -> None:
    case = Case(azurite.connection, wire)
    first, second, third = (case.worker().darkroom.sweep._lock for _ in range(3))
    held = first.try_acquire("nightly", owner="timer/1")
    with pytest.raises(LockHeld):
        second.try_acquire("nightly", owner="timer/2")
    case.time.go(LAPSE_SECONDS)
    assert held.lost
    assert not second.try_acquire("nightly", owner="timer/2").lost
    with pytest.raises(LockHeld):
        third.try_acquire("nightly", owner="timer/3")
