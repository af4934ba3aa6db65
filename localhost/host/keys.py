"""Function keys, asked for by ``--auth``, as ``func start --enableAuth`` does."""

import hmac
import secrets
from dataclasses import dataclass, field

from localhost.host.wire import Request

HEADER = "x-functions-key"
PARAMETER = "code"


@dataclass(frozen=True)
class Keys:
    """A host's keys, new at each start; never logged, hence no part of its own text."""

    function: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    master: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    def open(self, level: str, request: Request) -> bool:
        """Tell whether a request may pass; a level that is not known asks for the master key.

        Args:
            level: ``authLevel`` of an HTTP trigger, in any case.
            request: Brings its key in a header, or else in the query.
        """
        if level.lower() == "anonymous":
            return True
        given = _given(request)
        accepted = [self.master, self.function] if level.lower() == "function" else [self.master]
        return any(hmac.compare_digest(key.encode(), given.encode()) for key in accepted)


def _given(request: Request) -> str:
    """Return the key that a request brings; a header, even a wrong one, outranks the query."""
    if HEADER in request.headers:
        return request.headers[HEADER]
    return next(iter(request.args.get(PARAMETER, [])), "")
