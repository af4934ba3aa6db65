"""``kill -9`` of the only host in the middle of its work."""

from io import BytesIO
from pathlib import Path

from PIL import Image

from tests.proving import at_length, everyday
from tests.rig import SAMPLES, rig, until

IMAGES = at_length(4, 10)
#: Analyses at once in one host: threads of its worker.
AT_ONCE = at_length(2, 4)
#: Seconds. Nothing but a death lets one lapse: it is renewed on the way.
LEASE = at_length(4, 10)
#: A dead host keeps the timer from the next one for 15 s, the shortest lease of a blob: too long for every day.
NOT_OF_FIRST = "analyze_pending" if everyday() else ""


def slow_image() -> bytes:
    """Return an image of 7 MP, a fifth of a second's work: much is left to do when the first is done."""
    large = BytesIO()
    with Image.open(SAMPLES / "coffee.webp") as small:
        small.resize((3000, 2250)).save(large, "WEBP", method=0)
    return large.getvalue()


def test_a_killed_host_loses_nothing_and_commits_nothing_twice(tmp_path: Path) -> None:
    data = slow_image()
    settings = {"PYTHON_THREADPOOL_THREAD_COUNT": str(AT_ONCE), "LEASE_SECONDS": str(LEASE)}
    with rig(tmp_path) as made:
        identities = [made.upload(f"{number}.webp", data) for number in range(IMAGES)]

        def completed() -> int:
            return sum(made.in_state(identity, "COMPLETED") is not None for identity in identities)

        first = made.start(**settings, Disabled=NOT_OF_FIRST)
        until(completed, what="the first end")
        first.kill()
        before = completed()
        made.start(**settings, DISPATCH_GRACE_SECONDS="0")
        states = [made.ended(identity, seconds=90)["state"] for identity in identities]
        verified = made.verify()
        claims, commits = made.count_transitions()
    started = sum(claims.values())
    print(f"killed after {before} commits; {sum(commits.values())} commits, {started} analyses started; {verified}")
    assert 0 < before < IMAGES
    assert states == ["COMPLETED"] * IMAGES
    assert commits == dict.fromkeys(identities, 1)
    assert IMAGES <= started <= IMAGES + AT_ONCE
