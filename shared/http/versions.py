"""What this process runs on: the release, Python, and what Azure Functions brings."""

import platform
import sys
from functools import cache
from importlib import metadata

from shared.analysis.report import ANALYZER

#: The production worker, from Python 3.13 on and before; it is loaded where it runs.
#: Source: azure_functions_runtime.version (1.3) and azure_functions_worker.version (4.34), read 2026-11.
_WORKERS = ("azure_functions_runtime.version", "azure_functions_worker.version")


@cache
def versions() -> dict[str, str | None]:
    """Return versions by name; None for what does not run here."""
    workers = [getattr(sys.modules.get(name), "VERSION", None) for name in _WORKERS]
    worker = next((str(version) for version in workers if version is not None), None)
    return {
        "darkroom": ANALYZER.partition("/")[2],
        "python": platform.python_version(),
        "azure_functions": _package("azure-functions"),
        "worker": worker,
    }


def _package(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
