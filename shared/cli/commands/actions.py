"""``darkroom actions``: what operators have done."""

from shared.cli.commands.jobs import Limit
from shared.cli.connect import Options, connect
from shared.cli.exits import exit_on_error
from shared.cli.options import AsJson, SettingsFile, Url


def actions(*, limit: Limit = 50, as_json: AsJson = False, url: Url = None, settings: SettingsFile = None) -> None:
    """List what operators did. The latest comes first: who, when, to how many, and what came of it."""
    from shared.cli.action_list import show_actions
    from shared.cli.output import open_output
    from shared.cli.service import items

    with exit_on_error():
        output, service = open_output(), connect(Options(url, settings))
        show_actions(items(service, "/actions", {}, limit=limit), output, as_json=as_json)
