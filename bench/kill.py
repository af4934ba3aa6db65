"""What is lost and what is done twice when all processes of a contestant are killed twice in the middle of its work.

A job goes on for a second, so that a kill meets several under way. Each time the contestant is started again, and has
as long as its own ways of noticing need: a lease of Darkroom's is shortened for that, and its host polls quickly.
dramatiq hides a message longer than by default: that is a second, and jobs as long as that come twice without a kill.
"""

import argparse
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

from bench.contest.contestants import Contestant
from bench.contest.entrants import ENTRANTS, TASKS
from bench.contest.estimates import announce
from bench.contest.figures import Finding, typed
from bench.contest.images import image_bytes, names
from bench.contest.own import Own
from bench.contest.peers import Celery, Dramatiq
from bench.contest.service import Service
from bench.contest.turns import PROCESSES
from shared import clock

JOBS, KILLS = 30, (8, 18)
#: Without anything new for so long, what has no result is lost: a worker sweeps once in that time.
LOST_SECONDS = 65.0
#: Once all results stand, repeats may come for so long: longer than every lease and visibility timeout here.
REPEAT_SECONDS = 15.0
#: A contestant's jobs, its starts, and the leases of what a kill leaves behind.
_WORK_SECONDS = 25.0
_LOOK_SECONDS = 0.5
QUICK = {
    "LEASE_SECONDS": "6",
    "LEASE_MARGIN_SECONDS": "1",
    "SCHEDULE": "*/5 * * * * *",
    "DISPATCH_GRACE_SECONDS": "5",
}
#: For how many milliseconds dramatiq hides a message.
HIDE = {"dramatiq_worker_timeout": "10000"}


def main(words: list[str]) -> int:
    """Kill each, and print a table."""
    options = parser().parse_args(words)
    announce(expected_seconds(options))
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
        f"{' and '.join(map(str, KILLS))} results; repeats until {REPEAT_SECONDS:g} s after the last result. dramatiq "
        "stores no result: its task's return is taken for one. It hides messages for 10 s here: jobs as long as its "
        "default, a second, come twice without a kill."
    )
    finding.show(write=options.write)
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what reads the options."""
    parser = argparse.ArgumentParser(prog="dev.py bench kill", description=__doc__)
    parser.add_argument("--entrants", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--seconds", type=float, default=1.0, help="how long a job goes on")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    return parser


def expected_seconds(options: argparse.Namespace) -> float:
    """Return how long it takes; each that loses jobs is waited for."""
    each = _WORK_SECONDS * max(1.0, options.seconds) + REPEAT_SECONDS
    return float(each * len(options.entrants) + LOST_SECONDS * sum(name == Celery.name for name in options.entrants))


def _kill_twice(contestant: Contestant, images: list[str]) -> None:
    """Feed all jobs, kill twice, and wait until nothing comes any more."""
    if isinstance(contestant, Own):
        contestant.settings, contestant.options = QUICK, contestant.quick
    elif isinstance(contestant, Dramatiq):
        contestant.settings = HIDE
    try:
        contestant.feed(images)
        for count in KILLS:
            contestant.start(PROCESSES)
            contestant.wait_for(count, seconds=LOST_SECONDS)
            contestant.group.kill()
        contestant.start(PROCESSES)
        wait_for_rest(contestant, set(images))
        threading.Event().wait(REPEAT_SECONDS)
    finally:
        contestant.stop()
    contestant.runs.read()
    contestant.ends.read()


def wait_for_rest(contestant: Contestant, images: set[str]) -> None:
    """Wait until all results stand, or until nothing has come for long.

    Storage is asked: who is killed may have stored a result, and not have noted it.
    """
    count, heard_at = -1, clock.monotonic()
    while clock.monotonic() - heard_at < LOST_SECONDS:
        before, count = count, contestant.ends.count() + contestant.runs.count()
        if count > before:
            heard_at = clock.monotonic()
            if contestant.standing() >= images:
                return
        threading.Event().wait(_LOOK_SECONDS)


def _repeats(counts: Counter[str]) -> int:
    """Count what came beyond the first time."""
    return sum(count - 1 for count in counts.values())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
