"""Whether manifests have the shape that Kubernetes, KEDA and kustomize ask for."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate

from deploy.check.finding import Finding
from deploy.check.manifests import Manifest

#: The oldest version of Kubernetes that the manifests are made for.
KUBERNETES = "1.33"
_OTHERS: dict[str, Any] = json.loads(Path(__file__).with_name("keda.schema.json").read_text(encoding="utf-8"))


def shape_findings(manifest: Manifest) -> Iterator[Finding]:
    """Yield each place of a manifest that is not as its kind's schema has it, unknown names included."""
    kind = f"{manifest.value.get('apiVersion')} {manifest.kind}"
    if kind in _OTHERS["kinds"]:
        schema = {"$ref": f"#/$defs/{manifest.kind}", "$defs": _OTHERS["$defs"]}
        for error in jsonschema.Draft202012Validator(schema).iter_errors(manifest.value):
            yield manifest.finding(f"{error.message}.", *error.absolute_path)
        return
    try:
        kubernetes_validate.validate(manifest.value, KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        yield manifest.finding(f"{error.message}.", *error.path)
    except kubernetes_validate.SchemaNotFoundError:
        yield manifest.finding(f"Kubernetes {KUBERNETES} has no {kind}.", "kind")
