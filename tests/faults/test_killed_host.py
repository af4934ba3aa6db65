"""``kill -9`` of the only host in the middle of its work."""

from pathlib import Path

from tests.rig import SAMPLES, rig, transitions_applied, until

IMAGES = 10
#: Calls at once in one host: batchSize + newBatchThreshold of host.json, and two of the timer.
IN_FLIGHT = 4 + 2 + 2


def test_a_killed_host_loses_nothing_and_commits_nothing_twice(tmp_path: Path) -> None:
    data = (SAMPLES / "retina.jpg").read_bytes()
    with rig(tmp_path) as made:
        first = made.start()
        identities = [made.upload(f"{number}.jpg", data) for number in range(IMAGES)]
        until(lambda: transitions_applied(made.request_log)[1], what="the first commit")
        first.kill()
        before = transitions_applied(made.request_log)[1]
        assert 0 < len(before) < IMAGES
        made.start()
        states = [made.ended(identity, seconds=90)["state"] for identity in identities]
        claims, commits = transitions_applied(made.request_log)
    assert states == ["COMPLETED"] * IMAGES
    assert commits == dict.fromkeys(identities, 1)
    started = sum(claims.values())
    assert IMAGES <= started <= IMAGES + IN_FLIGHT
    print(f"killed after {len(before)} commits; {sum(commits.values())} commits, {started} analyses started")
