"""The log of actions, on its double and on storage."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.exceptions import ServiceRequestError
from azure.data.tables import UpdateMode

from shared.errors import Lost, Undecided
from shared.ports.actions import ActionLog, ActionRow, NewAction
from shared.rules.actions import Action, Counts
from shared.rules.invariants import Finding
from shared.rules.keys import Role
from shared.storage.action_table import PATIENCE
from shared.storage.retries import RetryPolicy
from tests.contract.faulty_storage import FaultyStorage
from tests.contract.places import Place
from tests.doubles.actions import MemoryActions
from tests.doubles.clock import FakeClock
from tests.doubles.transports import Fault, Passing
from tests.sdk_clients import table_of

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
COUNTS = Counts(done=1, refused=2, codes={"mismatch": 1, "live": 1})
IDS = tuple(f"image-analysis-{number:032x}" for number in range(10))


class Twice(Passing):
    """Each write arrives twice, and the second answer is heard."""

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - two generations of request types
        """Send it again."""
        if request.url.endswith("/$batch"):
            super().send(request, **kwargs).internal_response.close()  # nobody reads it
        return super().send(request, **kwargs)


class Unreachable(Passing):
    """No request arrives."""

    def send(self, request: Any, **_: Any) -> Any:  # noqa: ANN401 - two generations of request types
        """Find no connection."""
        raise ServiceRequestError(f"no connection for {request.method}")


@pytest.fixture
def actions(place: Place | None) -> ActionLog:
    """Give an empty log, which does not exist yet."""
    if place is None:
        numbers = itertools.count()
        return MemoryActions(FakeClock(), lambda: f"{next(numbers):016x}".ljust(32, "0"))
    return place.build().storage.actions


def new(*, seconds: float = 0.0, who: str = "ada", **said: Any) -> NewAction:  # noqa: ANN401 - of any column
    """Return an action that begins so long after noon."""
    return NewAction(at=NOON + timedelta(seconds=seconds), who=who, action=Action.CANCEL, role=None, **said)


def _all(log: ActionLog) -> list[ActionRow]:
    return [*log.list(limit=100)]


@pytest.mark.azurite
def test_an_action_is_kept_with_all_that_is_known_of_it(actions: ActionLog) -> None:
    said = new(selection={"state": "FAILED", "n": [1.5, None]}, operation="0" * 32, ids=100, first_ids=IDS)
    begun = actions.insert(said)
    assert (begun.new, begun.counts, begun.ended) == (said, None, None)
    assert _all(actions) == [begun]


@pytest.mark.parametrize("role", [None, *Role])
def test_the_role_of_a_caller_is_all(actions: ActionLog, role: Role | None) -> None:
    actions.insert(NewAction(at=NOON, who="", role=role, action=Action.PURGE))
    assert [row.new.role for row in _all(actions)] == [role]


@pytest.mark.azurite
def test_what_came_of_an_action_is_added_to_it(actions: ActionLog) -> None:
    begun = actions.insert(new())
    actions.end(begun, COUNTS, now=NOON + timedelta(seconds=1.5))
    (row,) = _all(actions)
    assert (row.id, row.new, row.counts, row.ended) == (begun.id, begun.new, COUNTS, NOON + timedelta(seconds=1.5))


def test_an_action_ends_once(actions: ActionLog) -> None:
    begun = actions.insert(new())
    actions.end(begun, COUNTS, now=NOON)
    with pytest.raises(Lost):
        actions.end(begun, Counts(), now=NOON)
    assert [row.counts for row in _all(actions)] == [COUNTS]


@pytest.mark.parametrize("text", ["", "\x00\uffff\u202e😀'\"", "ä" * 128])
def test_storage_takes_what_others_have_chosen_whatever_it_is(actions: ActionLog, text: str) -> None:
    actions.insert(new(who=text, selection={text: text}))
    assert [(row.new.who, row.new.selection) for row in _all(actions)] == [(text, {text: text})]


@pytest.mark.azurite
def test_a_list_has_the_newest_first_and_goes_on_where_the_one_before_has_ended(actions: ActionLog) -> None:
    for seconds in (2, 0, 3, 1, 0.001):
        actions.insert(new(seconds=seconds))
    rows = _all(actions)
    assert [(row.new.at - NOON).total_seconds() for row in rows] == [3, 2, 1, 0.001, 0]
    assert actions.list(limit=2) == rows[:2]
    assert actions.list(limit=9, after=rows[1].id) == rows[2:]


def test_actions_of_one_moment_are_all_all(actions: ActionLog) -> None:
    rows = [actions.insert(new()) for _ in range(3)]
    assert sorted(row.id for row in _all(actions)) == sorted({row.id for row in rows})


def test_nothing_is_listed_where_nothing_was_done(actions: ActionLog) -> None:
    assert [*actions.list(limit=1), *actions.old(before=NOON, limit=1)] == []


@pytest.mark.azurite
def test_old_are_those_that_began_before_a_moment(actions: ActionLog) -> None:
    rows = [actions.insert(new(seconds=seconds)) for seconds in (-2, -0.001, 0, 1)]
    wanted = [(row.id, row.etag) for row in (rows[1], rows[0])]
    assert actions.old(before=NOON, limit=10) == wanted
    assert actions.old(before=NOON, limit=1) == wanted[:1]


def test_a_hundred_are_forgotten_at_once_and_no_others(actions: ActionLog) -> None:
    going = [(row.id, row.etag) for row in [actions.insert(new(seconds=number)) for number in range(100)]]
    stays = actions.insert(new(seconds=-1))
    assert [actions.forget(going), actions.forget(going[:3]), actions.forget([])] == [100, 3, 0]
    assert _all(actions) == [stays]


@pytest.mark.parametrize("at", [0, 1, 2])
def test_one_that_has_ended_meanwhile_is_not_forgotten_and_keeps_no_other(actions: ActionLog, at: int) -> None:
    rows = [actions.insert(new(seconds=number)) for number in range(3)]
    actions.end(rows[at], COUNTS, now=NOON)
    assert actions.forget([(row.id, row.etag) for row in rows]) == 2
    assert [row.id for row in _all(actions)] == [rows[at].id]


@pytest.mark.parametrize("fault", Fault)
def test_an_action_whose_reply_is_lost_is_kept_once_and_can_end(faulty: FaultyStorage, fault: Fault) -> None:
    faulty.wire.arm(fault)
    begun = faulty.storage.actions.insert(new())
    faulty.wire.arm(fault)
    faulty.storage.actions.end(begun, COUNTS, now=NOON)
    assert [(row.id, row.counts) for row in _all(faulty.rivals.actions)] == [(begun.id, COUNTS)]


@pytest.mark.parametrize("fault", Fault)
def test_actions_are_forgotten_when_the_reply_is_lost(faulty: FaultyStorage, fault: Fault) -> None:
    rows = [faulty.storage.actions.insert(new(seconds=number)) for number in range(3)]
    faulty.wire.arm(fault)
    assert faulty.storage.actions.forget([(row.id, row.etag) for row in rows]) == 3
    assert _all(faulty.rivals.actions) == []


def test_an_action_whose_request_arrives_twice_is_kept_once_and_can_end(place: Place) -> None:
    place.build(create=True)
    begun = place.build(Twice(place.transport)).storage.actions.insert(new())
    log = place.build().storage.actions
    log.end(begun, COUNTS, now=NOON)
    assert [(row.id, row.counts) for row in _all(log)] == [(begun.id, COUNTS)]


def test_who_waits_for_the_end_of_an_action_gives_storage_that_is_out_a_few_seconds(place: Place) -> None:
    begun = place.build(create=True).storage.actions.insert(new())
    clock = FakeClock()
    retry = RetryPolicy(monotonic=clock, pause=clock.advance)
    log = place.build(Unreachable(place.transport), retry=retry).storage.actions
    before = clock()
    with pytest.raises(Undecided):
        log.end(begun, COUNTS, now=NOON)
    assert clock() - before <= PATIENCE.total_seconds()


FORGED: list[dict[str, Any]] = [
    {"said": "["},
    {"said": '{"who": 1}'},
    {"at": "noon"},
    {"action": "rule"},
    {"role": "king"},
    {"ids": -1},
    {"result": "{}"},
    {"result": '{"done":1,"refused":0,"unknown":0,"codes":{"x":-1}}'},
]


@pytest.mark.parametrize("columns", FORGED)
def test_a_row_that_somebody_else_has_written_is_left_out_and_hides_no_other(
    place: Place, columns: dict[str, Any]
) -> None:
    storage = place.build(create=True).storage
    rows = [storage.actions.insert(new(seconds=number)) for number in range(3)]
    place_of = {"PartitionKey": "actions", "RowKey": f"action:{rows[1].id}"}
    table_of(storage.jobs).update_entity({**place_of, **columns}, mode=UpdateMode.MERGE)
    assert [row.id for row in storage.actions.list(limit=2)] == [rows[2].id, rows[0].id]


@pytest.mark.parametrize("key", ["", "0", "9", f"{0:013d}-{0:015x}G", f"{0:013d}-{0:016x}x"])
def test_a_row_that_no_list_could_go_on_behind_is_left_out_and_hides_no_other(place: Place, key: str) -> None:
    storage = place.build(create=True).storage
    known = storage.actions.insert(new())
    table = table_of(storage.jobs)
    columns = dict(table.get_entity("actions", f"action:{known.id}"))
    table.create_entity({**columns, "RowKey": f"action:{key}"})
    assert [row.id for row in storage.actions.list(limit=1)] == [known.id]


def test_verify_takes_actions_for_what_they_are(place: Place) -> None:
    darkroom = place.build(create=True)
    darkroom.storage.actions.end(darkroom.storage.actions.insert(new()), COUNTS, now=NOON)
    findings: list[Finding] = []
    darkroom.verify.verify(findings.append, repair=True, blobs=True)
    assert (findings, len(_all(darkroom.storage.actions))) == ([], 1)
