"""CPU and peak memory of a whole analysis, beside the same decode and thumbnail by others, in the same run.

Each figure is the median of rounds in which all contenders take turns, each in a process of its own, whose memory is
managed as that of our child processes. Linux only: the peak is read from /proc.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.contenders import CONTENDERS
from bench.photographs import FORMATS, SIZES, photograph
from shared.analysis.sandbox.child_process import MALLOC

ROUNDS, RUNS = 3, 3
Figures = dict[tuple[int, str, str], list[dict[str, Any]]]


def main(words: list[str]) -> int:
    """Measure, and print a table for each size."""
    options = _parser().parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        files = _made(Path(folder), options.sizes, options.formats)
        figures: Figures = {}
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds} ...", file=sys.stderr)
            for (size, name), file in files.items():
                for contender in CONTENDERS:
                    figures.setdefault((size, name, contender), []).append(_measured(contender, file))
        for size in options.sizes:
            _print(size, figures, {name: file.stat().st_size for (mp, name), file in files.items() if mp == size})
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev.py bench analysis", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", choices=SIZES, default=list(SIZES), help="megapixels")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    return parser


def _made(folder: Path, sizes: list[int], names: list[str]) -> dict[tuple[int, str], Path]:
    """Make the files."""
    files = {}
    for size in sizes:
        image = photograph(SIZES[size])
        for name in names:
            print(f"making {size} MP {name} ...", file=sys.stderr)
            files[size, name] = folder / f"{size}-{name}"
            files[size, name].write_bytes(FORMATS[name](image))
    return files


def _measured(contender: str, file: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.measure", contender, str(file), str(RUNS)]
    told = subprocess.run(  # noqa: S603 - ourselves
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, **MALLOC}, check=False
    )
    if told.returncode:
        return {"failed": f"exit status {told.returncode}"}
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def _print(size: int, figures: Figures, sizes_bytes: dict[str, int]) -> None:
    """Print a table: CPU ms / peak MB above idle; a dash for what a contender can't decode."""
    print(f"\n{size} MP: CPU ms / peak MB above the idle process, medians\n")
    print("| | MB |", " | ".join(CONTENDERS), "|")
    print("|---|---|" + "---|" * len(CONTENDERS))
    for name, length in sizes_bytes.items():
        cells = [_cell(figures[size, name, contender]) for contender in CONTENDERS]
        print(f"| {name} | {length / 1e6:.1f} |", " | ".join(cells), "|")


def _cell(rounds: list[dict[str, Any]]) -> str:
    if any("failed" in one for one in rounds):
        return "–"
    cpu, peak = (statistics.median(one[what] for one in rounds) for what in ("cpu_ms", "peak_mb"))
    return f"{cpu:.0f} / {peak:.0f}"
