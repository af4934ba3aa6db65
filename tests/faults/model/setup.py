"""What a run of the model is given."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.faults.model.rules import Rules
from tests.faults.model.store import Fault
from tests.faults.model.world import Left, World

Steps = Iterator[tuple[str, World]]


@dataclass(frozen=True)
class Setup:
    """One run.

    Attributes:
        left: Bounds of what would go on for ever.
        events: How many events tell of uploads: of one upload the same twice, after an overwrite one each.
        deliveries: How often a message sent is delivered.
        memory_runs_out: Whether an attempt may fail in a way that passes.
        recorders_die: Whether a recorder may die, and its event come again.
        kills: Versions whose analysis kills the worker, one world each; 0 is none.
        fault: What is planted into store and actors.
        rules: Changes jobs.
    """

    left: Left
    events: int = 2
    deliveries: int = 2
    memory_runs_out: bool = True
    recorders_die: bool = True
    kills: tuple[int, ...] = (0,)
    fault: Fault | None = None
    rules: Rules = field(default_factory=Rules)
