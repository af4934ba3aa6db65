"""What ``function_app.py`` has to know of the host's own settings."""

from collections.abc import Mapping


def binding(environ: Mapping[str, str], name: str, default: str) -> str:
    """Return what a trigger's attribute should say: ``%NAME%`` for the host to resolve, or the default.

    The host refuses a ``%NAME%`` that is not set, and reads it by itself to decide when to wake an app that sleeps;
    so the setting stays visible to it where there is one.
    """
    return f"%{name}%" if environ.get(name, "").strip() else default


def is_enabled(environ: Mapping[str, str], function: str) -> bool:
    """Whether the host calls a function: not where ``AzureWebJobs.<name>.Disabled`` is on, or ``AzureWebJobs_…``."""
    names = (f"AzureWebJobs{dot}{function}{dot}Disabled" for dot in (".", "_"))
    return not any(environ.get(name, "").strip().lower() in ("true", "1") for name in names)
