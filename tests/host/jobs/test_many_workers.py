"""Workers from outside, one of them killed every few seconds: every job completed once, each with its result.

Two of them, and three deaths, are enough for every day; ``dev.py prove`` has four, and fifty deaths. They are
counted, since who dies has a job in hand: the last job would be in the hands of one victim after the other.
"""

import hashlib
import random
from collections import Counter
from functools import partial

from darkroom_client import Client, Job
from shared.rules.jobs import State
from tests.host.jobs.conftest import TRIGGERS
from tests.host.jobs.crowd import Plan, crowd
from tests.proving import at_length
from tests.rig import Rig

JOBS, KIND = at_length(6, 500), "word-count"
PLAN = Plan(
    workers=at_length(2, 4),
    lease_seconds=at_length(1, 3),
    kill_seconds=at_length(5, 10) / 10,
    kills=at_length(3, 50),
    seed=JOBS,
)
#: Of one: two or three lines of up to three words.
WORDS = ("light", "lens", "grün", "f/2.8", "\\", '"quoted"', "a b")


def text(chance: random.Random) -> str:
    """Draw a text."""
    return "\n".join(" ".join(chance.choices(WORDS, k=chance.randint(1, 3))) for _ in range(chance.randint(2, 3)))


def completed(rig: Rig) -> int:
    """Count by index rows: 1 query a bucket."""
    ended = partial(rig.darkroom.storage.index.ended, after=None, ended_from=None, ended_to=None, limit=1000)
    return sum(len(ended(KIND, bucket, State.COMPLETED)) for bucket in range(rig.darkroom.settings.job_buckets))


def owners_of(client: Client) -> set[str]:
    """Return who has a job in hand."""
    return {job.owner for job in client.list(job_type=KIND, state="RUNNING") if job.owner is not None}


def right(job: Job, text: str) -> bool:
    """Whether a job has the result of its own text."""
    want = {"words": len(text.split()), "sha256": hashlib.sha256(text.encode()).hexdigest()}
    return (job.state, job.result, job.error) == ("COMPLETED", want, None)


def test_workers_that_are_killed_again_and_again_complete_every_job_once(rig: Rig) -> None:
    host, chance = rig.start(DISPATCH="off", Disabled=TRIGGERS), random.Random(JOBS)
    url = f"http://127.0.0.1:{host.port}/api"
    texts = {f"{number:03}.txt": text(chance) for number in range(JOBS)}
    with Client(url) as client:
        ids = {client.add(KIND, ref, params={"text": texts[ref]}, unique=True, max_attempts=100).id for ref in texts}
        with crowd(url, KIND, PLAN) as workers:
            workers.work(lambda: completed(rig) == JOBS, partial(owners_of, client), seconds=60 + JOBS)
        jobs = list(client.list(job_type=KIND, page_size=200))
        attempts = [attempt for job_id in ids for attempt in client.history(job_id)]
    assert {job.id for job in jobs} == ids
    assert [job for job in jobs if not right(job, texts[job.ref])] == []
    lapsed = sum(attempt["outcome"] == "lapsed" for attempt in attempts)
    of_killed = {attempt["outcome"] for attempt in attempts if workers.has_killed(attempt["owner"])}
    assert of_killed <= {"complete", "lapsed"}
    assert rig.verify() == f"{JOBS} jobs, 0 violations, 0 repaired, 0 notes"
    claims, commits = rig.count_transitions()
    figures = f"{workers.kills} kills, {claims.total()} claims, {commits.total()} commits, {lapsed} lapsed"
    print(f"{JOBS} jobs, {PLAN.workers} workers: {figures}, {sum(one['refused'] for one in attempts)} refused")
    assert (commits, claims.total()) == (Counter(ids), len(attempts))
    assert workers.kills >= 3
    assert lapsed >= 1
