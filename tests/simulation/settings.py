"""What one world is like: the app's settings, how many processes, how long things take."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random

from tests.simulation.service.behaviour import AZURE, Behaviour

#: Share of the worlds in which no event is lost where somebody walks all the same.
_WALKS = 0.4


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
        longest: Seconds that an analysis takes at most; 0 where the image library does it.
        crashes: Share of analyses whose child dies.
        lethal: Share of analyses that take their whole process with them, as long as things go wrong.
        dequeues: How often the host lets a message be received.
        lost: Share of blob events that nobody delivers.
        doubled: Share that is delivered twice.
        purges: Whether ended jobs go at once.
        reconciles: Whether anybody walks; where nobody does, each event must have its effect.
    """

    environ: Mapping[str, str]
    lease: float
    margin: float
    drift: float
    processes: int
    span: float
    acts: int
    longest: float
    crashes: float
    lethal: float
    dequeues: int
    lost: float
    doubled: float
    purges: bool
    reconciles: bool


def draw_plan(luck: Random) -> Plan:
    """Draw how a world is."""
    lease, margin = luck.choice((10.0, 20.0, 60.0)), luck.choice((1.0, 2.0, 3.0))
    purges, dequeues = luck.random() < 0.25, luck.choice((2, 5))
    environ = {
        "LEASE_SECONDS": f"{lease:g}",
        "LEASE_MARGIN_SECONDS": f"{margin:g}",
        "DISPATCH": luck.choice(("both", "both", "queue", "timer")),
        "JOB_BUCKETS": luck.choice("112"),
        "MAX_ATTEMPTS": luck.choice("1235"),
        "DISPATCH_GRACE_SECONDS": luck.choice(("0", "10", "120")),
        "BACKOFF_SECONDS": luck.choice("15"),
        "BACKOFF_MAX_SECONDS": luck.choice(("10", "60")),
        "THUMBNAILS": luck.choice(("blob", "blob", "row", "off")),
        "REANALYZE_ON_METADATA": luck.choice(("false", "false", "true")),
        "SWEEP_BUDGET_SECONDS": luck.choice(("5", "30", "240")),
        "SWEEP_PARALLELISM": luck.choice("123"),
        "RECONCILE_GRACE_SECONDS": luck.choice(("0", "10", "60")),
        "RECONCILE_PARALLELISM": luck.choice("13"),
        "JOB_TIME_LIMIT_SECONDS": luck.choice(("604800", "604800", "300")),
        "AzureFunctionsJobHost__extensions__queues__maxDequeueCount": str(dequeues),
        "MAX_BACKLOG": luck.choice(("1", "1000", "1000")),
    }
    if purges:
        environ |= {f"RETENTION_{state}_DAYS": "0" for state in ("COMPLETED", "FAILED", "CANCELED")}
    plan = Plan(
        environ=environ,
        lease=lease,
        margin=margin,
        drift=0.9 * margin,
        processes=luck.choice((2, 2, 3)),
        span=luck.choice((60.0, 120.0, 240.0)),
        acts=luck.choice((8, 14, 24)),
        crashes=luck.choice((0.0, 0.03, 0.3)),
        lethal=luck.choice((0.0, 0.0, 0.1, 0.5)),
        dequeues=dequeues,
        longest=lease * luck.choice((0.1, 0.5, 2.0)) if luck.random() < 0.97 else 0.0,
        lost=luck.choice((0.0, 0.0, 0.2, 1.0)),
        doubled=luck.choice((0.0, 0.3)),
        purges=purges,
        reconciles=True,
    )
    return plan if plan.lost or luck.random() < _WALKS else replace(plan, reconciles=False)


def draw_behaviour(luck: Random) -> Behaviour:
    """Draw how the services behave: as Azurite or as Azure, messages in any order, pages as short as may be."""
    return replace(
        luck.choice((Behaviour(), AZURE)),
        shuffle=luck.choice((None, luck.shuffle)),
        page_rows=luck.choice((1000, 1000, 2)),
        scan_rows=luck.choice((None, None, 3)),
        empty_pages=luck.choice((False, True)),
    )
