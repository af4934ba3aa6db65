"""azure.yaml names the app and its template; the parameters file has each parameter, with the template's default."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from deploy.check.azure.deployment import MAIN
from deploy.check.bicep.evaluator import evaluate
from deploy.check.bicep.reader import read
from deploy.check.finding import Finding

PROJECT, PARAMETERS = "azure.yaml", "deploy/azure/main.parameters.json"
SERVICE = "darkroom"
_WANTED = {
    ("infra", "provider"): "bicep",
    ("infra", "path"): "deploy/azure",
    ("infra", "module"): "main",
    ("services", SERVICE, "project"): ".",
    ("services", SERVICE, "language"): "python",
    ("services", SERVICE, "host"): "function",
    ("services", SERVICE, "remoteBuild"): True,
}
_VARIABLE = re.compile(r"\$\{[A-Z_]+(=(.*))?\}")


def check(root: Path) -> Iterator[Finding]:
    """Yield what is wrong."""
    yield from _project(root)
    yield from _parameters(root)


def _project(root: Path) -> Iterator[Finding]:
    text = (root / PROJECT).read_text("utf-8")
    project = yaml.safe_load(text)
    for path, wanted in _WANTED.items():
        value = project
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if value != wanted:
            yield Finding(
                PROJECT, _line(text, f"{path[-1]}:"), f"{'.'.join(path)} must be {wanted!r}, but is {value!r}."
            )


def _parameters(root: Path) -> Iterator[Finding]:
    text = (root / PARAMETERS).read_text("utf-8")
    given = json.loads(text)["parameters"]
    declared = read(root, MAIN).parameters
    for name in sorted(given.keys() - declared.keys()):
        yield Finding(PARAMETERS, _line(text, f'"{name}"'), f"{MAIN} has no parameter '{name}'.")
    for name, parameter in declared.items():
        line = _line(text, f'"{name}"')
        if name not in given:
            yield Finding(PARAMETERS, line, f"The parameter '{name}' of {MAIN} is missing.")
            continue
        variable = _VARIABLE.fullmatch(given[name]["value"])
        default = None if parameter.default is None else evaluate(parameter.default, {})
        if variable is None:
            yield Finding(PARAMETERS, line, f"The value of '{name}' must be a variable of azd.")
        elif variable[2] != (None if default is None else _as_text(default)):
            yield Finding(PARAMETERS, line, f"The default of '{name}' must be {_as_text(default)!r}, as in {MAIN}.")


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _line(text: str, part: str) -> int:
    """Return the first line that has a part; 1 if none has."""
    return next((number for number, line in enumerate(text.splitlines(), 1) if part in line), 1)
