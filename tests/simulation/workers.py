"""External workers: they claim over the API, renew now and then, and end their jobs; late, twice, and one by one."""

from collections.abc import Callable
from functools import partial
from random import Random
from typing import TypeVar

from tests.simulation import entry_points
from tests.simulation.external_claims import Holding, claim_next
from tests.simulation.instance import Instance
from tests.simulation.stage import Stage

#: Share of the workers that are never heard of again.
_DIES = 0.15

Answer = TypeVar("Answer")


class Worker:
    """One who knows that an answer may be lost, and that a lease may be over.

    Args:
        stage: The world.
        luck: Decides how long it takes, and how it ends.
    """

    def __init__(self, stage: Stage, luck: Random) -> None:
        self._stage = stage
        self._luck = luck
        self._lease = stage.plan.lease

    def work(self, process: Instance) -> None:
        """Claim a job, and end it somehow."""
        holding = self._claim(process)
        if holding is None or self._luck.random() < _DIES:
            return
        for _ in range(self._luck.randint(0, 2)):
            self._wait(self._luck.random() * 1.5)
            self._ask(holding, holding.renew)
        self._wait(self._luck.random() ** 2 * 2)
        self._say(holding, self._end(holding))
        if self._luck.random() < 0.3:
            self._complete(holding)

    def work_on(self, process: Instance, ref: str) -> None:
        """Have a job added, claim it or another, and end it somehow."""
        try:
            entry_points.add(process.darkroom, ref, unique=True)
        finally:
            self.work(process)

    def work_in_a_row(self, process: Instance, ref: str) -> None:
        """Have a job claimed by one worker after the other, and ended by the first whose lease is long over."""
        entry_points.add(process.darkroom, ref, unique=True)
        first = self._claim(process)
        if first is None:
            return
        self._wait(1.0 + 2 * self._stage.plan.margin / self._lease)
        other = self._stage.pick("for the next", besides=process) or process
        second = self._at(other, lambda: self._claim(other))
        end = self._luck.choice((self._complete, lambda holding: self._say(holding, self._end(holding))))
        if second is not None and second.job_id == first.job_id:
            try:
                end(first)
            except entry_points.REFUSALS:
                self._complete(second)
            else:
                self._stage.crashes.append(
                    f"{first.job_id}: token {first.claim.token} after {second.claim.token} was heard"
                )

    def work_off(self, process: Instance) -> None:
        """Claim and complete what waits."""
        while (holding := self._claim(process)) is not None:
            self._complete(holding)

    def _at(self, process: Instance, call: Callable[[], Answer]) -> Answer | None:
        """Make a call in a process; None where it has died."""
        answers, errors = list[Answer](), list[Exception]()

        def answer() -> None:
            try:
                answers.append(call())
            except Exception as error:  # noqa: BLE001 - raised below
                errors.append(error)

        self._stage.scheduler.join(process.begin("worker", answer))
        if errors:
            raise errors[0]
        return answers[0] if answers else None

    def _claim(self, process: Instance) -> Holding | None:
        return claim_next(process.darkroom, "remote/1", self._lease)

    def _wait(self, leases: float) -> None:
        self._stage.scheduler.sleep(leases * self._lease)

    def _end(self, holding: Holding) -> Callable[[], object]:
        return self._luck.choice((holding.complete, holding.complete, holding.fail, holding.retry, holding.abandon))

    def _complete(self, holding: Holding) -> None:
        """Commit; who is told that it was done has done it."""
        self._say(holding, holding.complete)
        row = self._stage.ledger.jobs().get(holding.job_id, {"state": "COMPLETED", "token": holding.claim.token})
        if (row["state"], row["token"]) != ("COMPLETED", holding.claim.token):
            told = (
                f"told that token {holding.claim.token} has completed it, and it is {row['state']} under {row['token']}"
            )
            self._stage.crashes.append(f"{holding.job_id}: {told}")

    def _say(self, holding: Holding, end: Callable[[], object]) -> None:
        """End a job; where the answer is not known, say it again, as the documents tell workers to."""
        try:
            self._ask(holding, end)
        except entry_points.OUTAGES:
            self._wait(0.01 * holding.claim.token)
            self._ask(holding, end)

    def _ask(self, holding: Holding, call: Callable[[], object]) -> None:
        """Make a call; where two releases run, in a process of either: a balancer sends it to any."""
        other = self._stage.pick("for a holder") if self._stage.plan.rollout else None
        ask = partial(self._stage.answers.ask, call.__name__, holding.job_id, claim_id=holding.claim.claim_id)
        if other is None:
            ask(call=call)
        elif not self._at(other, lambda: [ask(call=getattr(holding.at(other.darkroom), call.__name__))]):
            raise entry_points.OUTAGES[0]("The process has died.")
