"""What can go wrong, as one small tree. No message ever contains the key."""


class ApiError(Exception):
    """The service refused the call.

    Args:
        status: Of HTTP; 0 when no response came.
        code: Why, such as ``wrong_state``; empty when the response had none.
        detail: One sentence for a person.
        retry_after: Seconds to wait before the next call; None when the service did not say.
    """

    def __init__(self, status: int, code: str, detail: str, retry_after: float | None = None) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.retry_after = retry_after


class Stale(ApiError):
    """412: another worker has the job by now, or somebody ended it. Discard what you have made."""


class NotFound(ApiError):
    """404: this job, or this message, does not exist."""


class Conflict(ApiError):
    """409: the state of the job does not allow this call; ``code`` says why."""


class InvalidRequest(ApiError):
    """400, 413, 415, 422 or 428: the service does not accept the request as it is, and has changed nothing."""


class Unavailable(ApiError):
    """No response, 429 or 5xx: the outcome is unknown. The service may have done what you asked for."""


def error_type(status: int) -> type[ApiError]:
    """Return the error for a status that is not 2xx."""
    types = {404: NotFound, 409: Conflict, 412: Stale, 429: Unavailable}
    if status in (400, 413, 415, 422, 428):
        return InvalidRequest
    return types.get(status, Unavailable if status >= 500 else ApiError)  # noqa: PLR2004 - 5xx
