"""What must hold of every transaction as it is applied: what heals later was wrong all the same.

Each promise is a function over one transaction: the rows that it has written, as they were and as they stand. None
knows code of production.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from tests.simulation.columns import index_of, moment, of_move
from tests.simulation.faults import Fault
from tests.simulation.operations import Operation, Place
from tests.simulation.rules import FROM_OUTSIDE, LIVE, OURS, Row, code_of
from tests.simulation.service.clock import ServiceClock
from tests.simulation.transactions import Transaction
from tests.simulation.wire import Passage

#: Rows that others may have moved since they were read; index rows and attempts go with their job's.
_GUARDED = ("job:", "key:", "mark:", "rejected:")
#: No job that waits is left longer than this after it may be claimed: the sweep's longest wait, and the longest grace.
_LONGEST_WAIT = timedelta(hours=2)
_STEP = timedelta(seconds=2)
#: Ends of attempts that count, whoever writes them.
_COUNTED = frozenset({"complete", "retry", "fail", "cancel", "supersede"})
#: A claim may be sent for so long until it is applied, and a process may hear so late what time it is.
_WAYS = timedelta(minutes=3)
#: So late where nothing has held it up: it may have been sent again and again.
_TRIES = timedelta(seconds=40)


def guards(one: Transaction) -> Iterator[str]:
    """Nobody writes over a row, or deletes it, as others may have left it."""
    for each in one.operations:
        shared = each.row.startswith(_GUARDED) or "locks" in each.table
        if shared and each.verb != "insert" and each.match in ("", "*"):
            yield f"{each.row}: {each.verb} without its ETag"


def claims(one: Transaction) -> Iterator[str]:
    """A claim raises token and attempts by one, begins in time, and moves the due row behind the lease."""
    for place, before, after in one.moves():
        if after["state"] != "RUNNING" or after.get("claim_id") == before.get("claim_id"):
            continue
        if after["token"] != before["token"] + 1 or after["attempts"] != before["attempts"] + 1:
            yield f"{place[2]}: claimed with token {after['token']} and attempts {after['attempts']} after {before}"
        if after["attempts"] - after["attempts_base"] > after["max_attempts"]:
            yield f"{place[2]}: claimed with no attempts left"
        if moment(before, "not_before") > one.now + one.drift + _STEP:
            yield f"{place[2]}: claimed at {one.now}, before {before['not_before']}"
        if "deadline" in before and moment(before, "deadline") < one.now - one.drift - one.late:
            yield f"{place[2]}: claimed at {one.now}, when its time was over at {before['deadline']}"
        if moment(after, "due") < moment(after, "started") + timedelta(seconds=after["lease_seconds"]):
            yield f"{place[2]}: due at {after['due']}, while its lease lasts"


def attempt_counts(one: Transaction) -> Iterator[str]:
    """Attempts don't count again only where that is allowed."""
    outcomes = {each.row: each.columns.get("outcome") for each in one.operations if each.row.startswith("try:")}
    for place, before, after in one.moves():
        freed = after["attempts_base"] - before["attempts_base"]
        outcome = outcomes.get(f"try:{place[2][4:]}:{before['token']:010d}")
        external = not str(before.get("owner", "")).startswith(OURS)
        if outcome == "abandon" and not external and freed != 1:
            yield f"{place[2]}: an attempt that an outage has ended counts"
        claimed = after["state"] == "RUNNING" and after.get("claim_id") != before.get("claim_id")
        if not claimed and after["attempts"] != before["attempts"]:
            yield f"{place[2]}: attempts {after['attempts']} after {before['attempts']}, and nobody has claimed it"
        if freed and outcome in _COUNTED:
            yield f"{place[2]}: {freed} of its attempts are counted no more by its {outcome}"
        mine = one.claimants.get(place) == one.sender.partition("/")[0]
        if freed and outcome != "abandon" and before["state"] in LIVE and not mine:
            yield f"{place[2]}: an attempt of {one.claimants.get(place)} was taken back by {one.sender}"


