"""Blob events of the images container go to the job queue, as CloudEvents and by identity; what fails is kept."""

from collections.abc import Iterator

from deploy.check.azure.deployment import MAIN, Deployment, finding
from deploy.check.azure.facts import host_json
from deploy.check.bicep.template import Instance
from deploy.check.bicep.tree import Place
from deploy.check.finding import Finding
from shared.errors import MessageRejected
from shared.rules import blob_events
from shared.rules.ignore_reasons import IgnoreReason

TOPIC = "Microsoft.EventGrid/systemTopics"
_RECORD = "record_image"


def check(deployment: Deployment) -> Iterator[Finding]:
    """Yield what is wrong."""
    topic = deployment.one(TOPIC)
    if topic is None:
        yield finding(Place(MAIN, 1), "There must be one system topic of Event Grid.")
        return
    kind, place = topic.get("identity", "type")
    if kind != "SystemAssigned":
        yield finding(place, "The topic must have an identity of its own ('SystemAssigned').")
    subscriptions = deployment.creations(f"{TOPIC}/eventSubscriptions")
    is_triggered = deployment.environ.get(f"AzureWebJobs.{_RECORD}.Disabled") != "true"
    if is_triggered and subscriptions:
        yield finding(subscriptions[0].place, f"Events go to the queue and to {_RECORD}: disable {_RECORD}.")
    if not is_triggered and not subscriptions:
        yield finding(topic.place, f"No subscription sends blob events to the queue, and {_RECORD} is disabled.")
    for subscription in subscriptions:
        yield from _destination(subscription, deployment)
        yield from _dead_letters(subscription)
        yield from _filter(subscription, deployment.settings.images_container)


def _destination(subscription: Instance, deployment: Deployment) -> Iterator[Finding]:
    schema, place = subscription.get("properties", "eventDeliverySchema")
    if schema != "CloudEventSchemaV1_0":
        yield finding(place, "Events must be delivered as CloudEvents ('CloudEventSchemaV1_0').")
    delivery = ("properties", "deliveryWithResourceIdentity")
    kind, place = subscription.get(*delivery, "identity", "type")
    if kind != "SystemAssigned":
        yield finding(place, "Events must be delivered by the topic's own identity, without a key.")
    endpoint, place = subscription.get(*delivery, "destination", "endpointType")
    if endpoint != "StorageQueue":
        yield finding(place, "Events must go to a storage queue.")
    queue, place = subscription.get(*delivery, "destination", "properties", "queueName")
    if queue != deployment.settings.job_queue:
        yield finding(place, f"Events must go to the queue '{deployment.settings.job_queue}', not to '{queue}'.")
    if host_json()["extensions"]["queues"]["messageEncoding"] != "none":
        yield finding(place, "Event Grid's messages reach the app only if messageEncoding in host.json is 'none'.")


def _dead_letters(subscription: Instance) -> Iterator[Finding]:
    path = ("properties", "deadLetterWithResourceIdentity")
    container, place = subscription.get(*path, "deadLetterDestination", "properties", "blobContainerName")
    if container is None:
        yield finding(place, "Events that can't be delivered must go to a container (deadLetterWithResourceIdentity).")
        return
    kind, place = subscription.get(*path, "identity", "type")
    if kind != "SystemAssigned":
        yield finding(place, "Dead letters must be written by the topic's own identity, without a key.")


def _filter(subscription: Instance, images_container: str) -> Iterator[Finding]:
    prefix, place = subscription.get("properties", "filter", "subjectBeginsWith")
    if prefix != f"/blobServices/default/containers/{images_container}/blobs/":
        yield finding(place, f"subjectBeginsWith must be that of the blobs in '{images_container}', but is '{prefix}'.")
    kinds, place = subscription.get("properties", "filter", "includedEventTypes")
    listed = {str(kind) for kind in kinds} if isinstance(kinds, list) else set[str]()
    wanted = {kind for kind in _KINDS if _is_recorded(kind, images_container)}
    if listed != wanted:
        yield finding(place, f"includedEventTypes must be {', '.join(sorted(wanted))}: what the code records.")


#: All that storage accounts announce: learn.microsoft.com/azure/event-grid/event-schema-blob-storage, read 2026-11.
_KINDS = tuple(
    f"Microsoft.Storage.{what}"
    for what in (
        *("BlobCreated", "BlobDeleted", "BlobRenamed", "BlobTierChanged", "AsyncOperationInitiated"),
        *("DirectoryCreated", "DirectoryDeleted", "DirectoryRenamed", "BlobInventoryPolicyCompleted"),
        "LifecyclePolicyCompleted",
    )
)


def _is_recorded(kind: str, images_container: str) -> bool:
    """Ask the code whether it records the image of such an event."""
    event = {
        "specversion": "1.0",
        "type": kind,
        "subject": f"/blobServices/default/containers/{images_container}/blobs/cat.png",
        "data": {"api": "PutBlob", "accessTier": "Hot"},
    }
    try:
        return not isinstance(blob_events.image_of(event, images_container), IgnoreReason)
    except MessageRejected:
        return False
