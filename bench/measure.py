"""One contender at one file, in a process of its own: ``python -m bench.measure CONTENDER FILE RUNS``."""

import json
import statistics
import sys
import time
from pathlib import Path

from bench.contenders import CONTENDERS

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def main(contender: str, file: str, runs: int) -> None:
    """Print CPU milliseconds, the median, and peak MB above what the idle process has; or why it can't."""
    work, data = CONTENDERS[contender](), Path(file).read_bytes()
    idle = _status_mb("VmRSS")
    _CLEAR.write_text("5", "ascii")  # forget the peak so far (proc(5))
    taken = []
    try:
        for _ in range(runs + 1):
            begun = time.process_time()
            work(data)
            taken.append(time.process_time() - begun)
    except Exception as error:  # noqa: BLE001 - the edge of the process
        print(json.dumps({"failed": f"{type(error).__name__}: {error}"}))
        return
    peak = _status_mb("VmHWM") - idle
    print(json.dumps({"cpu_ms": statistics.median(taken[1:]) * 1000, "first_ms": taken[0] * 1000, "peak_mb": peak}))


def _status_mb(name: str) -> float:
    line = next(line for line in _STATUS.read_text("ascii").splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
