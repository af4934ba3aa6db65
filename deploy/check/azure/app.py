"""The app's settings are known and have values that it accepts; it fits its plan, and no setting is refused there."""

import re
from collections.abc import Iterator

from deploy.check.azure.deployment import MAIN, SITE, Deployment, finding
from deploy.check.azure.facts import host_json, host_json_settings, sample_settings, setting_names
from deploy.check.bicep.tree import Place
from deploy.check.bicep.values import Properties
from deploy.check.finding import Finding
from shared.errors import SettingsInvalid
from shared.settings.app_settings import FUNCTIONS, NOT_ON_FLEX, THREADS
from shared.settings.enums import BlobSource
from shared.settings.settings import Settings
from shared.storage import connections

#: Read by the Functions host: learn.microsoft.com/azure/azure-functions/functions-app-settings, read 2026-11.
HOST_SETTINGS = frozenset(
    {
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
        "APPLICATIONINSIGHTS_CONNECTION_STRING",
        "FUNCTIONS_EXTENSION_VERSION",
        "FUNCTIONS_WORKER_RUNTIME",
        THREADS,
        "WEBSITE_RUN_FROM_PACKAGE",
        "WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID",
    }
)
_SECTION = re.compile(r"(\w+?)__(accountName|credential|clientId|blobServiceUri|queueServiceUri|tableServiceUri)")
#: Of OpenTelemetry's standard; see docs/tracing.md.
_TRACING = re.compile(r"OTEL_[A-Z_]+")
_SWITCH = re.compile(r"AzureWebJobs[._](\w+)[._]Disabled")


def check(deployment: Deployment) -> Iterator[Finding]:
    """Yield what is wrong."""
    settings, place = deployment.app_settings
    if not settings:
        yield finding(place, "The app must have settings.")
        return
    yield from _names(settings, is_flex=deployment.is_flex)
    yield from _values(settings, deployment.environ)
    yield from _connections(settings, deployment)
    yield from _trigger(settings, deployment)
    yield from _threads(settings)
    if deployment.is_flex:
        yield from _flex(settings, deployment)


def _names(settings: Properties, *, is_flex: bool) -> Iterator[Finding]:
    known = HOST_SETTINGS | setting_names() | host_json_settings()
    for name in settings:
        place = settings.places[name]
        switch, section = _SWITCH.fullmatch(name), _SECTION.fullmatch(name)
        if is_flex and name in NOT_ON_FLEX:
            yield finding(place, f"Flex Consumption refuses the app setting '{name}'.")
        elif switch and switch[1] not in FUNCTIONS:
            yield finding(place, f"The app has no function '{switch[1]}'.")
        elif not (switch or section or _TRACING.fullmatch(name) or name in known):
            yield finding(place, f"Neither the app nor the Functions host knows the setting '{name}'.")


def _values(settings: Properties, environ: dict[str, str], memory_bytes: int | None = None) -> Iterator[Finding]:
    try:
        Settings.read(environ, memory_bytes=memory_bytes)
    except SettingsInvalid as error:
        for sentence in error.problems:
            name = sentence.partition(":")[0]
            yield finding(settings.places.get(name, settings.place), f"{sentence}.")


def _connections(settings: Properties, deployment: Deployment) -> Iterator[Finding]:
    for name in {deployment.settings.images_connection, deployment.settings.jobs_connection}:
        place = next((settings.places[key] for key in settings if key.startswith(name)), settings.place)
        try:
            connection = connections.read(deployment.environ, name)
        except SettingsInvalid as error:
            yield from (finding(place, f"{sentence}.") for sentence in error.problems)
            continue
        if connection.text is not None or not connection.managed_only or not connection.client_id:
            yield finding(place, f"The connection '{name}' must be that of a managed identity, by {name}__credential.")


def _trigger(settings: Properties, deployment: Deployment) -> Iterator[Finding]:
    """The blob trigger needs two URLs, and a webhook that always finds an instance."""
    place = settings.places.get("BLOB_SOURCE", settings.place)
    if deployment.is_flex and deployment.settings.blob_source is not BlobSource.EVENT_GRID:
        yield finding(place, "On Flex Consumption BLOB_SOURCE must be 'EventGrid'.")
    if deployment.environ.get("AzureWebJobs.record_image.Disabled") == "true":
        return
    name = deployment.settings.images_connection
    for key in (f"{name}__blobServiceUri", f"{name}__queueServiceUri"):
        if key not in settings:
            yield finding(settings.place, f"The blob trigger needs '{key}'.")
    app = deployment.one(SITE)
    if app and deployment.is_flex:
        ready, place = app.get("properties", "functionAppConfig", "scaleAndConcurrency", "alwaysReady")
        groups = [each.get("name") for each in ready if isinstance(each, Properties)] if isinstance(ready, list) else []
        if "blob" not in groups:
            yield finding(place, "The blob trigger needs one instance that is always ready ('blob').")


def _threads(settings: Properties) -> Iterator[Finding]:
    wanted = sample_settings()[THREADS]
    if str(settings.get(THREADS)) != wanted:
        yield finding(settings.places.get(THREADS, settings.place), f"{THREADS} must be {wanted}.")


def _flex(settings: Properties, deployment: Deployment) -> Iterator[Finding]:
    app = deployment.one(SITE)
    if app is None:
        yield finding(Place(MAIN, 1), "There must be one function app.")
        return
    config = ("properties", "functionAppConfig")
    scale = (*config, "scaleAndConcurrency")
    runtime, place = app.get(*config, "runtime", "name")
    version, version_place = app.get(*config, "runtime", "version")
    if (runtime, version) != ("python", "3.13"):
        yield finding(version_place or place, "The runtime must be Python 3.13.")
    kind, place = app.get(*config, "deployment", "storage", "authentication", "type")
    if kind != "UserAssignedIdentity":
        yield finding(place, "The package must be read by the app's identity ('UserAssignedIdentity').")
    requests, place = app.get(*scale, "triggers", "http", "perInstanceConcurrency")
    limit = host_json()["extensions"]["http"]["maxConcurrentRequests"]
    if requests != limit:
        yield finding(place, f"perInstanceConcurrency must be {limit}, as maxConcurrentRequests in host.json.")
    memory, place = app.get(*scale, "instanceMemoryMB")
    if isinstance(memory, int):
        yield from _values(settings, deployment.environ, memory_bytes=memory * 1024 * 1024)
    else:
        yield finding(place, "The memory of an instance must be a number.")
