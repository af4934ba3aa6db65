"""``darkroom history``: all attempts at a job."""

from shared.cli.commands.show import Thing
from shared.cli.connect import Options, connect
from shared.cli.exits import exit_on_error
from shared.cli.options import AsJson, SettingsFile, Url


def history(thing: Thing, *, as_json: AsJson = False, url: Url = None, settings: SettingsFile = None) -> None:
    """List the attempts at a job. Reports that came too late are listed too."""
    from shared.cli import lookup
    from shared.cli.attempts import show_attempts
    from shared.cli.output import open_output

    with exit_on_error():
        output, service = open_output(), connect(Options(url, settings))
        job_id = thing if lookup.is_job_id(thing) else lookup.find_job(service, thing).get("id")
        found = lookup.get(service, f"/jobs/{job_id}/history", f"{thing}: No job has this id.", attempts=list)
        show_attempts(found["attempts"], output, as_json=as_json)
