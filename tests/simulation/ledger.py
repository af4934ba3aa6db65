"""What was really written: each row as the table service has obeyed, in order. It judges as it writes.

Nothing here reads a row back: a request that was obeyed says by itself what stands. No code of production is used.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from tests.simulation.operations import Operation, Place, operations
from tests.simulation.promises import Promises
from tests.simulation.service.exchange import Reply
from tests.simulation.wire import Passage

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")
_OK = 300
_LIVE = frozenset({"PENDING", "RUNNING"})
#: Seconds that clocks lose by rounding.
_SLACK = 0.001
#: Where a job may go from where; itself in each state but for the ends that nothing touches.
_ALLOWED = {
    "PENDING": {"PENDING", "RUNNING", "FAILED", "CANCELED"},
    "RUNNING": {"RUNNING", "PENDING", "COMPLETED", "FAILED", "CANCELED"},
    "COMPLETED": {"COMPLETED"},
    "FAILED": {"PENDING", "FAILED"},
    "CANCELED": {"PENDING", "CANCELED"},
}
#: Ends of a job that say that code of production has failed.
_CRASHES = frozenset({"unexpected_error", "handler_crashed", "result_no_json", "result_too_large"})


@dataclass
class Belief:
    """Until when a holder believes in its lease, at most.

    Attributes:
        home: Its process; its name.
        until: The process's own monotonic second.
        clock: Of the process.
        token: Of the lease.
    """

    home: str
    until: float
    clock: Callable[[], float]
    token: int


@dataclass
class Ledger:
    """Rows as they stand, and what was wrong on their way.

    Attributes:
        promises: Held against each transaction.
        margin: Seconds that a holder keeps back from its lease.
        locks: Name of the table of locks.
        rows: By place.
        commits: How often each life of a job was committed: by id and number of the life.
        claims: How often each job was claimed.
        lives: How often each job id was added.
        wrong: Sentences.
        alive: Says whether a process still runs, by name.
        sound: Whether clocks are as the promises ask for.
        hopes: Until when a process may believe in a lease, by its own clock; by process and place.
        versions: ETags of each blob, in the order of their writes.
        digests: SHA-256 of each version's bytes, by reference and ETag.
        graves: Jobs that were deleted, as they stood last.
        forgotten: References whose key row was deleted, or whose job was by hand.
        claimants: Processes that have claimed a job.
    """

    promises: Promises
    margin: float
    locks: str
    alive: Callable[[str], bool]
    sound: bool = True
    rows: dict[Place, dict[str, Any]] = field(default_factory=dict)
    commits: Counter[tuple[str, int]] = field(default_factory=Counter)
    claims: Counter[str] = field(default_factory=Counter)
    lives: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    beliefs: dict[Place, Belief] = field(default_factory=dict)
    hopes: dict[tuple[str, Place], float] = field(default_factory=dict)
    versions: dict[str, list[str]] = field(default_factory=dict)
    digests: dict[tuple[str, str], str] = field(default_factory=dict)
    graves: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    claimants: set[str] = field(default_factory=set)

    def __call__(self, passage: Passage, reply: Reply) -> None:
        """Take in a request that the services have answered."""
        if reply.status >= _OK:
            return
        if passage.request.service == "blob":
            self._blob(passage, reply)
        written = operations(passage.request)
        if written and all(int(status) < _OK for status in _STATUS.findall(reply.body)):
            before = {each.place: self.rows.get(each.place, {}) for each in written}
            for each in written:
                self._write(each)
            for place, row in before.items():
                self._judge(passage, place, row, self.rows.get(place, {}))
            self.wrong += self.promises.broken(passage.sender.name, written, before, self.rows)

    def go_on(self, home: str, now: float, ref: str, version: str) -> None:
        """Take in that a worker works on; one whose lease is over by its own clock must not.

        Args:
            home: Its process.
            now: By the process's own clock.
            ref: The image.
            version: Its version.
        """
        for place, row in self.rows.items():
            if place[2].startswith("job:") and (row["ref"], row.get("version")) == (ref, version):
                until = self.hopes.get((home, place), now)
                if now > until + _SLACK:
                    self.wrong.append(f"{place[2]}: {home} works on {now - until:.3f} s after its lease")

    def jobs(self) -> Mapping[str, Mapping[str, Any]]:
        """Return all job rows by id, in the order of their making."""
        return {place[2][4:]: row for place, row in self.rows.items() if place[2].startswith("job:")}

    def live(self) -> Sequence[str]:
        """Return the ids of jobs that wait or run."""
        return [job_id for job_id, row in self.jobs().items() if row["state"] in _LIVE]

    def dues(self) -> Sequence[float]:
        """Return the moments at which the sweep must look, Unix seconds."""
        return [int(place[2].split(":")[1]) / 1000 for place in self.rows if place[2].startswith("due:")]

    def _write(self, operation: Operation) -> None:
        columns = {name: value for name, value in operation.columns.items() if "@" not in name}
        if operation.verb == "delete":
            self.rows.pop(operation.place, None)
        elif operation.verb == "merge":
            self.rows.setdefault(operation.place, {}).update(columns)
        else:
            self.rows[operation.place] = columns

    def _blob(self, passage: Passage, reply: Reply) -> None:
        if passage.request.method in ("PUT", "PATCH") and "ETag" in reply.headers:
            ref, etag = "/".join(passage.request.segments), reply.headers["ETag"].strip('"')
            order = self.versions.setdefault(ref, [])
            same = "comp" in passage.request.query and order  # its metadata were written: the bytes are as they were
            digest = self.digests.get((ref, order[-1]), "") if same else sha256(passage.request.body).hexdigest()
            self.digests[ref, etag] = digest
            order.append(etag)
        if passage.request.method == "DELETE":
            self._judge_thumbnail(passage)

    def _judge_thumbnail(self, passage: Passage) -> None:
        """What a job's report shows, or its worker has just written, is nobody's to delete."""
        job_id, _, name = passage.request.segments[-1].partition("/")
        row, sender = self.jobs().get(job_id, {}), passage.sender.name
        shown = row.get("state") == "COMPLETED" and not (self.promises.purges and "purge" in sender)
        if name.partition(".")[0] == str(row.get("token")) and (shown or row.get("state") == "RUNNING"):
            self.wrong.append(f"{job_id}: {row['state']}, and {sender} has deleted its thumbnail {name}")

    def _judge(self, passage: Passage, place: Place, before: dict[str, Any], after: dict[str, Any]) -> None:
        if place[2].startswith("job:"):
            self._judge_job(passage, place, before, after)
        elif place[2].startswith("key:"):
            self._judge_key(place, before, after)
        elif place[0] == self.locks:
            self._judge_lock(passage, place, before, after)

    def _judge_job(self, passage: Passage, place: Place, before: dict[str, Any], after: dict[str, Any]) -> None:
        job_id = place[2][4:]
        if not after:
            self._bury(job_id, place, before)
        elif not before:
            self.lives[job_id] += 1
        else:
            self._judge_move(job_id, before, after)
            self._judge_commit(passage, place, before, after)
            self._judge_holder(passage, place, before, after)

    def _bury(self, job_id: str, place: Place, before: dict[str, Any]) -> None:
        self.beliefs.pop(place, None)
        self.graves[job_id, self.lives[job_id]] = before
        if before["state"] in _LIVE:
            self.wrong.append(f"{job_id}: deleted while it was {before['state']}")

    def _judge_move(self, job_id: str, before: dict[str, Any], after: dict[str, Any]) -> None:
        for column in ("token", "attempts"):
            if after[column] < before[column]:
                self.wrong.append(f"{job_id}: {column} fell from {before[column]} to {after[column]}")
        if after["state"] not in _ALLOWED[before["state"]]:
            self.wrong.append(f"{job_id}: from {before['state']} to {after['state']}")
        if before["state"] == "COMPLETED" and after.get("report") != before.get("report"):
            self.wrong.append(f"{job_id}: its report was changed")
        if _code(after) in _CRASHES:
            self.wrong.append(f"{job_id}: {_code(after)}: {after['error']}")
        if after["state"] == "COMPLETED" and after.get("version"):
            self._judge_bytes(job_id, after)

    def _judge_bytes(self, job_id: str, row: dict[str, Any]) -> None:
        """The result of an image is that of the bytes of its version, and of any that it stands for as well."""
        seen = json.loads(row["report"]).get("source", {}).get("sha256")
        for version in filter(None, (row["version"], row.get("retagged"))):
            if self.digests.get((row["ref"], version), seen) != seen:
                self.wrong.append(f"{job_id}: its result is not of the bytes of {version}")

    def _judge_commit(self, passage: Passage, place: Place, before: dict[str, Any], after: dict[str, Any]) -> None:
        """A commit comes once, and from the last one who has claimed."""
        if after["state"] != "COMPLETED" or before["state"] == "COMPLETED":
            return
        life = place[2][4:], self.lives[place[2][4:]]
        self.commits[life] += 1
        if self.commits[life] > 1:
            self.wrong.append(f"{place[2]}: committed {self.commits[life]} times")
        holder = self.beliefs.get(place)
        if after["token"] != before["token"] or before["state"] != "RUNNING":
            self.wrong.append(f"{place[2]}: committed by a token that is not the row's")
        if holder is not None and holder.home != passage.sender.home.name and not _called_from_outside(before):
            self.wrong.append(f"{place[2]}: claimed by {holder.home}, committed by {passage.sender.home.name}")

    def _judge_holder(self, passage: Passage, place: Place, before: dict[str, Any], after: dict[str, Any]) -> None:
        claimed = after["token"] > before["token"] and after["state"] == "RUNNING"
        if claimed:
            self.claims[place[2][4:]] += 1
            self.claimants.add(passage.sender.home.name)
            self._judge_overlap(place, before.get("state") == "RUNNING")
        mine = after.get("claim_id") is not None and not _called_from_outside(after)
        renewed = mine and after["state"] == "RUNNING" and after.get("lease_seconds", 0) > 0
        if renewed:
            self._believe(passage, place, after)
        elif after["state"] != "RUNNING":
            self.beliefs.pop(place, None)

    def _judge_lock(self, passage: Passage, place: Place, before: dict[str, Any], after: dict[str, Any]) -> None:
        if not after:
            return
        if before and after["token"] < before["token"]:
            self.wrong.append(f"lock {place[2]}: token fell from {before['token']} to {after['token']}")
        if after.get("owner") is None:
            self.beliefs.pop(place, None)
            return
        if after["token"] > before.get("token", 0):
            self._judge_overlap(place, before.get("owner") is not None)
        self._believe(passage, place, after)

    def _judge_overlap(self, place: Place, held: bool) -> None:  # noqa: FBT001 - private
        """Whoever takes over must come after the holder has stopped to believe in its lease."""
        holder = self.beliefs.get(place)
        if held and self.sound and holder is not None and self.alive(holder.home) and holder.clock() < holder.until:
            left = holder.until - holder.clock()
            self.wrong.append(f"{place[2]}: taken over while {holder.home} had {left:.3f} s of its lease left")

    def _believe(self, passage: Passage, place: Place, after: dict[str, Any]) -> None:
        until = passage.sent_at + float(after["lease_seconds"]) - self.margin
        belief, home = self.beliefs.get(place), passage.sender.home
        self.hopes[home.name, place] = max(until, self.hopes.get((home.name, place), until))
        if belief is not None and belief.token == after["token"] and belief.home == home.name:
            belief.until = max(belief.until, until)
        else:
            self.beliefs[place] = Belief(home.name, until, passage.clock, after["token"])

    def _judge_key(self, place: Place, before: dict[str, Any], after: dict[str, Any]) -> None:
        """The newest version never goes back to an older one."""
        if not after:
            self.forgotten.add(str(before["ref"]))
        if not (before and after):
            return
        order = self.versions.get(str(after["ref"]), [])
        moments = [order.index(row["version"]) for row in (before, after) if row["version"] in order]
        if moments != sorted(moments):
            self.wrong.append(f"{place[2]}: an older version of {after['ref']} was put over a newer one")


def _code(row: Mapping[str, Any]) -> str:
    return str(json.loads(row["error"])["code"]) if row.get("error") else ""


def _called_from_outside(row: Mapping[str, Any]) -> bool:
    """Whether an external worker holds the job: it may call any process."""
    return not str(row.get("owner", "")).startswith(("queue/", "timer/"))
