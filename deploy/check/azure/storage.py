"""The storage account takes no key, and has the containers, queues and tables that the code asks for."""

from collections.abc import Iterator

from deploy.check.azure.deployment import MAIN, STORAGE, Deployment, finding
from deploy.check.bicep.tree import Place
from deploy.check.finding import Finding

_REQUIRED = {
    ("allowSharedKeyAccess",): False,
    ("allowBlobPublicAccess",): False,
    ("minimumTlsVersion",): "TLS1_2",
    ("supportsHttpsTrafficOnly",): True,
    ("networkAcls", "bypass"): "AzureServices",
}


def check(deployment: Deployment) -> Iterator[Finding]:
    """Yield what is wrong."""
    account = deployment.one(STORAGE)
    if account is None:
        yield finding(Place(MAIN, 1), "There must be one storage account.")
        return
    for path, wanted in _REQUIRED.items():
        value, place = account.get("properties", *path)
        if value != wanted:
            yield finding(place, f"The storage account's {'.'.join(path)} must be {_as_text(wanted)}.")
    private = deployment.choice.get("privateEndpoints", False)
    action, place = account.get("properties", "networkAcls", "defaultAction")
    if private and action != "Deny":
        yield finding(place, "With private endpoints the storage account's defaultAction must be 'Deny'.")
    settings = deployment.settings
    also = {str(name) for name in _uses(deployment)}
    containers = {settings.images_container, settings.thumbnails_container} | also
    yield from _names(deployment, account.place, "blobServices/containers", containers)
    yield from _names(deployment, account.place, "queueServices/queues", {settings.job_queue, settings.poison_queue})
    yield from _names(deployment, account.place, "tableServices/tables", {settings.jobs_table, settings.locks_table})


def _uses(deployment: Deployment) -> Iterator[object]:
    """Yield the containers that other resources name: of the package, and of dead letters."""
    for site in deployment.creations("Microsoft.Web/sites"):
        url, _ = site.get("properties", "functionAppConfig", "deployment", "storage", "value")
        yield str(url).rpartition(">")[2] if url else "packages"
    for kept in deployment.resources:
        if kept.kind.endswith("blobServices/containers") and kept.is_existing:
            yield kept.name


def _names(deployment: Deployment, place: Place, kind: str, wanted: set[str]) -> Iterator[Finding]:
    noun = kind.rpartition("/")[2].removesuffix("s")
    made = {each.name: each.get("name")[1] for each in deployment.creations(f"{STORAGE}/{kind}")}
    for name in sorted(made.keys() - wanted):
        yield finding(made[name], f"No setting and no resource names the {noun} '{name}'.")
    for name in sorted(wanted - made.keys()):
        yield finding(place, f"The {noun} '{name}' is used, but it is not created.")


def _as_text(value: object) -> str:
    return repr(value) if isinstance(value, str) else str(value).lower()
