"""The command ``darkroom``, by the first word of its line."""

import sys
from io import TextIOWrapper

#: As ``exits`` has it, which loads typer.
_INTERRUPTED = 130


def main() -> None:
    """Run the command, and exit with its status.

    ``worker`` does without typer, which loads pydantic to read options: a sixth of a cold start.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name may have letters that a terminal's encoding has not
    try:
        _run()
    except KeyboardInterrupt:  # while a command still loads
        sys.exit(_INTERRUPTED)


def _run() -> None:
    if sys.argv[1:2] == ["worker"]:
        from shared.cli import worker  # noqa: PLC0415 - the other commands load what they need

        sys.exit(worker.work(sys.argv[2:]))
    from shared.cli.main import app  # noqa: PLC0415 - typer

    app(prog_name="darkroom")
