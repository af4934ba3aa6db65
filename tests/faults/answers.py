"""What an operator is told of a job, in a word that also comes from another process."""

from collections.abc import Callable

from shared.errors import Refused
from shared.ports.jobs import Row


def answer_of(act: Callable[[str], Row | str], job_id: str) -> str:
    """Act on a job; return the state that it has then, or the code of the refusal; another process has done that."""
    try:
        done = act(job_id)
    except Refused as refused:
        return refused.code
    return done if isinstance(done, str) else done.job.state.value
