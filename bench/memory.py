"""Memory of a worker, of the app under the local host, and of the children in which they analyse: peaks, in MB.

A child gets one image in a process of its own, for each format and size. A worker and a host get as many photographs at
once as they take.
"""

import tempfile
from pathlib import Path

from bench.contest.estimates import announce
from bench.contest.images import names
from bench.contest.own import HostReport, Own, WorkerReport
from bench.contest.processes import tree
from bench.contest.service import Service
from bench.photographs import FORMATS, SIZES, photograph
from shared.analysis import Limits, Source, ThumbnailSpec
from shared.analysis.sandbox.pool import OVERHEAD_BYTES, ChildLimits, Sandbox

_SECONDS, _WAIT_SECONDS, _COUNT = 120.0, 300.0, 24
#: Those whose libraries are deployed and encode quickly.
_FORMATS = ("jpeg", "jpeg progressive", "png", "webp", "tiff", "bmp", "gif")


def main(_words: list[str]) -> int:
    """Measure, and print tables."""
    announce(_SECONDS)
    print("| image | file MB | child: peak RSS MB |\n|---|---|---|")
    print(f"| none yet | | {_peak_of_child(None):.0f} |")
    images = {megapixels: photograph(size) for megapixels, size in SIZES.items()}
    for name in _FORMATS:
        for megapixels, image in images.items():
            data = FORMATS[name](image)
            if len(data) <= Limits().max_bytes:
                print(f"| {name}, {megapixels} MP | {len(data) / 1e6:.1f} | {_peak_of_child(data):.0f} |", flush=True)
    data = FORMATS["jpeg"](images[12])
    print(f"\n{_COUNT} JPEG of 12 MP, {len(data) / 1e6:.1f} MB each:\n\n| processes | peak RSS MB of each |\n|---|---|")
    for kind in (WorkerReport, HostReport):
        peaks = ", ".join(f"{peak:.0f}" for peak in _peaks_of(kind, data))
        print(f"| {kind.name} | {peaks} |", flush=True)
    return 0


def _peak_of_child(data: bytes | None) -> float:
    """Return the most that a child has taken for an image; without one, when it was ready."""
    limits, tiny = Limits(), FORMATS["jpeg"](photograph((64, 48)))
    child_limits = ChildLimits(seconds=60, cpu_seconds=60, memory_bytes=limits.max_decode_bytes + OVERHEAD_BYTES)
    sandbox = Sandbox(limits=limits, thumbnail=ThumbnailSpec(), child_limits=child_limits)
    content = data or tiny
    source = Source(container="bench", name="x", etag="", size_bytes=len(content), declared_type=None)
    sandbox.analyze(content, source=source, stop=lambda: False)
    (child,) = sandbox._children  # noqa: SLF001 - nobody else has to know it
    peak = _peak_mb(child._process.pid)  # noqa: SLF001
    sandbox.close()
    return peak


def _peaks_of(kind: type[Own], data: bytes) -> list[float]:
    """Return the peaks of a contestant's processes: of the first, and of those below it, the largest first."""
    with Service() as service, tempfile.TemporaryDirectory() as folder:
        service.insert_blobs("photos", (each := names("memory", _COUNT)), data)
        contestant = kind(service, Path(folder) / "0", 0, container="photos")
        contestant.start(1)
        try:
            contestant.feed(each)
            contestant.wait_for(_COUNT, seconds=_WAIT_SECONDS)
            (first,) = contestant.group.pids
            return [_peak_mb(first), *sorted((_peak_mb(pid) for pid in tree([first])[1:]), reverse=True)]
        finally:
            contestant.stop()


def _peak_mb(pid: int) -> float:
    """Return the most memory that a process has taken so far, in MB of 1,000,000 bytes."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) * 1024 / 1e6
