"""azure.yaml and deploy/azure against the code; and that the check would see it if they were wrong."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.check.azure.check import FOLDER, findings
from deploy.check.azure.project import PROJECT

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "azure.md").read_text("utf-8")


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
        "ANALYSIS_MEMORY_BYTES: '200000000'",
        "ANALYSIS_MEMORY_BYTES: '500000000'",
        "ANALYSIS_MEMORY_BYTES and 300 MB for host and worker do not fit into 512 MB.",
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
    "a file that no module leads to": Fault(
        "main.bicep",
        "module network 'network.bicep'",
        "module network 'roles.bicep'",
        "deploy/azure/roles.bicep has no parameter 'token'.",
    ),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy the files that are checked."""
    shutil.copytree(ROOT / FOLDER, tmp_path / FOLDER)
    shutil.copy(ROOT / PROJECT, tmp_path)
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    """Change a text in a file, which must have it."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_nothing_is_wrong() -> None:
    assert sorted(findings(ROOT)) == []


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_found(copy: Path, fault: Fault) -> None:
    change(copy / FOLDER / fault.file, fault.old, fault.new)
    found = {(each.file, each.sentence) for each in findings(copy)}
    assert (f"{FOLDER}/{fault.where or fault.file}", fault.sentence) in found


def test_a_finding_names_the_line_in_which_the_value_is_written(copy: Path) -> None:
    path = copy / FOLDER / "main.bicep"
    change(path, "poisonQueue: 'image-jobs-poison'", "poisonQueue: 'poison'")
    lines = path.read_text("utf-8").splitlines()
    (found,) = [each for each in findings(copy) if "'poison'" in each.sentence]
    assert lines[found.line - 1].strip() == "poisonQueue: 'poison'"
    assert str(found) == f"{FOLDER}/main.bicep:{found.line}: No setting and no resource names the queue 'poison'."


@pytest.mark.parametrize(("old", "new"), [("host: function", "host: appservice"), ("remoteBuild: true", "")])
def test_the_project_of_azd_is_checked_too(copy: Path, old: str, new: str) -> None:
    change(copy / PROJECT, old, new)
    (found,) = findings(copy)
    assert found.file == PROJECT
    assert found.sentence.startswith(f"services.darkroom.{old.partition(':')[0]} must be ")


def test_the_page_names_every_choice_with_its_default() -> None:
    parameters = (ROOT / FOLDER / "main.parameters.json").read_text("utf-8")
    choices = re.findall(r"\$\{(DARKROOM_\w+)=(\w*)\}", parameters)
    rows = re.findall(r"^\| `(DARKROOM_\w+)` \|[^|]*\| (.*?) \|", PAGE, re.MULTILINE)
    assert [(name, "none" if not default else f"`{default}`") for name, default in choices] == rows


def test_the_page_names_every_alert() -> None:
    alerts = re.findall(r"^    name: '([a-z-]+)'$", (ROOT / FOLDER / "alerts.bicep").read_text("utf-8"), re.MULTILINE)
    section = PAGE.partition("\n## Alerts\n")[2].partition("\n## ")[0]
    assert len(alerts) == 5
    assert re.findall(r"^\| `([a-z-]+)`", section, re.MULTILINE) == alerts
