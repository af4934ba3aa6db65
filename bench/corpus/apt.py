"""Source packages of Debian without a change to the machine: apt with lists of its own, for the machine's archives."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

#: Where apt keeps which archives there are; those of others have no source packages of Debian.
_SOURCES = (Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list"))

_CONFIGURATION = """\
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "{folder}/parts";
Dir::State::lists "{folder}/lists";
Dir::Cache "{folder}/cache";
APT::Sandbox::User "";
"""


def environment(more: Mapping[str, str] | None) -> dict[str, str]:
    """Return this process's environment with more in it; what clients print is in English."""
    return {**os.environ, "LC_ALL": "C.UTF-8", **(more or {})}


def source_stanzas(text: str) -> str:
    """Ask for sources where archives of binary packages are named, in either of apt's two forms."""
    lines = []
    for line in text.splitlines():
        if line.startswith("Types:"):
            lines.append("Types: deb-src")
        elif line.startswith("deb "):
            lines.append("deb-src " + line.removeprefix("deb "))
        elif not line.startswith("deb-src "):
            lines.append(line)
    return "\n".join(lines) + "\n"


def prepared(folder: Path, run: Callable[[list[str], dict[str, str]], None]) -> Path:
    """Return a configuration whose lists of source packages are there.

    Args:
        folder: Of the corpus; it keeps the lists.
        run: Runs a command with more in its environment.
    """
    home = folder / "apt"
    configuration = home / "apt.conf"
    if configuration.exists():
        return configuration
    for name in ("parts", "lists/partial", "cache/archives/partial"):
        (home / name).mkdir(parents=True, exist_ok=True)
    for place in _SOURCES:
        if place.exists():
            target = home / "parts" / place.name if place.suffix == ".sources" else home / place.name
            target.write_text(source_stanzas(place.read_text()))
    draft = home / "draft.conf"
    draft.write_text(_CONFIGURATION.format(folder=home))
    run(["apt-get", "update", "-qq"], {"APT_CONFIG": str(draft)})
    return draft.rename(configuration)
