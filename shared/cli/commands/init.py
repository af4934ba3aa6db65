"""``darkroom init``: create what is missing in storage."""

from shared.cli.exits import exit_on_error
from shared.cli.options import SettingsFile


def init(settings: SettingsFile = None) -> None:
    """Set up the storage. Create the missing tables, queue and containers, and list them all."""
    from shared import wiring
    from shared.cli import settings as app_settings
    from shared.cli import show
    from shared.cli.output import open_output

    with exit_on_error():
        darkroom = wiring.build(app_settings.read(settings), threaded=False)
        darkroom.storage.create()
        show.print_places(open_output(), darkroom.settings)
