"""Exit statuses of the command, and which error ends it with which."""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import IntEnum
from pathlib import Path
from typing import NoReturn, Self

import typer

from shared.cli.service import ServiceDown, ServiceRefused, ServiceUnreachable
from shared.errors import DarkroomError, NotFound, SettingsInvalid
from shared.rules.terminal import escape

#: What HTTP says where the request itself is wrong: no key or another role, or a parameter that is not valid.
_WRONG_USAGE = frozenset({400, 401, 403, 405, 414, 415, 422, 428})
#: A parameter of a query, which comes from an option; some have another name there.
_PARAMETER = re.compile(r"^query\.(\w+)")
_OPTIONS = {"ref_prefix": "ref"}


class Status(IntEnum):
    """How a command ends; ``meaning`` says it to people."""

    meaning: str

    DONE = 0, "All is done and well."
    REFUSED = 1, "Something was refused, is not there, or has a violation or a problem."
    USAGE = 2, "An option, a setting or a key is wrong."
    FAILED = 3, "Storage or the app can't be reached or has failed, or no image could be analysed."
    INTERRUPTED = 130, "Ctrl-C has ended it."
    UNREAD = 141, "The reader of its output is gone, such as `head`."

    def __new__(cls, value: int, meaning: str) -> Self:
        """Keep the meaning beside the number."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member


@contextmanager
def exit_on_error(failure: str = "storage failed") -> Iterator[None]:
    """Print what went wrong on stderr, and exit with its status.

    Args:
        failure: What an error of storage means for this command.
    """
    try:
        yield
    except SettingsInvalid as invalid:
        stop(Status.USAGE, *invalid.problems)
    except ServiceRefused as refused:
        stop(Status.USAGE if refused.status in _WRONG_USAGE else Status.REFUSED, *_sentences(refused))
    except (ServiceDown, ServiceUnreachable) as down:
        stop(Status.FAILED, str(down))
    except NotFound as absent:
        stop(Status.REFUSED, str(absent))
    except DarkroomError as error:
        stop(Status.FAILED, f"{failure}: {error}")
    except KeyboardInterrupt:
        raise typer.Exit(Status.INTERRUPTED) from None


@contextmanager
def exit_when_unread() -> Iterator[None]:
    """Exit without a word when the reader of the output is gone.

    Raises:
        Exit: With the status that a shell gives a program that this signal has ended: 128 and SIGPIPE's number.
    """
    try:
        yield
    except BrokenPipeError:
        discard_output()
        raise typer.Exit(Status.UNREAD) from None


def discard_output() -> None:
    """Send to nowhere what is still to be written: at its end Python would try once more, and say that it can't."""
    with suppress(OSError), Path(os.devnull).open("wb") as nowhere:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(nowhere.fileno(), stream.fileno())


def _sentences(refused: ServiceRefused) -> Sequence[str]:
    """Return what is wrong with each option, if the app says it, or else the reason."""
    options = [_PARAMETER.sub(lambda found: f"--{_OPTIONS.get(found[1], found[1])}:", each) for each in refused.errors]
    return options or [refused.detail]


def stop(status: Status, *sentences: str) -> NoReturn:
    """Print sentences on stderr, and exit.

    Raises:
        Exit: Always.
    """
    for sentence in sentences:
        typer.echo(f"darkroom: {escape(sentence)}", err=True)
    raise typer.Exit(status) from None
