"""What lists and figures show, and ``darkroom verify`` finds, where two releases write rows: what stands there.

Index rows say it for the jobs' own rows. The release before writes them without a copy of the job, and where its move
leaves a row at its place, it leaves an old copy there: that one may be shown, and found, until it is repaired.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.simulation import entry_points, overviews
from tests.simulation.instance import Instance
from tests.simulation.ledger import Ledger
from tests.simulation.operations import writes
from tests.simulation.rules import Row
from tests.simulation.service.exchange import Reply
from tests.simulation.wire import Passage

_INDEX = ("due:", "end:")


@dataclass
class Listings:
    """All that is shown.

    Attributes:
        ledger: What was really written.
        tell: Takes what is wrong.
        stale: Jobs whose index row has a copy that the release before has left as it was.
    """

    ledger: Ledger
    tell: Callable[[Iterable[str]], object]
    stale: set[str] = field(default_factory=set)
    _count: int = 0
    _moves: dict[str, int] = field(default_factory=dict)

    def on_reply(self, passage: Passage, reply: Reply) -> None:
        """Take in which jobs a transaction has moved, and whether their index rows with them."""
        written = writes(passage.request, reply)
        listed = {each.row.rpartition(":")[2] for each in written if each.row.startswith(_INDEX)}
        moved = {each.row[4:] for each in written if each.row.startswith("job:")}
        self._count += 1
        self._moves.update(dict.fromkeys(moved, self._count))
        self.stale -= listed
        if getattr(passage.sender.home, "is_earlier", False):
            self.stale |= moved - listed

    def look(self, process: Instance) -> None:
        """Have a process count all jobs, list them and repair, and judge what it says of those that nobody moves."""
        began, before = self._count, self.ledger.jobs()
        counts = overviews.figures(process.darkroom)
        self._tell(process, self._of_figures(counts, *self._since(began, before)))
        began, before = self._count, self.ledger.jobs()
        shown = overviews.jobs(process.darkroom)
        self._tell(process, self._of_list(shown, self._since(began, before)[0]))
        self.verify(process, repair=True)

    def verify(self, process: Instance, *, repair: bool = False) -> None:
        """Have a process verify, and take in what it finds besides the copies that may be old."""
        if not any(place[0] == entry_points.JOBS for place in self.ledger.rows):
            return  # perhaps there is no table yet, which it must say
        found = entry_points.verify(process.darkroom, repair=repair)
        self.tell(f"verify: {each}" for each in found if not self._is_left(each))

    def _tell(self, process: Instance, wrong: Iterator[str]) -> None:
        self.tell(f"{process.name}: {each}" for each in wrong)

    def _is_left(self, finding: str) -> bool:
        return finding.startswith(overviews.STALE) and finding.rpartition(":")[2] in self.stale

    def _since(self, began: int, before: Mapping[str, Row]) -> tuple[Mapping[str, Row], set[str]]:
        """Return the jobs that have not moved since a moment, and the ids of those that have."""
        moved = {job_id for job_id, count in self._moves.items() if count > began}
        return {job_id: row for job_id, row in before.items() if job_id not in moved}, moved

    def _of_figures(
        self, counts: Mapping[str, Mapping[str, int]], still: Mapping[str, Row], moved: set[str]
    ) -> Iterator[str]:
        """A job that moves may be met in two places, or in none."""
        least = Counter((row["type"], row["state"]) for row in still.values())
        for kind, states in counts.items():
            more = 2 * sum(job_id.startswith(f"{kind}-") for job_id in moved)
            for state, count in states.items():
                known = least[kind, state]
                if not known <= count <= known + more:
                    yield f"counts {count} {kind} {state}: {known} stand still, and {more // 2} of its type move"

    def _of_list(self, shown: Sequence[Row], still: Mapping[str, Row]) -> Iterator[str]:
        """A job that nobody moves is listed once, and as it is."""
        times, by_id = Counter(each["id"] for each in shown), {each["id"]: each for each in shown}
        for job_id, row in still.items():
            if times[job_id] != 1:
                yield f"lists {job_id}, which is {row['state']}, {times[job_id]} times"
                continue
            wrong = {name: value for name, value in by_id[job_id].items() if name != "id" and value != row.get(name)}
            if wrong and not (job_id in self.stale and wrong.keys() == {"retagged"}):
                yield f"lists {job_id} with {wrong}"
