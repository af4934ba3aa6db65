"""deploy/kubernetes against the schemas of its kinds, the image of the worker, its command and the settings."""

import contextlib
import io
import re
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from deploy.check.finding import Finding
from deploy.check.manifests import Key, Manifest, read
from deploy.check.schemas import shape_findings
from shared.cli.worker_options import parser
from shared.errors import SettingsInvalid
from shared.settings.settings import Settings
from shared.storage import connections
from shared.worker.health_server import PATH

FOLDER = "deploy/kubernetes"
DOCKERFILE = "deploy/worker/Dockerfile"
KINDS = ("Deployment", "ConfigMap", "ServiceAccount", "ScaledObject", "TriggerAuthentication", "Kustomization")
#: Between the end of --drain and the kill.
SPARE_SECONDS = 5
#: An outage of storage is none of the worker's faults: it is not restarted earlier.
PATIENCE_SECONDS = 900
_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
_POD: tuple[Key, ...] = ("spec", "template", "spec")
_CONTAINER: tuple[Key, ...] = (*_POD, "containers", 0)
_MEMORY: tuple[Key, ...] = (*_CONTAINER, "resources", "limits", "memory")


@dataclass(frozen=True)
class Parts:
    """The manifests, and what they are held against.

    Attributes:
        manifests: One of each kind, by kind.
        app: What the ConfigMap says to the app.
        dockerfile: The text of the image's.
        files: Names of the manifests' files.
    """

    manifests: Mapping[str, Manifest]
    app: Settings
    dockerfile: str
    files: frozenset[str]

    @property
    def deployment(self) -> Manifest:
        """The pods of the worker."""
        return self.manifests["Deployment"]

    @property
    def settings(self) -> Manifest:
        """The app settings."""
        return self.manifests["ConfigMap"]

    @property
    def scaling(self) -> Manifest:
        """How many pods there are."""
        return self.manifests["ScaledObject"]

    @property
    def environ(self) -> Mapping[str, str]:
        """The app settings as the worker's environment has them."""
        return self.settings.get("data") or {}


Rule = Callable[[Parts], Iterator[Finding]]


def findings(root: Path) -> Iterator[Finding]:
    """Yield what is wrong in the manifests."""
    manifests = list[Manifest]()
    for file in sorted((root / FOLDER).glob("*.yaml")):
        try:
            manifests += read(root, file)
        except yaml.YAMLError as error:
            yield Finding(file.relative_to(root).as_posix(), 1, f"This is not YAML: {error}.")
    shapes = [found for manifest in manifests for found in shape_findings(manifest)]
    yield from shapes
    by_kind = {manifest.kind: manifest for manifest in manifests}
    missing = [kind for kind in KINDS if kind not in by_kind]
    yield from (Finding(FOLDER, 1, f"There is no {kind}.") for kind in missing)
    if shapes or missing:
        return
    settings, deployment = by_kind["ConfigMap"], by_kind["Deployment"]
    share = _memory_of_a_process(deployment)
    if share is None:
        sentence = "memory must have a limit: the worker takes from it how much its images may need."
        yield deployment.finding(sentence, *_MEMORY)
    try:
        app = Settings.read(settings.get("data") or {}, memory_bytes=share)
        for name in (app.jobs_connection, app.images_connection):
            connections.read(settings.get("data") or {}, name)
    except SettingsInvalid as invalid:
        for problem in invalid.problems:
            yield settings.finding(f"{problem}.", "data", problem.partition(":")[0])
        return
    files = frozenset(Path(manifest.file).name for manifest in manifests)
    dockerfile = (root / DOCKERFILE).read_text(encoding="utf-8")
    parts = Parts(by_kind, app=app, dockerfile=dockerfile, files=files)
    for rule in RULES:
        yield from rule(parts)


def _options(deployment: Manifest) -> Namespace | None:
    """Return the options of the command; None where it would refuse them."""
    name, *words = deployment.get(*_CONTAINER, "args") or [""]
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            return parser().parse_args(words) if name == "worker" else None
    except SystemExit:
        return None


def _memory_of_a_process(deployment: Manifest) -> int | None:
    """Return what each process of the worker has of the container's memory, in bytes; None without a limit."""
    quantity, options = re.fullmatch(r"(\d+)([kMG]i?|)", str(deployment.get(*_MEMORY))), _options(deployment)
    if quantity is None:
        return None
    return int(quantity[1]) * _UNITS[quantity[2]] // (options.processes if options else 1)


def _settings(parts: Parts) -> Iterator[Finding]:
    names = (parts.app.jobs_connection, parts.app.images_connection)
    declared = {field.metadata["name"] for field in Settings.__dataclass_fields__.values()}
    for name in parts.environ:
        if name in names:
            sentence = f"{name} must not be a connection string: name the account by {name}__accountName."
            yield parts.settings.finding(sentence, "data", name)
        elif name not in declared and not name.startswith(tuple(f"{each}__" for each in names)):
            yield parts.settings.finding(f"{name} is not a setting of Darkroom.", "data", name)


