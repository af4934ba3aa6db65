"""Exit statuses of the command, and which error ends it with which."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import NoReturn

import typer

from shared.cli.service import ServiceDown, ServiceRefused
from shared.errors import DarkroomError, SettingsInvalid
from shared.rules.terminal import escape

#: What HTTP says where the request itself is wrong: no key or another role, or a parameter that is not valid.
_WRONG_USAGE = frozenset({400, 401, 403, 405, 415, 422, 428})


class Status(IntEnum):
    """How a command ends."""

    #: All is done and well.
    DONE = 0
    #: Something was refused, is not there, or has a violation or a problem.
    REFUSED = 1
    #: An option, a setting or a key is wrong.
    USAGE = 2
    #: Storage or the app can't be reached or has failed.
    FAILED = 3
    #: Ctrl-C.
    INTERRUPTED = 130


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
        stop(Status.USAGE if refused.status in _WRONG_USAGE else Status.REFUSED, str(refused))
    except ServiceDown as down:
        stop(Status.FAILED, str(down))
    except DarkroomError as error:
        stop(Status.FAILED, f"{failure}: {error}")
    except KeyboardInterrupt:
        raise typer.Exit(Status.INTERRUPTED) from None


def stop(status: Status, *sentences: str) -> NoReturn:
    """Print sentences on stderr, and exit.

    Raises:
        Exit: Always.
    """
    for sentence in sentences:
        typer.echo(f"darkroom: {escape(sentence)}", err=True)
    raise typer.Exit(status) from None
