"""The options of ``darkroom worker``, read by argparse."""

import re
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from shared.cli.words import address, whole

T = TypeVar("T")
PURPOSE = "Consume the job queue. It needs no Azure Functions, does what timers do, and logs JSON lines to stderr."


def parser() -> ArgumentParser:
    """Build what reads them; it ends the process with 2 and says why where one can't be used."""
    options = ArgumentParser(prog="darkroom worker", description=PURPOSE, allow_abbrev=False)
    options.add_argument(
        "--slots",
        type=_of(whole(1, 256)),
        metavar="N",
        help="Messages at once in each process. By default 2 more than the images that it analyses at once.",
    )
    options.add_argument(
        "--processes", type=_of(whole(1, 64)), metavar="N", default=1, help="Worker processes; one by default."
    )
    options.add_argument(
        "--health",
        type=_of(address),
        metavar="[HOST:]PORT",
        help="Serve GET /health. Without a host, only this machine can send requests.",
    )
    options.add_argument(
        "--drain",
        type=_of(_seconds),
        metavar="SECONDS",
        default=25.0,
        help="Time to finish running work after SIGTERM or SIGINT; 25 by default.",
    )
    options.add_argument(
        "--handlers",
        action="append",
        metavar="MODULE",
        default=[],
        help="Import a module that registers handlers. Repeatable.",
    )
    options.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help="A local.settings.json file. The environment takes precedence.",
    )
    return options


def _of(parse: Callable[[str], T]) -> Callable[[str], T]:
    """Let argparse say what a parser says."""

    def parse_word(text: str) -> T:
        try:
            return parse(text)
        except ValueError as error:
            raise ArgumentTypeError(str(error)) from None

    return parse_word


def _seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", text):
        raise ValueError(f"must be seconds, such as 25 or 2.5, but is {text!r}")
    return float(text)
