"""Where a walk through the container stands: its mark and its watermark."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from shared.clock import DATE_STEP
from shared.rules.images import ListedBlob, Page

#: A blob is stamped by one machine of the service, listed and dated by others: their clocks differ a little, and a
#: listing that began as a blob was written may not have it yet. A minute is far more than either, and costs one
#: look-up for each blob of that minute.
OVERLAP = timedelta(minutes=1)
#: Names that a mark keeps, and the characters of their JSON: each costs a look at every walk.
MOST_AGAIN = 50
_AGAIN_CHARACTERS = 16_000


@dataclass(frozen=True)
class Position:
    """Where a walk stands.

    Attributes:
        marker: Of the page to list next; None at the beginning.
        watermark: What was last modified up to here needs no look; None before the first complete walk.
        following: The watermark of the next walk, as far as this one has come: what this one lists too early to see,
            or leaves as too young, is later. None at the beginning.
        so_far: Versions that this walk has recorded and no event had announced, by pages that are done; those of a page
            that a slice did not finish stand in its log line alone.
        missed: How many the last complete walk has; None before there was one.
        again: Names that could not be looked at: the next walk looks at them first.
        done_at: When the last whole walk came to its end, the service's time; None before there was one.
    """

    marker: str | None = None
    watermark: datetime | None = None
    following: datetime | None = None
    so_far: int = 0
    missed: int | None = None
    again: tuple[str, ...] = ()
    done_at: datetime | None = None

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self:
        """Read it from a mark's value; a first walk begins where no release has written that."""
        marker, again, missed = value.get("marker"), value.get("again", []), value.get("missed")
        if not isinstance(marker, str | None) or not isinstance(again, list):
            return cls()
        try:
            return cls(
                marker=marker,
                watermark=_moment(value.get("watermark")),
                following=_moment(value.get("following")),
                so_far=int(value.get("so_far", 0)),
                missed=None if missed is None else int(missed),
                again=tuple(map(str, again)),
                done_at=_moment(value.get("done_at")),
            )
        except (ValueError, TypeError):
            return cls()

    @property
    def value(self) -> dict[str, Any]:
        """As a mark keeps it."""
        moments = {"watermark": _text(self.watermark), "following": _text(self.following)}
        moments |= {"done_at": _text(self.done_at)} if self.done_at else {}
        again = {"again": list(self.again)} if self.again else {}
        return {"marker": self.marker, **moments, "so_far": self.so_far, "missed": self.missed, **again}

    @property
    def beginning(self) -> Self:
        """The beginning of the same walk."""
        return replace(self, marker=None, following=None, so_far=0)

    def behind(self, page: Page, *, grace: timedelta, failed: Sequence[ListedBlob] = (), missed: int = 0) -> Self:
        """Move behind a page that is done, and on which so many were missed.

        The first page decides the next watermark; a later one only where the grace has grown meanwhile. Names at which
        a look has failed are kept. Where they are too many for a mark, as in an outage, those of this page are not:
        each of its blobs must be later than the watermark.
        """
        names = tuple(dict.fromkeys([*self.again, *(blob.ref.name for blob in failed)]))
        again, pinned = (names, ()) if _fits(names) else (self.again, failed)
        reached = min([page.seen_at - OVERLAP - grace, *(blob.facts.modified_at - DATE_STEP for blob in pinned)])
        following = reached if self.following is None else min(self.following, reached)
        so_far = self.so_far + missed
        if page.marker is None:
            ended = replace(self, marker=None, watermark=following, following=None, so_far=0, missed=so_far)
            return replace(ended, again=again, done_at=page.seen_at)
        return replace(self, marker=page.marker, following=following, so_far=so_far, again=again)


def _fits(names: Sequence[str]) -> bool:
    """Whether a mark can keep these names beside the rest."""
    return len(names) <= MOST_AGAIN and len(json.dumps(names)) <= _AGAIN_CHARACTERS


def _moment(text: str | None) -> datetime | None:
    moment = None if text is None else datetime.fromisoformat(text)
    if moment is not None and moment.tzinfo is None:
        raise ValueError(text)
    return moment


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
