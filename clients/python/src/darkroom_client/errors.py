"""What can go wrong, as one small tree. No message ever holds the key."""


class ApiError(Exception):
    """The service refuses.

    Args:
        status: Of HTTP; 0 where no reply came.
        code: Why, lower case with underscores; empty where the reply had none.
        detail: One sentence for a person.
        retry_after: Seconds after which to ask again; None when not told.
    """

    def __init__(self, status: int, code: str, detail: str, retry_after: float | None = None) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.retry_after = retry_after


class Stale(ApiError):
    """412: the job has another holder by now, or was ended from outside. What this one made is not wanted any more."""


class NotFound(ApiError):
    """404: there is no such job."""


class Conflict(ApiError):
    """409: the job's state forbids it; ``code`` says why."""


class Invalid(ApiError):
    """400, 413, 415, 422 or 428: the request is not of the form that is wanted. Nothing was done."""


class Unreachable(ApiError):
    """No reply, 429 or 5xx: nothing is known. What was asked for may have been done all the same."""


def refusal(status: int) -> type[ApiError]:
    """Return the error that a status, which is not 2xx, stands for."""
    named = {404: NotFound, 409: Conflict, 412: Stale, 429: Unreachable}
    if status in (400, 413, 415, 422, 428):
        return Invalid
    return named.get(status, Unreachable if status >= 500 else ApiError)  # noqa: PLR2004 - 5xx
