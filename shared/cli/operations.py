"""Operations: one act on many jobs, step by step, so that an interrupted one can go on.

What an operation has come to is a row of lines, each of which counts when it is whole:

1. the operation, with the service's time at its beginning;
2. ``planned``: ids as they are listed, and where the list goes on; ``complete`` behind the last one;
3. ``sent``: places in the plan, before a batch goes out;
4. ``results``: places with their outcomes, when its reply has come.

A crash leaves a batch that is sent and has no results. It is sent again: the service refuses what has changed since the
operation began, so nothing is done twice.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

DONE, REFUSED = "done", "refused"
#: Counted in place of what the service says of a job that an earlier try may have changed itself.
CHANGED = "changed"
#: Codes with which a repeated batch meets jobs that the first try has changed, if its reply was lost.
OF_REPEATS = frozenset({"mismatch", "live", "ended", "no_such_job", "no_such_message"})
_FORM = 1
#: Of a job: its place in the plan, the outcome, and of a refusal its code and a sentence.
Result = tuple[int, str, str | None, str | None]


@dataclass(frozen=True)
class Operation:
    """What is done, and to which jobs.

    Attributes:
        id: 32 hex digits, which the service keeps with each batch.
        target: Where the jobs are: the address of the API, or account and table.
        action: cancel, redrive or delete; of rejected messages with their name before it.
        filters: As the operator gave them.
        as_of: The service's time at the beginning, RFC 3339.
    """

    id: str
    target: str
    action: str
    filters: Mapping[str, Any]
    as_of: str

    def __post_init__(self) -> None:
        """Refuse a time that no service has given: a file of a ledger may say anything."""
        if self.began.tzinfo is None:
            raise ValueError(self.as_of)

    @property
    def began(self) -> datetime:
        """When it began, by the service's clock."""
        return datetime.fromisoformat(self.as_of)


@dataclass
class Progress:
    """What the lines of a ledger say.

    Attributes:
        operation: What is done; None before the first line.
        plan: Ids in the order of the list.
        place: Where the list goes on; None at its beginning.
        is_planned: Whether the plan is complete.
        tries: Places that an earlier process has sent.
        outcomes: Of the places that have results.
        reasons: Refusals by code.
        details: A sentence for each code.
    """

    operation: Operation | None = None
    plan: list[str] = field(default_factory=list)
    place: Any = None
    is_planned: bool = False
    tries: set[int] = field(default_factory=set)
    outcomes: dict[int, str] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    details: dict[str, str] = field(default_factory=dict)

    def take(self, line: Mapping[str, Any]) -> None:
        """Take a line in.

        Raises:
            KeyError, TypeError, ValueError: The line does not belong to a ledger.
        """
        if self.operation is None:
            if line["form"] != _FORM:
                raise ValueError(line["form"])
            self.operation = Operation(**line["operation"])
        elif "planned" in line:
            self.plan += line["planned"]
            self.place = line["place"]
        elif "complete" in line:
            self.is_planned = True
        elif "sent" in line:
            self.tries.update(line["sent"])
        else:
            for place, outcome, code, detail in line["results"]:
                self._count(place, outcome, code, detail)

    def _count(self, place: int, outcome: str, code: str | None, detail: str | None) -> None:
        if place in self.outcomes:
            return
        self.outcomes[place] = outcome
        if outcome != DONE:
            name = code or REFUSED
            self.reasons[name] += 1
            self.details.setdefault(name, detail or "")

    @property
    def successes(self) -> int:
        """How many were acted on."""
        return sum(outcome == DONE for outcome in self.outcomes.values())

    @property
    def refusals(self) -> int:
        """How many were not, for a reason."""
        return len(self.outcomes) - self.successes

    def remainder(self) -> list[int]:
        """Return the places that have no result."""
        return [place for place in range(len(self.plan)) if place not in self.outcomes]


class Ledger:
    """The course of an operation that nobody has to go on with: it is kept in memory alone.

    Attributes:
        progress: How far it is.
    """

    def __init__(self) -> None:
        self.progress = Progress()

    def begin(self, operation: Operation) -> None:
        """Begin an operation in place of whatever stands there."""
        self.progress = Progress()
        self._write({"form": _FORM, "operation": asdict(operation)})

    def plan(self, ids: Iterable[str], place: object) -> None:
        """Add a page of the list, with where the next one begins."""
        self._write({"planned": list(ids), "place": place})

    def end_plan(self) -> None:
        """Mark the plan as complete."""
        self._write({"complete": len(self.progress.plan)})

    def send(self, places: Sequence[int]) -> None:
        """Note a batch before it goes out."""
        self._write({"sent": list(places)})

    def settle(self, results: Sequence[Result]) -> None:
        """Note what has become of a batch, or of a part of it."""
        self._write({"results": results})

    def end(self) -> None:
        """Forget an operation that is over, or that is not wanted."""
        self.progress = Progress()

    def _write(self, line: Mapping[str, Any]) -> None:
        self.progress.take(line)


def reason(code: str | None, *, again: bool) -> str | None:
    """Return the code under which a refusal is counted.

    Args:
        code: What the service says.
        again: Whether the job was sent before, by a try whose reply was lost.
    """
    return CHANGED if again and code in OF_REPEATS else code
