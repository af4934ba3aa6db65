"""What can go wrong, as one small tree.

A refusal is typed and carries what the caller needs to go on; an outage raises and never looks like a refusal. The
docstring of an error is its message unless a fuller one is given.
"""


class DarkroomError(Exception):
    """Something in Darkroom went wrong."""

    def __str__(self) -> str:
        """Return the message given, or else the first line of the docstring."""
        return super().__str__() or (self.__doc__ or "").splitlines()[0]


class NotFound(DarkroomError):
    """What was asked for is not there."""


class Conflict(DarkroomError):
    """The stored version forbids it; perhaps somebody else was first."""


class Outage(DarkroomError):
    """Nothing could be found out, or done for sure; try again later."""


class Invalid(DarkroomError):
    """What was given can't be used, now or ever."""


class ClockUnset(Outage):
    """The service's time is not known yet: no reply of it has been seen in this process."""


class SettingsInvalid(Invalid):
    """Settings can't be used.

    Args:
        problems: One sentence a setting, each beginning with its name.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("Settings can't be used:\n" + "\n".join(f"  {problem}" for problem in problems))
        self.problems = tuple(problems)


class ImageRejected(Invalid):
    """The image can't be analysed, now or ever.

    Args:
        code: What is wrong, one of the codes in docs/design.md; stable, lower case with underscores.
        message: One sentence for a person, with the figures that decided.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class InvalidReference(Invalid):
    """A name is not of the form that it should have."""


class IllegalTransition(Conflict):
    """The job's state or a guard forbids this event.

    Args:
        message: What was tried, on which job, and what stands against it.
        guard: The first guard that does not hold; None when the state alone forbids it.
    """

    def __init__(self, message: str, guard: str | None = None) -> None:
        super().__init__(message)
        self.guard = guard


class Duplicate(Conflict):
    """A job of that id is recorded already."""


class Unreadable(Conflict):
    """This release can't read the row; it is left alone. Base of the reasons."""


class RowDamaged(Unreadable):
    """Somebody has written into the row what no release writes; ``verify`` calls it a violation."""


class NewerSchema(Unreadable):
    """The row was written by a newer release; it is left to the instances of that release."""


class OneRefused(Conflict):
    """One of several jobs can't be added, and so none of them was.

    Args:
        job_id: Of that one.
    """

    def __init__(self, job_id: str) -> None:
        super().__init__(f"{job_id}: refused, and all that were to be added with it")
        self.job_id = job_id


class KeyTaken(Conflict):
    """Another version of the same reference is recorded already."""


class Lost(Conflict):
    """Another writer was first: the row is no longer the one that was read.

    Args:
        row_key: Of the row that another writer moved.
    """

    def __init__(self, row_key: str) -> None:
        super().__init__(f"{row_key}: another writer was first")
        self.row_key = row_key


class MessageRejected(Invalid):
    """The message names no job and no image.

    Args:
        code: Why, lower case with underscores.
        message: One sentence for a person.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Undecided(Outage):
    """Storage did not say in time whether the write was applied. It may have been; ask again."""


class StorageOut(Outage):
    """Storage can't be reached or refuses to work; nothing is known about the rows."""


class ContentRefused(Invalid):
    """Storage refuses a row or a message for what it holds; the same again would be refused again.

    Nothing was written. It says nothing about other rows and messages.

    Args:
        service_code: The service's own, for the message.
        row_key: Of the row, where storage says which of several.
    """

    def __init__(self, service_code: str, row_key: str | None = None) -> None:
        super().__init__(f"Storage refuses the content of the row or message: {service_code}.")
        self.code = "content_refused"
        self.row_key = row_key


class LockHeld(Conflict):
    """Another holder's lease on the lock is live."""


class AnalysisDied(DarkroomError):
    """The analysis has not come to its end, which says nothing sure about the image.

    Args:
        code: ``out_of_memory``, ``analysis_timeout``, ``analysis_crashed``, or ``analysis_stopped`` where its result
            was not wanted any more.
        message: One sentence for a person.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


#: Codes of ``AnalysisDied`` after which the image is analysed once more, alone: perhaps another's was at fault.
DIED = frozenset({"out_of_memory", "analysis_timeout", "analysis_crashed"})


class NoSandbox(Outage):
    """No child process can be started, or none that is confined as required. No image was analysed."""


class BlobGone(NotFound):
    """No blob has this name."""


class BlobUnreadable(Invalid):
    """The blob is there and can't be read: archived, encrypted with a key of its own, or closed to us.

    Args:
        code: The blob service's own, for the message.
        passing: Whether another try may find it readable, without anybody's having changed the blob.
    """

    def __init__(self, code: str, *, passing: bool = False) -> None:
        super().__init__(f"The blob service does not return the blob: {code}.")
        self.code = "blob_unreadable"
        self.passing = passing


class BlobTooLarge(Invalid):
    """The blob has more bytes than are read.

    Args:
        size_bytes: So many.
    """

    def __init__(self, size_bytes: int) -> None:
        super().__init__()
        self.size_bytes = size_bytes


class FolderMarker(Conflict):
    """The blob marks a folder and holds no image."""


class MarkerRejected(Conflict):
    """The service refuses a listing's marker; the listing must start again."""


class BlobChanged(Conflict):
    """The blob is no longer the version that was recorded."""


class Stale(Conflict):
    """The lease has gone to another holder; what this one reports is refused."""


class Mismatch(Conflict):
    """What was to be changed is no longer the version that the caller has seen."""


class NoSuchJob(NotFound):
    """No job has this id."""


class NoSuchImage(NotFound):
    """No image of that id is recorded, or it has no thumbnail."""


class NoSuchMessage(NotFound):
    """No rejected message has this id."""


class Refused(Conflict):
    """The job's state, or the table's, forbids what was asked for.

    Args:
        code: Why, lower case with underscores.
        message: One sentence for a person.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NotJson(Invalid):
    """A value can't be written as JSON.

    Args:
        field: Which value.
        why: The kind of error that a writer of JSON met, in a word.
    """

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"The {field} can't be written as JSON: {why}.")
        self.field = field
        self.why = why


class TooLarge(Invalid):
    """A value is larger than a row holds.

    Args:
        field: Which value.
        problem: What it must be, with the figures that decided.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem
