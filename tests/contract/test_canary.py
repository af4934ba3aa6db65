"""A claim id is half of a lease: whatever anybody can read, it is in nothing but the responses to its holder."""

import base64
import logging
from collections.abc import Iterator, Mapping

import pytest
from typer.testing import CliRunner

from shared.cli.main import app
from shared.wiring.steps import Darkroom
from tests.contract import job_moves
from tests.contract.verify_bench import VerifyBench
from tests.unit.http.client import Client, Response

REF = "canary"


def forms(secret: str) -> list[str]:
    """Return a secret as it is, and as it looks inside of base64, wherever it begins there."""
    within = [base64.b64encode(b"x" * at + secret.encode()).decode() for at in range(3)]
    return [secret, *(text[4:-4] for text in within)]


def everything_read(client: Client, job_id: str, image_id: str) -> Iterator[Response]:
    """Ask every operation that only reads, as the contract lists them."""
    for path, operations in client.app.openapi()["paths"].items():
        if "get" in operations:
            yield client.call("GET", path.replace("{id}", job_id).replace("{image}", image_id))
    yield client.call("GET", f"/jobs?type=t&ref={REF}")
    yield client.call("GET", "/openapi.json")
    yield client.call("GET", f"/jobs/{job_id[:-1]}x")


def claim_ids(darkroom: Darkroom, client: Client, image_job: str) -> tuple[str, list[str]]:
    """Claim a job twice and an image's once, all under way; return the job's id and the claim ids."""
    job_id = client.add_job(REF).json["id"]
    found = []
    for each in (job_id, job_id, image_job):
        held = client.call("POST", f"/jobs/{each}/claim", {"owner": "w"})
        found.append(job_moves.own(job_moves.row_of(darkroom.storage.jobs, each)).claim_id)
        if len(found) == 1:
            client.call("POST", f"/jobs/{each}/abandon", if_match=held.headers["etag"])
            assert client.call("POST", f"/jobs/{each}/renew", {}, if_match=held.headers["etag"]).status == 409
    return job_id, found


@pytest.mark.case("security M2", was="the claim id stood in the ETag of a GET, and in a finding of verify")
def test_a_claim_id_is_in_no_output_but_its_holders(
    environ: Mapping[str, str], bench: VerifyBench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client, darkroom = Client(), bench.darkroom
    client.serve(darkroom)
    image = client.upload().json
    job_id, canaries = claim_ids(darkroom, client, image["id"])
    responses = [*everything_read(client, job_id, image["image_id"]), client.add_job(REF)]
    row = job_moves.row_of(darkroom.storage.jobs, job_id)
    bench.remove(bench.place(row), f"try:{job_id}:{row.job.token:010d}")  # so that verify speaks of the claim
    responses += [client.call("POST", f"/jobs/{job_id}/{call}") for call in ("cancel", "redrive")]
    words = [("verify",), ("verify", "--json"), ("rejected", "--json"), ("cancel", image["id"])]
    shown = [CliRunner().invoke(app, each, env=dict(environ)).output for each in words]
    told = [f"{response.headers} {response.body!r}" for response in responses] + shown + [caplog.text]
    assert {form for canary in canaries for form in forms(canary) if any(form in text for text in told)} == set()
    assert "attempt" in shown[0]
