"""The command ``darkroom``, by the first word of its line."""

import sys
from io import TextIOWrapper

#: As ``exits`` has it, which loads typer.
_FAILED, _INTERRUPTED = 3, 130


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
    except BrokenPipeError:  # the reader is gone while words are completed, before ``Root`` answers for it
        from shared.cli.exits import Status, discard_output  # noqa: PLC0415 - typer, which is loaded by then

        discard_output()
        sys.exit(Status.UNREAD)
    except OSError as error:  # of what it prints to, such as a full disk: commands answer for their own files
        if error.filename is not None or error.strerror is None:
            raise
        import typer  # noqa: PLC0415 - only the commands that load it print that much

        typer.echo(f"darkroom: The output can't be written: {error.strerror}.", err=True)
        sys.exit(_FAILED)


def _run() -> None:
    if sys.argv[1:2] == ["worker"]:
        from shared.cli import worker  # noqa: PLC0415 - the other commands load what they need

        sys.exit(worker.work(sys.argv[2:]))
    from shared.cli.main import app  # noqa: PLC0415 - typer

    app(prog_name="darkroom")
