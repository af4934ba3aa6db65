"""Conditional headers of blob requests.

Source:
    learn.microsoft.com, "Specifying conditional headers for Blob service operations", read 2026-11; and Azurite 3.35.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from tests.simulation.service.exchange import Refusal

_ANY = "*"


@dataclass(frozen=True)
class Conditions:
    """What a request wants of the blob that it reads or changes.

    Attributes:
        match: ETags of ``If-Match``, without quotes; empty where there is no such header.
        none_match: Likewise of ``If-None-Match``.
        modified_since: Aware UTC, whole seconds.
        unmodified_since: Likewise.
    """

    match: tuple[str, ...]
    none_match: tuple[str, ...]
    modified_since: datetime | None
    unmodified_since: datetime | None

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "Conditions":
        """Read a request's headers."""
        return cls(
            _etags(headers.get("if-match")),
            _etags(headers.get("if-none-match")),
            _date(headers.get("if-modified-since")),
            _date(headers.get("if-unmodified-since")),
        )

    @property
    def only_new(self) -> bool:
        """Whether nothing may stand there."""
        return self.none_match == (_ANY,)

    def check_read(self, etag: str | None, modified: datetime | None) -> None:
        """Refuse a read whose conditions do not hold.

        Args:
            etag: Of what is there, without quotes; None where nothing is.
            modified: When it was written, whole seconds.
        """
        if etag is None or modified is None:
            if self.match:
                raise _condition_failure()
            if self.only_new:
                raise _unsatisfiable()
            return
        if self.only_new:
            raise _unsatisfiable()
        if self.match and _ANY not in self.match[:1] and etag not in self.match:
            raise _condition_failure()
        if self.unmodified_since is not None and modified > self.unmodified_since:
            raise _condition_failure()
        other = etag not in self.none_match if self.none_match else None
        newer = modified > self.modified_since if self.modified_since is not None else None
        if False in (other, newer) and True not in (other, newer):
            raise _condition_failure(304)

    def check_write(self, etag: str | None, modified: datetime | None) -> None:
        """Refuse a write whose conditions do not hold; ``If-None-Match: *`` is the operation's own to check.

        Args:
            etag: Of what is there, without quotes; None where nothing is.
            modified: When it was written, whole seconds.
        """
        self._check_combination()
        if etag is None or modified is None:
            if self.match and not self.none_match and self.match != (_ANY,):
                raise _condition_failure()
        elif self.none_match:
            if self.none_match == (etag,):
                raise _condition_failure()
        elif self.match:
            if self.match not in ((_ANY,), (etag,)):
                raise _condition_failure()
        elif (self.modified_since is not None and modified <= self.modified_since) or (
            self.unmodified_since is not None and modified > self.unmodified_since
        ):
            raise _condition_failure()

    def _check_combination(self) -> None:
        """Refuse more than one condition, but for the two pairs that a write may have."""
        unlike = (self.none_match or self.modified_since) and (self.match or self.unmodified_since)
        if unlike or len(self.match) > 1 or len(self.none_match) > 1:
            raise Refusal(400, "MultipleConditionHeadersNotSupported", "Multiple condition headers are not supported.")


def _etags(text: str | None) -> tuple[str, ...]:
    return tuple(part.removeprefix('"').removesuffix('"') for part in text.split(",")) if text else ()


def _date(text: str | None) -> datetime | None:
    return parsedate_to_datetime(text).replace(microsecond=0) if text else None


def _condition_failure(status: int = 412) -> Refusal:
    return Refusal(status, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")


def _unsatisfiable() -> Refusal:
    return Refusal(400, "UnsatisfiableCondition", "The request includes an unsatisfiable condition for this operation.")
