"""``darkroom worker``: consume the queue outside of Azure Functions."""

import typer


def worker(context: typer.Context) -> None:
    """Run a worker, whose options are not typer's to read."""
    from shared.cli import worker as consumer

    raise typer.Exit(consumer.work(context.args))
