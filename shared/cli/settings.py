"""App settings for the command: the environment, and a local.settings.json where one is named."""

import json
import os
from pathlib import Path

from shared.errors import SettingsInvalid


def read(file: Path | None) -> dict[str, str]:
    """Return the environment over the file's Values, as the Functions host has it: what is set already wins.

    Raises:
        SettingsInvalid: The file can't be read, or has another form.
    """
    return {**({} if file is None else _values(file)), **os.environ}


def _values(file: Path) -> dict[str, str]:
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsInvalid([f"{file}: must be a readable file: {error.strerror or type(error).__name__}"]) from None
    except ValueError:
        raise SettingsInvalid([f"{file}: must be JSON, like local.settings.sample.json"]) from None
    values = content.get("Values") if isinstance(content, dict) else None
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise SettingsInvalid([f"{file}: must have an object 'Values' of strings"])
    if content.get("IsEncrypted"):
        raise SettingsInvalid([f"{file}: must not be encrypted. Decrypt it with 'func settings decrypt'"])
    return values
