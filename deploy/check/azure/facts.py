"""What the code says, for the rules to compare with."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from shared.settings.settings import Settings

ROOT = Path(__file__).resolve().parents[3]


@cache
def setting_names() -> frozenset[str]:
    """List our own app settings."""
    return frozenset(declared.metadata["name"] for declared in Settings.__dataclass_fields__.values())


@cache
def host_json() -> dict[str, Any]:
    """Read host.json."""
    found: dict[str, Any] = json.loads((ROOT / "host.json").read_text("utf-8"))
    return found


@cache
def host_json_settings() -> frozenset[str]:
    """List the app settings by which the host would take another value than that of host.json."""
    return frozenset(_paths("AzureFunctionsJobHost", host_json()))


def _paths(name: str, value: object) -> Iterator[str]:
    if not isinstance(value, dict):
        yield name
        return
    for key, inner in value.items():
        yield from _paths(f"{name}__{key}", inner)


@cache
def sample_settings() -> dict[str, str]:
    """Read the app settings of the sample."""
    found: dict[str, str] = json.loads((ROOT / "local.settings.sample.json").read_text("utf-8"))["Values"]
    return found


@cache
def error_codes() -> frozenset[str]:
    """List the error codes of jobs that docs/design.md explains; a test holds them against the code."""
    section = (ROOT / "docs" / "design.md").read_text("utf-8").partition("## Error codes")[2]
    return frozenset(re.findall(r"^\| `([a-z_]+)`", section, re.MULTILINE))
