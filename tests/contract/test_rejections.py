import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from azure.core.pipeline.transport import HttpTransport
from azure.data.tables import UpdateMode

from shared.errors import Lost, RowDamaged, Undecided
from shared.ports.rejections import RejectedMessage, Rejections
from shared.rules.ids import digest
from tests.contract.faulty_storage import FaultyStorage
from tests.contract.places import Place
from tests.doubles.clock import FakeClock
from tests.doubles.rejections import MemoryRejections
from tests.doubles.transports import Fault, Passing
from tests.sdk_clients import table_of


class Interrupting(Passing):
    """Let others act before certain requests are sent.

    Attributes:
        before: Called before each request, with its number.
        requests: How many requests there were.
    """

    def __init__(self, inner: HttpTransport[Any, Any]) -> None:
        super().__init__(inner)
        self.before: Callable[[int], object] = lambda _: None
        self.requests = 0

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - two generations of request types
        """Let others act, and send."""
        self.requests += 1
        self.before(self.requests)
        return super().send(request, **kwargs)


@pytest.fixture
def rejections(place: Place | None) -> Rejections:
    """Give an empty store of rejected texts, which does not exist yet."""
    return MemoryRejections(FakeClock()) if place is None else place.build().storage.rejections


def _rejected(store: Rejections, text: str, code: str = "blob_not_found") -> RejectedMessage:
    store.reject(text, code=code, message="There is none.")
    row = store.get(digest(text))
    assert row is not None
    return row


@pytest.mark.parametrize(
    "text",
    [
        "/ # ? \\ % ä 😀",
        "x" * 60_000,
        "x" * 32_767 + "😀" + "y" * 30_000,
        "é" * 65_536,
        "😀" * 17_000,
        "\\xff" * 65_536,
        "",
    ],
)
def test_a_text_is_kept_whole_with_its_reason(rejections: Rejections, text: str) -> None:
    row = _rejected(rejections, text)
    assert (row.text, row.code, row.message) == (text, "blob_not_found", "There is none.")


def test_a_list_shows_two_hundred_characters_and_the_reason(rejections: Rejections) -> None:
    whole = _rejected(rejections, "ä" * 201)
    (row,) = rejections.list(limit=10)
    assert (row.id, row.text, row.etag, row.at) == (whole.id, "ä" * 200, whole.etag, whole.at)
    assert (row.code, row.message, row.at.utcoffset()) == ("blob_not_found", "There is none.", timedelta(0))


@pytest.mark.azurite
def test_a_list_goes_on_where_the_one_before_has_ended(rejections: Rejections) -> None:
    ids = sorted(_rejected(rejections, text).id for text in "abcde")
    first = [row.id for row in rejections.list(limit=2)]
    rest = [row.id for row in rejections.list(limit=9, after=first[-1])]
    assert (first, rest) == (ids[:2], ids[2:])


@pytest.mark.parametrize("beginning", ["00", "ff"])
def test_a_list_has_ids_from_end_to_end(rejections: Rejections, beginning: str) -> None:
    text = next(text for text in map(str, range(10_000)) if digest(text).startswith(beginning))
    _rejected(rejections, text)
    assert [row.text for row in rejections.list(limit=10)] == [text]


def test_nothing_is_listed_and_nothing_is_got_where_nothing_was_rejected(rejections: Rejections) -> None:
    assert rejections.list(limit=10) == []
    assert rejections.get(digest("absent")) is None


def test_a_text_rejected_twice_is_kept_once(rejections: Rejections) -> None:
    for text in ("cat", "cat", "dog"):
        _rejected(rejections, text)
    assert sorted(row.text for row in rejections.list(limit=10)) == ["cat", "dog"]


def test_a_text_rejected_twice_has_the_reason_and_moment_of_the_last_time(rejections: Rejections) -> None:
    first, second = _rejected(rejections, "cat"), _rejected(rejections, "cat", "other_container")
    assert (second.code, second.at >= first.at, second.text) == ("other_container", True, "cat")


def test_a_deleted_text_is_gone(rejections: Rejections) -> None:
    rejections.delete(_rejected(rejections, "cat"))
    assert rejections.list(limit=10) == []


def test_what_was_rejected_once_more_is_not_deleted_by_whoever_read_it_before(rejections: Rejections) -> None:
    before = _rejected(rejections, "cat")
    after = _rejected(rejections, "cat")
    with pytest.raises(Lost):
        rejections.delete(before)
    assert rejections.get(before.id) == after


def test_what_is_gone_cannot_be_deleted_again(rejections: Rejections) -> None:
    row = _rejected(rejections, "cat")
    rejections.delete(row)
    with pytest.raises(Lost):
        rejections.delete(row)


@pytest.mark.azurite
def test_a_text_rejected_by_many_at_once_is_kept_once(rejections: Rejections) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: _rejected(rejections, "cat"), range(8)))
    assert [row.text for row in rejections.list(limit=10)] == ["cat"]


@pytest.mark.parametrize("code", ["blob_not_found", "unknown_job"])
@pytest.mark.parametrize("fault", Fault)
def test_a_rejection_whose_reply_is_lost_is_written_once_with_its_reason(
    faulty: FaultyStorage, fault: Fault, code: str
) -> None:
    rival, number = faulty.rivals.rejections, 1
    if code == "unknown_job":  # so it is kept already, for another reason
        rival.reject("cat", code="blob_not_found", message="There is none.")
        number = 2
    faulty.wire.arm(fault, nth=number)
    faulty.storage.rejections.reject("cat", code=code, message="Whatever.")
    row = rival.get(digest("cat"))
    assert row is not None
    assert (row.text, row.code, row.message) == ("cat", code, "Whatever.")
    assert faulty.wire.writes == (number if fault.applies else number + 1)