def fencing(one: Transaction) -> Iterator[str]:
    """Whoever ends another's job raises the token, and gives its own reason."""
    for place, before, after in one.moves():
        if before["state"] not in LIVE or after["state"] in LIVE:
            continue
        outside = after["state"] == "CANCELED" or code_of(after) in FROM_OUTSIDE
        if outside and after["token"] != before["token"] + 1:
            yield f"{place[2]}: {code_of(after)} with token {after['token']} after {before['token']}"
        used = after["attempts"] - after["attempts_base"] >= after["max_attempts"]
        late = "deadline" in after and moment(after, "deadline") <= one.now + one.drift + _STEP
        if code_of(after) in FROM_OUTSIDE and not used and not late:
            yield f"{place[2]}: {code_of(after)}, and it has attempts and time left"


def whole(one: Transaction) -> Iterator[str]:
    """A job has one index row, an open attempt and a claim only while it runs, and is never left for long."""
    for place in one.before:
        if not place[2].startswith("job:"):
            continue
        row, index = one.rows.get(place), one.of_job(place, "due:", "end:")
        opened = [one.rows[each] for each in one.of_job(place, "try:") if "outcome" not in one.rows[each]]
        if row is None:
            if index or one.of_job(place, "try:"):
                yield f"{place[2]}: deleted, and {index or one.of_job(place, 'try:')} left behind"
            continue
        running = row["state"] == "RUNNING"
        if [each[2] for each in index] != [index_of(row, place[2][4:])]:
            yield f"{place[2]}: {row['state']}, listed by {index}"
        elif row["state"] in LIVE and not one.is_earlier and one.rows[index[0]].get("running") != running:
            yield f"{place[2]}: {row['state']}, listed as {one.rows[index[0]]}"
        if len(opened) != running or running != ("claim_id" in row):
            yield f"{place[2]}: {row['state']}, with {len(opened)} attempts under way"
        if row["state"] == "PENDING" and moment(row, "due") > max(one.now, moment(row, "not_before")) + _LONGEST_WAIT:
            yield f"{place[2]}: waits until {row['due']}"


def single_moves(one: Transaction) -> Iterator[str]:
    """Each move changes what it must, and nothing else."""
    for place, before, after in one.moves():
        yield from (f"{place[2]}: {wrong}" for wrong in of_move(before, after, slack=one.drift + _STEP))


def key_rows(one: Transaction) -> Iterator[str]:
    """A key row names a job that has its version, or has had it."""
    for each in one.operations:
        row = one.rows.get(each.place, {})
        if not each.row.startswith("key:") or not row:
            continue
        job = one.rows.get((each.table, each.partition, f"job:{row['job_id']}"))
        versions = () if job is None else (job.get("version", ""), job.get("retagged"))
        if job is not None and (job["ref"] != row["ref"] or row["version"] not in versions):
            yield f"{each.row}: it names {row['job_id']} for {row['version']}, which is of {versions}"
        if job is None and "final_state" not in row:
            yield f"{each.row}: it names {row['job_id']}, which does not stand"


def single(one: Transaction) -> Iterator[str]:
    """At most one job of a reference lives, and it is the one that the key row names."""
    for place in one.before:
        row = one.rows.get(place, {})
        if not place[2].startswith("job:") or row.get("state") not in LIVE or not row.get("unique", True):
            continue
        twins = [other[2] for other, each in one.rows.items() if other[2].startswith("job:") and _rival(row, each)]
        if len(twins) > 1:
            yield f"{row['ref']}: {len(twins)} jobs live at once: {twins}"
        named = [each["job_id"] for other, each in one.rows.items() if other[2].startswith("key:")]
        if place[2][4:] not in named:
            yield f"{place[2]}: lives, and no key row names it"


def known_versions(one: Transaction) -> Iterator[str]:
    """A version that the key row names is not recorded again, not even when its job is purged."""
    named = {row.get("job_id") for place, row in one.before.items() if place[2].startswith("key:") and row}
    for place, before in one.before.items():
        if place[2].startswith("job:") and not before and place in one.rows and place[2][4:] in named:
            yield f"{place[2]}: recorded again, and the key row knows it"


def _rival(row: Row, other: Row) -> bool:
    same = (row["type"], row["ref"]) == (other["type"], other["ref"])
    return same and other["state"] in LIVE and bool(other.get("unique", True))


def replacements(one: Transaction) -> Iterator[str]:
    """A version is superseded in the transaction that makes another one live; its own worker may end it so later."""
    live = {
        str(after["ref"]) for place, after in one.rows.items() if place in one.before and after.get("state") in LIVE
    }
    home = one.sender.partition("/")[0]
    for place, before, after in one.moves():
        fresh = before["state"] in LIVE and after["state"] == "CANCELED" and code_of(after) == "superseded"
        if fresh and after["ref"] not in live and (before["state"] == "PENDING" or one.claimants.get(place) != home):
            yield f"{place[2]}: superseded, and by nothing that lives"


