"""Each kind of worker calls all of our functions, and none of their lines is lost."""

from collections.abc import Callable

import pytest

from localhost.host.blobs import POISON_QUEUE, BlobMessage
from localhost.worker.kinds import Kind
from tests.host.functions_host.kinds import KINDS
from tests.host.jobs.site import Site
from tests.rig import SAMPLES, Rig, until

CAT = (SAMPLES / "cat.png").read_bytes()
FUNCTIONS = {
    "analyze_pending",
    "analyze_queued",
    "api",
    "bury_blob_events",
    "bury_poison",
    "dashboard",
    "purge_ended",
    "reconcile_images",
    "record_image",
}
OFTEN = {"RECONCILE_SCHEDULE": "* * * * * *", "PURGE_SCHEDULE": "* * * * * *", "POISON_TRIGGERS": "true"}


OTHER = pytest.mark.prove("a host for each worker; every day test_log_lines has these")


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=[] if kind is Kind.RUNTIME else OTHER) for kind in KINDS])
@pytest.mark.case("host 1", was="on 3.13 the lines of pools and of synchronous routes were lost")
def test_all_functions_are_called_and_no_line_is_lost(rig: Rig, kind: Kind, case_result: Callable[[str], None]) -> None:
    rig.queues.create_queue(POISON_QUEUE)
    rig.queues.create_queue("image-jobs-poison")
    rig.start("--worker", kind.value, **OFTEN)
    identities = [rig.upload(name, CAT) for name in ("cat.png", "late.png")]
    rig.send(BlobMessage("Host.Functions.record_image", "images", "late.png", "0x1").dump().decode(), POISON_QUEUE)
    rig.send("images/cat.png", "image-jobs-poison")
    site = Site.of(rig, "of-worker")
    assert (site.add().status, site.next().status, site.call("GET", "/dashboard").status) == (201, 200, 200)
    assert [rig.end_of(identity) for identity in identities] == [("COMPLETED", 1)] * 2
    until(lambda: {line["function"] for line in rig.log_lines("function ended")} == FUNCTIONS, what="all functions")
    host = rig.hosts[-1]
    assert host.drain() == 0
    assert {line["outcome"] for line in rig.log_lines("function ended", host)} == {"succeeded"}
    assert rig.lost_lines() == []
    case_result(f"{len(FUNCTIONS)} of 9 functions, 0 lines lost")
