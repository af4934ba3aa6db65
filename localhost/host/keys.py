"""Function keys, asked for by ``--auth``, as ``func start --enableAuth`` does."""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

HEADER = "x-functions-key"
PARAMETER = "code"


class Request(Protocol):
    """What brings a key: a request of Starlette."""

    @property
    def headers(self) -> Mapping[str, str]:
        """By name."""

    @property
    def query_params(self) -> Mapping[str, str]:
        """By name."""


@dataclass(frozen=True)
class Keys:
    """A host's keys, new at each start; never logged, hence no part of its own text."""

    function: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    master: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    def open(self, level: str, request: Request) -> bool:
        """Tell whether a request may pass; a level that is not known asks for the master key.

        Args:
            level: ``authLevel`` of an HTTP trigger, in any case.
            request: Brings its key in a header, even a wrong one, or else in the query.
        """
        if level.lower() == "anonymous":
            return True
        key = request.headers.get(HEADER, request.query_params.get(PARAMETER, ""))
        accepted = [self.master, self.function] if level.lower() == "function" else [self.master]
        return any(hmac.compare_digest(one.encode(), key.encode()) for one in accepted)
