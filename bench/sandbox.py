"""What a child process adds to one image, and what it takes when idle."""

import statistics
from pathlib import Path

from bench.contest.estimates import announce
from bench.photographs import FORMATS, photograph
from shared import clock
from shared.analysis import Limits, Source, ThumbnailSpec
from shared.analysis.analyst import Inline
from shared.analysis.sandbox.pool import OVERHEAD_BYTES, ChildLimits, Sandbox

ROUNDS, _SECONDS = 40, 30.0
#: From a small image to what a phone makes.
SIZES = {"64×48": (64, 48), "1 MP": (1200, 900), "12 MP": (4000, 3000)}


def main(_words: list[str]) -> int:
    """Measure both in turns, and print medians."""
    announce(_SECONDS)
    limits, spec = Limits(), ThumbnailSpec()
    child_limits = ChildLimits(seconds=60, cpu_seconds=60, memory_bytes=limits.max_decode_bytes + OVERHEAD_BYTES)
    inline = Inline(limits=limits, thumbnail=spec)
    sandbox = Sandbox(limits=limits, thumbnail=spec, child_limits=child_limits)
    print("| JPEG | MB | inline ms | in a child ms | added ms, median of pairs |\n|---|---|---|---|---|")
    for name, size in SIZES.items():
        data = FORMATS["jpeg"](photograph(size))
        source = Source(container="bench", name="x", etag="", size_bytes=len(data), declared_type=None)
        pairs = []
        for _ in range(ROUNDS + 1):
            pair = []
            for engine in (inline, sandbox):
                begun = clock.monotonic()
                engine.analyze(data, source=source, stop=lambda: False)
                pair.append((clock.monotonic() - begun) * 1000)
            pairs.append(pair)
        alone, apart = (statistics.median(pair[at] for pair in pairs[1:]) for at in (0, 1))
        added = statistics.median(pair[1] - pair[0] for pair in pairs[1:])
        print(f"| {name} | {len(data) / 1e6:.2f} | {alone:.1f} | {apart:.1f} | {added:.1f} |")
    sandbox.close()
    print(f"\nAn idle child: {_idle_mb(spec):.0f} MB of its own (Pss).")
    return 0


def _idle_mb(spec: ThumbnailSpec) -> float:
    """Return what a child takes that has analysed one small image."""
    child_limits = ChildLimits(seconds=60, cpu_seconds=60, memory_bytes=OVERHEAD_BYTES)
    sandbox = Sandbox(limits=Limits(), thumbnail=spec, child_limits=child_limits)
    data = FORMATS["jpeg"](photograph((64, 48)))
    source = Source(container="bench", name="x", etag="", size_bytes=len(data), declared_type=None)
    sandbox.analyze(data, source=source, stop=lambda: False)
    (child,) = sandbox._children  # noqa: SLF001 - nobody else has to know it
    pid = child._process.pid  # noqa: SLF001
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    sandbox.close()
    return int(next(line for line in rollup if line.startswith("Pss:")).split()[1]) / 1024
