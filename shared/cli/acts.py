"""What operators do to many jobs at once, and the words for it."""

from dataclasses import dataclass
from enum import Enum

from shared.rules.jobs import State

_JOBS, _REJECTED = "/jobs/actions", "/rejected/actions"


@dataclass(frozen=True)
class Words:
    """How to say what is done.

    Attributes:
        imperative: At the beginning of a question.
        going: While it is done.
        past: When it is done.
        noun: For the whole of it.
    """

    imperative: str
    going: str
    past: str
    noun: str


_CANCEL = Words("Cancel", "canceling", "canceled", "cancellation")
_REDRIVE = Words("Redrive", "redriving", "redriven", "redrive")
_DELETE = Words("Delete", "deleting", "deleted", "deletion")


class Act(Enum):
    """An act on jobs, or on rejected messages."""

    CANCEL_JOBS = _JOBS, "cancel", _CANCEL, (State.PENDING, State.RUNNING)
    REDRIVE_JOBS = _JOBS, "redrive", _REDRIVE, (State.FAILED, State.CANCELED)
    DELETE_JOBS = _JOBS, "delete", _DELETE, (State.COMPLETED, State.FAILED, State.CANCELED)
    REDRIVE_REJECTED = _REJECTED, "redrive", _REDRIVE, ()
    DELETE_REJECTED = _REJECTED, "delete", _DELETE, ()

    def __init__(self, path: str, action: str, words: Words, states: tuple[State, ...]) -> None:
        self.path = path
        self.action = action
        self.words = words
        #: In which a job can be acted on.
        self.states = states

    @property
    def is_of_jobs(self) -> bool:
        """Whether it is an act on jobs."""
        return self.path == _JOBS

    @property
    def usual_states(self) -> tuple[State, ...]:
        """In which it looks for jobs where the operator names none: nobody runs again by accident what was canceled."""
        return (State.FAILED,) if self is Act.REDRIVE_JOBS else self.states

    def things(self, count: int) -> str:
        """Return what it acts on, with their number."""
        thing = "job" if self.is_of_jobs else "rejected message"
        return f"{count:,} {thing}{'' if count == 1 else 's'}"
