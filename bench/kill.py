"""What is lost and what is done twice when all processes of a contestant are killed twice in the middle of its work.

A job goes on for a second, so that a kill meets several under way. Each time the contestant is started again, and has
as long as its own ways of noticing need: a lease of Darkroom's is shortened for that, and its host polls quickly.
"""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from bench.contest.contestants import Contestant
from bench.contest.entrants import ENTRANTS, TASKS
from bench.contest.figures import Finding, typed
from bench.contest.images import image_bytes, names
from bench.contest.own import Own
from bench.contest.service import Service, until
from bench.contest.turns import PROCESSES

JOBS, KILLS = 30, (8, 18)
#: Without a new result for so long, nothing comes any more: longer than every lease and visibility timeout here.
QUIET_SECONDS = 60.0
QUICK = {
    "LEASE_SECONDS": "6",
    "LEASE_MARGIN_SECONDS": "1",
    "SCHEDULE": "*/5 * * * * *",
    "DISPATCH_GRACE_SECONDS": "5",
}


def main(words: list[str]) -> int:
    """Kill each, and print a table."""
    options = _parser().parse_args(words)
    finding = Finding(
        "kill", typed("kill", words), ("", "lost", "work done twice", "results that stand twice", "of jobs")
    )
    with Service() as service, tempfile.TemporaryDirectory() as folder:
        images = names("image", JOBS)
        service.insert_blobs("photos", images, image_bytes("10 KB"))
        for number, name in enumerate(options.entrants):
            print(f"{name} ...", file=sys.stderr, flush=True)
            place = Path(folder) / str(number)
            contestant = ENTRANTS[name](service, place, number, container="photos", seconds=options.seconds)
            _kill_twice(contestant, images)
            runs, ends = Counter(contestant.runs.names), Counter(contestant.ends.names)
            counts = (len(set(images) - contestant.standing()), _repeats(runs), _repeats(ends))
            facts = dict(zip(("lost", "runs_twice", "results_twice"), counts, strict=True))
            finding.add((name, *map(str, counts), str(JOBS)), contestant=name, jobs=JOBS, **facts)
    finding.notes.append(
        f"{JOBS} jobs of {options.seconds:g} s, {PROCESSES} processes, SIGKILL to all of them after "
        f"{' and '.join(map(str, KILLS))} results. dramatiq stores no result: its task's return is taken for one."
    )
    finding.show(write=options.write)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev.py bench kill", description=__doc__)
    parser.add_argument("--entrants", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--seconds", type=float, default=1.0, help="how long a job goes on")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    return parser


def _kill_twice(contestant: Contestant, images: list[str]) -> None:
    """Feed all jobs, kill twice, and wait until nothing comes any more."""
    if isinstance(contestant, Own):
        contestant.settings, contestant.options = QUICK, contestant.quick
    try:
        contestant.feed(images)
        for count in KILLS:
            contestant.start(PROCESSES)
            contestant.wait_for(count, seconds=QUIET_SECONDS)
            contestant.group.kill()
        contestant.start(PROCESSES)
        _wait_until_quiet(contestant, len(images))
    finally:
        contestant.stop()
    contestant.runs.read()
    contestant.ends.read()


def _wait_until_quiet(contestant: Contestant, count: int) -> None:
    """Wait until all results stand, and then as long again for those that come twice; or until nothing comes."""
    while True:
        before = contestant.ends.count() + contestant.runs.count()
        try:
            until(
                lambda: contestant.ends.count() + contestant.runs.count() > before,  # noqa: B023 - called in this round
                seconds=QUIET_SECONDS / 4 if len(set(contestant.ends.names)) == count else QUIET_SECONDS,
                what="",
            )
        except TimeoutError:
            return


def _repeats(counts: Counter[str]) -> int:
    """Count what came beyond the first time."""
    return sum(count - 1 for count in counts.values())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
