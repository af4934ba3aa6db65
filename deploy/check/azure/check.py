"""Ask every rule about every choice of parameters."""

from collections.abc import Callable, Iterator
from pathlib import Path

from deploy.check.azure import alerts, app, events, project, roles, secrets, sign_in, storage, versions
from deploy.check.azure.deployment import CHOICES, Deployment, deploy, finding
from deploy.check.bicep.reader import SyntaxProblem
from deploy.check.finding import Finding

FOLDER = "deploy/azure"
RULES: tuple[Callable[[Deployment], Iterator[Finding]], ...] = (
    app.check,
    sign_in.check,
    storage.check,
    roles.check,
    events.check,
    alerts.check,
    versions.check,
    secrets.check,
)


def findings(root: Path) -> set[Finding]:
    """Return what is wrong with the files that deploy to Azure, each once."""
    texts = [root / project.PROJECT, *sorted((root / FOLDER).iterdir())]
    found = {*secrets.in_texts(root, iter(texts))}
    try:
        deployments = [deploy(root, choice) for choice in CHOICES]
        found |= {*project.check(root), *_orphans(root, deployments)}
        found |= {each for rule in RULES for deployment in deployments for each in rule(deployment)}
    except SyntaxProblem as problem:
        found.add(finding(problem.place, problem.sentence))
    return found


def _orphans(root: Path, deployments: list[Deployment]) -> Iterator[Finding]:
    """Yield each file that no choice brings in: nothing would look at it."""
    used = {file.path for deployment in deployments for file in deployment.files}
    for path in sorted((root / FOLDER).glob("*.bicep")):
        name = path.relative_to(root).as_posix()
        if name not in used:
            yield Finding(name, 1, "No module of main.bicep leads here.")
