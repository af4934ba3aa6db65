"""The deployed app, as its own API and its host tell of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True)
class AppReply:
    """A response of the app.

    Attributes:
        status: Of HTTP; None where there was no response.
        content: Its JSON object; empty without one.
        reason: Why there was no response, in a few words.
    """

    status: int | None
    content: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


class Deployment(Protocol):
    """The deployed app; an outage is a reply without a status."""

    def get(self, path: str) -> AppReply:
        """Send a GET with the key for that path, if there is one, and follow no redirect. Costs: 1 request of HTTP."""

    def forge(self, path: str, headers: Mapping[str, str]) -> AppReply:
        """Send a GET without any key, with headers that nobody may believe. Costs: 1 request of HTTP."""