def _command(parts: Parts) -> Iterator[Finding]:
    deployment, options = parts.deployment, _options(parts.deployment)
    if options is None:
        yield deployment.finding("args must be the words of `darkroom worker`.", *_CONTAINER, "args")
        return
    ports = {int(port) for port in re.findall(r"^EXPOSE (\d+)$", parts.dockerfile, re.MULTILINE)}
    if options.health is None or options.health.host != "0.0.0.0" or options.health.port not in ports:  # noqa: S104
        wanted = " or ".join(f"0.0.0.0:{port}" for port in sorted(ports))
        yield deployment.finding(f"--health must be {wanted}, which the image exposes.", *_CONTAINER, "args")
        return
    yield from deployment.must_be(options.health.port, *_CONTAINER, "ports", 0, "containerPort")
    grace = deployment.get(*_POD, "terminationGracePeriodSeconds") or 30
    if grace < options.drain + SPARE_SECONDS:
        sentence = f"terminationGracePeriodSeconds must be at least {options.drain + SPARE_SECONDS:g}, for --drain."
        yield deployment.finding(sentence, *_POD, "terminationGracePeriodSeconds")


def _probes(parts: Parts) -> Iterator[Finding]:
    deployment = parts.deployment
    port = deployment.get(*_CONTAINER, "ports", 0, "name")
    for probe in ("readinessProbe", "livenessProbe"):
        yield from deployment.must_be(PATH, *_CONTAINER, probe, "httpGet", "path")
        yield from deployment.must_be(port, *_CONTAINER, probe, "httpGet", "port")
    liveness = deployment.get(*_CONTAINER, "livenessProbe") or {}
    if liveness.get("periodSeconds", 10) * liveness.get("failureThreshold", 3) < PATIENCE_SECONDS:
        sentence = f"livenessProbe must bear failures for {PATIENCE_SECONDS} s: no restart helps while storage is out."
        yield deployment.finding(sentence, *_CONTAINER, "livenessProbe")


def _confinement(parts: Parts) -> Iterator[Finding]:
    deployment = parts.deployment
    found = re.findall(r"^USER (\d+):(\d+)$", parts.dockerfile, re.MULTILINE)
    user, group = (int(number) for number in found[-1])
    wanted: list[tuple[object, tuple[Key, ...]]] = [
        (user, (*_POD, "securityContext", "runAsUser")),
        (group, (*_POD, "securityContext", "runAsGroup")),
        (True, (*_POD, "securityContext", "runAsNonRoot")),
        ("RuntimeDefault", (*_POD, "securityContext", "seccompProfile", "type")),
        (False, (*_POD, "automountServiceAccountToken")),
        (False, (*_CONTAINER, "securityContext", "allowPrivilegeEscalation")),
        (True, (*_CONTAINER, "securityContext", "readOnlyRootFilesystem")),
        (["ALL"], (*_CONTAINER, "securityContext", "capabilities", "drop")),
    ]
    for value, path in wanted:
        yield from deployment.must_be(value, *path)


def _identity(parts: Parts) -> Iterator[Finding]:
    account = parts.manifests["ServiceAccount"]
    yield from parts.deployment.must_be(account.name, *_POD, "serviceAccountName")
    label = ("spec", "template", "metadata", "labels", "azure.workload.identity/use")
    yield from parts.deployment.must_be("true", *label)
    yield from parts.deployment.must_be(parts.settings.name, *_CONTAINER, "envFrom", 0, "configMapRef", "name")
    annotation = ("metadata", "annotations", "azure.workload.identity/client-id")
    if not account.get(*annotation):
        yield account.finding(f"The annotation {annotation[-1]} must name a managed identity.", *annotation)


def _scaling(parts: Parts) -> Iterator[Finding]:
    scaling, trigger = parts.scaling, ("spec", "triggers", 0)
    yield from scaling.must_be(parts.deployment.name, "spec", "scaleTargetRef", "name")
    yield from scaling.must_be(parts.app.job_queue, *trigger, "metadata", "queueName")
    yield from scaling.must_be("all", *trigger, "metadata", "queueLengthStrategy")
    yield from scaling.must_be(parts.manifests["TriggerAuthentication"].name, *trigger, "authenticationRef", "name")
    queue = connections.read(parts.environ, parts.app.jobs_connection).endpoints.get("queue", "")
    if queue and not queue.startswith(f"https://{scaling.get(*trigger, 'metadata', 'accountName')}."):
        yield scaling.finding(f"accountName must be the account of {queue}.", *trigger, "metadata", "accountName")
    if not scaling.get("spec", "minReplicaCount"):
        sentence = "minReplicaCount must be 1 or more: without a worker nobody sweeps, walks or purges."
        yield scaling.finding(sentence, "spec", "minReplicaCount")
    if parts.deployment.get("spec", "replicas") is not None:
        yield parts.deployment.finding("replicas must not be set: their number is KEDA's.", "spec", "replicas")


def _kustomization(parts: Parts) -> Iterator[Finding]:
    kustomization = parts.manifests["Kustomization"]
    listed = set(kustomization.get("resources"))
    for name in sorted(listed ^ (parts.files - {Path(kustomization.file).name})):
        problem = "is not there" if name in listed else "is not among the resources"
        yield kustomization.finding(f"{name} {problem}.", "resources")
    images = [image["name"] for image in kustomization.get("images") or []]
    if parts.deployment.get(*_CONTAINER, "image") not in images:
        yield kustomization.finding("images must name the image of the worker.", "images")


RULES: tuple[Rule, ...] = (_settings, _command, _probes, _confinement, _identity, _scaling, _kustomization)
