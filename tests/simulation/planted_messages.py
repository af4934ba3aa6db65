"""Faults in what is sent to the queue: a message too many, and a due row that is not moved on."""

from tests.simulation.planting import fault

_RECORD = "shared.steps.intake.record:Record"
_SWEEP = "shared.steps.upkeep.backlog:Backlog._one"

MESSAGES = (
    fault(
        "the sweep sends the message before it has moved the due row on",
        (_SWEEP, "        now, lapsed =", "        self.announce.announce(row.job)\n        now, lapsed ="),
        (_SWEEP, "        self.announce.announce(moved.job, delay=delay)\n", "        del moved, delay\n"),
    ),
    fault("the sweep leaves the due row where it was", (_SWEEP, "due=now + self._wait(row)", "due=row.job.due or now")),
    fault(
        "a job's message is sent twice",
        (
            f"{_RECORD}._announce_job",
            "            self.announce.announce(row.job)",
            "            self.announce.announce(row.job)\n            self.announce.announce(row.job)",
        ),
    ),
    fault(
        "a message is sent for a duplicate as well",
        (
            f"{_RECORD}.record",
            "return self._log(RecordResult(added.job.id, Recording.DUPLICATE), ref.ref)",
            (
                "self.announce.announce(added.job)\n"
                "                return self._log(RecordResult(added.job.id, Recording.DUPLICATE), ref.ref)"
            ),
        ),
    ),
)
