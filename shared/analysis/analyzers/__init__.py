"""The analyzers: one file each, found by its name.

An analyzer is a module here with a function ``analyze(working, facts)``. What it returns is the section of the report
with the module's name. ``run`` is for ``examine`` alone. docs/analyzers.md shows how to add an analyzer.
"""

import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from shared.analysis.decode import Working
from shared.analysis.validation import MAX_SECTION_CHARACTERS

#: What ``core`` stands for, in the order of the report.
CORE = ("quality", "color", "hash", "placeholder")

#: Of all sections as JSON: a report must fit into a property of a table's row, which has 32,768 characters.
MAX_ALL_CHARACTERS = 24_000


def run(working: Working, facts: Mapping[str, Any], names: tuple[str, ...]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Run analyzers one by one: one that fails costs only its own section.

    Args:
        working: The image, small; no analyzer changes it.
        facts: The sections of the report that come from the header.
        names: Of analyzers; ``core`` stands for several.

    Returns:
        The sections by name, and warnings: ``analyzer_failed:NAME``, ``analyzer_too_large:NAME``.

    Raises:
        MemoryError: Memory ran out; another try may succeed.
    """
    sections: dict[str, Any] = {}
    warnings: list[str] = []
    room = MAX_ALL_CHARACTERS
    for name in _expand(names):
        try:
            text = _section(name, working, facts)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - anyone may write an analyzer, and a hostile image may break it
            warnings.append(f"analyzer_failed:{name}")
            continue
        if len(text) > min(MAX_SECTION_CHARACTERS, room):
            warnings.append(f"analyzer_too_large:{name}")
        else:
            sections[name] = json.loads(text)
            room -= len(text)
    return sections, tuple(warnings)


def _expand(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return each name once, with the analyzers of ``core`` in its place."""
    parts = (CORE if name == "core" else (name,) for name in names)
    return tuple(dict.fromkeys(name for part in parts for name in part))


def _section(name: str, working: Working, facts: Mapping[str, Any]) -> str:
    """Run one analyzer.

    Returns:
        Its section as JSON.

    Raises:
        Exception: Its import or the analyzer raised it, or the section is not JSON with finite numbers.
    """
    section = import_module(f"{__name__}.{name}").analyze(working, facts)
    if not isinstance(section, dict):
        raise TypeError(f"{name} has returned a {type(section).__name__}")
    return json.dumps(section, allow_nan=False, separators=(",", ":"))
