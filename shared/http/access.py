"""Which role may call what, if the API has keys of its own or people sign in: checked before all else of a request.

An operation that is not in the table is for operators only, so that none is ever public by mistake.
"""

import re
from collections.abc import Callable, Collection, Mapping

from shared.http.error_codes import ErrorCode
from shared.http.problems import Problem
from shared.rules.callers import HOST_KEY, Caller, Proof
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
#: Where App Service signs people of Entra ID in; the dashboard leads there.
#: Source: learn.microsoft.com, "Customize sign-in and sign-out in Azure App Service authentication", read 2026-12.
LOGIN = "/.auth/login/aad"
_SIGN_IN = "Sign in, or send a valid key in the header `Authorization: Bearer KEY`."
#: The characters of a token that RFC 6750 allows, section 2.1.
_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE)


class Authorizer:
    """Check who makes each request, and their role.

    Args:
        keys: Those of the settings.
        operation: Returns the operation of a method and a path; None if the API has no such operation.
        host: Who calls where neither keys nor principals count: the host has checked its own key, and lets in whom it
            lets in.
        principal_of: Reads who has signed in from the header of App Service; None where nobody signs in.
    """

    def __init__(
        self,
        keys: Collection[ApiKey],
        *,
        operation: Callable[[str, str], str | None],
        host: Caller = HOST_KEY,
        principal_of: Callable[[str], Caller | None] | None = None,
    ) -> None:
        self._keys = keys
        self._operation = operation
        self._host = host
        self._principal_of = principal_of

    def authorize(
        self, method: str, path: str, authorization: str | None, principal: str | None = None
    ) -> Caller | None:
        """Let a request in or refuse it.

        Args:
            method: Of HTTP.
            path: Decoded.
            authorization: The header; None without it.
            principal: The header of App Service, which nobody reads where nobody signs in; None without it.

        Returns:
            Who calls: by a key of ours, or else by having signed in; without both by the host; None at a public
            operation without a known key and a role.

        Raises:
            Problem: 401: no known key was sent, and nobody has signed in. 403: the role may not call this operation.
        """
        if not self._keys and self._principal_of is None:
            return self._host
        operation = self._operation(method, path)
        caller = self._caller(authorization, principal)
        if operation in PUBLIC:
            return caller if caller is not None and caller.role is not None else None
        if caller is None:
            raise self._key_problem(invalid=authorization is not None)
        allowed = ROLES.get(operation or "", _OPERATORS)
        if caller.role is None:
            raise Problem(ErrorCode.WRONG_ROLE, f"You have no role here; this call needs {_names(allowed)}.")
        if operation is None:  # refused later with 404 or 405, which says only what OpenAPI says
            return caller
        if caller.role not in allowed:
            sentence = f"Your role is {caller.role}; this call needs {_names(allowed)}."
            raise Problem(ErrorCode.WRONG_ROLE, sentence)
        if allowed == _OPERATORS:
            key = str(caller) if caller.by is Proof.KEY else None
            name = None if key else str(caller)
            emit(LogEvent.OPERATED, operation=operation, key=key, principal=name, path=path)
        return caller

    def _caller(self, authorization: str | None, principal: str | None) -> Caller | None:
        """Return the bearer of a key of ours; without one, who has signed in."""
        bearer = _BEARER.fullmatch(authorization.strip(" \t")) if authorization else None
        key = bearer_of(self._keys, bearer[1]) if bearer else None
        if key is not None:
            return Caller.of_key(key)
        return None if self._principal_of is None or principal is None else self._principal_of(principal)

    def _key_problem(self, *, invalid: bool) -> Problem:
        challenge = 'Bearer realm="darkroom"' + (', error="invalid_token"' if invalid else "")
        if self._principal_of is None:
            return Problem(ErrorCode.KEY_REQUIRED, headers={"WWW-Authenticate": challenge})
        return Problem(ErrorCode.KEY_REQUIRED, _SIGN_IN, headers={"WWW-Authenticate": f'{challenge}, login="{LOGIN}"'})


def _names(roles: Collection[Role]) -> str:
    return " or ".join(role.value for role in Role if role in roles)
