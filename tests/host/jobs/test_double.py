"""The double that the client's tests stand on answers as the running host does."""

import pytest

from tests.doubles.api import Api
from tests.host.jobs.site import Site
from tests.unit.http.client import Response

ERROR = {"error": {"code": "bad_input", "message": "The text is empty."}}
BODIES = {"claim": {"owner": "w", "lease_seconds": 60}, "complete": {"result": {"n": 1}}, "fail": ERROR}
BODIES |= {"renew": {"progress": 0.5, "cursor": "here"}, "retry": {**ERROR, "delay_seconds": 0}}
#: Operators bring no lease; the others bring that of the newest claim, and "stale …" that of the one before it.
NO_LEASE = {"claim", "cancel", "redrive", "delete", "get"}
SCRIPTS = [
    "get, claim, get, claim, renew, renew, complete, complete, retry, claim, redrive, cancel, get, delete, get, delete",
    "claim, retry, retry, renew, complete, get, claim, fail, fail, complete, claim, redrive, claim, complete",
    "claim, abandon, abandon, claim, renew, stale renew, stale complete, stale retry, stale abandon, complete, get",
    "claim, cancel, complete, abandon, renew, cancel, redrive, redrive, get, delete, claim, stale fail, fail, delete",
    "cancel, claim, delete, delete, claim, redrive, cancel",
]


def facts(answer: Response) -> tuple[object, ...]:
    """Return what a client goes by."""
    facts = answer.json if answer.body else {}
    fields = ("code", "state", "owner", "params", "cursor", "progress", "result") if answer.status < 300 else ("code",)
    return answer.status, "etag" in answer.headers, *(facts.get(field) for field in fields)


def play(site: Site, script: str) -> list[tuple[object, ...]]:
    """Do to one job what a script says; return what was answered."""
    added = site.add(unique=True, params={"text": "a"})
    path, leases = f"/jobs/{added.json['id']}", ["", ""]
    answers = [added, site.add(unique=True)]
    for step in script.split(", "):
        name = step.removeprefix("stale ")
        headers = {} if name in NO_LEASE else {"if_match": leases[-1 if name == step else -2]}
        verb = {"get": "GET", "delete": "DELETE"}.get(name)
        answer = site.call(verb or "POST", path if verb else f"{path}/{name}", BODIES.get(name), **headers)
        leases += [answer.headers["etag"]] if name == "claim" and answer.status == 200 else []
        answers.append(answer)
    return [facts(answer) for answer in answers]


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_double_answers_as_the_host_does(site: Site, script: str) -> None:
    with Api() as api:
        double = Site(api.url, "t")
        expected = play(site, script)
        assert play(double, script) == expected
        double.close()


@pytest.mark.parametrize("report", ["renew", "complete", "retry", "abandon", "fail"])
def test_the_double_wants_a_lease_as_the_host_does(site: Site, report: str) -> None:
    with Api() as api:
        double = Site(api.url, "t")
        for each in (site, double):
            job_id = each.new_job()
            each.claim(job_id)
            assert each.call("POST", f"/jobs/{job_id}/{report}", BODIES.get(report)).status == 428
        double.close()
