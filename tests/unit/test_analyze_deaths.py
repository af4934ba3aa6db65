"""Analyses that do not come to their end."""

from collections.abc import Callable

import pytest

from shared.analysis import Analysis, Source
from shared.errors import AnalysisDied, NoSandbox
from shared.rules.jobs import State
from shared.steps.work.attempt import End
from tests.doubles.world import World
from tests.unit.acts import raising
from tests.unit.image_jobs import attempt_job, error_code


class Dying:
    """An analyst under whom the first analyses die, and who notes which had the process to themselves."""

    def __init__(self, world: World, *codes: str) -> None:
        self._codes = list(codes)
        self._analyst = world.darkroom.analyze.analyst
        self.alone: list[bool] = []
        world.darkroom.analyze.analyst = self  # type: ignore[assignment] # it analyses like one

    def analyze(self, data: bytes, *, source: Source, alone: bool, stop: Callable[[], bool]) -> Analysis:
        """Die, or analyse."""
        self.alone.append(alone)
        if self._codes:
            raise AnalysisDied(self._codes.pop(0), "It has died.")
        return self._analyst.analyze(data, source=source, alone=alone, stop=stop)


@pytest.mark.parametrize("code", ["out_of_memory", "analysis_timeout", "analysis_crashed"])
def test_an_image_whose_analysis_died_is_analysed_once_more_and_alone(world: World, code: str) -> None:
    dying, job_id = Dying(world, code), world.record_image()
    assert attempt_job(world, job_id) is End.RETRIED
    world.clock.advance(60)
    assert attempt_job(world, job_id) is End.COMPLETED
    assert dying.alone == [False, True]


def test_an_image_whose_analysis_died_alone_too_fails_with_its_code(world: World) -> None:
    dying, job_id = Dying(world, "analysis_timeout", "analysis_crashed"), world.record_image()
    attempt_job(world, job_id)
    world.clock.advance(60)
    assert attempt_job(world, job_id) is End.FAILED
    assert (error_code(world.job(job_id)), dying.alone) == ("analysis_crashed", [False, True])


def test_an_image_that_is_redriven_is_analysed_beside_others_again(world: World) -> None:
    dying, job_id = Dying(world, *["analysis_timeout"] * 2), world.record_image()
    attempt_job(world, job_id)
    world.clock.advance(60)
    attempt_job(world, job_id)
    world.darkroom.redrive.redrive(job_id)
    assert attempt_job(world, job_id) is End.COMPLETED
    assert dying.alone == [False, True, False]


def test_an_analysis_that_is_stopped_because_the_lease_is_lost_writes_nothing(world: World) -> None:
    dying, job_id = Dying(world, "analysis_stopped"), world.record_image()
    world.images.before("read", lambda: world.clock.advance(58))
    assert attempt_job(world, job_id) is End.LOST
    assert (dying.alone, world.job(job_id).state) == ([False], State.RUNNING)


def test_a_machine_that_can_start_no_child_costs_no_attempt(world: World, job_id: str) -> None:
    world.darkroom.analyze.analyst.analyze = raising(NoSandbox("no child process can be started"))  # type: ignore[method-assign] # it raises instead
    with pytest.raises(NoSandbox):
        attempt_job(world, job_id)
    job = world.job(job_id)
    assert (job.state, job.attempts - job.attempts_base) == (State.PENDING, 0)


def test_an_analysis_is_told_when_the_lease_is_lost(world: World) -> None:
    job_id, told = world.record_image(), list[bool]()

    def analyze(data: bytes, *, source: Source, alone: bool, stop: Callable[[], bool]) -> Analysis:  # noqa: ARG001
        told.append(stop())
        world.clock.advance(58)
        told.append(stop())
        raise AnalysisDied("analysis_stopped", "")

    world.darkroom.analyze.analyst.analyze = analyze  # type: ignore[method-assign] # it looks whether to stop
    assert attempt_job(world, job_id) is End.LOST
    assert told == [False, True]
