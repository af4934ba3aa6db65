"""A named lock, as a row and the rules for it. The lock saves effort; it is never what makes a result single."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import quote

from shared.errors import InvalidReference, LockHeld, Stale

#: A RowKey holds 1 KiB, two bytes a character (Azure Tables, data model).
KEY_LENGTH = 512


@dataclass(frozen=True)
class Lock:
    """A lock's row. It stays when released: its token must only grow.

    Attributes:
        name: What is locked.
        owner: Who holds it, or held it; None when released.
        token: Fencing token; grows at every acquisition.
        lease: Protection given by the last acquisition or renewal.
        done_at: When what it is for was last done to its end, by whichever owner, the service's time; None where that
            was never noted.
    """

    name: str
    owner: str | None
    token: int
    lease: timedelta
    done_at: datetime | None = None


def key(name: str) -> str:
    r"""Encode a lock's name: Table Storage forbids ``/ \ # ?`` and control characters, and trips over ``%``.

    Raises:
        InvalidReference: The name is empty, no valid Unicode, or too long.
    """
    try:
        encoded = quote(name, safe="").replace("%", "=")
    except UnicodeEncodeError:
        raise InvalidReference("The lock's name must be valid Unicode.") from None
    if not 0 < len(encoded) <= KEY_LENGTH:
        raise InvalidReference(
            f"The lock's name must have 1 to {KEY_LENGTH} characters, but has {len(encoded)}. Characters other than "
            "A-Z, a-z, 0-9, '-', '.', '_' and '~' count as three for each byte of UTF-8."
        )
    return encoded


def acquire(held: Lock | None, *, name: str, owner: str, lapsed: bool, lease: timedelta) -> Lock:
    """Take a lock that is new, released or lapsed.

    Args:
        held: The row as it was read; None when the lock has no row yet.
        name: What is locked.
        owner: Who takes it, unique to this holder.
        lapsed: Whether the holder's lease has lapsed, by ``leases.lapsed``.
        lease: Protection asked for.

    Raises:
        LockHeld: Another holder's lease is live.
    """
    if held is not None and held.owner is not None and not lapsed:
        raise LockHeld(f"{name}: held by {held.owner}")
    token, done_at = (1, None) if held is None else (held.token + 1, held.done_at)
    return Lock(name=name, owner=owner, token=token, lease=lease, done_at=done_at)


def renew(held: Lock, *, owner: str, token: int) -> Lock:
    """Protect the lock for another lease.

    Raises:
        Stale: It is another's by now.
    """
    return replace(_own(held, owner, token))


def release(held: Lock, *, owner: str, token: int, done_at: datetime | None = None) -> Lock:
    """Let go of the lock.

    Args:
        held: The row as it was read.
        owner: Who holds it, as acquired.
        token: The same.
        done_at: When what it is for was done; None where it was not, or not to its end.

    Raises:
        Stale: It is another's by now, or released.
    """
    return replace(_own(held, owner, token), owner=None, done_at=done_at or held.done_at)


def _own(held: Lock, owner: str, token: int) -> Lock:
    if (held.owner, held.token) != (owner, token):
        raise Stale(f"{held.name}: no longer held by {owner}")
    return held
