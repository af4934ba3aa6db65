"""``darkroom trace``: what happened to a job, moment by moment."""

from shared.cli.commands.show import Thing
from shared.cli.connect import Options, connect
from shared.cli.exits import exit_on_error
from shared.cli.options import AsJson, SettingsFile, Url


def trace(thing: Thing, *, as_json: AsJson = False, url: Url = None, settings: SettingsFile = None) -> None:
    """Show the life of a job. It has each attempt, workers that were lost, and reports that came too late."""
    from shared.cli import lookup
    from shared.cli.attempts import show_timeline
    from shared.cli.output import open_output

    with exit_on_error():
        output, service = open_output(), connect(Options(url, settings))
        job = lookup.find_job(service, thing)
        history = service.call("GET", f"/jobs/{job.get('id')}/history").json(attempts=list)
        show_timeline(job, history["attempts"], output, as_json=as_json)
