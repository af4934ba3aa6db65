"""Faults in a worker outside Functions: what it does with the messages in its hand, its chores, and its end."""

from tests.simulation.planting import fault

_CONSUMER = "shared.worker.consumer:Consumer"
_FOLLOW = f"{_CONSUMER}._follow"
_CARRY = f"{_CONSUMER}._carry"
_SWEEP = "shared.steps.upkeep.sweep:Sweep.sweep"

WORKERS = (
    fault(
        "a worker deletes a message before its work is done",
        (
            _FOLLOW,
            "            act(message.body)\n            self.queue.delete(held.retire())\n",
            "            self.queue.delete(held.retire())\n            act(message.body)\n",
        ),
    ),
    fault(
        "a worker deletes a message although its work has raised",
        (_FOLLOW, "self._give_back(held, RETRY_AFTER)", "self.queue.delete(held.retire())"),
    ),
    fault(
        "an outage of the work is taken for its end by a worker",
        (
            _FOLLOW,
            "            act(message.body)\n",
            "            try:\n                act(message.body)\n            except Outage:\n                pass\n",
        ),
    ),
    fault(
        "a worker leaves a message that has failed until it is hidden no longer",
        (_FOLLOW, "self._give_back(held, RETRY_AFTER)", "held.retire()"),
    ),
    fault(
        "a worker renews a message by its first receipt",
        (f"{_CONSUMER}._hide", "return self.queue.hide(message", "return message if self.queue.hide(message"),
        (f"{_CONSUMER}._hide", "timeout=left())", "timeout=left()) else message"),
    ),
    fault(
        "a worker does not renew a message",
        (
            f"{_CONSUMER}._hide",
            "return self.queue.hide(message, self._hide_time, timeout=left())",
            "return message if left() else message",
        ),
    ),
    fault(
        "a worker counts the time of a message from the reply",
        (f"{_CONSUMER}._poll", "sent_at=sent_at", "sent_at=self.polled_at or sent_at"),
    ),
    fault(
        "a worker hides messages for less than it believes",
        (f"{_CONSUMER}._poll", "hidden=self._hide_time", "hidden=self._hide_time / 2"),
    ),
    fault(
        "a worker that stops shows what it works on to others",
        (f"{_CONSUMER}._hide", "self._hide_time,", "self._hide_time * (not self._is_stopping),"),
    ),
    fault(
        "a worker that stops drops what it has in hand",
        (_CARRY, "self._give_back(held, timedelta(0))", "held.retire()"),
    ),
    fault("a worker that stops begins what it has in hand", (_CARRY, "if self._is_stopping:", "if held.lost:")),
    fault(
        "a worker takes a message that it has lost for done",
        (
            _CARRY,
            "elif not held.lost:",
            "elif held.lost:\n                self.queue.delete(held.retire())\n            else:",
        ),
    ),
    fault("a worker works on a message that it has lost", (_CARRY, "elif not held.lost:", "else:")),
    fault("a worker buries what may be received once more", (_FOLLOW, ".dequeue_count >", ".dequeue_count >=")),
    fault("a worker receives what was received too often", (_FOLLOW, ".dequeue_count >", ".dequeue_count > 9 +")),
    fault(
        "a worker that stops leaves its chores to their leases",
        (
            "shared.worker.chores:Chores.beside",
            "pools.enter_context(self.runtime.pool(1, chore.name))",
            "self.runtime.pool(1, chore.name)",
        ),
    ),
    fault(
        "a sweep takes no lock",
        (_SWEEP, "with self.lock.try_acquire(LOCK, owner=owner) as held:", "with self.runtime.lock():"),
        (_SWEEP, "held.lost or stop()", "stop()"),
        (_SWEEP, "held.note_end(self.clock.now())", "pass"),
    ),
    fault(
        "each process sweeps under a lock of its own", (_SWEEP, "try_acquire(LOCK,", "try_acquire(LOCK + owner[-4:],")
    ),
)
