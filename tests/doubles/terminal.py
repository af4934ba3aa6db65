"""Outputs of commands that keep what is printed."""

import io

from shared.cli.output import Output


class Screen(io.StringIO):
    """A terminal's stream."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def pipe() -> Output:
    """Return what prints into a pipe."""
    return Output(None, is_terminal=False, is_colored=False, stream=io.StringIO(), errors=io.StringIO())


def terminal(width: int = 80, *, is_colored: bool = False) -> Output:
    """Return what prints to a terminal."""
    return Output(width, is_terminal=True, is_colored=is_colored, stream=Screen(), errors=Screen())


def text_of(output: Output) -> str:
    """Return what was printed to an output's stream."""
    assert isinstance(output.stream, io.StringIO)
    return output.stream.getvalue()


def notes_of(output: Output) -> str:
    """Return what was printed beside it."""
    assert isinstance(output.errors, io.StringIO)
    return output.errors.getvalue()
