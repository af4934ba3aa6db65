from datetime import UTC, datetime, timedelta

import pytest

from shared.rules import leases

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LEASE, MARGIN = timedelta(seconds=60), timedelta(seconds=2)


@pytest.mark.parametrize(
    ("age_seconds", "lapsed"), [(0, False), (60, False), (62, False), (62.000001, True), (63, True)]
)
def test_a_lease_has_lapsed_when_it_is_older_than_itself_and_the_margin(age_seconds: float, *, lapsed: bool) -> None:
    seen_at = NOW + timedelta(seconds=age_seconds)
    assert leases.lapsed(lease=LEASE, modified_at=NOW, seen_at=seen_at, margin=MARGIN) is lapsed


def test_a_date_before_the_timestamp_is_no_lapse() -> None:
    assert not leases.lapsed(lease=LEASE, modified_at=NOW, seen_at=NOW - timedelta(seconds=1), margin=MARGIN)


def test_the_holder_stops_a_margin_before_the_lease_is_over() -> None:
    assert leases.stop_at(sent_at=100.0, lease=LEASE, margin=MARGIN) == 158.0


def test_the_holder_stops_two_margins_before_anybody_may_take_over() -> None:
    stop_at = leases.stop_at(sent_at=0.0, lease=LEASE, margin=MARGIN)
    just_before = NOW + timedelta(seconds=stop_at) + 2 * MARGIN
    assert not leases.lapsed(lease=LEASE, modified_at=NOW, seen_at=just_before, margin=MARGIN)


def test_a_renewal_is_due_after_a_third_of_the_lease() -> None:
    assert leases.renew_at(sent_at=100.0, lease=LEASE) == 120.0


def test_a_renewal_may_take_a_sixth_of_the_lease() -> None:
    assert leases.renewal_timeout(LEASE) == timedelta(seconds=10)
