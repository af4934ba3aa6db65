"""Whole hosts that are stopped past their lease in real time, killed, and cut off from what they asked for."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.faults.enumeration import Strike
from tests.faults.enumeration_wire import Ledger
from tests.faults.proxy import Proxy
from tests.faults.proxy_http import Request
from tests.rig import SAMPLES, HostProcess, Rig, rig, until
from tests.sdk_clients import table_of

CAT = (SAMPLES / "cat.png").read_bytes()
IMAGES, SHARE_LOST = 12, 0.1
pytestmark = pytest.mark.prove("hosts sleep past their leases in real time; every day test_proxy_faults stops a worker")


@contextmanager
def proxy_for(made: Rig) -> Iterator[Proxy]:
    """Stand before the rig's storage, in real time."""
    with closing(Proxy(made.azurite.connection, Ledger())) as proxy:
        try:
            yield proxy
        finally:
            made.close()  # what is left of the hosts ends by its last requests


def attempts(made: Rig, identity: str) -> list[dict[str, Any]]:
    """Return the rows of a job's attempts, in their order."""
    rows = table_of(made.darkroom.storage.jobs).list_entities()
    return [dict(row) for row in rows if row["RowKey"].startswith(f"try:{identity}")]


def gave_up(host: HostProcess, identity: str) -> bool:
    """Whether a host says that it has seen its claim lost."""
    lines = host.log.read_text("utf-8", "replace").splitlines()
    return any("report refused" in line and identity in line for line in lines)


def ends_attempt(asked: Request) -> bool:
    """Whether a host is about to commit, or to end an attempt otherwise."""
    return asked.ends


def reads_image(asked: Request) -> bool:
    """Whether a host reads an image to analyse it: the version that it has claimed."""
    image = asked.method == "GET" and asked.url.startswith("/darkroom/images/")
    return image and b"\r\nif-match:" in asked.head.lower()


@pytest.mark.parametrize(
    ("point", "strike", "sent"),
    [(ends_attempt, Strike.PAUSED_BEFORE, 1), (reads_image, Strike.PAUSED_AFTER, 0)],
    ids=["with its commit on the way", "before it has analysed"],
)
def test_a_host_that_has_slept_past_its_lease_writes_nothing_and_serves_on(
    tmp_path: Path, point: Callable[[Request], bool], strike: Strike, sent: int
) -> None:
    with rig(tmp_path) as made, proxy_for(made) as proxy:
        proxy.victim = zombie = made.start(AzureWebJobsStorage=proxy.connection)
        proxy.await_one(point, strike, lambda: made.start() and made.ended(identity))
        identity = made.upload("cat.png", CAT)
        until(lambda: gave_up(zombie, identity), what="the end of the zombie")
        proxy.settle()
        made.hosts.pop().drain()
        later = made.upload("later.png", CAT)
        made.ended(later)
        job, tries = made.darkroom.storage.jobs.get(identity), attempts(made, identity)
        verified = made.verify()
        claims, commits = made.count_transitions()
        ends = [passed.has_effect for passed in proxy.exchanges if passed.request.ends]
    print(f"{sent} late commits sent and refused; {verified}")
    assert job is not None
    assert (job.job.token, [row.get("outcome") for row in tries]) == (2, ["lapsed", "complete"])
    assert [row.get("refused", 0) for row in tries] == [sent, 0]
    assert ends == [False] * sent + [True], "of the zombie: those of its late commit, and that of the later image"
    assert (claims, commits) == ({identity: 2, later: 1}, {identity: 1, later: 1})


def all_completed(made: Rig, identities: list[str]) -> bool:
    """Wait until all of these are completed; one more minute is left for what was lost on the way."""
    return until(lambda: all(made.in_state(identity, "COMPLETED") for identity in identities), seconds=120)


def test_hosts_that_are_killed_paused_and_left_without_replies_commit_each_image_once(tmp_path: Path) -> None:
    with rig(tmp_path) as made, proxy_for(made) as first, proxy_for(made) as second:
        first.lose(SHARE_LOST, seed=1)
        second.lose(SHARE_LOST, seed=2)
        killed = first.victim = made.start(AzureWebJobsStorage=first.connection)
        first.await_one(ends_attempt, Strike.DIED_BEFORE)
        early = [made.upload(f"early-{number}.png", CAT) for number in range(IMAGES // 2)]
        until(lambda: killed.process.poll() is not None, what="the end of the first host")
        second.victim = made.start(AzureWebJobsStorage=second.connection)
        second.await_one(reads_image, Strike.PAUSED_BEFORE, lambda: all_completed(made, early))
        until(lambda: second.hit, what="the pause of the second host")
        made.start(AzureWebJobsStorage=first.connection)
        late = [made.upload(f"late-{number}.png", CAT) for number in range(IMAGES // 2)]
        all_completed(made, early + late)
        second.settle()
        verified = made.verify()
        claims, commits = made.count_transitions()
    started, lost = sum(claims.values()), first.lost + second.lost
    print(f"{lost} of {len(first.exchanges + second.exchanges)} replies lost, {started} analyses started; {verified}")
    assert lost > IMAGES
    assert commits == dict.fromkeys(early + late, 1)
    assert IMAGES + 2 <= started <= 2 * IMAGES
