"""What the generic API tester is told of this API, in its own process: which ids there are, and in which state.

Three of four cases that are meant to be accepted are led to what is there; all others, and all that are meant to be
refused, go out as they were generated. Each answer is told to the test that counts them, by a line in a file.
"""

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis import Case

from tests.host.api.leaks import leaked

_SEEN = json.loads(os.environ["DARKROOM_GROUND"])
_TOLD = Path(os.environ["DARKROOM_TOLD"])
#: State, lease and version tag by id; a tag is empty where it is not known.
_JOBS: dict[str, tuple[str, str, str]] = {}
_IMAGES: dict[str, str] = _SEEN["images"]
_PAGES: dict[str, dict[str, Any]] = {}
#: One sequence for the one thread that sends; what it draws depends on the cases alone.
_DRAWN = random.Random(20260504)
_TYPES = ("word-count", "spell-check", "image-analysis")
_LIVE, _ENDED = ("PENDING", "RUNNING"), ("COMPLETED", "FAILED", "CANCELED")
_HELD = ("RUNNING",)
#: In which states a job must be for a call to do something; of all others any will do.
_WANTED = {
    "renewJob": _HELD,
    "completeJob": _HELD,
    "retryJob": _HELD,
    "abandonJob": _HELD,
    "failJob": _HELD,
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
    """Lead a case to what is there."""
    if case.meta is not None and case.meta.generation.mode.is_negative:
        return
    operation = case.operation.definition.raw["operationId"]
    _hasten(operation, case)
    if _DRAWN.random() < 0.25:  # one of four stays as it is
        return
    if "id" in case.path_parameters:
        _lead_to_job(operation, case)
    lead = _LEADS.get(operation)
    if lead is not None:
        lead(case)


@schemathesis.hook
def after_call(_: schemathesis.HookContext, case: Case[Any], response: schemathesis.Response) -> None:
    """Note what there is now, and tell which operation was answered how."""
    operation = case.operation.definition.raw["operationId"]
    with _TOLD.open("a", encoding="ascii") as told:
        told.write(f"{operation} {case.method} {response.status_code}\n")
    body = _body(response)
    for job in [body, *body.get("items", ()), *(item.get("job") or {} for item in body.get("items", ()))]:
        if "attempts" in job and "state" in job and job["id"] not in _SEEN["pictured"]:
            _note(job["id"], job["state"], response.headers.get("etag", [""])[0] if job is body else "")
    if operation == "deleteJob" and response.status_code == 204:
        _JOBS.pop(case.path_parameters["id"], None)
    if body.get("code") == "no_such_job":
        _JOBS.pop(case.path_parameters.get("id", ""), None)
    if body.get("cursor") and "items" in body:
        _PAGES[operation] = {**case.query, "cursor": body["cursor"]}


@schemathesis.check
def tells_nothing_of_the_machine(_: schemathesis.CheckContext, response: schemathesis.Response, __: Case[Any]) -> None:
    """Refuse answers with traces of code, paths or secrets."""
    text = (response.content or b"").decode("latin-1") + str(response.headers)
    found = leaked(text, json.loads(os.environ["DARKROOM_SECRETS"]))
    assert not found, found


def _note(identity: str, state: str, tag: str) -> None:
    """Keep what an answer says: a version tag is known by its colon, a lease stays good while its holder works."""
    lease = _JOBS.get(identity, ("", "", ""))[1] if state in _HELD else ""
    _JOBS[identity] = (state, lease, tag) if ":" in tag else (state, tag or lease, "")


def _fields(case: Case[Any]) -> dict[str, Any]:
    assert isinstance(case.body, dict)
    return case.body


def _hasten(operation: str, case: Case[Any]) -> None:
    """Let nothing wait, and follow what OpenAPI can't say: a cursor is of its list, and ``ref`` needs ``type``."""
    if operation == "claimNext" and _fields(case).get("wait_seconds"):
        _fields(case)["wait_seconds"] /= 1000
    if operation == "purgeJobs":
        _fields(case)["state"] = "FAILED"  # of the others some are to stay
    if "cursor" in case.query:
        page = _PAGES.get(operation)
        case.query.pop("cursor")
        if page is not None:
            case.query.clear()
            case.query.update(page)
    if operation == "listJobs" and "ref" in case.query:
        case.query.setdefault("type", _TYPES[0])


def _lead_to_job(operation: str, case: Case[Any]) -> None:
    """Name a job that the call can do something to, with its ETag where the case has one."""
    states = _WANTED.get(operation, _LIVE + _ENDED)
    if _JOBS.get(case.path_parameters["id"], ("", "", ""))[0] not in states:
        fitting = sorted(identity for identity, (state, _, _) in _JOBS.items() if state in states)
        if operation == "completeJob":  # an image's result is a report, which the contract does not describe
            fitting = [identity for identity in fitting if not identity.startswith(_TYPES[2])]
        if not fitting:
            return
        case.path_parameters["id"] = _DRAWN.choice(fitting)
    _, lease, version = _JOBS[case.path_parameters["id"]]
    tag = lease if _WANTED.get(operation) is _HELD else version
    if "if-match" in case.headers:
        case.headers["if-match"] = tag or "*"


def _lead_list(case: Case[Any]) -> None:
    if "type" in case.query and "cursor" not in case.query:
        case.query["type"] = _DRAWN.choice(_TYPES)


def _lead_claim(case: Case[Any]) -> None:
    _fields(case)["type"] = _DRAWN.choice(_TYPES[:2])


def _lead_add(case: Case[Any]) -> None:
    _fields(case)["type"] = _DRAWN.choice(_TYPES[:2])
    _fields(case)["ref"] = f"ground/{_DRAWN.randrange(24)}"
    _fields(case).pop("not_before", None)


def _lead_name(case: Case[Any]) -> None:
    _fields(case)["name"] = _DRAWN.choice(sorted(_IMAGES.values()))


def _lead_upload(case: Case[Any]) -> None:
    case.path_parameters["image"] = f"uploaded/{_DRAWN.randrange(3)}.png"
    case.headers.pop("if-match", None)


def _lead_image(case: Case[Any]) -> None:
    case.path_parameters["image"] = _DRAWN.choice(sorted(_IMAGES))


def _lead_picture(case: Case[Any]) -> None:
    case.path_parameters["image"] = _SEEN["pictured"][0]


_LEADS: dict[str, Callable[[Case[Any]], None]] = {
    "listJobs": _lead_list,
    "claimNext": _lead_claim,
    "addJob": _lead_add,
    "analyzeImage": _lead_name,
    "uploadImage": _lead_upload,
    "getImage": _lead_image,
    "getThumbnail": _lead_picture,
}


def _body(response: schemathesis.Response) -> dict[str, Any]:
    """Return the JSON object that an answer is; an empty one where it is none."""
    try:
        body = json.loads(response.content or b"{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


for _identity, (_state, _tag) in _SEEN["jobs"].items():
    _note(_identity, _state, _tag)
