"""What the generic API tester knows about this API, in its own process: ids, and the states of jobs.

Three of four valid cases are changed so that they concern existing jobs, images and rejected messages. All others, and
all invalid cases, are sent as generated. Each response is a line in a file, for the test that counts them.
"""

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis import Case

from tests.host.api.leaks import find_leaks

_POPULATION = json.loads(os.environ["DARKROOM_POPULATION"])
_LOG = Path(os.environ["DARKROOM_CASES"])
#: State, lease and version tag by id; an unknown tag is empty.
_JOBS: dict[str, tuple[str, str, str]] = {}
_IMAGES: dict[str, str] = _POPULATION["images"]
_PAGES: dict[str, dict[str, Any]] = {}
#: One sequence for the one thread that sends, so that it depends only on the cases.
_RANDOM = random.Random(20260504)
_TYPES = ("word-count", "spell-check", "image-analysis")
_LIVE, _ENDED = ("PENDING", "RUNNING"), ("COMPLETED", "FAILED", "CANCELED")
_RUNNING = ("RUNNING",)
#: The states in which a call does something to a job; for other calls any state.
_STATES = {
    "renewJob": _RUNNING,
    "completeJob": _RUNNING,
    "retryJob": _RUNNING,
    "abandonJob": _RUNNING,
    "failJob": _RUNNING,
    "claimJob": ("PENDING",),
    "cancelJob": _LIVE,
    "redriveJob": ("FAILED", "CANCELED"),
    "deleteJob": _ENDED,
}


@schemathesis.hook
def filter_case(_: schemathesis.HookContext, case: Case[Any]) -> bool:
    """Leave out headers beyond ASCII: the host refuses them by a bare 400 of its own, if they are no UTF-8."""
    return all(str(value).isascii() for value in case.headers.values())


@schemathesis.hook
def before_call(_: schemathesis.HookContext, case: Case[Any], __: dict[str, Any]) -> None:
    """Let a case concern existing jobs and images."""
    if case.meta is not None and case.meta.generation.mode.is_negative:
        return
    operation = case.operation.definition.raw["operationId"]
    _hasten(operation, case)
    if _RANDOM.random() < 0.25:  # one of four stays as it is
        return
    if "id" in case.path_parameters and case.operation.path.startswith("/jobs/"):
        _lead_to_job(operation, case)
    lead = _LEADS.get(operation)
    if lead is not None:
        lead(case)


@schemathesis.hook
def after_call(_: schemathesis.HookContext, case: Case[Any], response: schemathesis.Response) -> None:
    """Note the state of jobs, and log operation and status."""
    operation = case.operation.definition.raw["operationId"]
    with _LOG.open("a", encoding="ascii") as log:
        log.write(f"{operation} {case.method} {response.status_code}\n")
    body = _body(response)
    for job in [body, *body.get("items", ()), *(item.get("job") or {} for item in body.get("items", ()))]:
        if "attempts" in job and "state" in job and job["id"] not in _POPULATION["thumbnail"]:
            _note(job["id"], job["state"], response.headers.get("etag", [""])[0] if job is body else "")
    if (operation == "deleteJob" and response.status_code == 204) or body.get("code") == "no_such_job":
        _JOBS.pop(case.path_parameters.get("id", ""), None)
    if body.get("cursor") and "items" in body:
        _PAGES[operation] = {**case.query, "cursor": body["cursor"]}


@schemathesis.check
def tells_nothing_of_the_machine(_: schemathesis.CheckContext, response: schemathesis.Response, __: Case[Any]) -> None:
    """Refuse responses with traces of code, paths or secrets."""
    text = (response.content or b"").decode("latin-1") + str(response.headers)
    leaks = find_leaks(text, json.loads(os.environ["DARKROOM_SECRETS"]))
    assert not leaks, leaks


def _note(identity: str, state: str, tag: str) -> None:
    """Note state and tags of a response: a version tag has a colon, and a lease is good while the job runs."""
    lease = _JOBS.get(identity, ("", "", ""))[1] if state in _RUNNING else ""
    _JOBS[identity] = (state, lease, tag) if ":" in tag else (state, tag or lease, "")


