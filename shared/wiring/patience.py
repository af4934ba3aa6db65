"""How long a process goes on with writes that storage does not answer: shorter once it is to end."""

from shared.errors import Undecided
from shared.runtime import Runtime

#: Pauses between two sends of a write grow, up to a second. Once the process is to end, whoever has come to one of so
#: many seconds gives up: it has sent the write six times in a second and a half.
LONGEST = 1.0


class Patience:
    """The pauses between two sends of a write.

    What is given up is ``Undecided``, as if its time were over: a message comes back by itself, a claim that can't be
    given back lapses. Without this a worker that is told to stop while storage is out would go on for 30 s with each
    write of each image: its thumbnail, the claim that it gives back, the lock of its sweep.

    Args:
        runtime: Lets the time pass.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._is_ending = False

    def end(self) -> None:
        """Have less of it from now on."""
        self._is_ending = True

    def pause(self, seconds: float) -> None:
        """Wait before the next send.

        Raises:
            Undecided: The process is to end, and storage has not answered for long.
        """
        if self._is_ending and seconds >= LONGEST:
            raise Undecided("the process is to end")
        self._runtime.pause(seconds)
