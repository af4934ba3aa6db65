"""Workers whose clocks are off by ten seconds and run at double or half speed: what the simulator does not show.

It draws clocks for which each promise holds. Here are slower ones, services whose clock is set, and how long one waits.

The only clock that a worker has is the monotonic one that it was given; what time it is, the service tells. So these
tests give each worker a clock that is wrong in its own way, and move the service's time in small steps.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

import pytest

from shared.clock import DATE_STEP as CORRECTED_BEYOND
from shared.errors import Conflict, Stale
from shared.rules.jobs import State
from shared.steps.table_lock import Release
from shared.steps.work.held_claim import HeldClaim
from tests.doubles.reports import report
from tests.faults.skew import LEASE, MARGIN, PAIRS, SLOW, Skew
from tests.faults.skew_ground import BACKOFF_SECONDS, CHANCE, ClaimPrize, Ground, LockPrize, Prize, passing
from tests.simulation.service.clock import ServiceClock

STEP = 0.25
#: While nothing should happen.
LONG_STEP = 2.5
BEATING_SECONDS = 45.0
#: Two leases: a holder that lives renews six times.
ALIVE_SECONDS = 130.0
#: One of each speed.
RIVALS = (Skew(-10.0, 2.0), Skew(10.0, 1.0), Skew(0.0, 0.5))
DATE_STEP = timedelta(seconds=1)
DELAY = timedelta(seconds=BACKOFF_SECONDS * CHANCE)


@pytest.fixture(params=[ClaimPrize, LockPrize], ids=["claim", "lock"], scope="module")
def prize(request: pytest.FixtureRequest) -> Prize:
    """Give what workers are after."""
    return request.param  # type: ignore[no-any-return] # a fixture's parameter has no type


def succession(make: Prize, holder: Skew, rival: Skew, *, start: float) -> timedelta:
    """Let a holder renew its lease for a while and die, and a rival try at each step.

    Args:
        make: What they are after.
        holder: Who dies.
        rival: Who follows.
        start: Seconds of the service's time before anything happens.

    Returns:
        From the holder's last write to the takeover, by the service's clock.
    """
    ground = Ground()
    prize, clock = make(ground), ground.clock
    clock.go(start)
    first, second = ground.process(holder), ground.process(rival)
    assert prize.take(first) is not None
    for _ in passing(clock, BEATING_SECONDS, step=LONG_STEP):
        first.heartbeat.beat()
    written_at = prize.written_at()
    for _ in dying(clock, since=clock.now() - written_at):
        if prize.take(second) is not None:
            ground.prove()
            return clock.now() - written_at
    raise AssertionError(f"{holder} then {rival}: never taken over")


def dying(clock: ServiceClock, *, since: timedelta) -> Iterator[None]:
    """Let time pass until well after the end of a lease, in small steps where it ends."""
    quiet = (LEASE - since).total_seconds() - 3
    return chain(passing(clock, quiet, step=LONG_STEP), passing(clock, 20, step=STEP))


def test_nothing_is_stolen_from_a_holder_at_half_speed_whose_heart_beats(prize: Prize) -> None:
    for skew in SLOW:
        ground = Ground()
        after, holder, rivals = prize(ground), ground.process(skew), [ground.process(rival) for rival in RIVALS]
        held = after.take(holder)
        assert held is not None
        for _ in passing(ground.clock, ALIVE_SECONDS, step=LONG_STEP):
            holder.heartbeat.beat()
            assert not held.lost, skew
            assert [after.take(rival) for rival in rivals] == [None] * len(rivals), skew
        ground.prove()


def test_a_dead_holder_is_followed_within_lease_and_margin_and_a_second_and_not_before(prize: Prize) -> None:
    for number, (holder, rival) in enumerate(PAIRS):
        waited = succession(prize, holder, rival, start=STEP * (number % 4))
        assert LEASE + MARGIN < waited <= LEASE + MARGIN + DATE_STEP, f"{holder} then {rival}"


@dataclass
class Handover:
    """How a job that was retried has been claimed again; moments are the service's.

    Attributes:
        given_back: When the first has given it back.
        not_before: As the first has written it.
        claimed_at: When the next one has got it.
    """

    given_back: datetime
    not_before: datetime
    claimed_at: datetime


def hand_over(holder: Skew, rival: Skew, *, start: float) -> Handover:
    """Let a worker give its job back with a delay, and another try for it at each step."""
    ground = Ground()
    clock = ground.clock
    clock.go(start)
    first, second = ground.process(holder), ground.process(rival)
    attempt = first.claims.begin(ground.job_id, owner="queue/1")
    for _ in passing(clock, 25, step=LONG_STEP):
        first.heartbeat.beat()
    assert attempt.retry("busy", "Later.").job.state is State.PENDING
    given_back, not_before = clock.now(), ground.row().job.not_before
    assert not_before is not None
    quiet = (not_before - clock.now()).total_seconds() - 3
    for _ in chain(passing(clock, quiet, step=LONG_STEP), passing(clock, 20, step=STEP)):
        with suppress(Conflict):
            second.claims.begin(ground.job_id, owner="queue/2")
            ground.prove()
            return Handover(given_back, not_before, clock.now())
    raise AssertionError(f"{holder} then {rival}: never claimed again")


def test_a_retried_job_is_claimed_when_its_delay_is_over_and_not_before() -> None:
    for number, (holder, rival) in enumerate(PAIRS):
        one = hand_over(holder, rival, start=STEP * (number % 4))
        # between two replies a clock that runs too fast gets ahead, by no more than what is taken for a step of Date
        ahead = CORRECTED_BEYOND if rival.rate > 1 else timedelta(0)
        assert -ahead <= one.claimed_at - one.not_before <= DATE_STEP, f"{holder} then {rival}: {one}"
        assert one.claimed_at - one.given_back >= DELAY - DATE_STEP - ahead, f"{holder} then {rival}: {one}"


@pytest.mark.parametrize("first_to_commit", ["the one who is late", "the one who came after"])
def test_of_two_who_believe_in_the_lease_the_second_alone_commits(first_to_commit: str) -> None:
    for skew in SLOW:
        ground = Ground()
        late, after = both(ground, ClaimPrize(ground), skew)
        assert (late.lost, after.lost) == (False, False)
        order = [late, after] if first_to_commit == "the one who is late" else [after, late]
        ends = {attempt: commits(attempt) for attempt in order}
        assert (ends[late], ends[after], ground.ledger.commits[ground.job_id]) == (False, True, 1)
        ground.prove()


def test_of_two_who_believe_in_a_lock_the_first_leaves_it_to_the_second() -> None:
    for skew in SLOW:
        ground = Ground()
        late, after = both(ground, LockPrize(ground), skew)
        assert (late.lost, after.lost) == (False, False)
        assert late.release() is Release.TAKEN_OVER
        after.renew()
        assert (after.lost, ground.lock_row().lock) == (False, after.lock)
        ground.prove()


def commits(claim: HeldClaim) -> bool:
    """Commit; say whether that stands."""
    with suppress(Stale):
        claim.complete(report())
        return True
    return False


def both(ground: Ground, prize: Any, skew: Skew) -> tuple[Any, Any]:  # noqa: ANN401 - two of a kind, by the prize
    """Let a worker whose clock is slow hold on without a heartbeat until another has got in."""
    held = prize.take(ground.process(skew))
    ground.clock.go((LEASE + MARGIN + DATE_STEP).total_seconds())
    return held, prize.take(ground.process(Skew()))


def test_a_service_that_sets_its_clock_back_keeps_rivals_out_for_as_long(prize: Prize) -> None:
    ground = Ground()
    after, rival, began = prize(ground), ground.process(Skew(10.0, 2.0)), ground.clock.seconds
    held = after.take(ground.process(Skew()))
    assert held is not None
    ground.clock.correct(-30)
    for _ in passing(ground.clock, 100, step=1):
        if after.take(rival) is not None:
            break
    assert (ground.clock.seconds - began, held.lost) == (LEASE.total_seconds() + MARGIN.total_seconds() + 31, True)
    ground.prove()


def test_a_service_that_sets_its_clock_forward_may_end_a_lease_but_one_commits() -> None:
    ground = Ground()
    prize = ClaimPrize(ground)
    early = prize.take(ground.process(Skew()))
    ground.clock.correct((LEASE + MARGIN + DATE_STEP).total_seconds())
    after = prize.take(ground.process(Skew()))
    assert early is not None
    assert after is not None
    assert [early.lost, commits(early), commits(after)] == [False, False, True]
    assert ground.ledger.commits[ground.job_id] == 1
    ground.prove()
