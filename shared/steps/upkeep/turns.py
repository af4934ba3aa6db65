"""Let things that stand alone have their turn each, whatever another has raised."""

from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Keep what turns raise until all have had theirs.

    Attributes:
        errors: In the order in which they came.
    """

    def __init__(self) -> None:
        self.errors: list[BaseException] = []

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Keep what the block raises; the end of the process goes on."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - the edge of a turn: raised when the others have had theirs
            self.errors.append(error)

    def finish(self) -> None:
        """Raise the first error, if there is one."""
        if self.errors:
            raise self.errors[0]
