"""Who meets whom: what stands there before, and what each of the two does."""

from contextlib import suppress

from shared.errors import Conflict, LockHeld, Stale
from shared.rules.jobs import JobError
from shared.steps.upkeep.turns import Turns
from tests.faults.crossings import ALWAYS, Act, Crossing, Pair
from tests.faults.enumeration import LAPSE_SECONDS
from tests.faults.enumeration_workers import Worker


def announce(case: Crossing, worker: Worker) -> object:
    """Take in the event of the image."""
    return worker.darkroom.record.record_event(case.ref.ref)


def receive(case: Crossing, worker: Worker) -> object:
    """Take in the messages in the host's hands."""
    return [worker.darkroom.receive.receive(body, owner="queue/1") for body in list(case.inbox)]


def retry(case: Crossing, worker: Worker) -> object:
    """Claim the job, and give it back after a failure that may pass."""
    with suppress(Conflict):
        return worker.darkroom.claims.begin(case.versions[0], owner="queue/1").retry("busy", "Later.")
    return None


def abandon(case: Crossing, worker: Worker) -> None:
    """Claim the job, and give it back for an outage."""
    with suppress(Conflict):
        claim = worker.darkroom.claims.begin(case.versions[0], owner="queue/1")
        claim.abandon(error=JobError("storage_out", "It was out.", worker.darkroom.clock.now()))


def late(act: Act) -> Act:
    """Return what does the same when every lease that was ever given has lapsed; when that is, is a step of its own."""

    def later(case: Crossing, worker: Worker) -> object:
        case.turn(ALWAYS)
        case.clock.go(LAPSE_SECONDS)
        return act(case, worker)

    return later


def bury(case: Crossing, worker: Worker) -> object:
    """Take in the same as the poison queue's."""
    return [worker.darkroom.bury.bury(body) for body in list(case.inbox)]


def overwrite(case: Crossing, worker: Worker) -> object:
    """Overwrite the image once more, and take in the event of that."""
    case.turn(ALWAYS)
    case.upload()
    return announce(case, worker)


def resend(case: Crossing, worker: Worker) -> object:
    """Send the message of a due job again, as a sweep does that has lost its lock."""
    turns = Turns()
    outcomes = worker.darkroom.sweep.backlog.send(case.versions[-1:], stop=lambda: False, turns=turns)
    assert turns.errors == []
    return outcomes


def lock(_: Crossing, worker: Worker) -> object:
    """Take a lock, renew it, and let it go."""
    with suppress(LockHeld, Stale), worker.darkroom.sweep.lock.try_acquire("nightly", owner="timer/1") as held:
        held.renew()
    return None


def sweep(_: Crossing, worker: Worker) -> object:
    """Sweep."""
    return worker.darkroom.sweep.sweep(owner="timer/1")


def cancel(case: Crossing, worker: Worker) -> object:
    """Cancel the newest job."""
    return worker.darkroom.cancel.cancel(case.versions[-1])


def redrive(case: Crossing, worker: Worker) -> object:
    """Open the oldest job again."""
    return worker.darkroom.redrive.redrive(case.versions[0])


def purge(_: Crossing, worker: Worker) -> object:
    """Purge what is past its retention."""
    return worker.darkroom.purge.purge(owner="timer/2")


def empty(_: Crossing) -> None:
    """Do nothing."""


def new(case: Crossing) -> None:
    """Upload an image of which nobody knows."""
    case.upload()


def waiting(case: Crossing) -> None:
    """Record it as well; its message is in the host's hands."""
    case.record()
    case.fetch()


def stale(case: Crossing) -> None:
    """Overwrite it then."""
    waiting(case)
    case.upload()


def overdue(case: Crossing) -> None:
    """Let its due row come up."""
    waiting(case)
    case.clock.go(LAPSE_SECONDS)


def lost(case: Crossing) -> None:
    """Lose the message as well."""
    overdue(case)
    case.inbox.clear()


def dead(case: Crossing) -> None:
    """Claim the job, and die; its lease has lapsed."""
    waiting(case)
    case.worker("message").darkroom.claims.begin(case.versions[0], owner="queue/0")
    case.clock.go(LAPSE_SECONDS)


def canceled(case: Crossing) -> None:
    """Cancel the job; its message is lost."""
    case.record_without_message()
    case.user.darkroom.cancel.cancel(case.versions[0])


def canceled_and_stale(case: Crossing) -> None:
    """Overwrite the image then."""
    canceled(case)
    case.upload()


def past_retention(case: Crossing) -> None:
    """Cancel the job, and let its retention pass."""
    canceled(case)
    case.clock.go(2.0)


def purged(case: Crossing) -> None:
    """Purge it then."""
    past_retention(case)
    case.worker("purge").darkroom.purge.purge(owner="timer/2")


_PURGES = tuple((f"RETENTION_{state}_DAYS", "0") for state in ("COMPLETED", "FAILED", "CANCELED"))
_ONCE = (("MAX_ATTEMPTS", "1"),)

PAIRS = {
    "one event twice": Pair(new, (("event", announce), ("event", announce))),
    "one message twice": Pair(waiting, (("message", receive), ("message", receive))),
    "a message and its poison": Pair(
        dead, (("message", receive), ("poison", bury)), _ONCE, ("attempts_exhausted", "poison")
    ),
    "a worker and its poison": Pair(waiting, (("message", receive), ("poison", bury)), _ONCE, ("poison",)),
    "a worker and who sends its job again": Pair(overdue, (("sweep", resend), ("message", receive))),
    "a worker and who takes over": Pair(waiting, (("message", receive), ("message", late(receive)))),
    "who tries again later, and who takes over": Pair(waiting, (("message", retry), ("message", late(receive)))),
    "who gives back, and who takes over": Pair(waiting, (("message", abandon), ("message", late(receive)))),
    "a worker and the event of an overwrite": Pair(stale, (("event", announce), ("message", receive))),
    "two events of an overwrite": Pair(stale, (("event", announce), ("event", announce))),
    "an overwrite and another": Pair(stale, (("event", announce), ("event", overwrite))),
    "a worker and who cancels": Pair(waiting, (("cancel", cancel), ("message", receive))),
    "two who redrive": Pair(canceled, (("redrive", redrive), ("redrive", redrive))),
    "who redrives, and an overwrite": Pair(canceled_and_stale, (("redrive", redrive), ("event", announce))),
    "who redrives and who purges": Pair(past_retention, (("redrive", redrive), ("purge", purge)), _PURGES),
    "one event twice, of a job that is purged": Pair(purged, (("event", announce), ("event", announce)), _PURGES),
    "two who send a due job again": Pair(lost, (("sweep", resend), ("sweep", resend))),
    "two who take a lock": Pair(empty, (("sweep", lock), ("sweep", lock))),
    "who holds a lock, and who takes over": Pair(empty, (("sweep", lock), ("sweep", late(lock)))),
    "two sweeps": Pair(lost, (("sweep", sweep), ("sweep", sweep)), (("DISPATCH", "queue"),)),
}
