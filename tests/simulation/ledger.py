"""What was really written: each row as the table service has obeyed, in order. It judges as it writes.

Nothing here reads a row back: a request that was obeyed says by itself what stands. No code of production is used.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain
from typing import Any

from tests.simulation import rules
from tests.simulation.columns import moment
from tests.simulation.contents import Contents
from tests.simulation.operations import Operation, Place, writes
from tests.simulation.promises import Promises
from tests.simulation.service.exchange import Reply
from tests.simulation.tenures import Tenures
from tests.simulation.wire import Passage


@dataclass
class Ledger:
    """Rows as they stand, and what was wrong on their way.

    Attributes:
        promises: Held against each transaction.
        tenures: Who holds which lease.
        locks: Name of the table of locks.
        rows: By place.
        commits: How often each life of a job was committed: by id and number of the life.
        claims: How often each job was claimed.
        lives: How often each job id was added.
        wrong: Sentences.
        contents: Which bytes each version of a blob has.
        graves: Jobs that were deleted, as they stood last.
        forgotten_refs: References whose key row was deleted by hand.
        claimants: Processes that have claimed a job.
        own_writes: What each process has written of its own: results and new jobs of images.
    """

    promises: Promises
    tenures: Tenures
    locks: str
    rows: dict[Place, dict[str, Any]] = field(default_factory=dict)
    commits: Counter[tuple[str, int]] = field(default_factory=Counter)
    claims: Counter[str] = field(default_factory=Counter)
    lives: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    contents: Contents = field(default_factory=Contents)
    graves: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    forgotten_refs: set[str] = field(default_factory=set)
    claimants: set[str] = field(default_factory=set)
    own_writes: Counter[tuple[str, str]] = field(default_factory=Counter)

    def on_request(self, passage: Passage) -> None:
        """Take in a request before it goes."""
        self.wrong += self.tenures.on_request(passage)

    def on_reply(self, passage: Passage, reply: Reply) -> None:
        """Take in a request that the services have answered."""
        if not reply.ok:
            return
        if passage.request.service == "blob":
            self._blob(passage, reply)
        written = writes(passage.request, reply)
        if written:
            before = {each.place: self.rows.get(each.place, {}) for each in written}
            for each in written:
                self._write(each)
            self.wrong += chain.from_iterable(
                self._judge(passage, place, row, self.rows.get(place, {})) for place, row in before.items()
            )
            self.wrong += self.promises.violations(passage, written, before, self.rows)

    def go_on(self, home: str, ref: str, version: str) -> None:
        """Take in that a worker goes on with a version of an image."""
        for place, row in self.rows.items():
            if place[2].startswith("job:") and (row["ref"], row.get("version")) == (ref, version):
                self.wrong += self.tenures.gone_on(home, place)

    def jobs(self) -> Mapping[str, Mapping[str, Any]]:
        """Return all job rows by id, in the order of their making."""
        return {place[2][4:]: row for place, row in self.rows.items() if place[2].startswith("job:")}

    def live(self) -> Sequence[str]:
        """Return the ids of jobs that wait or run."""
        return [job_id for job_id, row in self.jobs().items() if row["state"] in rules.LIVE]

    def last_attempts(self) -> Sequence[Place]:
        """Return the places of jobs that have no other attempt than the one that is under way, or has died."""
        return [
            place
            for place, row in self.rows.items()
            if place[2].startswith("job:")
            and row["state"] == "RUNNING"
            and row["attempts"] - row["attempts_base"] >= row["max_attempts"]
        ]

    def without_attempts(self) -> Sequence[str]:
        """Return the ids of jobs whose last attempt holds no lease any more."""
        return [place[2][4:] for place in self.last_attempts() if self.tenures.lapsed(place, self.rows[place])]

    def waiting(self) -> Sequence[str]:
        """Return the ids of jobs that nobody may claim yet, by any clock that is right."""
        soon = self.promises.clock.now() + 2 * self.promises.drift + timedelta(seconds=5)
        return [
            job_id
            for job_id, row in self.jobs().items()
            if row["state"] == "PENDING" and moment(row, "not_before") > soon
        ]

    def dues(self) -> Sequence[float]:
        """Return the moments at which the sweep must look, Unix seconds."""
        return [int(place[2].split(":")[1]) / 1000 for place in self.rows if place[2].startswith("due:")]

    def _write(self, operation: Operation) -> None:
        columns = {name: value for name, value in operation.columns.items() if "@" not in name}
        if operation.verb == "delete":
            self.rows.pop(operation.place, None)
        elif operation.verb == "merge":
            self.rows[operation.place] = {**self.rows.get(operation.place, {}), **columns}
        else:
            self.rows[operation.place] = columns

    def _blob(self, passage: Passage, reply: Reply) -> None:
        if passage.request.method in ("PUT", "PATCH"):
            self.contents.on_write(passage.request, reply)
        if passage.request.method == "DELETE":
            self.wrong += self._judge_thumbnail(passage)

    def _judge_thumbnail(self, passage: Passage) -> Iterator[str]:
        """What a job's report shows, or its worker has just written, is nobody's to delete."""
        job_id, _, name = passage.request.segments[-1].partition("/")
        row, sender = self.jobs().get(job_id, {}), passage.sender.name
        shown = row.get("state") == "COMPLETED" and not (self.promises.purges and "purge" in sender)
        if name.partition(".")[0] == str(row.get("token")) and (shown or row.get("state") == "RUNNING"):
            yield f"{job_id}: {row['state']}, and {sender} has deleted its thumbnail {name}"

    def _judge(self, passage: Passage, place: Place, before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
        if place[2].startswith("job:"):
            yield from self._judge_job(passage, place, before, after)
        elif place[2].startswith("key:"):
            yield from self._judge_key(before, after)
        elif place[0] == self.locks:
            yield from self._judge_lock(passage, place, before, after)

    def _judge_job(
        self, passage: Passage, place: Place, before: dict[str, Any], after: dict[str, Any]
    ) -> Iterator[str]:
        job_id, sender = place[2][4:], passage.sender.home.name
        if not after:
            yield from self._bury(job_id, place, before)
            return
        if not before:
            self.lives[job_id] += 1
            self.own_writes[sender, "recorded"] += 1
            yield from self.contents.of_record(job_id, after)
            return
        yield from rules.of_move(job_id, before, after)
        if after["state"] == "COMPLETED" and after.get("version"):
            yield from self.contents.of_result(job_id, after)
        if after["state"] == "COMPLETED" != before["state"]:
            yield from self._commit(passage, place)
        if rules.by_owner(before, after) or rules.extends_lease(before, after):
            yield from self._by_owner(passage, place, before, after)
        yield from self.tenures.on_takeover(place, rules.over_lease(before, after), before)
        if after["token"] > before["token"] and after["state"] == "RUNNING":
            self.claims[job_id] += 1
            self.claimants.add(sender)
        self._hold(passage, place, after)

    def _by_owner(self, passage: Passage, place: Place, before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
        """Who commits, fails, gives back or renews a job is the last one who has claimed it."""
        job_id, end = place[2][4:], after["state"]
        if after["token"] != before["token"]:
            yield f"{job_id}: {end} by a token that is not the row's"
        tenure, thread = self.tenures.of(place), passage.sender.name
        if tenure is None or rules.outside(before):
            return
        holder = tenure.task
        if thread != holder and not (end == "RUNNING" and holder.startswith(f"{passage.sender.home.name}/")):
            yield f"{job_id}: claimed by {holder}, {end} by {thread}"

    def _commit(self, passage: Passage, place: Place) -> Iterator[str]:
        """A commit comes once."""
        job_id, sender = place[2][4:], passage.sender.home.name
        life = job_id, self.lives[job_id]
        self.commits[life] += 1
        self.own_writes[sender, "completed"] += 1
        if self.commits[life] > 1:
            yield f"{job_id}: committed {self.commits[life]} times"

    def _bury(self, job_id: str, place: Place, before: dict[str, Any]) -> Iterator[str]:
        self.tenures.end(place)
        self.graves[job_id, self.lives[job_id]] = before
        if before["state"] in rules.LIVE:
            yield f"{job_id}: deleted while it was {before['state']}"

    def _hold(self, passage: Passage, place: Place, after: dict[str, Any]) -> None:
        if after["state"] != "RUNNING":
            self.tenures.end(place)
        else:
            self.tenures.on_write(passage, place, after, inside=not rules.outside(after))

    def _judge_lock(
        self, passage: Passage, place: Place, before: dict[str, Any], after: dict[str, Any]
    ) -> Iterator[str]:
        if not after or after.get("owner") is None:
            self.tenures.end(place)
            return
        if after["token"] > before.get("token", 0):
            yield from self.tenures.on_takeover(place, before.get("owner") is not None, before)
        self.tenures.on_write(passage, place, after, inside=True)

    def _judge_key(self, before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
        if not after:
            self.forgotten_refs.add(str(before["ref"]))
        if not (before and after):
            return
        yield from self.contents.of_order(before, after)
