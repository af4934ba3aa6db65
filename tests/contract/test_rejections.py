from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from shared.errors import Lost
from shared.ids import digest
from shared.leftovers import Rejected
from tests.contract.rejections import AzureRejections, DoubledRejections

Bench = AzureRejections | DoubledRejections


@pytest.fixture(params=["memory", "azurite"])
def rejections(request: pytest.FixtureRequest) -> Bench:
    """Give an empty store of rejected texts, which does not exist yet."""
    if request.param == "memory":
        return DoubledRejections()
    return AzureRejections(request.getfixturevalue("environ"), request.getfixturevalue("wire"))


def _rejected(bench: Bench, text: str, code: str = "blob_not_found") -> Rejected:
    bench.store.reject(text, code=code, message="There is none.")
    row = bench.store.get(digest(text))
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
def test_a_text_is_kept_whole_with_its_reason(rejections: Bench, text: str) -> None:
    row = _rejected(rejections, text)
    assert (row.text, row.code, row.message) == (text, "blob_not_found", "There is none.")


def test_a_list_shows_two_hundred_characters_and_the_reason(rejections: Bench) -> None:
    whole = _rejected(rejections, "ä" * 201)
    (row,) = rejections.store.list(limit=10)
    assert (row.id, row.text, row.etag, row.at) == (whole.id, "ä" * 200, whole.etag, whole.at)
    assert (row.code, row.message, row.at.utcoffset()) == ("blob_not_found", "There is none.", timedelta(0))


def test_a_list_goes_on_where_the_one_before_has_ended(rejections: Bench) -> None:
    ids = sorted(_rejected(rejections, text).id for text in "abcde")
    first = [row.id for row in rejections.store.list(limit=2)]
    rest = [row.id for row in rejections.store.list(limit=9, after=first[-1])]
    assert (first, rest) == (ids[:2], ids[2:])


def test_nothing_is_listed_and_nothing_is_got_where_nothing_was_rejected(rejections: Bench) -> None:
    assert rejections.store.list(limit=10) == []
    assert rejections.store.get(digest("absent")) is None


def test_a_text_rejected_twice_is_kept_once(rejections: Bench) -> None:
    for text in ("cat", "cat", "dog"):
        _rejected(rejections, text)
    assert sorted(row.text for row in rejections.store.list(limit=10)) == ["cat", "dog"]


def test_a_text_rejected_twice_has_the_reason_and_moment_of_the_last_time(rejections: Bench) -> None:
    first, second = _rejected(rejections, "cat"), _rejected(rejections, "cat", "other_container")
    assert (second.code, second.at >= first.at, second.text) == ("other_container", True, "cat")


def test_a_deleted_text_is_gone(rejections: Bench) -> None:
    rejections.store.delete(_rejected(rejections, "cat"))
    assert rejections.store.list(limit=10) == []


def test_what_was_rejected_once_more_is_not_deleted_by_whoever_read_it_before(rejections: Bench) -> None:
    before = _rejected(rejections, "cat")
    after = _rejected(rejections, "cat")
    with pytest.raises(Lost):
        rejections.store.delete(before)
    assert rejections.store.get(before.id) == after


def test_what_is_gone_cannot_be_deleted_again(rejections: Bench) -> None:
    row = _rejected(rejections, "cat")
    rejections.store.delete(row)
    with pytest.raises(Lost):
        rejections.store.delete(row)


def test_a_text_rejected_by_many_at_once_is_kept_once(rejections: Bench) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: _rejected(rejections, "cat"), range(8)))
    assert [row.text for row in rejections.store.list(limit=10)] == ["cat"]
