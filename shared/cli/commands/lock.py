"""``darkroom lock``: who does what timers do."""

from shared.cli.connect import Options, connect
from shared.cli.exits import exit_on_error
from shared.cli.options import AsJson, SettingsFile, Url


def lock(*, as_json: AsJson = False, url: Url = None, settings: SettingsFile = None) -> None:
    """List the locks of timers. It says who holds each, until when, and when its work was last done."""
    from shared import clock
    from shared.cli.figures import show_locks
    from shared.cli.output import open_output

    with exit_on_error():
        output, service = open_output(), connect(Options(url, settings))
        show_locks(service.call("GET", "/locks").json(items=list), output, now=clock.wall(), as_json=as_json)