def deletions(one: Transaction) -> Iterator[str]:
    """Jobs go by purge when their time is over, or by hand; a reference is forgotten by hand alone."""
    act = one.sender.partition("/")[2]
    for place, before in one.before.items():
        if place in one.rows or not before:
            continue
        if place[2].startswith("key:") and "forget" not in act:
            yield f"{place[2]}: deleted by {one.sender}"
        by_hand = "remove" in act or "forget" in act
        if place[2].startswith("job:") and not by_hand and not (one.purges and "purge" in act):
            yield f"{place[2]}: deleted by {one.sender}, and its retention is not over"
        if place[2].startswith("rejected:") and "purge" in act:
            yield f"{place[2]}: deleted by {one.sender}, and its retention is not over"
        if "locks" in place[0]:
            yield f"lock {place[2]}: deleted"


def locks(one: Transaction) -> Iterator[str]:
    """Who takes a lock raises its token; who lets go of one has held it."""
    for place, before in one.before.items():
        after = one.rows.get(place, {})
        if "locks" not in place[0] or not before or not after:
            continue
        taken = after.get("owner") not in (None, before.get("owner"))
        if taken and after["token"] != before["token"] + 1:
            yield f"lock {place[2]}: taken with token {after['token']} after {before['token']}"
        if not taken and after["token"] != before["token"]:
            yield f"lock {place[2]}: token {after['token']} after {before['token']}"
        home = one.sender.partition("/")[0]
        if after.get("owner") is None and one.claimants.get(place, home) != home:
            yield f"lock {place[2]}: held by {one.claimants[place]}, let go by {one.sender}"


def rejected(one: Transaction) -> Iterator[str]:
    """A text is rejected as naming an unknown job only if it names a job."""
    for each in one.operations:
        text = str(one.rows.get(each.place, {}).get("text", ""))
        unknown = each.row.startswith("rejected:") and each.columns.get("code") == "unknown_job"
        if unknown and text and "image-analysis-" not in text and "external-" not in text:
            yield f"{each.row}: {text} was rejected as an unknown job"


_PROMISES: tuple[Callable[[Transaction], Iterator[str]], ...] = (
    guards,
    claims,
    attempt_counts,
    fencing,
    whole,
    single_moves,
    key_rows,
    single,
    known_versions,
    replacements,
    deletions,
    locks,
    rejected,
)


@dataclass
class Promises:
    """Hold every promise against each transaction.

    Attributes:
        clock: The services'.
        drift: By which the front ends' clocks may be off.
        purges: Whether retention is over at once.
        claimants: By job and lock, the process that has claimed it last.
    """

    clock: ServiceClock
    drift: timedelta
    purges: bool
    claimants: dict[Place, str] = field(default_factory=dict)

    def violations(
        self, passage: Passage, written: Sequence[Operation], before: Mapping[Place, Row], rows: Mapping[Place, Row]
    ) -> list[str]:
        """Say which promises a transaction has broken.

        Args:
            passage: That has brought it.
            written: Its operations.
            before: The rows of these as they were.
            rows: All rows as they stand.
        """
        sender, fast = passage.sender.name, getattr(passage.clock, "rate", 1.0) > 1
        drift = self.drift + _WAYS if fast else self.drift  # it runs ahead for as long as it hears nothing
        home, stopped = passage.sender.home, self.clock.seconds - _WAYS.total_seconds()
        prompt = passage.fault is Fault.NONE and not fast and home.stopped_until < stopped
        late = _TRIES if prompt else _WAYS
        now, claimants = self.clock.now(), dict(self.claimants)
        is_earlier = getattr(home, "is_earlier", False)
        one = Transaction(sender, now, written, before, rows, drift, late, self.purges, claimants, is_earlier)
        wrong = [sentence for promise in _PROMISES for sentence in promise(one)]
        for place, row in before.items():
            after = rows.get(place, {})
            claim = after.get("claim_id") or ("locks" in place[0] and after.get("owner"))
            if claim and claim not in (row.get("claim_id"), row.get("owner")):
                self.claimants[place] = sender.partition("/")[0]
        return wrong