def _fields(case: Case[Any]) -> dict[str, Any]:
    assert isinstance(case.body, dict)
    return case.body


def _hasten(operation: str, case: Case[Any]) -> None:
    """Shorten waits, and follow rules that OpenAPI can't express.

    A cursor is of its list, ``ref`` needs ``type``, an exact name goes without filters, and only what is deleted is
    forgotten.
    """
    if operation == "claimNext" and _fields(case).get("wait_seconds"):
        _fields(case)["wait_seconds"] /= 1000
    if operation == "purgeJobs":
        _fields(case)["state"] = "FAILED"  # keep some of the others
    if operation == "actOnJobs" and _fields(case)["action"] != "delete":
        _fields(case).pop("forget", None)
    if case.query.pop("cursor", None) is not None and operation in _PAGES:
        case.query.clear()
        case.query.update(_PAGES[operation])
    if operation == "listJobs" and "ref" in case.query:
        case.query.setdefault("type", _TYPES[0])
    if operation == "listImages" and "name" in case.query:
        for other in case.query.keys() - {"name", "brief", "limit"}:
            del case.query[other]


def _lead_to_job(operation: str, case: Case[Any]) -> None:
    """Name a job in a state that the call needs, with its ETag if the case has one."""
    states = _STATES.get(operation, _LIVE + _ENDED)
    fitting = sorted(identity for identity, (state, _, _) in _JOBS.items() if state in states)
    if operation == "completeJob":  # an image's result is a report, which the contract does not describe
        fitting = [identity for identity in fitting if not identity.startswith(_TYPES[2])]
    if case.path_parameters["id"] not in fitting:
        if not fitting:
            return
        case.path_parameters["id"] = _RANDOM.choice(fitting)
    _, lease, version = _JOBS[case.path_parameters["id"]]
    tag = lease if _STATES.get(operation) is _RUNNING else version
    if "if-match" in case.headers:
        case.headers["if-match"] = tag or "*"


def _lead_list(case: Case[Any]) -> None:
    if "type" in case.query and "cursor" not in case.query:
        case.query["type"] = _RANDOM.choice(_TYPES)


def _lead_claim(case: Case[Any]) -> None:
    _fields(case)["type"] = _RANDOM.choice(_TYPES[:2])


def _lead_add(case: Case[Any]) -> None:
    _fields(case)["type"] = _RANDOM.choice(_TYPES[:2])
    _fields(case)["ref"] = f"population/{_RANDOM.randrange(24)}"
    _fields(case).pop("not_before", None)


def _lead_name(case: Case[Any]) -> None:
    _fields(case)["name"] = _RANDOM.choice(sorted(_IMAGES.values()))


def _lead_upload(case: Case[Any]) -> None:
    case.path_parameters["image"] = f"uploaded/{_RANDOM.randrange(3)}.png"
    case.headers.pop("if-match", None)


def _lead_image(case: Case[Any]) -> None:
    case.path_parameters["image"] = _RANDOM.choice(sorted(_IMAGES))


def _lead_rejected(case: Case[Any]) -> None:
    case.path_parameters["id"] = _RANDOM.choice(_POPULATION["rejected"])


def _lead_picture(case: Case[Any]) -> None:
    case.path_parameters["image"] = _POPULATION["thumbnail"][0]


_LEADS: dict[str, Callable[[Case[Any]], None]] = {
    "listJobs": _lead_list,
    "claimNext": _lead_claim,
    "addJob": _lead_add,
    "analyzeImage": _lead_name,
    "uploadImage": _lead_upload,
    "getImage": _lead_image,
    "getThumbnail": _lead_picture,
    "getRejected": _lead_rejected,
}


def _body(response: schemathesis.Response) -> dict[str, Any]:
    """Return the JSON object of a response, or an empty one."""
    try:
        body = json.loads(response.content or b"{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


for _identity, (_state, _tag) in _POPULATION["jobs"].items():
    _note(_identity, _state, _tag)
