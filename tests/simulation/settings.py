"""What one world is like: the app's settings, how many processes, how long things take."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from tests.simulation.chance import Chance, Option
from tests.simulation.rollouts import Rollout, draw_rollout
from tests.simulation.service.behaviour import AZURE, Behaviour

#: Share of the worlds in which no event is lost where somebody walks all the same.
_WALKS = 0.1
#: Share of the worlds that have workers in place of hosts, of some or of all.
_WORKERS = 0.25
#: Share of the worlds in which a walk finds many images that nobody has announced, and of those that have policies
#: which change tiers; and of those whose timers have been idle for long when the storm begins, of so many seconds.
_CROWDS, _TIERS, _LULLS, _LULL = 0.08, 0.08, 0.04, (1020.0, 1620.0)
#: A walk looks again at what is younger than a minute: its first look at an image is its last in longer storms alone.
_CROWDED_SPAN = 180.0
#: Share of the worlds in which somebody verifies meanwhile, so often; and of those whose jobs may not be claimed for
#: long, so many seconds.
_AUDITED, _AUDITS, _HURRIES, _HURRY = 0.06, 3, 0.06, "60"
#: Share of the worlds that are far bigger than others: more of everything meets there, and takes its time.
_BIG, _BIG_SPAN, _BIG_ACTS = 0.03, 240.0, 24
#: Seconds that the shortest and the longest of the other storms take.
_SHORTEST, _LONGEST = 30.0, 180.0
#: Between two ticks of the timer that production has.
_MINUTE = 60.0
#: Seconds that a blob takes out of the archive, in place of hours: who waits for it is not what is tried.
REHYDRATION = 20.0


class Choose(Protocol):
    """Choose one of some options by a name that nothing else is drawn by."""

    def __call__(self, name: str, *options: Option) -> Option:
        """Choose."""


@dataclass(frozen=True)
class Plan:
    """One world's.

    Attributes:
        environ: App settings.
        lease: Seconds.
        margin: Seconds.
        drift: Seconds by which the front ends' clocks are off at most.
        processes: At once.
        span: Seconds in which acts begin and things go wrong.
        acts: How many there are.
        ticks: Seconds between two sweeps.
        batch: Messages that a host receives at once.
        hide_seconds: Seconds that a message stays hidden whose host has died.
        longest: Seconds that an analysis takes at most; 0 where the image library does it.
        crashes: Share of analyses whose child dies.
        lethal: Share of analyses that take their whole process with them, as long as things go wrong.
        dequeues: How often the host lets a message be received.
        lost: Share of blob events that nobody delivers.
        duplicates: Share that is delivered twice.
        purges: Whether ended jobs go at once.
        reconciles: Whether anybody walks; where nobody does, each event must have its effect.
        workers: Share of the processes that are workers in place of hosts: none, some, or all.
        crowd: Images that nobody announces, beside the others.
        tiers: Whether a policy changes the tiers of images.
        walks: How often anybody walks in one storm.
        lull: Seconds before the storm in which nothing happens, and timers tick.
        audits: How often somebody verifies while everything goes on.
        rollout: How the release before and this one follow each other; None where that takes no part.
    """

    environ: Mapping[str, str]
    lease: float
    margin: float
    drift: float
    processes: int
    span: float
    acts: int
    ticks: float
    batch: int
    hide_seconds: float
    longest: float
    crashes: float
    lethal: float
    dequeues: int
    lost: float
    duplicates: float
    purges: bool
    reconciles: bool
    workers: float
    crowd: int
    tiers: bool
    walks: float
    lull: float
    audits: int
    rollout: Rollout | None

    def is_earlier(self, drawn: float, second: float) -> bool:
        """Say whether a process that starts at a virtual second is of the release before.

        Args:
            drawn: From 0 to 1.
            second: Of the start.
        """
        return self.rollout is not None and drawn < self.rollout.share((second - self.lull) / self.span)

    @property
    def grace(self) -> float:
        """Seconds for which a sweep leaves a job to its message."""
        return float(self.environ["DISPATCH_GRACE_SECONDS"])


def draw_plan(chance: Chance) -> Plan:
    """Draw how a world is: most are small, so that much is tried in a minute."""

    def choose(name: str, *options: Option) -> Option:
        return chance.choose(f"plan/{name}", *options)

    lease, margin = choose("lease", 10.0, 20.0, 60.0), choose("margin", 1.0, 2.0, 3.0)
    purges, dequeues = chance.share("plan/purges") < 0.12, choose("dequeues", 1, 2, 2, 5)
    big = chance.share("plan/big") < _BIG
    span = _BIG_SPAN if big else min(max(_SHORTEST, lease * choose("span", 2, 3, 5)), _LONGEST)
    lost = choose("lost", 0.0, 0.0, 0.0, 0.0, 0.2, 1.0)
    rollout = draw_rollout(chance)
    workers = choose("workers", 0.5, 1.0) if chance.share("plan/has workers") < _WORKERS else 0.0
    workers = min(workers, 0.5) if rollout else workers  # the release before has none
    crowd = choose("crowd", 4, 6, 8, 12) if chance.share("plan/has crowd") < _CROWDS else 0
    span = max(span, _CROWDED_SPAN) if crowd else span
    lull = choose("lull", *_LULL) if not workers and chance.share("plan/has lull") < _LULLS else 0.0
    environ = _environ(choose, lease, margin, dequeues, purges=purges)
    environ |= _environ_of_crowd(choose) if crowd else {}
    environ |= {"DISPATCH_GRACE_SECONDS": choose("lull grace", "10", "120", "120")} if lull else {}
    environ |= {"JOB_TIME_LIMIT_SECONDS": _HURRY} if chance.share("plan/hurry") < _HURRIES else {}
    return Plan(
        environ=environ,
        lease=lease,
        margin=margin,
        drift=0.9 * margin,
        processes=3 if big else choose("processes", 2, 2, 2, 3),
        span=span,
        acts=_BIG_ACTS if big else choose("acts", 2, 4, 6, 8),
        ticks=_MINUTE if lull else span / choose("ticks", 1, 2, 4),
        batch=choose("batch", 1, 1, 4),
        hide_seconds=choose("hidden", 600.0, 2 * lease, 2 * lease),
        crashes=choose("crashes", 0.0, 0.03, 0.3),
        lethal=choose("lethal", 0.0, 0.0, 0.1, 0.5),
        dequeues=dequeues,
        longest=lease * choose("longest", 0.1, 0.5, 2.0, 3.0) if chance.share("plan/quick") < 0.97 else 0.0,
        lost=lost,
        duplicates=choose("doubled", 0.0, 0.0, 0.3),
        purges=purges,
        reconciles=bool(lost) or bool(workers) or bool(crowd) or chance.share("plan/walks") < _WALKS,
        workers=workers,
        crowd=crowd,
        tiers=(bool(crowd) or chance.share("plan/tiers") < _TIERS)
        and rollout is None,  # 0.2.0 errs there: seed 522355638
        walks=choose("crowd walks", 1.0, 1.5, 4.0) if crowd else 1.0,
        lull=lull,
        audits=_AUDITS if chance.share("plan/audited") < _AUDITED else 0,
        rollout=rollout,
    )


def _environ_of_crowd(choose: Choose) -> dict[str, str]:
    """Draw the settings by which images are recorded together."""
    return {
        "JOB_BUCKETS": choose("crowd buckets", "1", "1", "2"),
        "RECONCILE_GRACE_SECONDS": choose("crowd grace", "0", "0", "10"),
    }


def _environ(choose: Choose, lease: float, margin: float, dequeues: int, *, purges: bool) -> dict[str, str]:
    """Draw the app's settings."""
    environ = {
        "LEASE_SECONDS": f"{lease:g}",
        "LEASE_MARGIN_SECONDS": f"{margin:g}",
        "DISPATCH": choose("dispatch", "both", "both", "queue", "timer"),
        "JOB_BUCKETS": choose("buckets", "1", "1", "2"),
        "MAX_ATTEMPTS": choose("attempts", "1", "1", "2", "3", "5"),
        "DISPATCH_GRACE_SECONDS": choose("grace", "0", "10", "120"),
        "BACKOFF_SECONDS": choose("backoff", "1", "5", "10"),
        "BACKOFF_MAX_SECONDS": choose("backoff max", "10", "60"),
        "THUMBNAILS": choose("thumbnails", "blob", "blob", "row", "off"),
        "REANALYZE_ON_METADATA": choose("reanalyze", "false", "false", "true"),
        "SWEEP_BUDGET_SECONDS": choose("budget", "5", "30", "240"),
        "SWEEP_PARALLELISM": choose("parallelism", "1", "2", "3"),
        "RECONCILE_GRACE_SECONDS": choose("reconcile grace", "0", "10", "60"),
        "RECONCILE_PARALLELISM": choose("reconcile parallelism", "1", "3"),
        "JOB_TIME_LIMIT_SECONDS": choose("time limit", "604800", "604800", "300"),
        "AzureFunctionsJobHost__extensions__queues__maxDequeueCount": str(dequeues),
        "MAX_BACKLOG": choose("backlog", "1", "1000", "1000"),
    }
    if purges:
        environ |= {f"RETENTION_{state}_DAYS": "0" for state in ("COMPLETED", "FAILED", "CANCELED")}
    return environ


def draw_behaviour(chance: Chance) -> Behaviour:
    """Draw how the services behave: as Azurite or as Azure, messages in any order, pages as short as may be."""
    shuffle = chance.stream("services/shuffle").shuffle
    return replace(
        chance.choose("services/kind", Behaviour(), AZURE),
        rehydration_seconds=chance.choose("services/rehydration", 0.0, REHYDRATION),
        shuffle=chance.choose("services/order", None, shuffle),
        page_rows=chance.choose("services/page", 1000, 1000, 1000, 1000, 2),
        scan_rows=chance.choose("services/scan", None, None, None, 3),
        empty_pages=chance.choose("services/empty", False, True),
    )
