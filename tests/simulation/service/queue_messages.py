"""The messages of one queue: who sees them, and until when."""

import base64
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.simulation.service.behaviour import Behaviour
from tests.simulation.service.clock import ServiceClock
from tests.simulation.service.exchange import Refusal

NEVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@dataclass
class Numbers:
    """A sequence from 1 on; unlike an iterator, one that can be copied."""

    last: int = 0

    def next(self) -> int:
        """Return the next number."""
        self.last += 1
        return self.last


@dataclass
class Message:
    """A message.

    Attributes:
        number: Rises with each message of the account.
        text: Its content.
        inserted_at: When it was sent.
        expires: When it is gone.
        visible: When it is given next.
        receipt: That its next update or deletion must name.
        dequeues: How often it was given.
    """

    number: int
    text: str
    inserted_at: datetime
    expires: datetime
    visible: datetime
    receipt: str
    dequeues: int = 0

    @property
    def id(self) -> str:
        """Its name."""
        return str(uuid.UUID(int=self.number, version=4))


@dataclass
class Queue:
    """One queue.

    Args:
        clock: The services' time.
        behaviour: Of the account.
        numbers: Of messages and pop receipts; one sequence for the account.

    Attributes:
        metadata: As it was set.
    """

    clock: ServiceClock
    behaviour: Behaviour
    numbers: Numbers = field(default_factory=Numbers)
    metadata: dict[str, str] = field(default_factory=dict)
    _messages: dict[str, Message] = field(default_factory=dict)

    def __len__(self) -> int:
        """Count the messages, hidden ones among them; expired ones too until somebody looks, as Azurite does."""
        return len(self._messages)

    def __iter__(self) -> Iterator[Message]:
        """Go through all messages, hidden ones among them."""
        return iter(self._messages.values())

    def put(self, text: str, *, delay: timedelta, life: timedelta | None) -> Message:
        """Add a message; it never expires without a ``life``."""
        now = self.clock.now()
        expires = NEVER if life is None or life > NEVER - now else now + life
        message = Message(self.numbers.next(), text, now, expires, now + delay, self._receipt())
        self._messages[message.id] = message
        return message

    def get(self, most: int, *, hide: timedelta) -> list[Message]:
        """Give messages, and hide them for a while."""
        messages = self.peek(most)
        receipt = self._receipt()
        for message in messages:
            message.visible = self.clock.now() + hide
            message.receipt = receipt
            message.dequeues += 1
        return messages

    def peek(self, most: int) -> list[Message]:
        """Show messages, and change nothing."""
        self._expire()
        now = self.clock.now()
        messages = [message for message in self._messages.values() if message.visible <= now]
        messages.sort(key=lambda message: (message.visible, message.number))
        if self.behaviour.shuffle is not None:
            self.behaviour.shuffle(messages)
        return messages[:most]

    def update(self, name: str, receipt: str, *, text: str | None, hide: timedelta) -> Message:
        """Hide a message anew, and replace its text where there is one.

        Raises:
            Refusal: There is no such message, or it was given to somebody else since.
        """
        message = self._match(name, receipt)
        message.visible = self.clock.now() + hide
        message.receipt = self._receipt()
        if text is not None:
            message.text = text
        return message

    def delete(self, name: str, receipt: str) -> None:
        """Delete a message.

        Raises:
            Refusal: There is no such message, or it was given to somebody else since.
        """
        del self._messages[self._match(name, receipt).id]

    def clear(self) -> None:
        """Delete all messages."""
        self._messages.clear()

    def _match(self, name: str, receipt: str) -> Message:
        self._expire()
        message = self._messages.get(name)
        if message is None or (message.receipt != receipt and self.behaviour.forgets_receipts):
            raise Refusal(404, "MessageNotFound", "The specified message does not exist.")
        if message.receipt != receipt:
            raise Refusal(
                400,
                "PopReceiptMismatch",
                "The specified pop receipt did not match the pop receipt for a dequeued message.",
            )
        return message

    def _expire(self) -> None:
        now = self.clock.now()
        for name in [message.id for message in self._messages.values() if message.expires <= now]:
            del self._messages[name]

    def _receipt(self) -> str:
        """Draw a new pop receipt; its time is there to be looked at, its number makes it the only one."""
        return base64.b64encode(f"{self.clock.now():%d%b%Y%H:%M:%S}{self.numbers.next():04x}".encode()).decode()
