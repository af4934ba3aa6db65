"""Ask the operator, where one is there."""

import sys

import typer


def is_attended() -> bool:
    """Whether somebody is there to answer a question."""
    return sys.stdin.isatty()


def confirm(question: str) -> bool:
    """Ask until the answer is yes or no, which is also what no answer means.

    The question goes to stderr: stdout has only what was asked for, and a program may read it.
    """
    while True:
        sys.stderr.write(f"{question} [y/N]: ")
        sys.stderr.flush()
        answer = sys.stdin.readline()
        if answer.strip().lower() in ("y", "yes"):
            return True
        if answer.strip().lower() in ("", "n", "no"):
            return False
        typer.echo("Answer y or n.", err=True)
