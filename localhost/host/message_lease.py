"""One received message under our lease."""

import threading
from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.storage.queue import QueueClient, QueueMessage

#: The message is under another's receipt, or gone: not ours any more.
_LOST = {"PopReceiptMismatch", "MessageNotFound", "QueueNotFound", "QueueBeingDeleted"}


class MessageLease:
    """Renew, release or delete one message, always by its newest pop receipt.

    Args:
        queue: Where it came from.
        message: As received.
        lease_seconds: What each renewal restores.
    """

    def __init__(self, queue: QueueClient, message: QueueMessage, lease_seconds: int) -> None:
        self._queue = queue
        self._message = message
        self._lease_seconds = lease_seconds
        self._lock = threading.Lock()
        self._receipt = str(message.pop_receipt)
        self._over = False

    @property
    def id(self) -> str:
        """The message's id."""
        return str(self._message.id)

    @property
    def content(self) -> str:
        """The text as it lies in the queue."""
        return str(self._message.content)

    @property
    def dequeue_count(self) -> int:
        """How often it has been received, this time included."""
        return int(self._message.dequeue_count or 1)

    def metadata(self, body: str) -> dict[str, Any]:
        """Return the trigger metadata: plain values, times as ISO text with an offset."""
        times = {
            "InsertionTime": self._message.inserted_on,
            "ExpirationTime": self._message.expires_on,
            "NextVisibleTime": self._message.next_visible_on,
        }
        return {
            "QueueTrigger": body,
            "Id": self.id,
            "PopReceipt": str(self._message.pop_receipt),
            "DequeueCount": self.dequeue_count,
            # A converter cannot read a time that is null, only one that is missing.
            **{name: moment.isoformat() for name, moment in times.items() if moment is not None},
        }

    def renew(self) -> float | None:
        """Restore the full lease; return the seconds until the next turn, None when the message is lost or done."""
        try:
            with self._lock:
                if self._over:
                    return None
                self._update(self._lease_seconds)
        except AzureError as error:
            return None if is_lost(error) else self._lease_seconds / 10
        return self._lease_seconds / 2

    def release(self, seconds: int) -> None:
        """Make the message visible again in so many seconds; a lost one is left alone."""
        self._last(lambda: self._update(seconds))

    def delete(self) -> None:
        """Delete the message; a lost one is left alone."""
        self._last(lambda: self._queue.delete_message(self.id, self._receipt))

    def _last(self, act: Any) -> None:  # noqa: ANN401 - a call without arguments
        with self._lock:
            self._over = True
            try:
                act()
            except HttpResponseError as error:
                if not is_lost(error):
                    raise

    def _update(self, seconds: int) -> None:
        updated = self._queue.update_message(self.id, self._receipt, visibility_timeout=seconds)
        self._receipt = str(updated.pop_receipt)


def is_lost(error: AzureError) -> bool:
    """Tell whether the message is no longer ours."""
    return isinstance(error, ResourceNotFoundError) or getattr(error, "error_code", None) in _LOST
