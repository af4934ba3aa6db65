"""What else of the app settings an operator can get wrong: names nearly ours, and what only the host reads."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from difflib import get_close_matches

from shared.settings.settings import Settings

#: The functions of ``function_app.py``; a test compares them.
FUNCTIONS = (
    "record_image",
    "analyze_queued",
    "analyze_pending",
    "bury_poison",
    "purge_ended",
    "reconcile_images",
    "bury_blob_events",
    "api",
    "dashboard",
)
#: The connection that the Functions host itself uses.
HOST_STORAGE = "AzureWebJobsStorage"
#: Whether App Service checks who signs in, and the name of the app; both are in the app's own environment alone.
#: Source: learn.microsoft.com, "Environment variables and app settings in Azure App Service", read 2026-12.
AUTH_ENABLED, SITE_NAME = "WEBSITE_AUTH_ENABLED", "WEBSITE_SITE_NAME"
THREADS = "PYTHON_THREADPOOL_THREAD_COUNT"
#: No app settings on Flex Consumption.
#: Source: learn.microsoft.com, "App settings reference for Azure Functions", Flex Consumption plan deprecations.
NOT_ON_FLEX = (
    "ENABLE_ORYX_BUILD",
    "FUNCTIONS_EXTENSION_VERSION",
    "FUNCTIONS_MAX_HTTP_CONCURRENCY",
    "FUNCTIONS_WORKER_DYNAMIC_CONCURRENCY_ENABLED",
    "FUNCTIONS_WORKER_PROCESS_COUNT",
    "FUNCTIONS_WORKER_RUNTIME",
    "FUNCTIONS_WORKER_RUNTIME_VERSION",
    "SCM_DO_BUILD_DURING_DEPLOYMENT",
    "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING",
    "WEBSITE_CONTENTOVERVNET",
    "WEBSITE_CONTENTSHARE",
    "WEBSITE_DNS_SERVER",
    "WEBSITE_MAX_DYNAMIC_APPLICATION_SCALE_OUT",
    "WEBSITE_NODE_DEFAULT_VERSION",
    "WEBSITE_RUN_FROM_PACKAGE",
    "WEBSITE_SKIP_CONTENTSHARE_VALIDATION",
    "WEBSITE_VNET_ROUTE_ALL",
)
#: How alike a name must be, 0 to 1: one letter of eight may differ.
_ALIKE = 0.87
_DECLARED = frozenset(declared.metadata["name"] for declared in fields(Settings))


def checks_sign_in(environ: Mapping[str, str]) -> bool | None:
    """Say whether App Service checks who signs in; None where it does not say so: outside, or in an app's settings."""
    value = environ.get(AUTH_ENABLED, "").strip().lower()
    return value == "true" if value else None


def similar_names(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each name that is nearly that of a setting, and that setting's."""
    own = {**{name.upper(): name for name in _DECLARED}, THREADS: THREADS}
    own |= {f"AzureWebJobs.{function}.Disabled".upper(): f"AzureWebJobs.{function}.Disabled" for function in FUNCTIONS}
    known = {*own.values(), *(f"AzureWebJobs_{function}_Disabled" for function in FUNCTIONS)}
    for name in sorted(set(names) - known):
        close = get_close_matches(name.upper(), own, n=1, cutoff=_ALIKE)
        if close:
            yield name, own[close[0]]


def disabled_functions(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each function that is disabled, and the setting that disables it."""
    for function in FUNCTIONS:
        for name in (f"AzureWebJobs.{function}.Disabled", f"AzureWebJobs_{function}_Disabled"):
            if environ.get(name, "").strip().lower() in ("true", "1"):
                yield function, name
