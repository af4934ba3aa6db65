"""Processes that try schedules and play scripts, several at once."""

import logging
import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from azure.core.pipeline.transport import HttpTransport

from shared import wiring
from shared.storage import clients
from tests.doubles.transports import Passing
from tests.faults.enumeration import Strike
from tests.faults.enumeration_case import Build
from tests.faults.enumeration_flows import Flow
from tests.faults.enumeration_runs import Enumeration, Tally
from tests.faults.scripts import Count, Script

#: Processes that try schedules, and schedules at once in each: the clients take more time than storage does, and the
#: SDK waits in earnest between two reads, since its clients of one blob or table ask no transport of ours to sleep.
PROCESSES, AT_ONCE = 2, 4
SHARES = 2 * PROCESSES


class Connections:
    """This process's own to Azurite; those of a pool open them as they begin."""

    connection = ""
    wire: HttpTransport[Any, Any]


def connect(connection: str) -> None:
    """Open this process's connections."""
    logging.disable(logging.CRITICAL)
    Connections.connection, Connections.wire = connection, Passing(clients.default_transport())


def share_tried(flow: type[Flow], schedules: Sequence[tuple[int, str, Strike]]) -> Tally:
    """Try some schedules of a flow, in a process that is connected."""
    enumeration = Enumeration(flow, Connections.connection, Connections.wire)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        failures = list(pool.map(lambda schedule: enumeration.failure(*schedule), schedules))
    enumeration.tally.failures = [failure for failure in failures if failure is not None]
    return enumeration.tally


def share_played(scripts: Mapping[int, Script], build: Build) -> Count:
    """Play some scripts, in a process that is connected."""

    def played(number: int) -> Count:
        try:
            return scripts[number].play(Connections.connection, Connections.wire, build)
        except Exception as error:  # noqa: BLE001 - every script has its turn
            return Count(failures={number: f"{error!r} {scripts[number]}"})

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sum(pool.map(played, scripts), Count())


@contextmanager
def processes(connection: str) -> Iterator[Executor]:
    """Give connected processes that try schedules and play scripts."""
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, spawning, initializer=connect, initargs=(connection,)) as pool:
        yield pool


def tried(pool: Executor, flow: type[Flow], schedules: Sequence[tuple[int, str, Strike]]) -> Tally:
    """Try all schedules of a flow."""
    shares = [schedules[first::SHARES] for first in range(SHARES)]
    points = len({nth for nth, _, _ in schedules})
    return sum(pool.map(share_tried, [flow] * SHARES, shares), Tally(points=points))


def played(pool: Executor, scripts: Mapping[int, Script], build: Build = wiring.build) -> Count:
    """Play all scripts, each known by a number."""
    numbers = list(scripts)
    shares = [{number: scripts[number] for number in numbers[first::SHARES]} for first in range(SHARES)]
    return sum(pool.map(share_played, shares, [build] * SHARES), Count())
