"""deploy/kubernetes passes its check, and the check finds what is put in wrong."""

import os
import shutil
import tomllib
from pathlib import Path

import pytest
import yaml

from deploy.check import kubernetes
from deploy.check.manifests import Manifest, read
from deploy.check.schemas import KUBERNETES
from shared.storage import connections

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / kubernetes.FOLDER
GRACE = "terminationGracePeriodSeconds: 40"
#: A file, what is replaced in it and by what; what is found, and in a line with what.
PLANTED = [
    ("settings", "JOB_QUEUE", "JOB_QEUE", "JOB_QEUE is not a setting of Darkroom.", "JOB_QEUE"),
    ("settings", ": image-jobs", ": jobs", "queueName must be 'jobs', but is 'image-jobs'.", "queueName"),
    ("settings", ": image-jobs", ": Image_Jobs", "JOB_QUEUE: must have 3 to 56", "JOB_QUEUE"),
    ("settings", "JOB_QUEUE: image-jobs", "MAX_DECODE_BYTES: '2000000000'", "MAX_DECODE_BYTES: must be at most", "MAX"),
    ("settings", "__accountName", "", "AzureWebJobsStorage must not be a connection string", "AzureWebJobsStorage"),
    ("settings", "__accountName", "__clientId", "AzureWebJobsStorage: must have", "data:"),
    ("worker", '"25"', '"60"', "terminationGracePeriodSeconds must be at least 65, for --drain.", GRACE),
    ("worker", "0.0.0.0:8080", "8080", "--health must be 0.0.0.0:8080, which the image exposes.", "args"),
    ("worker", "--drain, ", "--drian, ", "args must be the words of `darkroom worker`.", "args"),
    ("worker", "containerPort: 8080", "containerPort: 80", "containerPort must be 8080, but is 80.", "containerPort"),
    ("worker", "runAsUser: 10001", "runAsUser: 0", "runAsUser must be 10001, but is 0.", "runAsUser"),
    ("worker", "Filesystem: true", "Filesystem: false", "readOnlyRootFilesystem must be True", "Filesystem"),
    ("worker", "[ALL]", "[NET_RAW]", "drop must be ['ALL'], but is ['NET_RAW'].", "drop"),
    ("worker", "/health\n", "/healthz\n", "path must be '/health', but is '/healthz'.", "path: /healthz"),
    ("worker", "Threshold: 30", "Threshold: 3", "livenessProbe must bear failures for 900 s", "livenessProbe:"),
    ("worker", "limits:\n              memory: 1536Mi", "limits: {}", "memory must have a limit", "limits: {}"),
    ("worker", "--drain,", "--processes, '8', --drain,", "ANALYSIS_MEMORY_BYTES: must fit into", "data:"),
    ("worker", "readinessProbe", "readynessProbe", "Additional properties are not allowed", "- name: worker"),
    ("worker", "spec:\n  selector", "spec:\n  replicas: 3\n  selector", "replicas must not be set", "replicas: 3"),
    ("worker", 'use: "true"', 'use: "false"', "azure.workload.identity/use must be 'true'", "use:"),
    ("identity", "client-id:", "client_id:", "The annotation azure.workload.identity/client-id", "annotations"),
    ("identity", "kind: ServiceAccount", "kind: Secret", "There is no ServiceAccount.", ""),
    ("scaling", "minReplicaCount: 1", "minReplicaCount: 0", "minReplicaCount must be 1 or more", "minReplicaCount"),
    ("scaling", "provider: azure-workload", "provider: azure", "'azure-workload' was expected.", "provider"),
    ("scaling", 'queueLength: "50"', "queueLength: 50", "50 is not of type 'string'.", "queueLength: 50"),
    ("scaling", "yourstorageaccount", "another", "accountName must be the account of https://yours", "accountName"),
    ("kustomization", "  - scaling.yaml\n", "", "scaling.yaml is not among the resources.", "resources"),
    ("namespace", "labels:\n", "labels: [\n", "This is not YAML", ""),
]


def test_the_manifests_pass() -> None:
    assert list(kubernetes.findings(ROOT)) == []


def manifest(kind: str) -> Manifest:
    """Return the manifest of a kind."""
    (one,) = [each for file in FOLDER.glob("*.yaml") for each in read(ROOT, file) if each.kind == kind]
    return one


def test_the_document_has_the_figures_of_the_manifests() -> None:
    text = " ".join((ROOT / "docs" / "kubernetes.md").read_text("utf-8").split())
    scaling, pods = manifest("ScaledObject").value["spec"], manifest("Deployment").value["spec"]["template"]["spec"]
    (worker,), (trigger,) = pods["containers"], scaling["triggers"]
    least, most = scaling["minReplicaCount"], scaling["maxReplicaCount"]
    assert f"schemas of Kubernetes {KUBERNETES}" in text
    assert f"for each {trigger['metadata']['queueLength']} messages, from {least} to {most}." in text
    assert f"{worker['args'][-1]} s to finish (`--drain`), and {pods['terminationGracePeriodSeconds']} s until" in text
    liveness = worker["livenessProbe"]
    assert liveness["periodSeconds"] * liveness["failureThreshold"] == 30 * 60
    assert "half an hour long" in text


def test_the_image_is_that_of_this_release() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert manifest("Kustomization").get("images", 0, "newTag") == version
    assert f"docker push registry.example/darkroom-worker:{version}" in (ROOT / "docs" / "kubernetes.md").read_text(
        "utf-8"
    )


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: f"{planted[0]}: {planted[3][:40]}")
def test_an_error_is_found_where_it_is(tmp_path: Path, planted: tuple[str, str, str, str, str]) -> None:
    file, old, new, sentence, line = planted
    copy = tmp_path / kubernetes.FOLDER
    shutil.copytree(FOLDER, copy)
    (tmp_path / kubernetes.DOCKERFILE).parent.mkdir()
    shutil.copy(ROOT / kubernetes.DOCKERFILE, tmp_path / kubernetes.DOCKERFILE)
    text = (copy / f"{file}.yaml").read_text()
    assert old in text
    (copy / f"{file}.yaml").write_text(text.replace(old, new, 1))
    (found,) = [each for each in kubernetes.findings(tmp_path) if each.sentence.startswith(sentence)]
    lines = (tmp_path / found.file).read_text().splitlines() if line else [""]
    assert line in lines[found.line - 1]


def test_the_settings_reach_storage_by_the_identity_of_the_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from azure.identity import WorkloadIdentityCredential  # noqa: PLC0415 - 0.3 s, which no other test of the file needs

    data = yaml.safe_load((FOLDER / "settings.yaml").read_text())["data"]
    # What the webhook of workload identity puts into a pod with the label.
    names = ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE")
    for name in [each for each in os.environ if each.startswith("AZURE_")]:
        monkeypatch.delenv(name)
    for name in names:
        monkeypatch.setenv(name, str(tmp_path))
    chain = connections.credential(connections.read(data, "AzureWebJobsStorage")).credentials
    assert [type(each) for each in chain].count(WorkloadIdentityCredential) == 1
