"""Ask the deployed app and its host how they are."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Any

from shared.analysis.report import ANALYZER
from shared.analysis.sandbox.layers import REQUIRED
from shared.ports.deployment import AppReply, Deployment
from shared.rules.causes import PATIENCE
from shared.rules.diagnoses import Diagnosis
from shared.rules.symptoms import Symptom
from shared.rules.timestamps import span
from shared.runtime import Runtime
from shared.steps.operators.doctor.job_check import JOBS, check_upkeep
from shared.steps.operators.doctor.side_by_side import side_by_side

APP = "app"
HEALTH, STATS, HOST = "/api/health", "/api/stats", "/admin/host/status"
#: Environment variables with the keys for these paths.
KEY, HOST_KEY = "DARKROOM_KEY", "DARKROOM_HOST_KEY"
#: Says that a reader has signed in, as App Service would; it takes such a header off the requests of others.
_CLAIMS = {"auth_typ": "aad", "claims": [{"typ": "roles", "val": "reader"}], "name_typ": "name", "role_typ": "roles"}
FORGED = {"X-MS-CLIENT-PRINCIPAL": base64.b64encode(json.dumps(_CLAIMS).encode()).decode()}
#: For all together.
WITHIN = timedelta(seconds=20)
_REDIRECTION, _REFUSAL = 300, 400
_CLOSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_LONGEST = 200


@dataclass(frozen=True, kw_only=True)
class CheckApp:
    """Ask for health, figures and the state of the host.

    Attributes:
        app: The deployed app.
        runtime: Time and threads.
    """

    app: Deployment
    runtime: Runtime

    def check(self) -> Iterator[Diagnosis]:
        """Ask. Costs: 4 or 5 requests of HTTP, and what ``GET /stats`` costs the app."""
        read: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Diagnosis]]] = {
            HEALTH: _health,
            STATS: _figures,
            HOST: _host,
        }
        calls = [*(partial(self.app.get, path) for path in read), partial(self.app.forge, STATS, FORGED)]
        *replies, forged = side_by_side(calls, within=WITHIN, runtime=self.runtime)
        for path, reply in zip(read, replies, strict=True):
            refusal = _refusal(path, reply or AppReply(status=None, reason="it takes too long"))
            if refusal is not None or reply is None:
                yield from [refusal] if refusal else []
                continue
            yield from read[path](reply.content)
        if forged is not None and forged.status == HTTPStatus.OK and self._needs_key():
            yield Diagnosis(Symptom.FORGEABLE, APP)

    def _needs_key(self) -> bool:
        """Whether the app refuses who shows nothing: otherwise nobody need forge anything."""
        return self.app.forge(STATS, {}).status in _CLOSED


def _refusal(path: str, reply: AppReply) -> Diagnosis | None:
    """Return what is wrong with a reply that is no success; None of one that is."""
    status = reply.status
    facts = {"path": path, "status": status, "reason": reply.reason, "variable": HOST_KEY if path == HOST else KEY}
    if status is None:
        return Diagnosis(Symptom.APP_SILENT, APP, facts)
    if status in _CLOSED:
        return Diagnosis(Symptom.KEY_NEEDED, APP, facts)
    if _REDIRECTION <= status < _REFUSAL:
        return Diagnosis(Symptom.APP_REDIRECTS, APP, facts)
    return Diagnosis(Symptom.APP_REFUSES, APP, facts) if status >= _REFUSAL else None


def _health(content: Mapping[str, Any]) -> Iterator[Diagnosis]:
    yield Diagnosis(Symptom.APP_RESPONDS, APP)
    versions, confinement = content.get("versions"), content.get("confinement")
    if isinstance(versions, Mapping):
        yield from _versions(versions)
    if isinstance(confinement, Mapping):  # a key was shown
        yield from _confinement(confinement)


def _versions(versions: Mapping[str, Any]) -> Iterator[Diagnosis]:
    known = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    yield Diagnosis(Symptom.VERSIONS, APP, {"versions": known})
    release, own = versions.get("darkroom"), ANALYZER.partition("/")[2]
    if release != own:
        yield Diagnosis(Symptom.OTHER_RELEASE, APP, {"release": release, "own": own})


def _confinement(confinement: Mapping[str, Any]) -> Iterator[Diagnosis]:
    layers = confinement.get("layers")
    if layers is None and confinement.get("mode") != "off":
        yield Diagnosis(Symptom.NO_CHILD_YET, APP)
        return
    lacking = sorted(REQUIRED - set(layers or ()))
    if lacking:
        yield Diagnosis(Symptom.UNCONFINED, APP, {"layers": ", ".join(lacking)})
    else:
        yield Diagnosis(Symptom.CONFINED, APP, {"layers": ", ".join(sorted(layers or ()))})


def _figures(content: Mapping[str, Any]) -> Iterator[Diagnosis]:
    age, poison = content.get("oldest_due_age_seconds"), content.get("poison")
    late = timedelta(seconds=age) if isinstance(age, int | float) else timedelta(0)
    if late > PATIENCE:
        yield Diagnosis(Symptom.JOBS_LATE, f"{APP}, {JOBS}", {"age": span(late)})
    upkeep = content.get("upkeep")
    for what, of in upkeep.items() if isinstance(upkeep, Mapping) else ():
        if isinstance(of, Mapping) and of.get("late"):
            yield from check_upkeep(what, seconds=of["age_seconds"], limit=of["limit_seconds"], where=f"{APP}, {JOBS}")
    if isinstance(poison, int) and poison:
        yield Diagnosis(Symptom.POISON_WAITS, f"{APP}, poison queues", {"count": poison})


def _host(content: Mapping[str, Any]) -> Iterator[Diagnosis]:
    state, version = content.get("state"), content.get("version", "of an unknown version")
    bundle = content.get("extensionBundle")
    if state != "Running":
        errors = content.get("errors")
        said = "; ".join(map(str, errors)) if isinstance(errors, list) and errors else "it names no error"
        yield Diagnosis(Symptom.HOST_STOPPED, APP, {"state": state, "error": said[:_LONGEST]})
    elif isinstance(bundle, Mapping) and bundle.get("version"):
        yield Diagnosis(Symptom.HOST_RUNS, APP, {"version": version, "bundle": bundle["version"]})
    else:
        yield Diagnosis(Symptom.BUNDLE_UNKNOWN, APP, {"version": version})
