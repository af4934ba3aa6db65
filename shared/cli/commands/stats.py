"""``darkroom stats``: how many jobs there are, and how late anything is."""

from shared.cli.commands.jobs import IsWatch
from shared.cli.connect import Options, connect
from shared.cli.exits import exit_on_error
from shared.cli.options import AsJson, SettingsFile, Url


def stats(*, watch: IsWatch = False, as_json: AsJson = False, url: Url = None, settings: SettingsFile = None) -> None:
    """Show the numbers of jobs. It also says how late anything is."""
    from shared.cli.figures import show_stats, show_stats_changes
    from shared.cli.output import open_output
    from shared.cli.watch import Watch
    from shared.runtime import Runtime

    with exit_on_error():
        output, service = open_output(), connect(Options(url, settings))
        if watch:
            show_stats_changes(Watch(service, "/stats", {}, Runtime()), output, as_json=as_json)
        else:
            show_stats(service.call("GET", "/stats").json(jobs=dict), output, as_json=as_json)
