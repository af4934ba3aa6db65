"""Containers, queues and tables as somebody sees them who asks what is allowed there.

Costs are told as in ``shared.ports``. Nothing here raises for an outage: it is an answer like any other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from shared.rules.access import Act
from shared.rules.names import Kind


class Form(Enum):
    """How a connection proves who asks."""

    KEY = "an account key"
    SAS = "a SAS"
    EMULATOR = "the emulator's key"
    MANAGED = "a managed identity"
    IDENTITY = "an identity"


@dataclass(frozen=True, kw_only=True)
class ConnectionFacts:
    """A connection, without its secrets.

    Attributes:
        setting: The app setting that counts.
        shadow: Another one that is set too, and does not count; None without one.
        form: How it proves who asks.
        urls: Of the services, without query; those that it reaches.
        expires: When its SAS expires, aware UTC; None without one.
    """

    setting: str
    shadow: str | None
    form: Form
    urls: Mapping[str, str]
    expires: datetime | None


class Verdict(Enum):
    """What an answer says about an act."""

    ALLOWED = "it is allowed"
    MISSING = "the container, queue or table is missing"
    FORBIDDEN = "role or SAS do not permit it"
    KEYS_OFF = "the account takes no keys"
    NETWORK = "the account takes no requests from here, or not by this SAS"
    STRANGER = "the account does not accept the key, SAS or token"
    NO_IDENTITY = "there is no identity here that gets a token"
    UNREACHABLE = "the service was not reached, or did not answer"
    FAILING = "the service fails"
    REFUSED = "something else"


@dataclass(frozen=True, kw_only=True)
class ServiceTime:
    """What a reply says of the service's time.

    Attributes:
        date: Aware UTC; rounded down to whole seconds.
        sent_at: Monotonic second at which its request was sent.
        seen_at: The same of its arrival.
    """

    date: datetime
    sent_at: float
    seen_at: float


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of trying an act.

    Attributes:
        verdict: What it says.
        code: The service's own, or why there was no answer; never a secret.
        time: The service's; None without a reply.
        count: Messages in the queue, about, where they were counted.
    """

    verdict: Verdict
    code: str = ""
    time: ServiceTime | None = None
    count: int | None = None


class Place(Protocol):
    """A container, queue or table.

    Attributes:
        kind: Which of them.
        name: Of it.
        connection: How it is reached.
        acts: What Darkroom does there.
    """

    kind: Kind
    name: str
    connection: ConnectionFacts
    acts: Sequence[Act]

    def try_act(self, act: Act) -> Answer:
        """Find out whether an act is allowed, changing nothing and taking nothing.

        A read reads. A write is one that can't be applied: it names what does not exist, or is no whole document. The
        service looks at permissions before it looks at these, so that any other refusal shows the permission.

        Costs: 1 request.
        """
