"""Which of all schedules a run tries: all of them, or every day those that say something of their own."""

import os
from collections.abc import Iterator, Sequence
from itertools import groupby

from tests.faults import enumeration_flows as flows
from tests.faults import enumeration_locks as locks
from tests.faults import enumeration_rejected as rejected
from tests.faults import enumeration_walks as walks
from tests.faults.enumeration import Strike
from tests.faults.enumeration_wire import reads

Schedule = tuple[int, str, Strike]

MAIN: frozenset[type[flows.Flow]] = frozenset({flows.Recording, flows.Analysis})
FEW = frozenset({Strike.DIED_BEFORE, Strike.DIED_AFTER, Strike.REPLY_LOST, Strike.PAUSED_BEFORE})
#: Where so many requests follow each other, these are enough, one at each.
FEWER = frozenset({Strike.DIED_BEFORE, Strike.PAUSED_BEFORE})
#: Walks that only the long run takes: others send the same requests, over fewer pages.
FAR: frozenset[type[flows.Flow]] = frozenset({walks.ReconcilingAnnounced, walks.ReconcilingPast})
LONG: frozenset[type[flows.Flow]] = frozenset(
    {
        walks.Reconciling,
        *FAR,
        walks.Purging,
        walks.PurgingRedriven,
    }
)
#: Together they send every read that there is, beside those of the main flows and of the longest.
HEARD: frozenset[type[flows.Flow]] = frozenset(
    {
        flows.Resending,
        flows.Superseding,
        rejected.RejectingAgain,
        locks.Locking,
    }
)


def every() -> bool:
    """Say whether this run tries every fault at every request of every flow."""
    return bool(os.environ.get("DARKROOM_EVERY_STRIKE"))


def chosen(flow: type[flows.Flow], schedules: Sequence[Schedule]) -> list[Schedule]:
    """Return the schedules of a flow that this run tries, at least one at each request."""
    if every():
        return list(schedules)
    own = distinct(schedules)
    if flow in MAIN:
        return own
    if flow in LONG:
        return list(in_turn([one for one in own if one[2] in FEWER] or own))
    some = [one for one in own if one[2] in FEW] or own
    some = list(heard_once(some)) if flow in HEARD else [one for one in some if not _read_again(one)]
    lost = [one for one in some if one[2] is Strike.REPLY_LOST]
    return sorted([*lost, *in_turn(_unlost(some))], key=lambda one: one[0])


def distinct(schedules: Sequence[Schedule]) -> list[Schedule]:
    """Leave out the deaths that others say as well.

    Of a process that is no more nothing is left but what it has written: whoever dies before a read, or behind a write,
    leaves what is left before the next write. So these, and the one behind the last write, are all that there are.
    """
    last = max((nth for nth, label, _ in schedules if not reads(label)), default=0)
    return [
        (nth, label, strike)
        for nth, label, strike in schedules
        if not strike.kills or nth == last or (strike is Strike.DIED_BEFORE and not reads(label))
    ]


def heard_once(schedules: Sequence[Schedule]) -> Iterator[Schedule]:
    """Yield them, of the lost replies to like reads only the first: the SDK asks again, whoever has asked."""
    heard: set[str] = set()
    for one in schedules:
        if not _read_again(one):
            yield one
        elif one[1] not in heard:
            heard.add(one[1])
            yield one


def _unlost(schedules: Sequence[Schedule]) -> list[Schedule]:
    return [one for one in schedules if one[2] is not Strike.REPLY_LOST]


def _read_again(one: Schedule) -> bool:
    return one[2] is Strike.REPLY_LOST and reads(one[1])


def in_turn(schedules: Sequence[Schedule]) -> Iterator[Schedule]:
    """Yield one for each request; what there is for like requests takes turns."""
    turns: dict[str, int] = {}
    for _, at in groupby(schedules, key=lambda one: one[0]):
        those = list(at)
        label = those[0][1]
        yield those[turns.get(label, 0) % len(those)]
        turns[label] = turns.get(label, 0) + 1
