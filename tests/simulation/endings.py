"""What follows the end of a holder's work: it renews nothing any more, and notes a report that was refused.

A refused report is noted on its attempt's own row before the call ends, unless something goes wrong on the way there.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.faults import Fault
from tests.simulation.instance import Instance
from tests.simulation.operations import Operation, Place, status_of
from tests.simulation.rules import OURS
from tests.simulation.wire import Passage

_RENEWAL = "/renewal"
_OK, _REFUSED, _OUT = 300, (404, 409, 412), ("4", "2")


@dataclass
class Endings:
    """All holders' ends.

    Attributes:
        rows: As they stand.
        wrong: Called with what is wrong.
    """

    rows: Mapping[Place, Mapping[str, Any]]
    wrong: Callable[[str], object]
    _ended: set[tuple[str, str]] = field(default_factory=set)
    _renewals: set[str] = field(default_factory=set)
    _claims: dict[str, tuple[Place, str, int]] = field(default_factory=dict)
    _refusals: dict[str, tuple[Place, str, int]] = field(default_factory=dict)
    _in_trouble: set[str] = field(default_factory=set)

    def on_request(self, passage: Passage) -> None:
        """Judge a request before it goes: no renewal is begun of what its own process has ended."""
        home, name = passage.sender.home.name, passage.sender.name
        for each in passage.writes:
            mine = home, _holding(each)
            renews = _RENEWAL in name and name not in self._renewals
            if renews and each.columns.get("lease_seconds") and mine in self._ended:
                self.wrong(f"{name}: renews {each.row}, and its work there has ended")
            if _claims(each):
                self._claims[name] = each.place, str(each.columns["claim_id"]), int(each.columns["token"])
            if self._ends(each, name):
                self._ended.add((home, self._claims[name][1]))
        if _RENEWAL in name and passage.writes:
            self._renewals.add(name)

    def ended(self, passage: Passage, end: str) -> None:
        """Take in how a request has ended for its sender: one that was to end an attempt may be refused."""
        name = passage.sender.name
        if end[:1] not in _OUT or end == "429" or passage.fault is Fault.REPLY_CUT:
            self._in_trouble.add(name)
            return
        if passage.reply is None or name not in self._claims:
            return
        status = status_of(passage.reply)
        if any(each.row.startswith("try:") and "refused_at" in each.columns for each in passage.writes):
            self._refusals.pop(name, None)
        elif any(self._ends(each, name) for each in passage.writes):
            if status in _REFUSED:
                self._refusals[name] = self._claims[name]
            elif status < _OK:
                self._refusals.pop(name, None)

    def leftovers(self, home: Instance, task: str) -> Iterator[str]:
        """Judge that a call ends whose report was refused."""
        place, claim_id, token = self._refusals.pop(task, (("", "", ""), "", 0))
        row = self.rows.get(place)
        if row is None or home.dead or task in self._in_trouble or row.get("claim_id") == claim_id:
            return
        if (row["state"] == "RUNNING" or row["token"] != token) and self._stands(place, token):
            yield f"{task}: its report on {place[2]} was refused, and is not noted"

    def _stands(self, place: Place, token: int) -> bool:
        return (*place[:2], _try_key(place, token)) in self.rows

    def _ends(self, each: Operation, name: str) -> bool:
        """Say whether a write of a thread ends its own attempt; who records a newer version does so beside it."""
        place, _, token = self._claims.get(name, (("", "", ""), "", 0))
        return each.columns.get("outcome", "supersede") != "supersede" and each.row == _try_key(place, token)


def _claims(each: Operation) -> bool:
    """Say whether a write is a claim of this app's own workers."""
    ours = each.row.startswith("job:") and str(each.columns.get("owner", "")).startswith(OURS)
    return ours and each.columns.get("state") == "RUNNING" and bool(each.columns.get("claim_id"))


def _try_key(place: Place, token: int) -> str:
    return f"try:{place[2][4:]}:{token:010d}"


def _holding(each: Operation) -> str:
    """Return what names a claim."""
    return str(each.columns.get("claim_id", ""))
