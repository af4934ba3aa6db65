"""What a reply of the table service has beside the entity: its Date, the row's ETag and Timestamp."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from azure.data.tables import TableEntity

from shared.errors import StorageOut
from shared.storage.columns import plain_time


class ReplyDate:
    """Catch the ``Date`` of the reply to one read: give it as ``raw_response_hook``."""

    def __init__(self) -> None:
        self._date: datetime | None = None

    def __call__(self, reply: Any) -> None:  # noqa: ANN401 - a pipeline response, generic in two types
        """Take in a reply; the last one counts when the SDK has asked again."""
        self._date = date_of(reply.http_response.headers)

    @property
    def date(self) -> datetime:
        """The Date, aware UTC, whole seconds.

        Raises:
            StorageOut: The reply had none: whether a lease has lapsed can't be judged.
        """
        if self._date is None:
            raise StorageOut("reply without a Date")
        return self._date

    @staticmethod
    def etag(entity: TableEntity) -> str:
        """Return the ETag that the row had in this reply."""
        return str(entity.metadata["etag"])

    @staticmethod
    def modified_at(entity: TableEntity) -> datetime:
        """Return the row's ``Timestamp``, aware UTC.

        Raises:
            StorageOut: The reply had none.
        """
        stamp = entity.metadata["timestamp"]
        if stamp is None:
            raise StorageOut("reply without a Timestamp")
        return plain_time(stamp)


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """Return a reply's ``Date``, aware UTC; None when it has none that can be read."""
    try:
        return parsedate_to_datetime(headers.get("Date", ""))
    except ValueError:
        return None