@pytest.mark.parametrize("fault", Fault)
def test_a_deletion_whose_reply_is_lost_leaves_nothing(faulty: FaultyStorage, fault: Fault) -> None:
    faulty.storage.rejections.reject("cat", code="blob_not_found", message="There is none.")
    row = faulty.storage.rejections.get(digest("cat"))
    assert row is not None
    faulty.wire.arm(fault)
    with contextlib.suppress(Lost):  # nobody can tell who deleted it
        faulty.storage.rejections.delete(row)
    assert faulty.rivals.rejections.list(limit=10) == []


@pytest.mark.parametrize("request_number", [2, 3])
def test_a_text_that_is_forgotten_while_it_is_rejected_once_more_is_kept_anew(
    place: Place, request_number: int
) -> None:
    rival, interrupted = place.build().storage.rejections, Interrupting(place.transport)
    row = _rejected(rival, "cat")
    store = place.build(interrupted).storage.rejections
    interrupted.before = lambda number: rival.delete(row) if number == request_number else None
    store.reject("cat", code="unknown_job", message="There is none.")
    assert [(row.text, row.code) for row in rival.list(limit=10)] == [("cat", "unknown_job")]


def test_a_text_that_others_reject_meanwhile_has_the_reason_of_the_last(place: Place) -> None:
    rival, interrupted = place.build().storage.rejections, Interrupting(place.transport)
    _rejected(rival, "cat")
    interrupted.before = lambda number: _rejected(rival, "cat", "empty") if number == 3 else None
    place.build(interrupted).storage.rejections.reject("cat", code="unknown_job", message="There is none.")
    assert [row.code for row in rival.list(limit=10)] == ["unknown_job"]


def test_a_text_that_comes_and_goes_for_ever_is_undecided(place: Place) -> None:
    rival, interrupted = place.build().storage.rejections, Interrupting(place.transport)
    store = place.build(interrupted).storage.rejections
    rows: list[RejectedMessage] = []

    def come_or_go(_: int) -> None:
        if rows:
            rival.delete(rows.pop())
        else:
            rows.append(_rejected(rival, "cat"))

    interrupted.before = come_or_go
    with pytest.raises(Undecided):
        store.reject("cat", code="unknown_job", message="There is none.")


def test_many_are_forgotten_at_once(rejections: Rejections) -> None:
    rows = [_rejected(rejections, str(number)) for number in range(100)]
    stays = _rejected(rejections, "stays")
    assert rejections.forget(rows) == 100
    assert rejections.list(limit=10) == [stays]
    assert rejections.forget(rows[:3]) == 3


@pytest.mark.parametrize("at", [0, 1, 2])
def test_one_that_was_rejected_once_more_is_not_forgotten_and_keeps_no_other(rejections: Rejections, at: int) -> None:
    rows = [_rejected(rejections, text) for text in "abc"]
    after = _rejected(rejections, "abc"[at])
    assert rejections.forget(rows) == 2
    assert rejections.list(limit=10) == [after]


def test_nothing_is_forgotten_where_there_is_nothing(rejections: Rejections) -> None:
    assert rejections.forget([]) == 0


@pytest.mark.parametrize("fault", Fault)
def test_many_are_forgotten_when_the_reply_is_lost(faulty: FaultyStorage, fault: Fault) -> None:
    for text in "abc":
        faulty.storage.rejections.reject(text, code="blob_not_found", message="There is none.")
    rows = faulty.storage.rejections.list(limit=10)
    faulty.wire.arm(fault)
    assert faulty.storage.rejections.forget(rows) == 3
    assert faulty.rivals.rejections.list(limit=10) == []


@pytest.mark.parametrize("columns", [{"code": 7}, {"message": True}, {"shown": 1.5}, {"RowKey": "rejected:mine"}])
def test_a_row_that_somebody_else_has_written_is_left_out_of_lists_and_hides_no_other(
    place: Place, columns: dict[str, Any]
) -> None:
    storage = place.build(create=True).storage
    rows = sorted((_rejected(storage.rejections, text) for text in "abc"), key=lambda row: row.id)
    table = table_of(storage.jobs)
    theirs = dict(table.get_entity("rejected", f"rejected:{rows[1].id}"))
    table.upsert_entity({**theirs, **columns}, mode=UpdateMode.REPLACE)
    good = rows if "RowKey" in columns else [rows[0], rows[2]]
    assert [row.id for row in storage.rejections.list(limit=3)] == [row.id for row in good]


def test_a_row_that_somebody_else_has_written_is_damaged_until_its_text_is_rejected_again(place: Place) -> None:
    storage = place.build(create=True).storage
    row = _rejected(storage.rejections, "a")
    theirs = {"PartitionKey": "rejected", "RowKey": f"rejected:{row.id}", "code": 7}
    table_of(storage.jobs).update_entity(theirs, mode=UpdateMode.MERGE)
    with pytest.raises(RowDamaged):
        storage.rejections.get(row.id)
    assert _rejected(storage.rejections, "a").code == "blob_not_found"
