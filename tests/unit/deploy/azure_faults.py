"""Errors in deploy/azure, each of which the check must find."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """A change of a file, and what is then found.

    Attributes:
        file: In deploy/azure.
        old: What stands in it.
        new: What stands there instead.
        sentence: What the finding says.
        where: File of the finding; the changed one, unless it is named.
    """

    file: str
    old: str
    new: str
    sentence: str
    where: str = ""


FAULTS = {
    "shared keys": Fault(
        "storage.bicep",
        "allowSharedKeyAccess: false",
        "allowSharedKeyAccess: true",
        "The storage account's allowSharedKeyAccess must be false.",
    ),
    "public blobs": Fault(
        "storage.bicep",
        "    allowBlobPublicAccess: false\n",
        "",
        "The storage account's allowBlobPublicAccess must be false.",
    ),
    "open to all in spite of private endpoints": Fault(
        "storage.bicep",
        "privateEndpoints ? 'Deny' : 'Allow'",
        "'Allow'",
        "With private endpoints the storage account's defaultAction must be 'Deny'.",
    ),
    "a role that is missing": Fault(
        "roles.bicep",
        "    role: tableContributor",
        "    role: queueContributor",
        "The role 'Storage Table Data Contributor' of the app on 'Microsoft.Storage/storageAccounts' is missing.",
        where="main.bicep",
    ),
    "a role that is less than the code needs": Fault(
        "roles.bicep",
        "    role: tableContributor",
        "    role: blobContributor",
        "The app may not read rows: no role of it includes 'Storage Table Data Reader'.",
        where="main.bicep",
    ),
    "a role that nothing needs": Fault(
        "roles.bicep",
        "role: blobContributor, reason: 'Operator",
        "role: blobOwner, reason: 'Operator",
        "Nothing needs the role 'Storage Blob Data Owner' of the operator on 'Microsoft.Storage/storageAccounts'.",
    ),
    "a role without a reason": Fault(
        "events.bicep",
        "'Event Grid: sends blob events to the queue of analyze_queued.'",
        "'Needed.'",
        "The description of the role 'Storage Queue Data Message Sender' must name the function or service "
        "that needs it.",
    ),
    "another queue": Fault(
        "main.bicep",
        "jobQueue: 'image-jobs'",
        "jobQueue: 'images-jobs'",
        "Events must go to the queue 'image-jobs', not to 'images-jobs'.",
    ),
    "a setting that nobody knows": Fault(
        "main.bicep",
        "BLOB_SOURCE: 'EventGrid'",
        "BLOB_SOURCES: 'EventGrid'",
        "Neither the app nor the Functions host knows the setting 'BLOB_SOURCES'.",
    ),
    "a value that the app refuses": Fault(
        "main.bicep",
        "ANALYSIS_PROCESSES: '4'",
        "ANALYSIS_PROCESSES: 'four'",
        "ANALYSIS_PROCESSES: must be a whole number from 1 to 32, but is 'four'.",
    ),
    "images that do not fit": Fault(
        "main.bicep",
        "ANALYSIS_MEMORY_BYTES: '335544320'",
        "ANALYSIS_MEMORY_BYTES: '400000000'",
        "ANALYSIS_MEMORY_BYTES: must be at most 335,544,320 on an instance with 536,870,912 bytes of memory "
        "(or take a larger one), but is '400000000'.",
    ),
    "a setting that Flex refuses": Fault(
        "main.bicep",
        "BLOB_SOURCE: 'EventGrid'",
        "BLOB_SOURCE: 'EventGrid'\n    FUNCTIONS_WORKER_RUNTIME: 'python'",
        "Flex Consumption refuses the app setting 'FUNCTIONS_WORKER_RUNTIME'.",
    ),
    "a key in a setting": Fault(
        "main.bicep",
        "PYTHON_THREADPOOL_THREAD_COUNT: '32'",
        "IMAGES: 'AccountName=a;AccountKey=b'",
        "'AccountKey=' looks like a key. Use the identity.",
    ),
    "a key that a function fetches": Fault(
        "storage.bicep",
        "output name string = account.name",
        "output name string = account.listKeys().keys[0].value",
        "account.listKeys() fetches a key. Use the identity.",
    ),
    "events of another schema": Fault(
        "events.bicep",
        "'CloudEventSchemaV1_0'",
        "'EventGridSchema'",
        "Events must be delivered as CloudEvents ('CloudEventSchemaV1_0').",
    ),
    "events of all containers": Fault(
        "events.bicep",
        "'/blobServices/default/containers/${names.images}/blobs/'",
        "''",
        "subjectBeginsWith must be that of the blobs in 'images', but is ''.",
    ),
    "events that the code ignores": Fault(
        "events.bicep",
        "'Microsoft.Storage.BlobRenamed'",
        "'Microsoft.Storage.BlobDeleted'",
        "includedEventTypes must be Microsoft.Storage.BlobCreated, Microsoft.Storage.BlobRenamed, "
        "Microsoft.Storage.BlobTierChanged: what the code records.",
    ),
    "no dead letters": Fault(
        "events.bicep",
        "deadLetterWithResourceIdentity",
        "deadLetters",
        "Events that can't be delivered must go to a container (deadLetterWithResourceIdentity).",
    ),
    "an alert on an event that does not exist": Fault(
        "alerts.bicep",
        '== "sweep done"',
        '== "sweep ended"',
        "The code emits no event 'sweep ended'.",
    ),
    "an alert on a field that the event lacks": Fault(
        "alerts.bicep",
        "toint(line.missed)",
        "toint(line.lost)",
        "None of the events that the query asks for has the field 'lost'.",
    ),
    "an alert on a function that does not exist": Fault(
        "alerts.bicep",
        '"analyze_pending"',
        '"sweep"',
        "The app has no function 'sweep'.",
    ),
    "an alert that counts rows": Fault(
        "alerts.bicep",
        "itemCount * toint",
        "toint",
        "Rows are sampled: count them by sum(itemCount).",
    ),
    "an old API version": Fault(
        "events.bicep",
        "systemTopics@2025-02-15",
        "systemTopics@2022-06-15",
        "The API version of 'Microsoft.EventGrid/systemTopics' must be 2025-02-15, but is 2022-06-15.",
    ),
    "requests one by one": Fault(
        "flex.bicep",
        "perInstanceConcurrency: 100",
        "perInstanceConcurrency: 1",
        "perInstanceConcurrency must be 100, as maxConcurrentRequests in host.json.",
    ),
    "a trigger that nobody wakes": Fault(
        "main.bicep",
        "triggered ? [{ name: 'blob', instanceCount: 1 }] : []",
        "[]",
        "The blob trigger needs one instance that is always ready ('blob').",
        where="flex.bicep",
    ),
    "a connection of whatever identity is there": Fault(
        "main.bicep",
        "    AzureWebJobsStorage__credential: 'managedidentity'\n",
        "",
        "The connection 'AzureWebJobsStorage' must be that of a managed identity, by AzureWebJobsStorage__credential.",
    ),
    "no connection": Fault(
        "main.bicep",
        "    AzureWebJobsStorage__accountName: storage.outputs.name\n",
        "",
        "AzureWebJobsStorage: must have AzureWebJobsStorage__accountName or AzureWebJobsStorage__blobServiceUri "
        "beside its other keys.",
    ),
    "a blob trigger without its second URL": Fault(
        "main.bicep",
        "        AzureWebJobsStorage__queueServiceUri: storage.outputs.queueEndpoint\n",
        "",
        "The blob trigger needs 'AzureWebJobsStorage__queueServiceUri'.",
    ),
    "a blob trigger that scans": Fault(
        "main.bicep",
        "    BLOB_SOURCE: 'EventGrid'\n",
        "",
        "On Flex Consumption BLOB_SOURCE must be 'EventGrid'.",
    ),
    "too few threads": Fault(
        "main.bicep",
        "PYTHON_THREADPOOL_THREAD_COUNT: '32'",
        "PYTHON_THREADPOOL_THREAD_COUNT: '4'",
        "PYTHON_THREADPOOL_THREAD_COUNT must be 32.",
    ),
    "a switch of a function that does not exist": Fault(
        "main.bicep",
        "'AzureWebJobs.record_image.Disabled'",
        "'AzureWebJobs.record.Disabled'",
        "The app has no function 'record'.",
    ),
    "a package that is read by a key": Fault(
        "flex.bicep",
        "type: 'UserAssignedIdentity'",
        "type: 'StorageAccountConnectionString'",
        "The package must be read by the app's identity ('UserAssignedIdentity').",
    ),
    "another Python": Fault("flex.bicep", "version: '3.13'", "version: '3.10'", "The runtime must be Python 3.13."),
    "events twice": Fault(
        "main.bicep",
        "toQueue: !triggered",
        "toQueue: true",
        "Events go to the queue and to record_image: disable record_image.",
        where="events.bicep",
    ),
    "events that nobody gets": Fault(
        "main.bicep",
        "toQueue: !triggered",
        "toQueue: triggered",
        "No subscription sends blob events to the queue, and record_image is disabled.",
        where="events.bicep",
    ),
    "events that are sent by another identity": Fault(
        "events.bicep",
        "      identity: { type: 'SystemAssigned' }\n      destination",
        "      identity: { type: 'UserAssigned' }\n      destination",
        "Events must be delivered by the topic's own identity, without a key.",
    ),
    "dead letters that are written by another identity": Fault(
        "events.bicep",
        "      identity: { type: 'SystemAssigned' }\n      deadLetter",
        "      identity: { type: 'UserAssigned' }\n      deadLetter",
        "Dead letters must be written by the topic's own identity, without a key.",
    ),
    "a topic without an identity": Fault(
        "events.bicep",
        "  identity: { type: 'SystemAssigned' }\n  properties",
        "  properties",
        "The topic must have an identity of its own ('SystemAssigned').",
    ),
    "an alert without a measure": Fault(
        "alerts.bicep",
        "summarize found = sum(itemCount * toint",
        "summarize lost = sum(itemCount * toint",
        "The query has no column 'found' to measure.",
    ),
    "an alert on a code that does not exist": Fault(
        "alerts.bicep",
        '"blob_gone"',
        '"blob_missing"',
        "No job ends with the code 'blob_missing'.",
    ),
    "a default that differs": Fault(
        "main.parameters.json",
        "MEMORY_MB=2048",
        "MEMORY_MB=4096",
        "The default of 'instanceMemoryMB' must be '2048', as in deploy/azure/main.bicep.",
    ),
    "syntax": Fault(
        "flex.bicep",
        "reserved: true }",
        "reserved: true",
        "The syntax is wrong here.",
    ),
    "a typing error": Fault(
        "storage.bicep",
        "names.thumbnails",
        "names.thumbs",
        "There is no property 'thumbs' here.",
    ),
    "another module": Fault(
        "main.bicep",
        "module network 'network.bicep'",
        "module network 'roles.bicep'",
        "deploy/azure/roles.bicep has no parameter 'token'.",
    ),
}
