"""What calls of operators have in common: the log of who has done what, and results with error codes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from starlette.responses import JSONResponse, Response

from shared.errors import DarkroomError, Outage
from shared.http.error_codes import ErrorCode
from shared.http.problems import Problem, of_error
from shared.rules.actions import Action, Counts, Outcome
from shared.rules.callers import Caller
from shared.steps.operators.bulk import Decision
from shared.steps.operators.journal import Entry
from shared.wiring.steps import Darkroom

#: Of an id that was not begun.
_NOT_TRIED = Problem(ErrorCode.STORAGE_OUT, "Storage failed before this was tried. Send it again.")


@contextmanager
def record(
    darkroom: Darkroom,
    caller: Caller,
    action: Action,
    ids: Sequence[str] = (),
    *,
    selection: Mapping[str, Any] | None = None,
    operation: str | None = None,
) -> Iterator[Entry]:
    """Act in the ``with`` block, between two writes of the log: see ``Journal.record``.

    Where the block says nothing else, all of it was done; what it raises has come of each id.
    """
    journal = darkroom.journal
    with journal.record(caller, action, ids, selection=selection, operation=operation) as entry:
        try:
            yield entry
        except DarkroomError as error:
            outcome = Outcome.UNKNOWN if isinstance(error, Outage) else Outcome.REFUSED
            entry.counts = Counts.of([(outcome, _problem(error).code.value)] * max(1, len(ids)))
            raise
        if entry.counts is None:
            entry.counts = Counts(done=len(ids))


def act(
    darkroom: Darkroom,
    caller: Caller,
    action: Action,
    ids: Sequence[str],
    *,
    selection: Mapping[str, Any] | None,
    operation: str | None,
    **options: Any,  # noqa: ANN401 - those of ``Bulk.act``
) -> Response:
    """Act on many ids, and respond with what came of each."""
    with record(darkroom, caller, action, ids, selection=selection, operation=operation) as entry:
        decisions = darkroom.bulk.act(action, ids, **options)
        found = [_problem_of(each) for each in decisions]
        codes = [None if problem is None else problem.code.value for problem in found]
        entry.counts = counts = Counts.of(zip([each.outcome for each in decisions], codes, strict=True))
    results = [
        {"id": each.id, "outcome": each.outcome, "code": code, "detail": problem and problem.detail}
        for each, code, problem in zip(decisions, codes, found, strict=True)
    ]
    totals = {"done": counts.done, "refused": counts.refused, "unknown": counts.unknown}
    return JSONResponse({"results": results, **totals})


def _problem_of(decision: Decision) -> Problem | None:
    if decision.outcome is Outcome.DONE:
        return None
    return _NOT_TRIED if decision.error is None else _problem(decision.error)


def _problem(error: DarkroomError) -> Problem:
    """Translate an error; one that no request should cause goes on."""
    problem = of_error(error)
    if problem is None:
        raise error
    return problem
