"""External workers, as tests call them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.ports.jobs import Row
from shared.rules.jobs import Claim
from shared.steps.intake.add import NewJob
from tests.doubles.world import World

KIND = "word-count"
MINUTE = timedelta(minutes=1)
#: What a holder may call, each as it is called at its shortest.
CALLS: dict[str, Callable[[World, str, Claim], Row]] = {
    "renew": lambda world, job_id, claim: world.darkroom.external.resume(job_id, claim).renew(),
    "complete": lambda world, job_id, claim: world.darkroom.external.resume(job_id, claim).complete({"words": 2}),
    "retry": lambda world, job_id, claim: world.darkroom.external.resume(job_id, claim).retry(
        code="busy", message="Lent out."
    ),
    "abandon": lambda world, job_id, claim: world.darkroom.external.resume(job_id, claim).abandon(),
    "fail": lambda world, job_id, claim: world.darkroom.external.resume(job_id, claim).fail(
        code="no_words", message="None."
    ),
}
every_call = pytest.mark.parametrize("call", CALLS)


def add_job(world: World, ref: str = "text", **options: Any) -> str:  # noqa: ANN401 - passed on
    """Add a job; return its id."""
    row = world.darkroom.add.add(NewJob(**{"kind": KIND, "ref": ref, "params": {}, "unique": True, **options})).row
    assert row is not None
    world.journal.clear()
    return row.job.id


def claim_job(world: World, job_id: str | None = None, **options: Any) -> tuple[str, Claim]:  # noqa: ANN401 - passed on
    """Claim a job as an external worker does; return its id and the claim."""
    job = world.darkroom.external.claim(job_id or add_job(world), owner="worker/1", **options).job
    world.journal.clear()
    assert job.claim is not None
    return job.id, job.claim


def outcome(world: World, job_id: str, token: int = 1) -> Any:  # noqa: ANN401 - as the table has it
    """Return what an attempt's own row says of its end."""
    return world.jobs.table.attempts[job_id, token].get("outcome")
