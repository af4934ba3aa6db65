"""From the options of a command to the API that it asks."""

from dataclasses import dataclass
from pathlib import Path

from shared.cli import settings as app_settings
from shared.cli.service import Service

#: Environment variable: the address of the app, where ``--url`` is not given.
URL = "DARKROOM_URL"


@dataclass(frozen=True)
class Options:
    """Where a command finds the API.

    Attributes:
        url: The address of an app; None for the one that the environment names, or else for storage itself.
        settings: A local.settings.json file.
    """

    url: str | None = None
    settings: Path | None = None


def connect(options: Options) -> Service:
    """Return the API at an address, if one is given, or else in this process over the storage of the settings.

    Raises:
        SettingsInvalid: With every setting that can't be used.
    """
    environ = app_settings.read(options.settings)
    address = options.url or environ.get(URL, "").strip()
    if address:
        from shared.cli.over_http import OverHttp  # noqa: PLC0415 - urllib3
        from shared.runtime import Runtime  # noqa: PLC0415

        return OverHttp(address, environ, runtime=Runtime())
    from shared.cli.in_process import open_in_process  # noqa: PLC0415 - FastAPI and the SDKs

    return open_in_process(environ)
