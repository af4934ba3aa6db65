"""When a lease has lapsed, and when its holder must stop.

Two judges, two clocks. Everybody else judges by the storage service's clock alone: the ``Date`` of a reply minus the
``Timestamp`` of the row in it. The holder judges by its own monotonic clock, and stops earlier. The margin between
the two is what clock drift inside one storage account may use up before two workers overlap.

Source:
    Fencing tokens and why a lease alone can't exclude: M. Kleppmann, "How to do distributed locking", 2016.
"""

from datetime import datetime, timedelta

#: A lease is renewed when this share of it is gone, so that two renewals may fail before it lapses.
RENEWALS_PER_LEASE = 3


def lapsed(*, lease: timedelta, modified_at: datetime, seen_at: datetime, margin: timedelta) -> bool:
    """Say whether anybody may take over.

    Args:
        lease: Protection that the holder was given by its last write.
        modified_at: The row's ``Timestamp``, written by the service at that write.
        seen_at: The ``Date`` of the reply that brought the row; whole seconds, rounded down, so never too early.
        margin: Extra time left to the holder.
    """
    return seen_at - modified_at > lease + margin


def stop_at(*, sent_at: float, lease: timedelta, margin: timedelta) -> float:
    """Return the monotonic second at which the holder must stop by itself.

    Args:
        sent_at: Monotonic seconds *before* the claim or the last renewal was sent: the service cannot have written
            it earlier, so the holder always believes its lease to be shorter than it is.
        lease: Protection asked for in that write.
        margin: Time kept in hand.
    """
    return sent_at + (lease - margin).total_seconds()


def renew_at(*, sent_at: float, lease: timedelta) -> float:
    """Return the monotonic second at which the next renewal is due."""
    return sent_at + lease.total_seconds() / RENEWALS_PER_LEASE


def renewal_timeout(lease: timedelta) -> timedelta:
    """Return how long one renewal may take: half of the time to the next, so that a stuck one starves no other."""
    return lease / (2 * RENEWALS_PER_LEASE)
