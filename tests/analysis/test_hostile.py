"""Every hostile file comes to an end, in its child's limits, and leaves this process as it was."""

import sys
from collections import Counter

import pytest

from tests.analysis.hostile import hostile
from tests.analysis.measure import MIB, Ending, measure, wrong
from tests.counting import Count, Most
from tests.proving import at_length

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what a process takes is read from /proc")
PARTS = at_length(4, 8)


@pytest.mark.parametrize("part", range(PARTS))
def test_every_hostile_file_comes_to_an_end(part: int, count: Count, most: Most) -> None:
    found, ends = [], dict[str, Ending]()
    with measure() as analyst:
        for file in hostile()[part::PARTS]:
            data = file.make()
            ends[file.name] = analyst.ending(data)
            found.append(wrong(file, data, ends[file.name]))
    _count(ends, count, most)
    assert not list(filter(None, found))


def _count(ends: dict[str, Ending], count: Count, most: Most) -> None:
    codes = Counter(f"ended {end.code}" for end in ends.values())
    count(**{"hostile files": len(ends), **codes, "children died": sum(end.is_death for end in ends.values())})
    name, slowest = max(ends.items(), key=lambda one: one[1].cpu_seconds)
    most("slowest", slowest.cpu_seconds, f"{name}: {slowest.cpu_seconds:.2f} s CPU, {slowest.seconds:.2f} s in all")
    name, largest = max(ends.items(), key=lambda one: one[1].peak_bytes)
    most("largest", largest.peak_bytes, f"{name}: {largest.peak_bytes / MIB:.0f} MiB at the peak of the child")
    name, dearest = max(ends.items(), key=lambda one: one[1].parent_cpu_seconds)
    most("dearest", dearest.parent_cpu_seconds, f"{name}: {dearest.parent_cpu_seconds:.2f} s CPU of the parent")
