from datetime import timedelta

import pytest

from shared.errors import StorageOut, Undecided
from shared.storage.retries import RetryPolicy, read_limits
from tests.doubles.clock import FakeClock


def test_the_requests_of_a_call_share_its_time() -> None:
    clock = FakeClock()
    limits = RetryPolicy(monotonic=clock).limits(timedelta(seconds=8))
    assert limits() == {"connection_timeout": 2, "read_timeout": 6}
    clock.advance(4)
    assert limits() == {"connection_timeout": 1, "read_timeout": 3}


def test_a_call_whose_time_is_over_is_undecided() -> None:
    clock = FakeClock()
    limits = RetryPolicy(monotonic=clock).limits(timedelta(seconds=8))
    clock.advance(8)
    with pytest.raises(Undecided):
        limits()


def test_a_call_without_a_time_leaves_its_requests_to_the_transport() -> None:
    assert (RetryPolicy().limits(None)(), read_limits(None)) == ({}, {})


def test_a_read_in_a_hurry_is_not_repeated() -> None:
    limits = {"retry_total": 0, "connection_timeout": 1, "read_timeout": 3}
    assert read_limits(timedelta(seconds=4)) == limits


def test_a_read_without_time_left_is_not_sent() -> None:
    with pytest.raises(StorageOut):
        read_limits(timedelta(0))
