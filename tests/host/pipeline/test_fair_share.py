"""Fifty slow images of one prefix, then honest ones of another: how long these take.

One comes with them, while the host still records the fifty, event by event; one comes once they wait in the table. The
first tells what a user sees; the host's own handling of fifty events is most of it. The second is what a fair share is
for. It prints its figures.
"""

import statistics
import time
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count

import pytest

from tests.analysis.corpus.png import chunk
from tests.doubles.world import png
from tests.proving import at_length
from tests.rig import Rig, until

pytestmark = pytest.mark.prove("it takes minutes, and says how fast a machine is")

SLOW_IMAGES, LIMIT_SECONDS = 50, 3.0
#: Of a slow image, in colour: 120 KB, and about a second of work.
SIDE = 6_000


def slow_images() -> Iterator[bytes]:
    """Yield images of one colour, each with a text of its own."""
    packer, row = zlib.compressobj(), b"\0" + b"\x10\x40\x90" * SIDE
    pixels = b"".join(packer.compress(row) for _ in range(SIDE)) + packer.flush()
    signature, header = b"\x89PNG\r\n\x1a\n", SIDE.to_bytes(4) * 2 + b"\x08\x02\0\0\0"
    for number in count():
        text = chunk(b"tEXt", f"number\0{number}".encode())
        yield signature + chunk(b"IHDR", header) + text + chunk(b"IDAT", pixels) + chunk(b"IEND")


@pytest.mark.case("security M7", was="31 s; 0.5 s alone")
@pytest.mark.parametrize("dispatch", ["queue", "timer"])
def test_an_honest_image_behind_fifty_slow_ones_is_done_within_three_seconds(
    rig: Rig, dispatch: str, case_result: Callable[[str], None]
) -> None:
    rig.start(DISPATCH=dispatch, Disabled="analyze_queued" if dispatch == "timer" else "", LEASE_SECONDS="60")
    rig.ended(rig.upload("first/warm.png", png()))
    images, together, behind = slow_images(), list[float](), list[float]()
    for number in range(at_length(1, 5)):
        slow = [rig.upload(f"slow-{number}/{one}.png", next(images)) for one in range(SLOW_IMAGES)]
        together.append(_took(rig, f"honest/with-{number}.png", png(9 + number)))
        until(partial(lambda job_ids: all(map(rig.job, job_ids)), slow), seconds=120, what="the slow ones are recorded")
        behind.append(_took(rig, f"honest/behind-{number}.png", png(99 + number)))
        waiting = sum(rig.in_state(each, "COMPLETED") is None for each in slow)
        print(
            f"{dispatch}: with them {together[-1]:.2f} s, behind them {behind[-1]:.2f} s, {waiting} slow ones to come"
        )
        for each in slow:
            assert rig.ended(each, seconds=600)["state"] == "COMPLETED"
    first, second = statistics.median(together), statistics.median(behind)
    print(f"{dispatch}: medians {first:.2f} s with them, {second:.2f} s behind them")
    case_result(f"{second:.1f} s behind them, {first:.1f} s with them ({dispatch})")
    assert second <= LIMIT_SECONDS


def _took(rig: Rig, name: str, data: bytes) -> float:
    """Upload an image, wait for its end, and return how long that took, in seconds."""
    began = time.monotonic()
    assert rig.ended(rig.upload(name, data))["state"] == "COMPLETED"
    return time.monotonic() - began
