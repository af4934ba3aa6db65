"""Which role may call what, if the API has keys of its own. It is checked before anything else of a request.

An operation that is not in the table is for operators only, so that none is ever public by mistake.
"""

import re
from collections.abc import Callable, Collection, Mapping

from shared.http.error_codes import ErrorCode
from shared.http.problems import Problem
from shared.rules.callers import HOST_KEY, Caller
from shared.rules.keys import ApiKey, Role, bearer_of
from shared.telemetry import LogEvent, emit

_ALL = frozenset(Role)
_READERS = frozenset({Role.READER, Role.UPLOADER, Role.OPERATOR})
_UPLOADERS = frozenset({Role.UPLOADER, Role.OPERATOR})
_WORKERS = frozenset({Role.WORKER, Role.OPERATOR})
_OPERATORS = frozenset({Role.OPERATOR})

#: The header by which the gateway names an authenticated caller to the app (``Caller.encode``), and nobody else's call
#: has; the gateway drops a client's own.
CALLER = "x-darkroom-caller"
#: Operations without a key: none says anything about jobs, and health only that storage responds and timers work.
PUBLIC = frozenset({"getHealth", "getDashboard", "getDashboardFile"})
#: Which roles may call an operation.
ROLES: Mapping[str, frozenset[Role]] = {
    **dict.fromkeys(("listJobs", "getJob", "jobHistory", "whyNot", "openapi"), _ALL),
    **dict.fromkeys(
        (
            "listImages",
            "getImage",
            "getThumbnail",
            "getStats",
            "getMetrics",
            "getHistory",
            "listCauses",
            "listLocks",
            "countBlobs",
        ),
        _READERS,
    ),
    **dict.fromkeys(("uploadImage", "analyzeImage", "addJob"), _UPLOADERS),
    **dict.fromkeys(
        ("claimNext", "claimJob", "renewJob", "completeJob", "retryJob", "abandonJob", "failJob"), _WORKERS
    ),
    **dict.fromkeys(("cancelJob", "redriveJob", "deleteJob", "purgeJobs", "walkContainer"), _OPERATORS),
    **dict.fromkeys(("actOnJobs", "listRejected", "getRejected", "actOnRejected", "listActions"), _OPERATORS),
}
#: The characters of a token that RFC 6750 allows, section 2.1.
_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE)


class Authorizer:
    """Check the key and role of each request.

    Args:
        keys: Those of the settings. Without any, the host has checked its own, and every request is let in.
        operation: Returns the operation of a method and a path; None if the API has no such operation.
        host: Who calls where the host has checked.
    """

    def __init__(
        self, keys: Collection[ApiKey], *, operation: Callable[[str, str], str | None], host: Caller = HOST_KEY
    ) -> None:
        self._keys = keys
        self._operation = operation
        self._host = host

    def authorize(self, method: str, path: str, authorization: str | None) -> Caller | None:
        """Let a request in or refuse it.

        Args:
            method: Of HTTP.
            path: Decoded.
            authorization: The header; None without it.

        Returns:
            Who calls, by a key of ours or, without any, by the host; None at a public operation without a known key.

        Raises:
            Problem: 401: no known key was sent. 403: the key's role may not call this operation.
        """
        if not self._keys:
            return self._host
        operation = self._operation(method, path)
        bearer = _BEARER.fullmatch(authorization.strip(" \t")) if authorization else None
        key = bearer_of(self._keys, bearer[1]) if bearer else None
        if operation in PUBLIC:
            return None if key is None else Caller.of_key(key)
        if key is None:
            raise _key_problem(invalid=authorization is not None)
        if operation is None:  # refused later with 404 or 405, which says only what OpenAPI says
            return Caller.of_key(key)
        allowed = ROLES.get(operation, _OPERATORS)
        if key.role not in allowed:
            roles = " or ".join(role.value for role in Role if role in allowed)
            raise Problem(ErrorCode.WRONG_ROLE, f"The key has the role {key.role}; this call needs {roles}.")
        if allowed == _OPERATORS:
            emit(LogEvent.OPERATED, operation=operation, key=str(key), path=path)
        return Caller.of_key(key)


def _key_problem(*, invalid: bool) -> Problem:
    challenge = 'Bearer realm="darkroom"' + (', error="invalid_token"' if invalid else "")
    return Problem(ErrorCode.KEY_REQUIRED, headers={"WWW-Authenticate": challenge})
